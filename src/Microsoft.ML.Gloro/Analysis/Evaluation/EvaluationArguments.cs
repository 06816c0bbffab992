using System.Globalization;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.MLNet;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Checks that several members of this room share.</summary>
internal static class EvaluationArguments
{
    public static void CheckEpsilon(float epsilon, string parameterName)
    {
        if (!(epsilon >= 0) || !float.IsFinite(epsilon))
        {
            throw new ArgumentOutOfRangeException(parameterName, epsilon.ToString(CultureInfo.InvariantCulture),
                "ε is an L2 radius: it must be a finite number, 0 or more (36f / 255f, for instance).");
        }
    }

    /// <summary>The radius to look at: the one given, or else the model's own.</summary>
    /// <exception cref="ArgumentException">None was given and the view does not tell.</exception>
    public static float Epsilon(float? epsilon, ScoredColumns columns, string prefix) => epsilon ?? columns.ReadEpsilon() ?? throw new ArgumentException(
        $"The scored view does not say which epsilon its model was made for (no annotation on '{OutputColumns.Name(OutputColumn.CertifiedRadius, prefix)}'). Give one.", nameof(epsilon));

    /// <summary>A guarantee for the classes of a view, whose radii go far enough for it.</summary>
    /// <exception cref="ArgumentException">The guarantee does not fit.</exception>
    public static ResolvedGuarantee Bind(RobustnessGuarantee guarantee, ScoredColumns columns)
    {
        ResolvedGuarantee bound = ResolvedGuarantee.Bind(guarantee, columns.ClassNames);
        return bound.MaxK <= columns.RadiiCount
            ? bound
            : throw new ArgumentException($"The guarantee {guarantee} can certify sets of up to {bound.MaxK} classes, and the scored view holds the radii of sets of up to " +
                $"{columns.RadiiCount} only. Transform the data again with a model made for that guarantee (mlContext.Gloro.WithGuarantee).", nameof(guarantee));
    }

    /// <summary>What is wrong with a scored view of which no row can be counted.</summary>
    /// <param name="missingLabelRows">Its rows, all of which have no label.</param>
    /// <param name="labelColumnName">The column where labels were looked for.</param>
    /// <param name="purpose">What rows are needed for: "to evaluate".</param>
    /// <param name="parameterName">The view's parameter.</param>
    public static ArgumentException NoRows(long missingLabelRows, string labelColumnName, string purpose, string parameterName) => new(
        missingLabelRows == 0
            ? $"The scored view has no rows: there is nothing {purpose}."
            : $"None of the {missingLabelRows:N0} rows of the scored view has a label in column '{labelColumnName}': the key is missing in all of them, " +
              "as it is when MapValueToKey was fitted on other values.",
        parameterName);

    /// <summary>What is wrong with the options that all choices of a guarantee share.</summary>
    public static IEnumerable<string> ChoiceFaults(string labelColumnName, string outputColumnPrefix, float? epsilon, double bitPrice)
    {
        if (string.IsNullOrWhiteSpace(labelColumnName))
            yield return "LabelColumnName is empty.";
        if (outputColumnPrefix is null)
            yield return "OutputColumnPrefix is null; leave it empty for none.";
        if (epsilon is { } radius && (!(radius >= 0) || !float.IsFinite(radius)))
            yield return FormattableString.Invariant($"Epsilon is an L2 radius, a finite number, 0 or more, not {radius}.");
        if (!(bitPrice >= 0) || !double.IsFinite(bitPrice))
            yield return FormattableString.Invariant($"BitPrice is what a bit must bring in VRA, a finite number, 0 or more, not {bitPrice}.");
    }
}
