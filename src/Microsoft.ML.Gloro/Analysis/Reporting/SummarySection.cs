using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>The summary: what is proved, in sentences and a few large numbers.</summary>
internal static partial class SummarySection
{
    /// <summary>The top of the page.</summary>
    public static void AddHead(HtmlText page, ReportData data)
    {
        page.Add($"<header>\n<h1>{data.Options.Title}</h1>\n<p class=\"lead\">{Sentences(data).First()}</p>\n");
        page.Add($"<p class=\"note\">{DistanceText.Short(data)} {Arithmetic(data.Arithmetic)} ")
            .Add($"± is one standard error: how far a figure varies between samples of this size.");
        if (data.HasLabels && data.Main.Metrics.VerifiedRobustAccuracy > data.Main.Metrics.CleanAccuracy)
            page.Add($" VRA exceeds clean accuracy because a set may hold the true class where the predicted one is wrong.");
        page.Add($"</p>\n");
        Figures(page, data);
        Outcomes(page, data);
        page.Add($"</header>\n");
    }

    /// <summary>The sentences.</summary>
    public static void AddMeaning(HtmlText page, ReportData data)
    {
        page.Add($"<section>\n<h2>What exactly is proved</h2>\n");
        foreach (RawHtml sentence in Sentences(data).Skip(1))
            page.Add($"<p>{sentence}</p>\n");
        page.Add($"</section>\n");
    }

    /// <summary>The sentences as plain text, one per line.</summary>
    public static string ToText(ReportData data)
    {
        IEnumerable<string> lines = Sentences(data).Select(sentence => WebUtility.HtmlDecode(Tag().Replace(sentence.Html, "")));
        return string.Join('\n', data.Comparison is { } pair
            ? lines.Take(1).Append(ComparisonSection.Sentence(data, pair)).Concat(lines.Skip(1)) : lines);
    }

    private static IEnumerable<RawHtml> Sentences(ReportData data)
    {
        GloroMetrics main = data.Main.Metrics, local = data.Local.Metrics;
        string epsilon = ReportNumbers.EpsilonInFull(data.Epsilon),
            rows = $"{ReportNumbers.Count(data.RowCount)} {(data.RowCount == 1 ? data.Row : data.Rows)}";
        bool isLocal = ReferenceEquals(data.Main, data.Local);
        string Rows(double share) => $"{ReportNumbers.Count((long)Math.Round(share * data.RowCount))} of these {rows} "
            + $"({ReportNumbers.Percent(share)})";
        string none = $"Whether it is the right one is not known, for the {data.Rows} have no labels.";
        if (data.HasLabels)
        {
            yield return isLocal
                ? HtmlText.Of($"For <b>{Rows(main.VerifiedRobustAccuracy)}</b> the model proves the right class: ",
                    $"no change of the {data.Row} up to ε = {epsilon} can alter it.")
                : HtmlText.Of($"For <b>{Rows(main.VerifiedRobustAccuracy)}</b> the model proves a set of at most ",
                    $"{main.LoosestKCounts.Count - 1} of {data.ClassNames.Count} classes that holds the right one ({data.Main.Name}): ",
                    $"no change of the {data.Row} up to ε = {epsilon} can alter that set. ",
                    $"For <b>{ReportNumbers.Count((long)Math.Round(local.VerifiedRobustAccuracy * data.RowCount))} ",
                    $"({ReportNumbers.Percent(local.VerifiedRobustAccuracy)})</b> it proves the right class alone.");
        }
        else
        {
            yield return isLocal
                ? HtmlText.Of($"For <b>{Rows(main.CertifiedFraction)}</b> the model proves its answer: ",
                    $"no change of the {data.Row} up to ε = {epsilon} can alter the predicted class. {none}")
                : HtmlText.Of($"For <b>{Rows(main.CertifiedFraction)}</b> the model proves a set of at most ",
                    $"{main.LoosestKCounts.Count - 1} of {data.ClassNames.Count} classes ({data.Main.Name}): ",
                    $"no change of the {data.Row} up to ε = {epsilon} can alter that set. ",
                    $"For <b>{ReportNumbers.Percent(local.CertifiedFraction)}</b> it is a single class. {none}");
        }

        yield return HtmlText.Of($"<b>The guarantee.</b> {Promise(data.Main.Guarantee)} Such a proof is computed from one forward pass ",
            $"and bounds on the network's Lipschitz constants; nothing is sampled, and no attack, known or not, can get around it.");
        yield return HtmlText.Of($"<b>The distance.</b> {DistanceText.Long(data, epsilon)}");
        yield return HtmlText.Of($"<b>The arithmetic.</b> {Arithmetic(data.Arithmetic)}");
        if (data.HasLabels && !isLocal)
        {
            yield return HtmlText.Of($"<b>How much is left open.</b> The tightest certified set holds {main.MeanCertifiedSetSize:F2} ",
                $"of {data.ClassNames.Count} classes on average, the loosest {main.MeanLoosestSetSize:F2}. “Proved right” (VRA) counts ",
                $"the {data.Rows} whose true class is in the loosest, so it can exceed clean accuracy: a set may hold the true class ",
                $"where the predicted one is wrong. In {ReportNumbers.Percent(main.Top1VerifiedRobustAccuracy)} of the {data.Rows} a set ",
                $"is certified and the predicted class is the true one (top-1 VRA). A set that holds many classes is easier to prove and ",
                $"says less, so all of these belong together.");
        }

        if (Remarks(data) is { Length: > 0 } remarks)
            yield return HtmlText.Of($"<b>The {data.Rows}.</b> {remarks}");
    }

