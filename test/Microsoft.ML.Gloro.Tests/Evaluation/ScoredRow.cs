namespace Microsoft.ML.Gloro.Tests.Evaluation;

internal sealed class ScoredRow
{
    public uint Label { get; set; }

    public uint PredictedLabel { get; set; }

    public float[] Logits { get; set; } = [];

    public float[] Score { get; set; } = [];

    public float[] TopKRadii { get; set; } = [];

    public float CertifiedRadius { get; set; }
}
