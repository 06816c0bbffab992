namespace Microsoft.ML.Gloro;

/// <summary>
/// What <c>mlContext.Gloro.Report</c> compares a model with: another model's scores of the same rows, or its own scores under another
/// guarantee. Both are judged at the report's ε.
/// </summary>
/// <remarks>
/// Set <see cref="Scored"/> for another model, <see cref="OutputColumnPrefix"/> for another model in the same view,
/// <see cref="Guarantee"/> for another guarantee, or several of them. The rows must be the same in the same order, and the classes the same
/// in any order. Since each row is judged twice, differences have paired standard errors.
/// </remarks>
public sealed class GloroReportComparison
{
    /// <summary>The other model's view of the same rows, in the same order. Default: null, for the report's own view.</summary>
    public IDataView? Scored { get; set; }

    /// <summary>The prefix of the other model's columns. Default: null, for that of the report.</summary>
    public string? OutputColumnPrefix { get; set; }

    /// <summary>The guarantee on the other side. Default: null, for that of the report.</summary>
    public RobustnessGuarantee? Guarantee { get; set; }

    /// <summary>
    /// The name of the other side. Default: null, for the guarantee if nothing else differs ("local", "RT3"), or else "other model".
    /// </summary>
    public string? Name { get; set; }

    /// <summary>
    /// The name of the report's side in the comparison. Default: null, for the guarantee if nothing else differs, or else "this model".
    /// </summary>
    public string? ReportName { get; set; }

    /// <summary>Whether both sides come from the same columns of one view.</summary>
    internal bool IsSameModel(string reportPrefix) => Scored is null && (OutputColumnPrefix ?? reportPrefix) == reportPrefix;

    /// <summary>Returns an independent copy.</summary>
    internal GloroReportComparison Copy() => (GloroReportComparison)MemberwiseClone();

    /// <summary>The faults that can be found without the rows.</summary>
    internal IEnumerable<FormattableString> Faults()
    {
        const string own = nameof(GloroReportOptions.CompareWith);
        if (Scored is null && OutputColumnPrefix is null && Guarantee is null)
        {
            yield return
                $"{own} sets no {nameof(Scored)}, {nameof(OutputColumnPrefix)} or {nameof(Guarantee)}: there is nothing to compare.";
        }

        if (Name is not null && string.IsNullOrWhiteSpace(Name))
            yield return $"{own}.{nameof(Name)} is empty; leave it null for the default.";
        if (ReportName is not null && string.IsNullOrWhiteSpace(ReportName))
            yield return $"{own}.{nameof(ReportName)} is empty; leave it null for the default.";
        if (Name is not null && Name == ReportName)
            yield return $"{own} gives both sides the name '{Name}'.";
    }
}
