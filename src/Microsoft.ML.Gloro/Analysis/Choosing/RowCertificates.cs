using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.MLNet;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// The data needed to choose a guarantee at one ε: each row's first classes in order, which of its top-k sets hold at ε, and the label's
/// position. A top-k set holds at ε exactly if every margin across it, (y_j − y_i) / K_ij for j inside and i outside, is above ε, so the
/// columns determine which pairs block, without K.
/// </summary>
/// <remarks>Immutable once filled. A row takes 5 bytes per k, independent of the number of classes.</remarks>
internal sealed class RowCertificates
{
    private readonly List<int> top = [];
    private readonly List<bool> holds = [];
    private readonly List<int> positions = [];
    private readonly List<int> labels = [];

    private RowCertificates(int depth) => Depth = depth;

    /// <summary>The number of classes kept per row, and the largest known k.</summary>
    public int Depth { get; }

    /// <summary>The number of rows with a label.</summary>
    public int Count => labels.Count;

    /// <summary>Reads a scored view, in one pass.</summary>
    /// <param name="scored">The view.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="depth">The largest k to keep; at most the number of radii.</param>
    /// <param name="cancellationToken">Checked before each row.</param>
    /// <param name="warn">Receives a warning if rows have no label.</param>
    /// <exception cref="ArgumentException">No row has a label.</exception>
    public static RowCertificates Read(
        IDataView scored, ScoredColumns columns, float epsilon, int depth, CancellationToken cancellationToken, Action<string>? warn = null)
    {
        var rows = new RowCertificates(depth);
        using DataViewRowCursor cursor = scored.GetRowCursor([columns.Label, columns.Logits, columns.TopKRadii]);
        Func<int> readLabel = columns.LabelMap.GetGetter(cursor);
        ValueGetter<VBuffer<float>> readLogits = cursor.GetGetter<VBuffer<float>>(columns.Logits);
        ValueGetter<VBuffer<float>> readRadii = cursor.GetGetter<VBuffer<float>>(columns.TopKRadii);
        VBuffer<float> buffer = default;
        float[] logits = new float[columns.ClassNames.Count], radii = new float[columns.RadiiCount];
        int[] order = new int[logits.Length];
        long missing = 0;
        while (cursor.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            int label = readLabel();
            if (label == LabelMap.Missing)
            {
                missing++;
                continue;
            }

            ScoredColumns.Read(readLogits, ref buffer, logits);
            ScoredColumns.Read(readRadii, ref buffer, radii);
            rows.Add(label, logits, radii, order, epsilon);
        }

        if (rows.Count == 0)
            throw EvaluationArguments.NoRows(missing, columns.Label.Name, "to choose a guarantee by", nameof(scored));
        if (missing > 0)
            warn?.Invoke(LabelColumn.MissingWarning(columns.Label.Name, missing, rows.Count + missing, "rows"));
        return rows;
    }

    /// <summary>The selected rows, in the same order.</summary>
    public RowCertificates Where(Func<int, bool> isWanted)
    {
        var rows = new RowCertificates(Depth);
        for (int row = 0; row < Count; row++)
        {
            if (!isWanted(row))
                continue;
            rows.top.AddRange(top.GetRange(row * Depth, Depth));
            rows.holds.AddRange(holds.GetRange(row * Depth, Depth));
            rows.positions.Add(positions[row]);
            rows.labels.Add(labels[row]);
        }

        return rows;
    }

    /// <summary>The class at <paramref name="place"/> in the row's order, from 0.</summary>
    public int Class(int row, int place) => top[(row * Depth) + place];

    /// <summary>Whether F^k, k from 1, cannot change within ε.</summary>
    public bool Holds(int row, int k) => holds[(row * Depth) + k - 1];

    /// <summary>
    /// The label's position in the row's order, from 1; int.MaxValue if it is not among the kept classes or not a class of the model.
    /// </summary>
    public int Position(int row) => positions[row];

    /// <summary>The class index of the label, or <see cref="LabelMap.Unknown"/>.</summary>
    public int Label(int row) => labels[row];

    /// <summary>
    /// The size of the smallest top-k set that holds at ε and has the label in it, or 0 if none up to <paramref name="largestK"/> does. The
    /// row counts for VRA under affinity sets exactly if one of them contains this set, since every larger one contains it; and every pair
    /// of classes whose margin is ε or less, and which keeps smaller sets from holding, is within it.
    /// </summary>
    public int NeededK(int row, int largestK)
    {
        for (int k = positions[row]; k <= largestK; k++)
        {
            if (Holds(row, k))
                return k;
        }

        return 0;
    }

    /// <summary>The size of the loosest certified label set, as in the columns; 0 if the row is not certified.</summary>
    public int CertifiedK(int row, ResolvedGuarantee guarantee)
    {
        ReadOnlySpan<int> order = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(top).Slice(row * Depth, Depth);
        for (int k = Math.Min(Depth, guarantee.MaxK); k > 0; k--)
        {
            if (Holds(row, k) && guarantee.Allows(order, k))
                return k;
        }

        return 0;
    }

    private void Add(int label, float[] logits, float[] radii, int[] order, float epsilon)
    {
        // As in Certificate.Evaluate; non-finite logits predict nothing, so the row is neither right nor certified.
        bool isRanked = Certificate.TryOrder(logits, order);
        for (int k = 1; k <= Depth; k++)
        {
            top.Add(order[k - 1]);
            holds.Add(isRanked && float.IsFinite(radii[k - 1]) && radii[k - 1] > epsilon);
        }

        int place = isRanked && label >= 0 ? Array.IndexOf(order, label, 0, Depth) : -1;
        positions.Add(place < 0 ? int.MaxValue : place + 1);
        labels.Add(label);
    }
}

/// <summary>
/// Splits rows by their index alone, so the split is the same on every machine and independent of the classes.
/// </summary>
internal static class RowSplit
{
    /// <summary>Whether a row is held out; pseudo-randomly selects the given share of rows.</summary>
    public static bool IsHeldOut(int row, int seed, double share)
    {
        // SplitMix64 (Steele, Lea, Flood, OOPSLA 2014), started at the row; its top 53 bits give a fraction.
        ulong z = unchecked((((ulong)(uint)seed << 32) | (uint)row) * 0x9E3779B97F4A7C15);
        z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9);
        z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EB);
        z ^= z >> 31;
        return (z >> 11) * (1.0 / (1L << 53)) < share;
    }
}
