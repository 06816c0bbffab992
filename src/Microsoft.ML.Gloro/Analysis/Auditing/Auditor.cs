using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.MLNet;
using Microsoft.ML.Gloro.Torch;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Runs one audit, stage by stage.</summary>
internal sealed class Auditor
{
    private readonly GloroAuditOptions _options;
    private readonly GloroModel _model;
    private readonly RowReader _reader;
    private readonly AuditClock _clock;
    private readonly Judge _judge;
    private readonly TorchReplica _replica;
    private readonly Findings _findings;
    private readonly SteepestPairs _steepest;

    private Auditor(GloroTransformer transformer, RowReader reader, GloroAuditOptions options, AuditClock clock, Judge judge,
        TorchReplica replica)
    {
        (_options, _model, _reader, _clock, _judge, _replica) = (options, transformer.GloroModel, reader, clock, judge, replica);
        (_findings, _steepest) = (new Findings(judge, reader.Describe), new SteepestPairs(options.LipschitzPairs));
    }

    /// <summary>Audits a model; see <see cref="GloroCatalog"/>.</summary>
    public static GloroAuditReport Run(MLContext mlContext, ITransformer model, IDataView data, GloroAuditOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        options = options.Copy();
        options.Validate();
        options.CancellationToken.ThrowIfCancellationRequested();
        GloroTransformer gloro = GloroInChain.Find(model);
        var reader = new RowReader(gloro.GloroModel, GloroInChain.TransformBefore(model, data), gloro.FeatureColumnName,
            options.LabelColumnName);
        LoadTorch();
        using IChannel channel = ((IHostEnvironment)mlContext).Register("Gloro", null, null).Start("Audit");
        using var collections = new BlockingCollections();
        using var judge = new Judge(gloro, options.BatchSize);
        using var replica = new TorchReplica(gloro.GloroModel.Network);
        return new Auditor(gloro, reader, options, new AuditClock(options, channel), judge, replica).Run();
    }

    private GloroAuditReport Run()
    {
        LipschitzBound? proved = CheckBounds();
        long count = _reader.Count();
        List<AuditRow> rows = ReadRows(count);
        List<AuditRow> certified = [.. rows.Where(r => r.Point.K > 0)];
        var consumed = AttackCertificates(certified);
        var (walk, lastBits) = WalkBoundaries(consumed);
        List<AuditRow> labeled = Labeled(rows);
        GloroAuditAccuracy? accuracy = labeled.Count > 0 ? AttackAccuracy(labeled) : null;
        GloroAuditCoverage? coverage = AttackCoverage(labeled);
        GloroAuditSlope[] slopes = AscendLipschitz(rows);

        var worst = consumed.OrderByDescending(c => c.Value).ThenBy(c => c.Key.Number).FirstOrDefault();
        var layers = BoundCheck.Layers(_model, proved);
        var reached = rows.Except(certified.Except(consumed.Keys)).Select(r => r.Number).ToHashSet();
        return new GloroAuditReport
        {
            Guarantee = _model.Guarantee,
            Epsilon = _model.Epsilon,
            InTolerances = _model.Network.Metric is not null,
            Arithmetic = _model.Arithmetic,
            IsComplete = _clock.IsComplete,
            RowCount = rows.Count,
            CertifiedRows = certified.Count,
            AttackedRows = consumed.Count,
            RowsNotReached = [.. RowReader.Choose(count, _options.MaxRows).Where(number => !reached.Contains(number))],
            Steps = _options.Steps,
            Restarts = _options.Restarts,
            LargestConsumedMargin = worst.Value,
            LargestConsumedMarginRow = worst.Key?.Number ?? -1,
            MeanConsumedMargin = consumed.Count == 0 ? 0 : consumed.Values.Average(),
            NearestFlip = _findings.NearestFlip,
            NearestFlipRow = _findings.NearestFlipRow,
            BoundaryRows = walk.Rows,
            BoundaryPoints = walk.Points,
            LastBitTrials = lastBits.Trials,
            LastBitCounterexamples = _findings.LastBitCounterexamples,
            Accuracy = accuracy,
            Coverage = coverage,
            Slopes = [.. slopes.OrderByDescending(s => s.Fraction)],
            LipschitzBound = _model.Bound.Value,
            RecomputedLipschitzBound = proved?.Value ?? double.NaN,
            AttainedProduct = layers.Aggregate(1.0, (product, layer) => product * layer.Attained),
            Layers = layers,
            WeightHash = _model.Bound.WeightHash,
            Elapsed = _clock.Elapsed,
            StageTimes = _clock.Times,
        };
    }

