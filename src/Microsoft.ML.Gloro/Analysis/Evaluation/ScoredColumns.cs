using Microsoft.ML.Data;
using Microsoft.ML.Gloro.MLNet;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// The columns of a scored view that evaluation reads, checked once, and the contents of their annotations.
/// </summary>
internal sealed class ScoredColumns
{
    private ScoredColumns(IDataView scored, string labelColumnName, string prefix)
    {
        DataViewSchema schema = scored.Schema;
        PredictedLabel = Find(schema, OutputColumns.Name(OutputColumn.PredictedLabel, prefix));
        Logits = Find(schema, OutputColumns.Name(OutputColumn.Logits, prefix));
        TopKRadii = Find(schema, OutputColumns.Name(OutputColumn.TopKRadii, prefix));
        CertifiedRadius = schema.GetColumnOrNull(OutputColumns.Name(OutputColumn.CertifiedRadius, prefix));
        Label = Find(schema, labelColumnName);

        ClassNames = PredictedLabel.Type is KeyDataViewType && KeyNames.Read(PredictedLabel) is { } names
            ? names
            : throw new ArgumentException(
                $"Column '{PredictedLabel.Name}' is not a key with KeyValues, so the classes of the model are unknown. " +
                "Pass the view that the Gloro model's Transform returned.");
        CheckVector(Logits, size => size == ClassNames.Count, $"{ClassNames.Count} values, one for each class");
        CheckVector(TopKRadii, size => size > 0, "at least one value");
        RadiiCount = ((VectorDataViewType)TopKRadii.Type).Size;

        // Score is optional; only ML.NET's own metrics need it.
        if (schema.GetColumnOrNull(OutputColumns.Name(OutputColumn.Score, prefix)) is { } score
            && IsVector(score, size => size == ClassNames.Count))
            Score = score;
        try
        {
            LabelMap = LabelMap.Create(Label, ClassNames);
        }
        catch (ArgumentException) when (Label.Type is KeyDataViewType && KeyNames.Read(Label) is null && ViewRows.IsEmpty(scored))
        {
            // From no rows, MapValueToKey makes keys without names.
            throw EvaluationArguments.NoRows(0, labelColumnName, "to read", nameof(scored));
        }
    }

    public DataViewSchema.Column Label { get; }

    public DataViewSchema.Column PredictedLabel { get; }

    public DataViewSchema.Column Logits { get; }

    public DataViewSchema.Column TopKRadii { get; }

    public DataViewSchema.Column? Score { get; }

    public DataViewSchema.Column? CertifiedRadius { get; }

    /// <summary>The model's classes in the order of the logits.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>The number of radii r_1, r_2, … per row.</summary>
    public int RadiiCount { get; }

    public LabelMap LabelMap { get; }

    /// <summary>The columns to activate.</summary>
    public IEnumerable<DataViewSchema.Column> Needed => Score is { } score ? [Label, Logits, TopKRadii, score] : [Label, Logits, TopKRadii];

    /// <exception cref="ArgumentException">A column is missing or has the wrong type.</exception>
    public static ScoredColumns Find(IDataView scored, string labelColumnName, string prefix) =>
        new(scored, labelColumnName, prefix);

    /// <summary>The model's ε, or null if the view does not record it.</summary>
    public float? ReadEpsilon()
    {
        if (CertifiedRadius is not { } column
            || column.Annotations.Schema.GetColumnOrNull(OutputColumns.EpsilonAnnotation)?.Type is not NumberDataViewType)
            return null;
        float epsilon = 0;
        column.Annotations.GetValue(OutputColumns.EpsilonAnnotation, ref epsilon);
        return epsilon;
    }

    /// <summary>The model's guarantee, or null if the view does not record it.</summary>
    public RobustnessGuarantee? ReadGuarantee() =>
        ReadText(OutputColumns.GuaranteeAnnotation) is { } text ? RobustnessGuarantee.Parse(text) : null;

    /// <summary>The arithmetic that the certificates cover, or null if the view does not record it.</summary>
    public CertificateArithmetic? ReadArithmetic() =>
        Enum.TryParse(ReadText(OutputColumns.ArithmeticAnnotation), out CertificateArithmetic arithmetic) ? arithmetic : null;

    /// <summary>The tolerances that ε and all radii are measured in, or null if they are L2 distances.</summary>
    public GloroTolerances? ReadTolerances()
    {
        if (CertifiedRadius is not { } column || column.Annotations.Schema.GetColumnOrNull(OutputColumns.TolerancesAnnotation) is null)
            return null;
        VBuffer<float> tolerances = default;
        column.Annotations.GetValue(OutputColumns.TolerancesAnnotation, ref tolerances);
        return GloroTolerances.InOrder([.. tolerances.DenseValues()]);
    }

    /// <summary>Reads a vector value of the current row.</summary>
    /// <exception cref="InvalidOperationException">
    /// The vector's length differs from <paramref name="destination"/>, the length in the column's type.
    /// </exception>
    public static void Read(ValueGetter<VBuffer<float>> getter, ref VBuffer<float> buffer, Span<float> destination)
    {
        getter(ref buffer);
        if (buffer.Length != destination.Length)
        {
            throw new InvalidOperationException(
                $"A row of the scored view holds {buffer.Length} values, but the type of its column says {destination.Length}.");
        }

        buffer.CopyTo(destination);
    }

    private string? ReadText(string annotation)
    {
        if (CertifiedRadius is not { } column || column.Annotations.Schema.GetColumnOrNull(annotation)?.Type is not TextDataViewType)
            return null;
        ReadOnlyMemory<char> text = default;
        column.Annotations.GetValue(annotation, ref text);
        return text.ToString();
    }

    private static DataViewSchema.Column Find(DataViewSchema schema, string name)
    {
        if (schema.GetColumnOrNull(name) is { } column)
            return column;
        const int shown = 30;
        List<string> there = [.. schema.Where(c => !c.IsHidden).Select(c => c.Name)];
        string more = there.Count > shown ? $" and {there.Count - shown} more" : "";
        throw new ArgumentException($"The scored view has no column '{name}'. It has: {string.Join(", ", there.Take(shown))}{more}. " +
            "Pass the view that the Gloro model's Transform returned, and the name of its label column.");
    }

    private static bool IsVector(DataViewSchema.Column column, Func<int, bool> size) =>
        column.Type is VectorDataViewType { IsKnownSize: true } vector && vector.ItemType == NumberDataViewType.Single && size(vector.Size);

    private static void CheckVector(DataViewSchema.Column column, Func<int, bool> size, string expected)
    {
        if (!IsVector(column, size))
        {
            throw new ArgumentException(
                $"Column '{column.Name}' is of type {column.Type}; it must be a known-size vector of Single with {expected}.");
        }
    }
}
