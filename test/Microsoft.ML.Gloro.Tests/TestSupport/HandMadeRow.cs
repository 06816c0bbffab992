namespace Microsoft.ML.Gloro.Tests.TestSupport;

internal sealed class HandMadeRow
{
    /// <summary>A key as views hold it: 1 is the first class, 0 is missing.</summary>
    public uint Label { get; set; }

    public uint PredictedLabel { get; set; }

    public float[] Logits { get; set; } = [];

    public float[] Score { get; set; } = [];

    public float[] TopKRadii { get; set; } = [];

    public float CertifiedRadius { get; set; }
}
