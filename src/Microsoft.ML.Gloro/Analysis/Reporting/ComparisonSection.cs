using System.Globalization;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>The comparison of two models, or of two guarantees, on the same rows.</summary>
internal static class ComparisonSection
{
    public static void Add(HtmlText page, ReportData data)
    {
        if (data.Comparison is not { } pair)
            return;
        page.Add($"<section>\n<h2>On the same {data.Rows}: {pair.Own.Name} and {pair.Other.Name}</h2>\n<p>{Sentence(data, pair)}</p>\n");
        Table(page, data, pair);
        CurveChart.Add(page, new("x", $"{pair.Own.Name} and {pair.Other.Name} at every ε", Sentence(data, pair), Panels(data, pair),
            data.Axis, data.Epsilon));
        Rows(page, data, pair);
        page.Add($"</section>\n");
    }

    /// <summary>The comparison in plain words, as text.</summary>
    public static string Sentence(ReportData data, ComparisonData pair)
    {
        PairedFigure figure = data.HasLabels ? pair.Proved : pair.Certified;
        string what = data.HasLabels ? "prove the label" : "certify a set",
            error = ReportNumbers.PercentOnly(figure.StandardError), both = ReportNumbers.Count(figure.Own - figure.OnlyOwn);
        return $"At ε = {ReportNumbers.Epsilon(data.Epsilon)} both {what} of {both} {data.Rows}, {pair.Own.Name} alone of "
            + $"{ReportNumbers.Count(figure.OnlyOwn)} and {pair.Other.Name} alone of {ReportNumbers.Count(figure.OnlyOther)}: "
            + $"a difference of {ReportNumbers.Points(figure.Difference)}\u00a0±\u00a0{error} points.";
    }

    private static void Table(HtmlText page, ReportData data, ComparisonData pair)
    {
        GloroMetrics own = pair.Own.Metrics, other = pair.Other.Metrics;
        bool isLocal = own.Guarantee.Kind == GuaranteeKind.Local && other.Guarantee.Kind == GuaranteeKind.Local;
        page.Add($"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Figures side by side\"><table class=\"compared\">\n")
            .Add($"<thead><tr><th scope=\"col\">at ε = {ReportNumbers.Epsilon(data.Epsilon)}</th>");
        foreach (var (side, i) in new[] { pair.Own, pair.Other }.Select((side, i) => (side, i)))
            page.Add($"<th scope=\"col\">{ChartCurve.Swatch(ReportPage.ComparedClass(i), side.Dash)}{side.Name}</th>");
        page.Add($"<th scope=\"col\">difference</th></tr></thead>\n<tbody>\n");
        if (data.HasLabels)
        {
            Share(page, own.Guarantee.Equals(other.Guarantee) ? $"VRA under {GuaranteeNames.Of(own.Guarantee)}, %"
                : $"VRA under {GuaranteeNames.Of(own.Guarantee)} and {GuaranteeNames.Of(other.Guarantee)}, %", pair.Proved, isFirst: true);
            if (!isLocal)
                Share(page, "local VRA, %", pair.LocalProved);
            Share(page, "clean accuracy, %", pair.Right);
        }

        Share(page, "certified, %", pair.Certified, isFirst: !data.HasLabels);
        Row(page, "mean radius", Number(pair.Radius.Own, "0.000"), Number(pair.Radius.Other, "0.000"),
            $"{ReportNumbers.Signed(pair.Radius.Difference, "0.000")}<small> ± {pair.Radius.StandardError:0.000}</small>");
        if (!isLocal)
            Row(page, $"classes in the loosest set, of {data.ClassNames.Count}", Size(own), Size(other), $"");
        page.Add($"</tbody>\n</table></div>\n<p class=\"note\">")
            .Add($"{(data.HasLabels ? "VRA: the label is in a set that is certified at ε. " : "")}Both sides judge the same {data.Rows}, ")
            .Add($"so the ± of a difference counts only the {data.Rows} on which they differ. {Remark(data, pair)}</p>\n");
    }

    private static string Remark(ReportData data, ComparisonData pair)
    {
        string sizes = pair.Own.Guarantee.Equals(pair.Other.Guarantee) ? ""
            : "The guarantees differ: a looser one certifies more and says less. ";
        return sizes + (pair.OtherArithmetic is { } arithmetic
            ? $"Of {pair.Other.Name}: {SummarySection.Arithmetic(arithmetic)}" : "");
    }

