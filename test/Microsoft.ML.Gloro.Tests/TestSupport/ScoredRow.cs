namespace Microsoft.ML.Gloro.Tests.TestSupport;

/// <summary>All output columns of one row.</summary>
internal sealed class ScoredRow
{
    public uint PredictedLabel { get; set; }

    public float[] Score { get; set; } = [];

    public float[] Logits { get; set; } = [];

    public float[] TopKRadii { get; set; } = [];

    public float CertifiedRadius { get; set; }

    public bool IsCertified { get; set; }

    public int CertifiedK { get; set; }

    public uint[] CertifiedLabels { get; set; } = [];

    public int LoosestK { get; set; }

    public uint[] ReachableLabels { get; set; } = [];

    public string CertifiedGroup { get; set; } = "";

    /// <summary>Every row of a scored view.</summary>
    public static List<ScoredRow> All(IDataView scored) =>
        [.. new MLContext().Data.CreateEnumerable<ScoredRow>(scored, reuseRowObject: false, ignoreMissingColumns: false)];

    /// <summary>Everything, to the bit, as text: for comparison and for the message when it fails.</summary>
    public override string ToString()
    {
        static string Bits(IEnumerable<float> values) => string.Join(" ", values.Select(v => $"{BitConverter.SingleToInt32Bits(v):X8}"));
        return $"{PredictedLabel} | {Bits(Score)} | {Bits(Logits)} | {Bits(TopKRadii)} | {Bits([CertifiedRadius])} | {IsCertified} | "
            + $"{CertifiedK} | "
            + $"{string.Join(" ", CertifiedLabels)} | {LoosestK} | {string.Join(" ", ReachableLabels)} | {CertifiedGroup}";
    }
}
