namespace Microsoft.ML.Gloro.Evaluation;

/// <summary>The names of the scored columns that evaluation reads, and of the annotations on them.</summary>
internal static class GloroColumnNames
{
    public const string PredictedLabel = "PredictedLabel";
    public const string Score = "Score";
    public const string Logits = "Logits";
    public const string TopKRadii = "TopKRadii";
    public const string CertifiedRadius = "CertifiedRadius";

    /// <summary>Annotations of the certified radius: the ε (Single) and the guarantee (text) that the model was made for.</summary>
    public const string EpsilonAnnotation = "GloroEpsilon";
    public const string GuaranteeAnnotation = "GloroGuarantee";
}