    private static void Share(HtmlText page, string name, PairedFigure figure, bool isFirst = false) => Row(page, name,
        ReportNumbers.PercentWithError(figure.OwnShare, figure.Rows), ReportNumbers.PercentWithError(figure.OtherShare, figure.Rows),
        $"{ReportNumbers.Points(figure.Difference)}<small> ± {ReportNumbers.PercentOnly(figure.StandardError)}</small>", isFirst);

    private static void Row(HtmlText page, string name, RawHtml own, RawHtml other, FormattableString difference, bool isFirst = false) =>
        page.Add($"<tr{new RawHtml(isFirst ? " class=\"this\"" : "")}><th scope=\"row\">{name}</th><td>{own}</td><td>{other}</td>")
            .Add($"<td>{HtmlText.Of(difference)}</td></tr>\n");

    private static RawHtml Number(double value, string format) => new(value.ToString(format, CultureInfo.InvariantCulture));

    private static RawHtml Size(GloroMetrics metrics) =>
        metrics.CertifiedFraction > 0 ? Number(metrics.MeanLoosestSetSize, "0.00") : new("–");

    private static IReadOnlyList<CurvePanel> Panels(ReportData data, ComparisonData pair)
    {
        IReadOnlyList<ChartCurve> Curves(Func<GuaranteeFindings, (CertifiedAccuracyCurve Curve, double AtEpsilon)> of) =>
        [
            .. new[] { pair.Own, pair.Other }.Select((side, i) =>
                new ChartCurve(side.Name, ReportPage.ComparedClass(i), side.Dash, of(side).Curve, of(side).AtEpsilon)),
        ];
        var certified = new CurvePanel($"Certified, right or wrong, % of {data.Rows}",
            Curves(side => (side.Certified, side.Metrics.CertifiedFraction)), []);
        if (!data.HasLabels)
            return [certified];
        IReadOnlyList<(string, double)> clean = pair.IsSameModel ? [("clean accuracy", pair.Right.OwnShare)]
            : [($"clean, {pair.Own.Name}", pair.Right.OwnShare), ($"clean, {pair.Other.Name}", pair.Right.OtherShare)];
        return
        [
            new($"VRA: certified and right, % of {data.Rows}",
                Curves(side => (side.Metrics.CertifiedAccuracyCurve, side.Metrics.VerifiedRobustAccuracy)), clean),
            certified,
        ];
    }

    private static void Rows(HtmlText page, ReportData data, ComparisonData pair)
    {
        foreach (var group in pair.Gallery)
        {
            string only = group.Kind == ComparedKind.OnlyOwn ? pair.Own.Name : pair.Other.Name;
            page.Add($"<h3>Proved by {only} alone</h3>\n<p class=\"note\">{ReportNumbers.Count(group.Count)} {data.Rows}, ")
                .Add($"{ReportNumbers.Percent((double)group.Count / data.RowCount)}</p>\n");
            if (group.Rows.Count == 0)
                continue;
            page.Add($"<ul class=\"gallery\">\n");
            foreach (ComparedRow row in group.Rows)
            {
                page.Add($"<li>");
                GallerySection.Image(page, data, row.Number, row.Name, row.Label, row.Picture);
                Side(page, pair.Own.Name, 0, row.Own);
                Side(page, pair.Other.Name, 1, row.Other);
                if (row.Label is { } label)
                    page.Add($"<span class=\"soft\">label {HtmlText.Name(label)}</span>");
                page.Add($"{GallerySection.Caption(data, row.Number, row.Name)}</li>\n");
            }

            page.Add($"</ul>\n");
        }
    }

    private static void Side(HtmlText page, string name, int place, ComparedSide side)
    {
        page.Add($"<span class=\"side {ReportPage.ComparedClass(place)}\"><b>{name}</b> ");
        if (side.IsCertified)
            page.Add($"{HtmlText.Name(string.Join(", ", side.Set))} <span class=\"soft\">within ")
                .Add($"{ReportNumbers.Radius(side.Radius)}</span>");
        else if (side.Predicted is { } predicted)
            page.Add($"nothing proved <span class=\"soft\">(predicted {HtmlText.Name(predicted)})</span>");
        else
            page.Add($"nothing predicted");
        page.Add($"</span>");
    }
}
