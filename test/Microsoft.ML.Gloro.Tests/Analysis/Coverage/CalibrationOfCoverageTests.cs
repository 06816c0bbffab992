using System.Text.Json.Nodes;
using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Tests.Inference;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Analysis;

/// <summary>Calibration through the public door: coverage on new rows, moved and not, in files, and what is refused.</summary>
[TestClass]
public sealed class CalibrationOfCoverageTests
{
    private const float Epsilon = 0.05f;

    private readonly MLContext _mlContext = new(seed: 1);

    [TestMethod]
    [DataRow(CoverageScoreKind.Softmax)]
    [DataRow(CoverageScoreKind.Margin)]
    public void Calibrate_NewRows_CoverAsOftenAsAskedForAndMovedOnesToo(CoverageScoreKind score)
    {
        using var model = TestModels.Transformer(TestModels.Vector(epsilon: Epsilon));
        var options = new GloroCoverageOptions { Score = score, Temperature = 0.3 };
        double covered = 0, moved = 0, bound = 0;
        const int Splits = 20, Rows = 300;
        for (int split = 0; split < Splits; split++)
        {
            GloroCoverage coverage = _mlContext.Gloro.Calibrate(model, View(Drawn(model, Rows, seed: 2 * split)), options: options);
            var rows = Drawn(model, Rows, seed: (2 * split) + 1);
            GloroCoverageMetrics metrics = _mlContext.Gloro.EvaluateCoverage(coverage.Model, View(rows));
            covered += _mlContext.Gloro.EvaluateCoverage(coverage.Model, View(rows), epsilon: 0).CoveredFraction / Splits;
            moved += _mlContext.Gloro.EvaluateCoverage(coverage.Model, View(Attacked(model, rows))).CoveredFraction / Splits;
            bound += metrics.PlainCoveredUnderAttackFraction / Splits;
            Assert.IsLessThanOrEqualTo(5, metrics.MeanSetSize);
        }

        double threeErrors = 3 * Math.Sqrt(.09 / Rows / Splits * 2);
        Assert.AreEqual(.9, covered, threeErrors, "sets for ε = 0 on rows that nobody moved");
        Assert.IsGreaterThanOrEqualTo(.9 - threeErrors, moved, "sets for ε on rows that were moved by ε");
        Assert.IsLessThanOrEqualTo(covered, bound, "what plain sets are proved to hold under attack is less than what they hold");
        Assert.IsGreaterThan(0, bound);
    }

    [TestMethod]
    public void Calibrate_Model_GivesTheSetsAsAColumnOfKeysAndKeepsTheOthers()
    {
        using var model = TestModels.Transformer(TestModels.Vector(epsilon: Epsilon));
        var rows = Drawn(model, 200, seed: 1);
        GloroCoverage coverage = _mlContext.Gloro.Calibrate(model, View(rows), coverage: .8);
        Assert.AreEqual(200, coverage.RowCount);
        Assert.AreEqual(.8, coverage.Coverage);
        Assert.AreEqual(model.Temperature / 2, coverage.Temperature);

        IDataView plain = model.Transform(View(rows)), scored = coverage.Model.Transform(View(rows));
        Assert.IsNull(plain.Schema.GetColumnOrNull("CoverageLabels"));
        var column = scored.Schema["CoverageLabels"];
        Assert.AreEqual(scored.Schema["CertifiedLabels"].Type, column.Type);
        VBuffer<ReadOnlyMemory<char>> names = default;
        column.Annotations.GetValue("KeyValues", ref names);
        CollectionAssert.AreEqual(model.ClassNames.ToArray(), names.DenseValues().Select(n => n.ToString()).ToArray());
        for (int i = 0; i < plain.Schema.Count; i++)
            Assert.AreEqual(plain.Schema[i].Name, scored.Schema[i].Name);

        // The column says what EvaluateCoverage counts.
        uint[][] sets = [.. scored.GetColumn<uint[]>("CoverageLabels")];
        double share = sets.Zip(rows, (set, row) => set.Contains(row.Label + 1) ? 1.0 : 0).Average();
        GloroCoverageMetrics metrics = _mlContext.Gloro.EvaluateCoverage(coverage.Model, View(rows));
        Assert.AreEqual(share, metrics.CoveredFraction, 1e-12);
        Assert.AreEqual(sets.Average(set => set.Length), metrics.MeanSetSize, 1e-12);
        Assert.AreEqual(sets.Count(set => set.Length == 1) / 200.0, metrics.SingletonFraction, 1e-12);
        Assert.AreEqual(sets.Count(set => set.Length == 0) / 200.0, metrics.EmptyFraction, 1e-12);
        Assert.AreEqual(200, metrics.PerClass.Sum(c => c.RowCount));
        StringAssert.Contains(metrics.ToString(), "Coverage 0.8 at epsilon 0.05, 200 rows");
        StringAssert.StartsWith(coverage.ToString(), "coverage 0.8 from 200 rows: ");
    }

