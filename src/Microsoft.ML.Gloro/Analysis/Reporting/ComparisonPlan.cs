using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>What a report compares with: checked, with all defaults filled in.</summary>
/// <param name="View">The other view; null if the report's own view holds the other columns too.</param>
/// <param name="Columns">The other columns.</param>
/// <param name="Bound">The guarantee on the other side.</param>
/// <param name="OwnName">The name of the report's side.</param>
/// <param name="OtherName">The name of the other side.</param>
/// <param name="IsSameModel">Whether both sides come from the same columns of one view.</param>
internal sealed record ComparisonPlan(IDataView? View, ScoredColumns Columns, ResolvedGuarantee Bound, string OwnName, string OtherName,
    bool IsSameModel)
{
    /// <summary>The plan; null if nothing is to be compared.</summary>
    /// <param name="scored">The report's view.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="options">The options, valid by themselves.</param>
    /// <param name="main">The guarantee that the report is about.</param>
    /// <param name="hasLabels">Whether the report's view has a label column.</param>
    /// <exception cref="ArgumentException">
    /// The two sides are the same, columns are missing, the classes or tolerances differ, or the guarantee does not fit.
    /// </exception>
    public static ComparisonPlan? Make(IDataView scored, ScoredColumns columns, GloroReportOptions options, RobustnessGuarantee main,
        bool hasLabels)
    {
        if (options.CompareWith is not { } with)
            return null;
        bool isSame = with.IsSameModel(options.OutputColumnPrefix);
        RobustnessGuarantee guarantee = GuaranteeNames.Simplest(with.Guarantee ?? main);
        if (isSame && guarantee.Equals(main))
            throw Fault($"the report is about the guarantee {main} already; compare it with another guarantee or another model.");
        ScoredColumns other;
        ResolvedGuarantee bound;
        try
        {
            other = isSame ? columns
                : ReportRow.FindColumns(with.Scored ?? scored, options.LabelColumnName,
                    with.OutputColumnPrefix ?? options.OutputColumnPrefix, hasLabels);
            bound = EvaluationArguments.Bind(guarantee, other);
        }
        catch (ArgumentException e)
        {
            throw Fault(e.Message, e);
        }

        if (!other.ClassNames.Order(StringComparer.Ordinal).SequenceEqual(columns.ClassNames.Order(StringComparer.Ordinal)))
        {
            throw Fault($"the classes differ. The report's view has {Some(columns.ClassNames)}; the other side has " +
                $"{Some(other.ClassNames)}. Only models of the same classes can be compared.");
        }

        if (!(columns.ReadTolerances()?.Values ?? []).SequenceEqual(other.ReadTolerances()?.Values ?? []))
            throw Fault("the two sides measure ε differently: their models have other tolerances, or only one of them has any.");

        var (own, others) = Names(isSame, main, guarantee);
        (own, others) = (with.ReportName ?? own, with.Name ?? others);
        return own == others ? throw Fault($"both sides have the name '{own}'; set another one.")
            : new(with.Scored, other, bound, own, others, isSame);
    }

    /// <summary>An error about the comparison.</summary>
    public static ArgumentException Fault(string what, Exception? inner = null) =>
        new($"{nameof(GloroReportOptions.CompareWith)}: {what}", inner);

    private static (string Own, string Other) Names(bool isSame, RobustnessGuarantee main, RobustnessGuarantee guarantee)
    {
        if (!isSame)
            return ("this model", "other model");
        string own = GuaranteeNames.Of(main), other = GuaranteeNames.Of(guarantee);
        return (own, own == other ? $"other {other}" : other);
    }

    private static string Some(IReadOnlyList<string> names) =>
        $"{names.Count} ({string.Join(", ", names.Take(8))}{(names.Count > 8 ? ", …" : "")})";
}