    private LipschitzBound? CheckBounds()
    {
        _clock.Begin(GloroAuditStage.Bounds, 1);
        BoundCheck.CheckHash(_model);
        LipschitzBound? proved = null;
        if (_options.RecomputeBounds)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(_clock.CancellationToken);
            if (_options.TimeBudget is not null)
                stop.CancelAfter(_clock.TimeLeft() > TimeSpan.Zero ? _clock.TimeLeft() : TimeSpan.Zero);
            try
            {
                proved = BoundCheck.Recompute(_model, stop.Token);
            }
            catch (OperationCanceledException) when (!_clock.CancellationToken.IsCancellationRequested)
            {
                _clock.Skip();
            }
        }

        _clock.GoOn(1);
        return proved;
    }

    private List<AuditRow> ReadRows(long count)
    {
        int wanted = (int)Math.Min(count, _options.MaxRows);
        _clock.Begin(GloroAuditStage.Rows, wanted);
        var rows = new List<AuditRow>(wanted);
        foreach (var batch in _reader.Read(count, _options.MaxRows).Chunk(_options.BatchSize))
        {
            CertifiedPoint[] points = _judge.Certify([.. batch.Select(r => r.Input)]);
            rows.AddRange(batch.Zip(points, (read, point) => new AuditRow(read.Number, read.Label, point)));
            if (!_clock.GoOn(rows.Count))
                break;
        }

        return rows;
    }

    private Dictionary<AuditRow, double> AttackCertificates(List<AuditRow> certified)
    {
        var attack = new CertificateAttack(_judge, _replica, _findings, _steepest, _options);
        var consumed = new Dictionary<AuditRow, double>(ReferenceEqualityComparer.Instance);
        InBatches(GloroAuditStage.Certificates, certified, batch =>
        {
            double[] fractions = attack.Run(batch);
            for (int i = 0; i < batch.Count; i++)
                consumed.Add(batch[i], fractions[i]);
        });
        return consumed;
    }

    private (BoundaryWalk Walk, LastBitSearch LastBits) WalkBoundaries(Dictionary<AuditRow, double> consumed)
    {
        var lastBits = new LastBitSearch(_judge, _replica, _findings, _options);
        var walk = new BoundaryWalk(_judge, _replica, _findings, lastBits, _clock, _options);
        AuditRow[] nearest =
            [.. consumed.OrderByDescending(c => c.Value).ThenBy(c => c.Key.Number).Take(_options.BoundaryRows).Select(c => c.Key)];
        InBatches(GloroAuditStage.Boundary, nearest, walk.Run, parts: 4); // each row is expensive here
        return (walk, lastBits);
    }

    private List<AuditRow> Labeled(List<AuditRow> rows)
    {
        if (_reader.LabelColumnName is not { } column)
            return [];
        List<AuditRow> labeled = [.. rows.Where(r => r.Label != LabelMap.Missing)];
        if (labeled.Count < rows.Count)
            _clock.Warn(LabelColumn.MissingWarning(column, rows.Count - labeled.Count, rows.Count, "audited rows"));
        return labeled;
    }

    private GloroAuditAccuracy AttackAccuracy(List<AuditRow> labeled)
    {
        var goal = new LabelGoal(_model.ResolvedGuarantee);
        var attack = new RobustAccuracyAttack(_judge, _replica, _findings, goal, _options);
        List<AuditRow> right = [.. labeled.Where(r => goal.IsRight(r.Point.Logits, r.Label))];
        int proved = right.Count(IsVerified), attacked = 0, beaten = 0;
        AuditRow[] unproved = [.. right.Where(r => !IsVerified(r))];
        if (_model.Epsilon > 0)
        {
            InBatches(GloroAuditStage.RobustAccuracy, unproved, batch =>
            {
                beaten += attack.Run(batch).Count(b => b);
                attacked += batch.Count;
            });
        }

        double Share(int part) => (double)part / labeled.Count;
        return new GloroAuditAccuracy
        {
            RowCount = labeled.Count,
            TopKAccuracy = Share(right.Count),
            VerifiedRobustAccuracy = Share(proved),
            EmpiricalRobustAccuracy = Share(right.Count - beaten),
            UnprovedRows = unproved.Length,
            AttackedRows = attacked,
        };
    }

    private GloroAuditCoverage? AttackCoverage(List<AuditRow> labeled)
    {
        if (_model.Coverage is not { } rule || _model.Epsilon == 0)
        {
            _clock.Begin(GloroAuditStage.Coverage, 0);
            return null;
        }

        var attack = new CoverageAttack(_judge, _replica, _reader.Describe, _options);
        var outcomes = new List<CoverageOutcome>();
        InBatches(GloroAuditStage.Coverage, [.. labeled.Where(row => row.Label >= 0)], batch => outcomes.AddRange(attack.Run(batch)));
        return GloroAuditCoverage.Of(outcomes, rule);
    }

    // The set certified at ε lies within the largest allowed set, so a verified row is also right.
    private static bool IsVerified(AuditRow row) => row.Point.Order.AsSpan(0, row.Point.LoosestK).Contains(row.Label);

    private GloroAuditSlope[] AscendLipschitz(List<AuditRow> rows)
    {
        // Without pairs from an attack, start from the two highest classes of some rows and a random step.
        if (_steepest.Best.Count == 0)
        {
            foreach (AuditRow row in rows.Where(r => r.Point.Order.Length > 1).Take(_options.LipschitzPairs))
            {
                float[] aside = new float[_judge.InputSize];
                RandomStart.Fill(aside, RandomStart.Source(_options.Seed, row.Number, 0), 1, _judge.Metric);
                float[] other = [.. row.Point.Input.Select((x, i) => x + (aside[i] * (_judge.Metric?.Tolerances[i] ?? 1)))];
                _steepest.Add(row.Point.Order[0], row.Point.Order[1], 0, row.Point.Input, other);
            }
        }

        var ascent = new LipschitzAscent(_judge, _replica, _options);
        var slopes = new List<GloroAuditSlope>();
        InBatches(GloroAuditStage.Lipschitz, _steepest.Best, batch => slopes.AddRange(ascent.Run(batch)));
        return [.. slopes];
    }

    /// <summary>
    /// Runs items in batches, each spread evenly over all of them. If time runs out, the items not reached are spread evenly too.
    /// </summary>
    private void InBatches<T>(GloroAuditStage stage, IReadOnlyList<T> items, Action<IReadOnlyList<T>> run, int parts = 1)
    {
        _clock.Begin(stage, items.Count);
        if (items.Count == 0)
            return;
        int size = Math.Max(1, _options.BatchSize / parts), batches = (items.Count + size - 1) / size, done = 0;
        for (int batch = 0; batch < batches && _clock.GoOn(done); batch++)
        {
            T[] part = [.. Enumerable.Range(0, items.Count).Where(i => i % batches == batch).Select(i => items[i])];
            run(part);
            done += part.Length;
        }

        _clock.GoOn(done);
    }

    private static void LoadTorch()
    {
        try
        {
            TorchRuntime.EnsureLoaded();
        }
        catch (DllNotFoundException e)
        {
            throw new DllNotFoundException($"An audit attacks along gradients and needs libtorch for them, as training does. {e.Message}",
                e);
        }
    }
}