    [TestMethod]
    public void Calibrate_AlwaysIncludePrediction_LeavesNoSetEmpty()
    {
        using var model = TestModels.Transformer(TestModels.Vector(epsilon: 0));
        IDataView rows = View(Drawn(model, 200, seed: 1));
        GloroCoverage loose = _mlContext.Gloro.Calibrate(model, rows, coverage: .2);
        GloroCoverage strict = _mlContext.Gloro.Calibrate(model, rows, coverage: .2, new() { AlwaysIncludePrediction = true });
        Assert.IsGreaterThan(0, _mlContext.Gloro.EvaluateCoverage(loose.Model, rows).EmptyFraction);
        Assert.AreEqual(0, _mlContext.Gloro.EvaluateCoverage(strict.Model, rows).EmptyFraction);
    }

    [TestMethod]
    public void WithGuarantee_OfACalibratedModel_KeepsTheCalibrationAndItsSetsGrowWithEpsilon()
    {
        using var model = TestModels.Transformer(TestModels.Vector(epsilon: Epsilon));
        IDataView rows = View(Drawn(model, 200, seed: 1));
        ITransformer calibrated = _mlContext.Gloro.Calibrate(model, rows).Model;
        double size = 0;
        foreach (float epsilon in new[] { 0, 0.05f, 0.1f, 0.2f })
        {
            ITransformer other = _mlContext.Gloro.WithGuarantee(calibrated, RobustnessGuarantee.Local, epsilon);
            double now = _mlContext.Gloro.EvaluateCoverage(other, rows).MeanSetSize;
            Assert.IsGreaterThanOrEqualTo(size, now);
            Assert.AreEqual(now, _mlContext.Gloro.EvaluateCoverage(calibrated, rows, epsilon).MeanSetSize);
            size = now;
        }

        Assert.IsGreaterThan(1, size);
        ITransformer real = _mlContext.Gloro.WithArithmetic(calibrated, CertificateArithmetic.Real);
        Assert.IsNull(real.Transform(rows).Schema.GetColumnOrNull("CoverageLabels"), "another arithmetic needs another calibration");
    }

    [TestMethod]
    public void Save_CalibratedModel_LoadsWithTheSameSets()
    {
        using var model = TestModels.Transformer(TestModels.Vector(epsilon: Epsilon));
        IDataView rows = View(Drawn(model, 100, seed: 1));
        foreach (var options
            in new GloroCoverageOptions[] { new(), new() { Score = CoverageScoreKind.Margin, AlwaysIncludePrediction = true } })
        {
            ITransformer calibrated = _mlContext.Gloro.Calibrate(model, rows, .85, options).Model;
            ITransformer loaded = ModelFiles.Load(ModelFiles.Save(calibrated, rows.Schema));
            uint[][] before = [.. calibrated.Transform(rows).GetColumn<uint[]>("CoverageLabels")];
            uint[][] after = [.. loaded.Transform(rows).GetColumn<uint[]>("CoverageLabels")];
            for (int i = 0; i < before.Length; i++)
                CollectionAssert.AreEqual(before[i], after[i]);
        }
    }

    [TestMethod]
    [DataRow("score", "cosine")]
    [DataRow("quantile", "NaN")]
    [DataRow("quantile", "many")]
    [DataRow("temperature", 0.0)]
    [DataRow("coverage", 1.0)]
    [DataRow("rows", 0)]
    public void Read_ImpossibleCalibration_IsRefused(string name, object value)
    {
        var rule = new Gloro.Core.CoverageRule(CoverageScoreKind.Softmax, 1, .9, 100, 2.5, alwaysTop: false);
        byte[] file = ModelSurgery.EditHeader(
            ModelFiles.Write(TestModels.Vector().With(rule)), header => header["coverage"]![name] = JsonValue.Create(value));
        var e = Assert.ThrowsExactly<FormatException>(() => ModelFiles.Read(file));
        StringAssert.StartsWith(e.Message, "The GloRo model cannot be loaded: ");
    }

