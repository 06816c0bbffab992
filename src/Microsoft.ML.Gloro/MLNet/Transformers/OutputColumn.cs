namespace Microsoft.ML.Gloro.MLNet;

/// <summary>The output columns, in the order in which they follow the input's.</summary>
internal enum OutputColumn
{
    /// <summary>Key: the top-1 class; missing (0) if a logit is not finite.</summary>
    PredictedLabel,

    /// <summary>Vector of Single: softmax of the logits over the model's temperature; NaN if a logit is not finite.</summary>
    Score,

    /// <summary>Vector of Single: y.</summary>
    Logits,

    /// <summary>Vector of Single: r_1, r_2, …; 0 where nothing is certified.</summary>
    TopKRadii,

    /// <summary>
    /// Single: the radius of the certified label set, r_CertifiedK. If nothing is certified at ε, the largest radius of the sets that the
    /// guarantee allows: at most ε, 0 if there is none.
    /// </summary>
    CertifiedRadius,

    /// <summary>Boolean: CertifiedRadius &gt; ε.</summary>
    IsCertified,

    /// <summary>Int32: the size of the certified label set: the smallest k with r_k &gt; ε that the guarantee allows; 0 if there is
    /// none.</summary>
    CertifiedK,

    /// <summary>Vector of keys: the certified label set in order of score; empty if not certified.</summary>
    CertifiedLabels,

    /// <summary>Int32: the size of the loosest set that holds: the largest k with r_k &gt; ε that the guarantee allows; 0 if there is
    /// none.</summary>
    LoosestK,

    /// <summary>Vector of keys: the classes that could be top-1 within ε; all of them if a logit is not finite.</summary>
    ReachableLabels,
}
