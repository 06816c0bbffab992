namespace Microsoft.ML.Gloro.Analysis;

/// <summary>A row under audit.</summary>
/// <param name="Number">Its index in the data, from 0.</param>
/// <param name="Label">Its class index, or one of LabelMap's negative numbers; <see cref="NoLabels"/> if the data has no label
/// column.</param>
/// <param name="Point">Its input and certificate.</param>
internal sealed record AuditRow(long Number, int Label, CertifiedPoint Point)
{
    public const int NoLabels = int.MinValue;
}

/// <summary>
/// An input with its logits and certificate. <see cref="K"/> is the size of the allowed top-k set with the largest r_k; 0 if none.
/// </summary>
/// <param name="Input">x.</param>
/// <param name="Logits">y, from the scoring graph.</param>
/// <param name="Order">The classes by descending logit; empty if a logit is not finite.</param>
/// <param name="K">k.</param>
/// <param name="Radius">r_k as the library computes it; 0 if nothing is certified.</param>
/// <param name="LoosestK">The largest k certified at the model's ε; 0 if none.</param>
internal sealed record CertifiedPoint(float[] Input, float[] Logits, int[] Order, int K, float Radius, int LoosestK)
{
    /// <summary>F^k.</summary>
    public ReadOnlySpan<int> Inside => Order.AsSpan(0, K);

    /// <summary>The classes outside F^k.</summary>
    public ReadOnlySpan<int> Outside => Order.AsSpan(K);

    /// <summary>y_j − y_i.</summary>
    public double Margin(ClassPair pair) => (double)Logits[pair.Inside] - Logits[pair.Outside];
}

/// <summary>j ∈ F^k and i ∉ F^k: the top-k set changes when y_i overtakes y_j.</summary>
internal readonly record struct ClassPair(int Inside, int Outside);
