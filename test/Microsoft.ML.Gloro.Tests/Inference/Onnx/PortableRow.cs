namespace Microsoft.ML.Gloro.Tests.Inference;

/// <summary>
/// What an exported graph, or the library, says of one row. The masks hold the classes of the certified label set and of the loosest set
/// that holds, in ascending order.
/// </summary>
internal sealed record PortableRow(
    float[] Logits, float[] Scores, long Predicted, long[] Order, float[] Radii, float Radius, int[] Mask, int[] Loosest, bool IsCertified);
