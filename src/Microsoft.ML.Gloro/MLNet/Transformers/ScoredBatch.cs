using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>
/// Inputs and results of the rows that are scored together. Results that several columns share (logits, class order, radii, certified set)
/// are computed once, and only if an active column needs them; nothing is allocated per row. One batch serves one cursor or row. Several
/// threads may use it if each has its own rows, except <see cref="EnsureCapacity"/>, which no other call may overlap,
/// <see cref="Reachable"/> and <see cref="Covered"/>.
/// </summary>
internal sealed class ScoredBatch
{
    private readonly GloroTransformer _transformer;
    private readonly GloroModel _model;
    private readonly int _inputSize, _classes, _radiiCount, _ordered;
    private readonly bool _needsOrder, _needsRadii;
    private float[] _inputs = [], _logits = [], _radii = [];
    private int[] _order = [];
    private bool[] _ranked = [];
    private RowError[] _errors = [];
    private CertifiedSet[] _certified = [];
    private int[]? _reachable, _covered;

    /// <param name="transformer">Whose model scores.</param>
    /// <param name="activeOutputs">Which output columns will be asked for, by <see cref="OutputColumn"/>.</param>
    public ScoredBatch(GloroTransformer transformer, bool[] activeOutputs)
    {
        (_transformer, _model) = (transformer, transformer.GloroModel);
        (_inputSize, _classes, _radiiCount) = (_model.Network.InputShape.Size, _model.ClassNames.Count, _model.RadiiCount);
        bool Needs(params ReadOnlySpan<OutputColumn> columns)
        {
            foreach (var column in columns)
            {
                if ((int)column < activeOutputs.Length && activeOutputs[(int)column])
                    return true;
            }

            return false;
        }

        _needsRadii = Needs(
            OutputColumn.TopKRadii, OutputColumn.CertifiedRadius, OutputColumn.IsCertified, OutputColumn.CertifiedK,
            OutputColumn.CertifiedLabels, OutputColumn.LoosestK, OutputColumn.CertifiedGroup);
        _needsOrder = _needsRadii || Needs(OutputColumn.PredictedLabel, OutputColumn.ReachableLabels);
        _ordered = _needsRadii ? _radiiCount : 1; // no certified set is larger, and sorting a thousand classes takes longer than certifying
    }

    /// <summary>Makes room for <paramref name="rows"/> rows.</summary>
    public void EnsureCapacity(int rows)
    {
        if (_ranked.Length >= rows)
            return;
        Array.Resize(ref _inputs, checked(rows * _inputSize));
        Array.Resize(ref _logits, checked(rows * _classes));
        Array.Resize(ref _ranked, rows);
        Array.Resize(ref _errors, rows);
        if (_needsOrder)
            Array.Resize(ref _order, rows * _ordered);
        if (_needsRadii)
        {
            Array.Resize(ref _radii, rows * _radiiCount);
            Array.Resize(ref _certified, rows);
        }
    }

    /// <summary>Where the input of <paramref name="row"/> is written before <see cref="Compute"/>.</summary>
    public Span<float> Input(int row) => _inputs.AsSpan(row * _inputSize, _inputSize);

    /// <summary>Scores and certifies <paramref name="rows"/> inputs from <paramref name="first"/> on.</summary>
    /// <param name="first">The first of them.</param>
    /// <param name="rows">How many.</param>
    /// <param name="threads">Which threads compute the logits.</param>
    public void Compute(int first, int rows, ScoringThreads threads = ScoringThreads.All)
    {
        _transformer.Score(_inputs.AsMemory(first * _inputSize), rows, _logits.AsMemory(first * _classes), threads);
        for (int row = first; row < first + rows; row++)
        {
            var logits = _logits.AsSpan(row * _classes, _classes);
            if (!_transformer.Guard.TryJudge(Input(row), out _errors[row]))
                logits.Fill(float.NaN); // before anything is certified: see InputGuard
            if (!_needsOrder)
                continue;

            var order = _order.AsSpan(row * _ordered, _ordered);
            _ranked[row] = Certificate.TryOrder(logits, order);
            if (!_needsRadii)
                continue;

            var radii = _radii.AsSpan(row * _radiiCount, _radiiCount);
            if (_ranked[row])
            {
                Certificate.ComputeRadii(logits, order, _model.Constants, _errors[row].Margin, radii);
                foreach (ref float radius in radii)
                    radius = Math.Min(_errors[row].Shorten(radius), _transformer.Guard.LargestRadius);
                _certified[row] = Certificate.Evaluate(_model.ResolvedGuarantee, order, radii, _model.Epsilon);
            }
            else
            {
                radii.Clear();
                _certified[row] = default;
            }
        }
    }

    /// <summary>y.</summary>
    public ReadOnlySpan<float> Logits(int row) => _logits.AsSpan(row * _classes, _classes);

    /// <summary>r_1, r_2, …; zeros for a row that is not certifiable.</summary>
    public ReadOnlySpan<float> Radii(int row) => _radii.AsSpan(row * _radiiCount, _radiiCount);

    /// <summary>What is certified at the model's ε under its guarantee.</summary>
    public CertifiedSet Certified(int row) => _certified[row];

    /// <summary>What that set is called; empty if it is empty or has no name.</summary>
    public string CertifiedName(int row) => _model.ResolvedGuarantee.NameOf(Order(row)[.._certified[row].TightestK]);

    /// <summary>The first classes by descending logit, as many as a certified set can have; empty if a logit is not finite.</summary>
    public ReadOnlySpan<int> Order(int row) => _ranked[row] ? _order.AsSpan(row * _ordered, _ordered) : [];

    /// <summary>The classes that could be top-1 within ε; all classes if the row may not be certified. Valid until the next call.</summary>
    public ReadOnlySpan<int> Reachable(int row)
    {
        _reachable ??= new int[_classes];
        var order = _order.AsSpan(row * _ordered, _ordered);
        RowError error = _transformer.Guard.ErrorWithin(_model.Epsilon, _errors[row]);
        double epsilon = error.Widen(_model.Epsilon);
        return _reachable.AsSpan(0, Certificate.ReachableLabels(Logits(row), order, _model.Constants, error.Margin, epsilon, _reachable));
    }

    /// <summary>
    /// The coverage set at the model's ε; every class if nothing is known of the row. Valid until the next call. Calibrated models only.
    /// </summary>
    public ReadOnlySpan<int> Covered(int row)
    {
        _covered ??= new int[_classes];
        RowError error = _transformer.Guard.ErrorWithin(_model.Epsilon, _errors[row]);
        return _covered.AsSpan(0, _model.Coverage!.Labels(Logits(row), _model.Constants, error, _model.Epsilon, _covered));
    }

    /// <summary>
    /// Softmax of the logits over the model's temperature, shifted by the largest so that it cannot overflow; NaN if a logit is not finite.
    /// </summary>
    public void Softmax(int row, Span<float> destination)
    {
        var logits = Logits(row);
        float largest = float.NegativeInfinity;
        foreach (float logit in logits)
            largest = MathF.Max(largest, logit); // MathF.Max keeps NaN
        if (!float.IsFinite(largest))
        {
            destination.Fill(float.NaN);
            return;
        }

        float sum = 0;
        for (int i = 0; i < logits.Length; i++)
            sum += destination[i] = MathF.Exp((float)((logits[i] - largest) / _model.Temperature));
        for (int i = 0; i < logits.Length; i++)
            destination[i] /= sum;
    }
}
