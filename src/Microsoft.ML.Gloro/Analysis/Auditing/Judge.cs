using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.MLNet;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// Decides what attacks achieved. Logits come from the scoring graph, certificates from the code that certifies scored rows.
/// </summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class Judge : IDisposable
{
    // Allows for float64 rounding: a few hundred rounding errors, far more than the replica makes. A wrong bound exceeds this by far.
    private const double RelativeTolerance = 1e-9, AbsoluteTolerance = 1e-12;

    private readonly GloroTransformer _transformer;
    private readonly GloroModel _model;
    private readonly ScoredBatch _batch;
    private readonly int _batchSize;
    private readonly int[] _order;
    private TorchReplica? _exact;

    public Judge(GloroTransformer transformer, int batchSize)
    {
        (_transformer, _model, _batchSize) = (transformer, transformer.GloroModel, batchSize);
        bool[] active = new bool[Enum.GetValues<OutputColumn>().Length];
        active[(int)OutputColumn.CertifiedRadius] = true;
        _batch = new ScoredBatch(transformer, active);
        _batch.EnsureCapacity(batchSize);
        _order = new int[_model.ClassNames.Count];
    }

    public GloroModel Model => _model;

    /// <summary>How distances are measured; null for L2.</summary>
    public InputMetric? Metric => _model.Network.Metric;

    public int InputSize => _model.Network.InputShape.Size;

    public int ClassCount => _order.Length;

    /// <summary>Whether certificates cover rounding in scoring. If not, a certificate broken only by rounding is not an error.</summary>
    public bool CoversRounding => _model.Arithmetic == CertificateArithmetic.Float64;

    /// <summary>Scores and certifies inputs as the transformer does.</summary>
    public CertifiedPoint[] Certify(IReadOnlyList<float[]> inputs)
    {
        var points = new CertifiedPoint[inputs.Count];
        for (int start = 0; start < inputs.Count; start += _batchSize)
        {
            int count = Math.Min(_batchSize, inputs.Count - start);
            for (int row = 0; row < count; row++)
                inputs[start + row].CopyTo(_batch.Input(row));
            _batch.Compute(0, count);
            for (int row = 0; row < count; row++)
                points[start + row] = Read(row, inputs[start + row]);
        }

        return points;
    }

    /// <summary>Logits of the scoring graph for inputs stored one after the other.</summary>
    public float[] Score(float[] inputs)
    {
        int rows = inputs.Length / InputSize;
        var logits = new float[rows * ClassCount];
        for (int start = 0; start < rows; start += _batchSize)
        {
            int count = Math.Min(_batchSize, rows - start);
            _transformer.Score(inputs.AsMemory(start * InputSize, count * InputSize), count,
                logits.AsMemory(start * ClassCount, count * ClassCount));
        }

        return logits;
    }

    /// <summary>
    /// Whether logits have another top-k set than <paramref name="point"/>, for its k. Logits that are not finite have no top-k set, so
    /// they count as changed.
    /// </summary>
    public bool IsFlip(CertifiedPoint point, ReadOnlySpan<float> logits)
    {
        if (!Certificate.TryOrder(logits, _order))
            return true;
        foreach (int label in point.Inside)
        {
            if (!_order.AsSpan(0, point.K).Contains(label))
                return true;
        }

        return false;
    }

    /// <summary>The top k classes of these logits.</summary>
    public int[] TopSet(ReadOnlySpan<float> logits, int k)
    {
        Certificate.TryOrder(logits, _order);
        return _order[..k];
    }

    /// <summary>
    /// The margin of <paramref name="point"/>'s top-k set in other logits: the lowest logit in the set minus the highest outside. At most 0
    /// if the set changed.
    /// </summary>
    public static double SetMargin(CertifiedPoint point, ReadOnlySpan<float> logits)
    {
        double lowest = double.PositiveInfinity, highest = double.NegativeInfinity;
        foreach (int label in point.Inside)
            lowest = Math.Min(lowest, logits[label]);
        foreach (int label in point.Outside)
            highest = Math.Max(highest, logits[label]);
        return lowest - highest;
    }

    /// <summary>
    /// The pairs of classes that limit the radius of <paramref name="point"/>, tightest first, each with the distance its margin allows:
    /// (y_j − y_i) / K_ij.
    /// </summary>
    public List<(ClassPair Pair, double Allows)> LimitingPairs(CertifiedPoint point, int most)
    {
        var pairs = new List<(ClassPair Pair, double Allows)>();
        foreach (int j in point.Inside)
        {
            foreach (int i in point.Outside)
                pairs.Add((new ClassPair(j, i), point.Margin(new ClassPair(j, i)) / _model.Constants[i, j]));
        }

        return [.. pairs.OrderBy(p => p.Allows).Take(most)];
    }

    /// <summary>
    /// Whether the two inputs refute a bound: a margin between F^k and the rest changes by more than K_ij times their distance, computed in
    /// float64. If none does, the certificate holds in real arithmetic, and the scoring graph differs only by rounding.
    /// </summary>
    public bool RefutesBound(CertifiedPoint point, float[] changed)
    {
        double distance = Distance.Upper(point.Input, changed, Metric);
        double[] logits = ExactLogits([.. point.Input, .. changed]);
        double tolerance = AbsoluteTolerance * (1 + logits.Max(Math.Abs));
        foreach (int j in point.Inside)
        {
            foreach (int i in point.Outside)
            {
                double drop = logits[j] - logits[i] - (logits[ClassCount + j] - logits[ClassCount + i]);
                if (drop > (_model.Constants[i, j] * distance * (1 + RelativeTolerance)) + tolerance)
                    return true;
            }
        }

        return false;
    }

    /// <summary>Whether a slope found in float64 exceeds the bound by more than rounding.</summary>
    public static bool IsAbove(double slope, double bound, double distance, double largestLogit) =>
        slope > (bound * (1 + RelativeTolerance)) + (AbsoluteTolerance * (1 + largestLogit) / distance);

    /// <summary>Logits in float64, for inputs stored one after the other.</summary>
    public double[] ExactLogits(float[] inputs)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        _exact ??= new TorchReplica(_model.Network, isFloat64: true);
        return _exact.Forward(_exact.ToTensor(inputs)).data<double>().ToArray();
    }

    public void Dispose() => _exact?.Dispose();

    private CertifiedPoint Read(int row, float[] input)
    {
        int[] order = _batch.Order(row).ToArray();
        CertifiedSet set = order.Length == 0 ? default : _batch.Certified(row);
        ReadOnlySpan<float> radii = _batch.Radii(row);
        int size = 0;
        // Of the sets that the guarantee allows, the one that claims most: it is harder to defend than the tightest, which columns show.
        for (int k = 1; set.LargestRadius > 0 && size == 0; k++)
        {
            if (radii[k - 1] == set.LargestRadius && _model.ResolvedGuarantee.Allows(order, k))
                size = k;
        }

        return new CertifiedPoint(input, _batch.Logits(row).ToArray(), order, size, set.LargestRadius, set.LoosestK);
    }
}
