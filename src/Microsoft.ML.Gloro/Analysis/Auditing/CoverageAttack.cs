using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// Attacks coverage sets: moves rows by up to ε so that the score of their label rises. For each start it raises the score that sets for
/// ε = 0 compare with the quantile, and then the lower bound that sets for ε do. Pixels stay within [0, 1], because outside an input has
/// every label in its set.
/// </summary>
internal sealed class CoverageAttack
{
    private readonly Judge _judge;
    private readonly Func<long, string> _describeRow;
    private readonly GloroAuditOptions _options;
    private readonly ProjectedAscent _ascent;
    private readonly GloroModel _model;
    private readonly CoverageRule _rule;
    private readonly InputGuard _guard;
    private readonly int[] _set;

    /// <param name="judge">Scores what attacks find, for a calibrated model.</param>
    /// <param name="replica">The network to differentiate.</param>
    /// <param name="describeRow">Says which row it was.</param>
    /// <param name="options">Steps, starts and seed.</param>
    public CoverageAttack(Judge judge, TorchReplica replica, Func<long, string> describeRow, GloroAuditOptions options)
    {
        (_judge, _describeRow, _options, _model) = (judge, describeRow, options, judge.Model);
        _rule = _model.Coverage ?? throw new ArgumentException("The model is not calibrated.", nameof(judge));
        _guard = new InputGuard(_model);
        _ascent = new ProjectedAscent(replica, options.Steps, keepsPixels: _model.IsImage);
        _set = new int[judge.ClassCount];
    }

    /// <summary>Attacks a batch of rows with a label that the model knows.</summary>
    /// <exception cref="GloroBrokenCertificateException">A set lost a label that it provably holds.</exception>
    public CoverageOutcome[] Run(IReadOnlyList<AuditRow> rows)
    {
        var outcomes = new CoverageOutcome[rows.Count];
        for (int i = 0; i < rows.Count; i++)
        {
            bool holds = Holds(rows[i].Label, rows[i].Point.Input, rows[i].Point.Logits, _model.Epsilon);
            bool plain = Holds(rows[i].Label, rows[i].Point.Input, rows[i].Point.Logits, epsilon: 0);
            outcomes[i] = new(holds, holds, plain, plain, IsOwed(rows[i], epsilon: 0), IsOwed(rows[i], _model.Epsilon));
        }

        for (int start = 0; start < _options.Restarts; start++)
        {
            _options.CancellationToken.ThrowIfCancellationRequested();
            Attack(rows, start, loss: 0, outcomes);
            if (_rule.Kind == CoverageScoreKind.Softmax) // the other score falls by ε everywhere: its bound has the same gradient
                Attack(rows, start, _model.Epsilon, outcomes);
        }

        return outcomes;
    }

    private void Attack(IReadOnlyList<AuditRow> rows, int start, float loss, CoverageOutcome[] outcomes)
    {
        using var scope = NewDisposeScope();
        int size = _judge.InputSize;
        float epsilon = _model.Epsilon;
        var starts = new float[rows.Count * size];
        for (int i = 0; i < rows.Count && start > 0; i++)
        {
            Random random = RandomStart.Source(_options.Seed, rows[i].Number, 100 + start);
            RandomStart.Fill(starts.AsSpan(i * size, size), random, epsilon * random.NextDouble(), _judge.Metric);
        }

        float[] centers = Flat.Join(rows.Select(row => row.Point.Input), size), radii = [.. rows.Select(_ => epsilon)];
        float[] changed = _ascent.Run(centers, starts, radii, Score([.. rows.Select(row => row.Label)], loss));
        double limit = Math.BitIncrement((double)epsilon); // the ball is closed
        for (int i = 0; i < rows.Count; i++)
            Distance.Pull(rows[i].Point.Input, changed.AsSpan(i * size, size), limit, _judge.Metric);
        float[] logits = _judge.Score(changed);
        for (int i = 0; i < rows.Count; i++)
        {
            float[] input = changed[(i * size)..((i + 1) * size)];
            Weigh(rows[i], input, logits.AsSpan(i * _judge.ClassCount, _judge.ClassCount), ref outcomes[i]);
        }
    }

