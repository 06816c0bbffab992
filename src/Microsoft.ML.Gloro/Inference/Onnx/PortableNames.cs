namespace Microsoft.ML.Gloro.Inference;

/// <summary>What the file's inputs, parameters and outputs are called. Programs elsewhere know them: they do not change.</summary>
internal static class PortableNames
{
    public const string Input = "input";

    public const string Epsilon = "epsilon";
    public const string MaxK = "max_k";
    public const string AffinitySets = "affinity_sets";
    public const string AffinityExact = "affinity_exact";

    public const string Logits = "logits";
    public const string Probabilities = "probabilities";
    public const string PredictedIndex = "predicted_index";
    public const string TopKIndex = "topk_index";
    public const string TopKRadii = "topk_radii";
    public const string CertifiedRadius = "certified_radius";
    public const string CertifiedMask = "certified_mask";
    public const string LoosestMask = "loosest_mask";
    public const string IsCertified = "is_certified";
    public const string CoverageMask = "coverage_mask";

    /// <summary>Before every key of the metadata.</summary>
    public const string MetadataPrefix = "gloro.";
}