    [TestMethod]
    public void Calibrate_WhatCannotWork_SaysWhy()
    {
        using var model = TestModels.Transformer(TestModels.Vector());
        var rows = Drawn(model, 18, seed: 1);
        Refuses(() => _mlContext.Gloro.Calibrate(model, View(rows), .95),
            "needs at least 19 calibration rows with a label, and there are 18");
        Refuses(() => _mlContext.Gloro.Calibrate(model, View(rows), 1), "Coverage is a probability above 0 and below 1, not 1");
        Refuses(() => _mlContext.Gloro.Calibrate(model, View(rows), .5, new() { Temperature = 0, Score = (CoverageScoreKind)9 }),
            "Score 9 is unknown. Temperature");
        Refuses(() => _mlContext.Gloro.Calibrate(model, View(rows), .5, new() { LabelColumnName = "Class" }), "no column 'Class'");
        Refuses(() => _mlContext.Gloro.EvaluateCoverage(model, View(rows)), "mlContext.Gloro.Calibrate");
        Assert.Throws<InvalidOperationException>(() => _mlContext.Gloro.Calibrate(model, View([])));
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(
            () => _mlContext.Gloro.Calibrate(model, View(rows), .5, new() { CancellationToken = stop.Token }));
    }

    [TestMethod]
    public void Calibrate_RowsThatCannotBeCertified_HaveEveryLabel()
    {
        using var model = TestModels.Transformer(TestModels.Vector());
        ITransformer calibrated = _mlContext.Gloro.Calibrate(model, View(Drawn(model, 50, seed: 1)), .5).Model;
        var strange = new VectorRow { Features = [float.NaN, 0, 0, 0, 0, 0] };
        Assert.HasCount(5, calibrated.Transform(View([strange])).GetColumn<uint[]>("CoverageLabels").Single());
    }

    private static void Refuses(Action action, string message) =>
        StringAssert.Contains(Assert.Throws<ArgumentException>(action).Message, message);

    private static IDataView View(IEnumerable<VectorRow> rows) => VectorRow.View(rows);

    // Rows whose labels are drawn as the model's own scores say, sharpened, so that they are neither certain nor noise.
    private static List<VectorRow> Drawn(GloroTransformer model, int count, int seed)
    {
        var random = new Random(seed);
        var rows = VectorRow.Random(count, seed);
        float[][] logits = [.. model.Transform(View(rows)).GetColumn<float[]>("Logits")];
        for (int i = 0; i < count; i++)
        {
            double[] weights = [.. logits[i].Select(y => Math.Exp(4.0 * y))];
            double at = random.NextDouble() * weights.Sum();
            uint label = 0;
            while ((at -= weights[label]) > 0 && label < 4)
                label++;
            rows[i].Label = label;
        }

        return rows;
    }

    // Of many steps of length ε the one that raises the other logits most over the label's.
    private static List<VectorRow> Attacked(GloroTransformer model, List<VectorRow> rows)
    {
        var random = new Random(9);
        var best = rows.ConvertAll(row => (Row: row, Worst: double.NegativeInfinity));
        for (int attempt = 0; attempt < 12; attempt++)
        {
            var moved = rows.ConvertAll(row => Step(row, random));
            float[][] logits = [.. model.Transform(View(moved)).GetColumn<float[]>("Logits")];
            for (int i = 0; i < rows.Count; i++)
            {
                double worst = logits[i].Where((_, c) => c != rows[i].Label).Max() - logits[i][rows[i].Label];
                if (worst > best[i].Worst)
                    best[i] = (moved[i], worst);
            }
        }

        return best.ConvertAll(b => b.Row);
    }

    private static VectorRow Step(VectorRow row, Random random)
    {
        double[] direction = [.. row.Features.Select(_ => random.NextDouble() - 0.5)];
        double length = Epsilon * (1 - 1e-6) / Math.Sqrt(direction.Sum(d => d * d));
        return new VectorRow
        {
            Id = row.Id,
            Label = row.Label,
            Features = [.. row.Features.Zip(direction, (x, d) => (float)(x + (length * d)))]
        };
    }
}
