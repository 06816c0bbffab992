namespace Microsoft.ML.Gloro.Analysis;

/// <summary>A row under audit.</summary>
/// <param name="Number">Its place in the data, from 0.</param>
/// <param name="Label">Its class index, or one of LabelMap's negative numbers; <see cref="NoLabels"/> if the data has no label column.</param>
/// <param name="Point">Its input and certificate.</param>
internal sealed record AuditRow(long Number, int Label, CertifiedPoint Point)
{
    public const int NoLabels = int.MinValue;
}
