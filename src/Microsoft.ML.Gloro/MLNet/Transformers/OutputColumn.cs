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

    /// <summary>Single: the radius under the model's guarantee; 0 if none.</summary>
    CertifiedRadius,

    /// <summary>Boolean: CertifiedRadius &gt; ε.</summary>
    IsCertified,

    /// <summary>Int32: the size of the certified label set; 0 if not certified.</summary>
    CertifiedK,

    /// <summary>Vector of keys: the certified label set in order of score; empty if not certified.</summary>
    CertifiedLabels,

    /// <summary>Vector of keys: the classes that could be top-1 within ε; all of them if a logit is not finite.</summary>
    ReachableLabels,

    /// <summary>Vector of keys: the coverage set, in order of score; in calibrated models only.</summary>
    CoverageLabels,
}
