namespace ScoreOnly;

/// <summary>The certified columns of a scored image, with classes by name.</summary>
internal sealed class ScoredRow
{
    public string ImagePath { get; set; } = "";

    public string PredictedName { get; set; } = "";

    public float CertifiedRadius { get; set; }

    public int CertifiedK { get; set; }

    public int LoosestK { get; set; }

    public bool IsCertified { get; set; }

    public string[] CertifiedNames { get; set; } = [];

    public string[] ReachableNames { get; set; } = [];
}
