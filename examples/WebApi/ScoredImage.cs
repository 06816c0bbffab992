namespace WebApi;

/// <summary>What a prediction engine answers.</summary>
internal sealed class ScoredImage
{
    public float[] Logits { get; set; } = [];

    public float[] Score { get; set; } = [];

    public float[] TopKRadii { get; set; } = [];

    public int LoosestK { get; set; }
}