    private void Weigh(AuditRow row, float[] changed, ReadOnlySpan<float> logits, ref CoverageOutcome outcome)
    {
        bool holds = Holds(row.Label, changed, logits, _model.Epsilon), plain = Holds(row.Label, changed, logits, epsilon: 0);
        outcome = outcome with { Left = outcome.Left && holds, PlainLeft = outcome.PlainLeft && plain };
        if (_judge.CoversRounding && ((outcome.IsOwed && !holds) || (outcome.IsPlainOwed && !plain)))
            throw Broken(row, changed, isPlain: holds);
    }

    /// <summary>Whether the label's score is at most the quantile everywhere within ε: then sets owe it there.</summary>
    private bool IsOwed(AuditRow row, float epsilon)
    {
        if (!_guard.TryJudge(row.Point.Input, out RowError error))
            return false;
        error = _guard.ErrorWithin(epsilon, error);
        double worst = CoverageScore.AtMost(
            _rule.Kind, _rule.Temperature, row.Point.Logits, row.Label, _model.Constants, error, epsilon);
        return worst <= _rule.Quantile;
    }

    private bool Holds(int label, float[] input, ReadOnlySpan<float> logits, float epsilon)
    {
        if (!_guard.TryJudge(input, out RowError error))
            return true; // every label is in its set
        error = _guard.ErrorWithin(epsilon, error);
        int count = _rule.Labels(logits, _model.Constants, error, epsilon, _set);
        return _set.AsSpan(0, count).Contains(label);
    }

    /// <summary>The score of the labels, as a function of logits whose margins are lowered by <paramref name="loss"/>·K_ic.</summary>
    private Func<Tensor, Tensor> Score(int[] labels, float loss)
    {
        int classes = _judge.ClassCount;
        float[] constants = [.. labels.SelectMany(label => _model.Constants.Row(label).ToArray()).Select(k => Math.Max((float)k, 1e-30f))];
        Tensor label = RowTensors.Indices(labels), k = tensor(constants, [labels.Length, classes]);
        Tensor own = zeros_like(k).scatter_(1, label, ones_like(k)).to(ScalarType.Bool);
        if (_rule.Kind == CoverageScoreKind.Margin)
            return logits => ((logits - logits.gather(1, label)) / k).masked_fill(own, float.NegativeInfinity).amax([1]);
        return logits => ((logits - logits.gather(1, label) - (k * loss)) / _rule.Temperature)
            .masked_fill(own, float.NegativeInfinity).logsumexp(1);
    }

    private GloroBrokenCertificateException Broken(AuditRow row, float[] changed, bool isPlain)
    {
        double distance = Distance.Upper(row.Point.Input, changed);
        var found = new GloroCounterexample
        {
            Row = row.Number,
            IsRowItself = true,
            Original = [.. row.Point.Input],
            Changed = [.. changed],
            Distance = distance,
            CertifiedRadius = _model.Epsilon,
            CertifiedLabels = [_model.ClassNames[row.Label]],
            LabelsFound = [],
        };
        string set = isPlain ? "for ε = 0 " : "";
        return new GloroBrokenCertificateException(
            FormattableString.Invariant($"The coverage set {set}of {_describeRow(row.Number)} is broken: its label ") +
            FormattableString.Invariant($"'{_model.ClassNames[row.Label]}' provably stays in it within ε = {_model.Epsilon:R}, and at ") +
            FormattableString.Invariant($"distance {distance:R} it is lost. A margin constant or the bound of the rounding errors is ") +
            "wrong. Do not use the model; prove its bound again from the weights that it has.", found);
    }
}

/// <summary>What became of a row's sets.</summary>
/// <param name="Held">Whether the set for ε held the label before the attack.</param>
/// <param name="Left">Whether it did so at every point that the attack found.</param>
/// <param name="PlainHeld">The same of the set for ε = 0.</param>
/// <param name="PlainLeft">The same of the set for ε = 0.</param>
/// <param name="IsOwed">Whether the set for ε is proved to hold the label at every point within ε.</param>
/// <param name="IsPlainOwed">The same of the set for ε = 0.</param>
internal readonly record struct CoverageOutcome(bool Held, bool Left, bool PlainHeld, bool PlainLeft, bool IsOwed, bool IsPlainOwed);
