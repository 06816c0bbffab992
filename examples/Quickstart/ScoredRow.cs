namespace Quickstart;

/// <summary>What the example shows of a scored tile.</summary>
internal sealed class ScoredRow
{
    public string ImagePath { get; set; } = "";

    public string Description { get; set; } = "";

    public float CertifiedRadius { get; set; }

    public int CertifiedK { get; set; }

    public string[] CertifiedClasses { get; set; } = [];
}
