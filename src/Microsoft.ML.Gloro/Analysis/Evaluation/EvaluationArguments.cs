using System.Globalization;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.MLNet;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Argument checks shared by evaluation and choosing.</summary>
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

    /// <summary>The given radius, or the model's own.</summary>
    /// <exception cref="ArgumentException">No radius was given and the view does not record one.</exception>
    public static float Epsilon(float? epsilon, ScoredColumns columns, string prefix) =>
        epsilon ?? columns.ReadEpsilon() ?? throw NotAnnotated("epsilon", prefix, nameof(epsilon));

    /// <summary>The error for a view that does not record its model's guarantee or ε.</summary>
    public static ArgumentException NotAnnotated(string what, string prefix, string parameterName) => new(
        $"The scored view does not record the {what} of its model: column '{OutputColumns.Name(OutputColumn.CertifiedRadius, prefix)}' " +
        $"has no annotation. Pass the {what}.", parameterName);

    /// <summary>Resolves a guarantee for the classes of a view and checks that the view holds enough radii.</summary>
    /// <exception cref="ArgumentException">The guarantee does not fit.</exception>
    public static ResolvedGuarantee Bind(RobustnessGuarantee guarantee, ScoredColumns columns)
    {
        ResolvedGuarantee bound = ResolvedGuarantee.Bind(guarantee, columns.ClassNames);
        return bound.MaxK <= columns.RadiiCount
            ? bound
            : throw new ArgumentException(
                $"The guarantee {guarantee} can certify sets of up to {bound.MaxK} classes, but the scored view holds radii only of sets " +
                $"of up to {columns.RadiiCount}. Transform the data with a model for that guarantee (mlContext.Gloro.WithGuarantee).",
                nameof(guarantee));
    }

    /// <summary>The exception for a scored view without labeled rows.</summary>
    /// <param name="missingLabelRows">The number of its rows, none of which has a label.</param>
    /// <param name="labelColumnName">The label column.</param>
    /// <param name="purpose">What the rows are needed for: "to evaluate".</param>
    /// <param name="parameterName">The parameter name of the view.</param>
    public static ArgumentException NoRows(long missingLabelRows, string labelColumnName, string purpose, string parameterName) => new(
        missingLabelRows == 0
            ? $"The scored view has no rows: there is nothing {purpose}."
            : $"None of the {missingLabelRows:N0} rows of the scored view has a label in column '{labelColumnName}': the key is missing " +
              "in all of them. This happens when MapValueToKey was fitted on other values.",
        parameterName);

    /// <summary>The faults of the options that discovery and suggestion share.</summary>
    public static IEnumerable<FormattableString> ChoiceFaults(
        string labelColumnName, string outputColumnPrefix, float? epsilon, double bitPrice)
    {
        if (string.IsNullOrWhiteSpace(labelColumnName))
            yield return $"LabelColumnName is empty.";
        if (outputColumnPrefix is null)
            yield return $"OutputColumnPrefix is null; leave it empty for none.";
        if (epsilon is { } radius && (!(radius >= 0) || !float.IsFinite(radius)))
            yield return $"Epsilon must be a finite number, 0 or more, not {radius}.";
        if (!(bitPrice >= 0) || !double.IsFinite(bitPrice))
            yield return $"BitPrice must be a finite number, 0 or more, not {bitPrice}.";
    }
}
