namespace Microsoft.ML.Gloro.Analysis;

/// <summary>The section on what an audit tried and found.</summary>
internal static class AuditSection
{
    public static void Add(HtmlText page, ReportData data)
    {
        if (data.Options.Audit is not { } audit)
            return;
        page.Add($"<section>\n<h2>What attacks came to</h2>\n");
        page.Add($"<p>An audit attacked {ReportNumbers.Count(audit.AttackedRows)} certified rows within their radius ")
            .Add($"({audit.Guarantee.ToString()}, ε = {ReportNumbers.EpsilonInFull(audit.Epsilon)}) and broke ")
            .Add($"none.{(audit.IsComplete ? "" : " A time budget cut it short.")} That is no proof, but the proofs have survived it.")
            .Add($"</p>\n");
        page.Add($"<dl class=\"facts\">\n");
        Fact(page, "attack", $"{audit.Steps} gradient steps from each of {audit.Restarts} starts");
        Fact(page, "margin used up", $"{ReportNumbers.Percent(audit.MeanConsumedMargin)} on average, ",
            $"{ReportNumbers.Percent(audit.LargestConsumedMargin)} at most; 100{'\u202F'}% would be a tie");
        Fact(page, "nearest other set found", double.IsFinite(audit.NearestFlip)
            ? (FormattableString)$"at {audit.NearestFlip:F3} × the certified radius" : $"none");
        Fact(page, "last bits", $"{ReportNumbers.Count(audit.LastBitCounterexamples)} counterexamples in ",
            $"{ReportNumbers.Count(audit.LastBitTrials)} inputs beside decision boundaries");
        if (audit.Accuracy is { } accuracy)
        {
            Fact(page, "robust accuracy", $"{ReportNumbers.Percent(accuracy.VerifiedRobustAccuracy)} proved ≤ true ≤ ",
                $"{ReportNumbers.Percent(accuracy.EmpiricalRobustAccuracy)} left by attacks, ",
                $"of {ReportNumbers.Count(accuracy.RowCount)} rows");
        }

        Fact(page, "κ", $"{audit.LipschitzBound:G7}; ", double.IsNaN(audit.RecomputedLipschitzBound)
            ? (FormattableString)$"not proved anew"
            : $"proved anew: {audit.RecomputedLipschitzBound:G7}; layers attain {audit.AttainedProduct:G7}");
        page.Add($"</dl>\n</section>\n");
    }

    private static void Fact(HtmlText page, string name, params FormattableString[] value) =>
        page.Add($"<dt>{name}</dt><dd>{HtmlText.Of(value)}</dd>\n");
}