    private static string Promise(RobustnessGuarantee guarantee) => guarantee.Kind switch
    {
        GuaranteeKind.Local => "Local robustness: the predicted class of a certified row cannot change within ε.",
        GuaranteeKind.RelaxedTopK => $"Relaxed top-{guarantee.K} robustness (RT{guarantee.K}): for some k up to {guarantee.K}, "
            + "the set of the k highest classes of a certified row cannot change within ε.",
        _ => "Affinity robustness: for some k, the set of the k highest classes of a certified row cannot change within ε, "
            + $"and it {(guarantee.Match == AffinityMatch.Exact ? "is one" : "lies in one")} of the affinity sets {guarantee.AffinitySets}"
            + $"{(guarantee.IncludeSingletons ? ", or is a class that is in none of them" : "")}.",
    };

    /// <summary>What certificates in this arithmetic cover.</summary>
    public static string Arithmetic(CertificateArithmetic? arithmetic) => arithmetic switch
    {
        CertificateArithmetic.Float64 =>
            "The proofs are of the double-precision computation that ran, every rounding included, and hold on every machine.",
        CertificateArithmetic.Real =>
            "The proofs are of the network as a function of real numbers. Rounding is covered at the row, and not at other inputs: an " +
            "input chosen by its last bits can have other computed labels.",
        _ => "The view does not tell which arithmetic the proofs hold in.",
    };

    private static string Remarks(ReportData data)
    {
        GloroMetrics main = data.Main.Metrics;
        var remarks = new List<string>();
        if (data.HasLabels && main.MissingLabelRows > 0)
            remarks.Add($"{ReportNumbers.Count(main.MissingLabelRows)} more have no label and are left out of everything here.");
        if (data.HasLabels && main.UnknownLabelRows > 0)
            remarks.Add($"{ReportNumbers.Count(main.UnknownLabelRows)} have a label that the model does not know and count as wrong.");
        if (data.NotFiniteRows > 0)
            remarks.Add($"{ReportNumbers.Count(data.NotFiniteRows)} have logits that are not finite numbers; nothing is predicted or "
                + "certified of them, and they count as wrong.");
        return string.Join(' ', remarks);
    }

    private static void Figures(HtmlText page, ReportData data)
    {
        GloroMetrics main = data.Main.Metrics;
        bool isLocal = ReferenceEquals(data.Main, data.Local);
        page.Add($"<dl class=\"figures\">\n");
        if (data.HasLabels)
        {
            Figure(page, data, main.VerifiedRobustAccuracy, $"VRA under {data.Main.Name}: proved right", isFirst: true);
            if (!isLocal)
                Figure(page, data, data.Local.Metrics.VerifiedRobustAccuracy, "local VRA: one class, proved right");
            Figure(page, data, main.CleanAccuracy, "clean accuracy: right, without proof");
        }

        Figure(page, data, main.CertifiedFraction,
            $"certified{(isLocal ? "" : $" under {data.Main.Name}")}{(data.HasLabels ? ", right or wrong" : "")}",
            isFirst: !data.HasLabels);
        if (!isLocal)
            Figure(page, main.MeanCertifiedSetSize.ToString("F2", CultureInfo.InvariantCulture),
                string.Create(CultureInfo.InvariantCulture,
                    $"of {data.ClassNames.Count} classes in the tightest certified set, ")
                + string.Create(CultureInfo.InvariantCulture, $"{main.MeanLoosestSetSize:F2} in the loosest, on average"));
        page.Add($"</dl>\n");
    }

    private static void Figure(HtmlText page, ReportData data, double share, string what, bool isFirst = false)
    {
        string error = ReportNumbers.PercentOnly(Proportion.StandardError(share, data.RowCount));
        Figure(page, ReportNumbers.Percent(share), what, isFirst, "± " + error);
    }

    private static void Figure(HtmlText page, string number, string what, bool isFirst = false, string error = "") =>
        page.Add($"<div{new RawHtml(isFirst ? " class=\"first\"" : "")}><dt>{what}</dt><dd>{number} <small>{error}</small></dd></div>\n");

    private static void Outcomes(HtmlText page, ReportData data)
    {
        (RowOutcome Outcome, string Class, string Text)[] parts =
        [
            (RowOutcome.ProvedOneClass, "one", data.HasLabels ? "one class proved, the right one" : "one class proved"),
            (RowOutcome.ProvedSet, "set", data.HasLabels ? "a set proved, the right class in it" : "a set proved, no single class"),
            (RowOutcome.ProvedWrong, "wrong", "proved, but the right class is not in it"),
            (RowOutcome.NotProved, "not", "nothing proved"),
        ];
        page.Add($"<div class=\"parts\" aria-hidden=\"true\">");
        foreach (var part in parts.Where(part => data.Outcomes[(int)part.Outcome] > 0))
            page.Add($"<span class=\"{part.Class}\" ")
                .Add($"title=\"{part.Text}: {ReportNumbers.Count(data.Outcomes[(int)part.Outcome])} {data.Rows}\" ")
                .Add($"style=\"flex:{Share(data, part.Outcome):0.####} 1 0\"></span>");
        page.Add($"</div>\n<ul class=\"key\">\n");
        foreach (var part in parts.Where(part => data.Outcomes[(int)part.Outcome] > 0))
            page.Add($"<li><i class=\"{part.Class}\"></i><b>{ReportNumbers.Percent(Share(data, part.Outcome))}</b> {part.Text}</li>\n");
        page.Add($"</ul>\n");
    }

    private static double Share(ReportData data, RowOutcome outcome) => (double)data.Outcomes[(int)outcome] / data.RowCount;

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tag();
}
