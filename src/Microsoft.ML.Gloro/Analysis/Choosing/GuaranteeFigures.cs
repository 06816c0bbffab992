using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>The metrics of a guarantee on rows at ε.</summary>
internal sealed class GuaranteeFigures
{
    private readonly bool[] isVerified;
    private readonly double bits;
    private readonly int verified, top1Verified, certified, labels;

    private GuaranteeFigures(RowCertificates rows, ResolvedGuarantee guarantee)
    {
        isVerified = new bool[rows.Count];
        for (int row = 0; row < rows.Count; row++)
        {
            int k = rows.LoosestK(row, guarantee);
            if (k == 0)
                continue;
            certified++;
            labels += k;
            bits += Math.Log2(k);
            top1Verified += rows.Position(row) == 1 ? 1 : 0;
            isVerified[row] = rows.Position(row) <= k;
            verified += isVerified[row] ? 1 : 0;
        }
    }

    public int RowCount => isVerified.Length;

    public double VerifiedRobustAccuracy => (double)verified / RowCount;

    /// <summary>The standard error of a proportion of independent rows.</summary>
    public double StandardError => Proportion.StandardError(VerifiedRobustAccuracy, RowCount);

    public double Top1VerifiedRobustAccuracy => (double)top1Verified / RowCount;

    public double CertifiedFraction => (double)certified / RowCount;

    public double MeanLoosestSetSize => certified == 0 ? 0 : (double)labels / certified;

    /// <summary>
    /// The mean over all rows of log2 of the size of the loosest set that holds, where VRA looks for the label: the bits missing to name
    /// one class. Uncertified rows count 0, since they already lower VRA. Log2 measures information: a set of four classes takes two yes/no
    /// questions to resolve.
    /// </summary>
    public double BitsLeftOpen => bits / RowCount;

    public static GuaranteeFigures Of(RowCertificates rows, ResolvedGuarantee guarantee) => new(rows, guarantee);

    /// <summary>
    /// The VRA beyond that of <paramref name="other"/> on the same rows, and its standard error, that of the mean of paired differences.
    /// </summary>
    public (double Gain, double StandardError) Beyond(GuaranteeFigures other)
    {
        int won = 0, lost = 0;
        for (int row = 0; row < RowCount; row++)
        {
            won += isVerified[row] && !other.isVerified[row] ? 1 : 0;
            lost += !isVerified[row] && other.isVerified[row] ? 1 : 0;
        }

        // Differences are 1, 0 and −1. The gain is the difference of the two VRAs, so that printed numbers add up.
        double n = RowCount, mean = (won - lost) / n;
        return (VerifiedRobustAccuracy - other.VerifiedRobustAccuracy, Math.Sqrt((((won + lost) / n) - (mean * mean)) / n));
    }
}
