namespace Microsoft.ML.Gloro.Analysis;

/// <summary>An input with what the library says of it. <see cref="K"/> is the size of the top-k set whose r_k is the certified radius; 0 if there is none.</summary>
/// <param name="Input">x.</param>
/// <param name="Logits">y, of the scoring graph.</param>
/// <param name="Order">The classes by descending logit; empty if a logit is not finite.</param>
/// <param name="K">k.</param>
/// <param name="Radius">r_k as the library computes it; 0 if nothing is certified.</param>
/// <param name="LoosestK">The largest k that is certified at the model's ε; 0 if there is none.</param>
internal sealed record CertifiedPoint(float[] Input, float[] Logits, int[] Order, int K, float Radius, int LoosestK)
{
    /// <summary>F^k.</summary>
    public ReadOnlySpan<int> Inside => Order.AsSpan(0, K);

    /// <summary>The classes outside F^k.</summary>
    public ReadOnlySpan<int> Outside => Order.AsSpan(K);

    /// <summary>y_j − y_i.</summary>
    public double Margin(ClassPair pair) => (double)Logits[pair.Inside] - Logits[pair.Outside];
}
