using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// Counts which pairs of classes limit radii. The radius is the smallest quotient (y_j − y_i) / K_ij of a margin and its Lipschitz constant
/// over pairs across the top-k set; its pair (j, i) is counted.
/// </summary>
/// <remarks>
/// With the model, K and the pair of every row are known. Without it, the radii determine the pair of many rows: if r_2 &gt; r_1, the pair
/// that limits r_1 lies within the top-2 set, so it is the first two classes. Otherwise the row is counted as undetermined.
/// </remarks>
internal sealed class RadiusLimits(MarginConstants? constants, ResolvedGuarantee main)
{
    // r_1 is the smallest quotient minus an error, rounded down, so with the model's own constants it never exceeds the quotient.
    private const double Tolerance = 1e-6;

    private readonly Dictionary<(int Inside, int Outside), (long Local, long Main)> counts = [];

    /// <summary>Whether the model's constants are known.</summary>
    public bool IsExact => constants is not null;

    /// <summary>Rows whose pair the columns do not determine.</summary>
    public long Undetermined { get; private set; }

    /// <summary>Rows whose pair is counted.</summary>
    public long Counted { get; private set; }

    /// <summary>Rows whose radii are all 0: nothing is certified at any ε.</summary>
    public long WithoutRadius { get; private set; }

    /// <summary>
    /// For each pair how many rows have its first class on top and are limited by its second: r_1, and the radius under the guarantee (0
    /// where constants are not known; there the first class is in the set and the second is not).
    /// </summary>
    public IReadOnlyDictionary<(int Inside, int Outside), (long Local, long Main)> Counts => counts;

    /// <summary>Adds a row.</summary>
    /// <exception cref="ArgumentException">A radius is larger than the constants allow, so they belong to another model.</exception>
    public void Add(float[] logits, int[] order, float[] radii)
    {
        if (!Array.Exists(radii, radius => radius > 0 && float.IsFinite(radius)))
        {
            WithoutRadius++;
            return;
        }

        if (constants is null)
        {
            if (order.Length > 2 && !(radii.Length > 1 && radii[1] > radii[0]))
            {
                Undetermined++;
                return;
            }

            Count((order[0], order[1]), local: 1, main: 0);
            Counted++;
            return;
        }

        var (pair, smallest) = Smallest(logits, order, 1);
        if (radii[0] > smallest * (1 + Tolerance))
        {
            throw new ArgumentException(
                "The given model did not score the view: a row's radius is larger than the model's Lipschitz constants allow.");
        }
        Count(pair, local: 1, main: 0);
        Counted++;
        int best = 0;
        for (int k = 1; k <= Math.Min(radii.Length, main.MaxK); k++)
        {
            if (float.IsFinite(radii[k - 1]) && main.Allows(order, k) && (best == 0 || radii[k - 1] > radii[best - 1]))
                best = k;
        }

        if (best > 0)
            Count(best == 1 ? pair : Smallest(logits, order, best).Pair, local: 0, main: 1);
    }

    private ((int Inside, int Outside) Pair, double Quotient) Smallest(float[] logits, int[] order, int k)
    {
        var (pair, smallest) = ((order[0], order[k]), double.PositiveInfinity);
        for (int inside = 0; inside < k; inside++)
        {
            ReadOnlySpan<double> row = constants!.Row(order[inside]);
            for (int outside = k; outside < order.Length; outside++)
            {
                double quotient = ((double)logits[order[inside]] - logits[order[outside]]) / row[order[outside]];
                if (quotient < smallest)
                    (pair, smallest) = ((order[inside], order[outside]), quotient);
            }
        }

        return (pair, smallest);
    }

    private void Count((int Inside, int Outside) pair, int local, int main)
    {
        var (locals, mains) = counts.GetValueOrDefault(pair);
        counts[pair] = (locals + local, mains + main);
    }
}
