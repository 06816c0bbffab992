using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Analysis;

[TestClass]
public sealed class AuditTests
{
    private static readonly RobustnessGuarantee[] s_guarantees =
    [
        RobustnessGuarantee.Local,
        RobustnessGuarantee.RelaxedTopK(3),
        RobustnessGuarantee.Affinity(AffinitySets.Parse("ant+bee,cat+dog+eel")),
        RobustnessGuarantee.Affinity(AffinitySets.Parse("ant+bee,bee+dog"), AffinityMatch.Exact, includeSingletons: false),
    ];

    private readonly MLContext _mlContext = new(seed: 1);

    [ClassInitialize]
    public static void Prepare(TestContext _) => TorchProcess.Prepare();

    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    public void Audit_HonestModel_BreaksNothingAndBracketsRobustAccuracy(int guarantee)
    {
        var data = VectorRow.View(VectorRow.Random(60));
        using var model = TestModels.Transformer(TestModels.Vector(guarantee: s_guarantees[guarantee], epsilon: 0.1f));
        GloroMetrics metrics = _mlContext.Gloro.Evaluate(model.Transform(data));
        long tensors = TorchProcess.LiveTensors();
        GloroAuditReport report = _mlContext.Gloro.Audit(model, data, Quick());
        Assert.AreEqual(tensors, TorchProcess.LiveTensors());

        Assert.IsTrue(report.IsComplete);
        Assert.AreEqual((60, report.CertifiedRows), (report.RowCount, report.AttackedRows));
        Assert.AreEqual(ScoredRow.All(model.Transform(data)).Count(r => r.CertifiedRadius > 0), report.CertifiedRows);
        Assert.IsEmpty(report.RowsNotReached);
        Assert.IsGreaterThan(0.5, report.LargestConsumedMargin, "The attack is worth something.");
        Assert.IsLessThan(1, report.LargestConsumedMargin);
        Assert.IsGreaterThan(1, report.NearestFlip);
        Assert.IsLessThan(3, report.NearestFlip);

        var accuracy = report.Accuracy!;
        Assert.AreEqual((60, metrics.TopKAccuracy, metrics.VerifiedRobustAccuracy),
            (accuracy.RowCount, accuracy.TopKAccuracy, accuracy.VerifiedRobustAccuracy));
        Assert.IsLessThanOrEqualTo(accuracy.EmpiricalRobustAccuracy, accuracy.VerifiedRobustAccuracy);
        Assert.IsLessThanOrEqualTo(accuracy.TopKAccuracy, accuracy.EmpiricalRobustAccuracy);
        Assert.AreEqual(accuracy.UnprovedRows, accuracy.AttackedRows);

        Assert.IsNotEmpty(report.Slopes);
        Assert.IsTrue(report.Slopes.All(s => s.Fraction is > 0 and <= 1));
        Assert.IsGreaterThan(0.5, report.Slopes[0].Fraction);
        Assert.AreEqual(report.LipschitzBound, report.RecomputedLipschitzBound);
        Assert.HasCount(2, report.Layers);
        Assert.IsTrue(report.Layers.All(l => l.Slack is >= 0 and < 0.01 && l.Attained > 0));
        Assert.AreEqual(report.LipschitzBound, report.AttainedProduct, 0.01 * report.LipschitzBound);
    }

    [TestMethod]
    public void Audit_UnrobustRows_AreBeatenAtEpsilon()
    {
        // At an ε beyond every certificate the attack must find what is wrong there: nothing is proved, and little is left.
        var data = VectorRow.View(VectorRow.Random(60));
        using var model = TestModels.Transformer(TestModels.Vector(guarantee: RobustnessGuarantee.RelaxedTopK(2), epsilon: 3));
        var accuracy = _mlContext.Gloro.Audit(model, data, Quick()).Accuracy!;
        Assert.AreEqual(0, accuracy.VerifiedRobustAccuracy);
        Assert.IsGreaterThan(0.2, accuracy.TopKAccuracy);
        Assert.IsLessThan(0.1 * accuracy.TopKAccuracy, accuracy.EmpiricalRobustAccuracy);
    }

    [TestMethod]
    public void Audit_LinearModel_FlipsAtTheVeryRadius()
    {
        using var model = TestModels.Transformer(Broken.Linear());
        GloroAuditReport report = _mlContext.Gloro.Audit(model, VectorRow.View(VectorRow.Random(40)), Quick());
        Assert.IsGreaterThan(0.9999, report.MeanConsumedMargin);
        Assert.IsLessThan(1.001, report.NearestFlip);
        Assert.IsGreaterThan(0.99999, report.Slopes[0].Fraction);
    }

    [TestMethod]
    public void Audit_BoundHalved_IsRefusedByRecomputation()
    {
        using var model = TestModels.Transformer(Broken.Scale(TestModels.Vector(), 0.5));
        var error = Assert.ThrowsExactly<GloroBrokenCertificateException>(
            () => _mlContext.Gloro.Audit(model, VectorRow.View(VectorRow.Random(20)), Quick()));
        Assert.Contains("layer 0 (dense)", error.Message);
        Assert.IsNull(error.Counterexample);
    }

    [TestMethod]
    public void Audit_BoundALittleLow_IsRefusedThoughNoInputAttainsMore()
    {
        // Below what is proved by a hundredth of a per cent: no attack would notice, but nothing proves it any more.
        GloroModel honest = TestModels.Image();
        LipschitzBound bound = honest.Bound;
        LayerBound[] layers =
            [.. bound.Layers.Select(layer => layer.Kind == "convolution"
            ? layer with { Bound = layer.Bound * 0.9999, Attained = layer.Attained * 0.9999 } : layer)];
        foreach (var (lie, says) in new[]
        {
            (new LipschitzBound(bound.Value * 0.9999, bound.Layers, bound.WeightHash), "multiply to"),
            (new LipschitzBound(bound.Value, layers, bound.WeightHash), "of layer 1 (convolution)"),
        })
        {
            using var model = TestModels.Transformer(Broken.With(honest, lie), featureColumnName: "Image");
            var data = _mlContext.Data.LoadFromEnumerable(
                new[] { new PngRow { Image = TestImages.Png(TestImages.Planes(8, 6, 1), 8, 6) } });
            Assert.Contains(
                says, Assert.ThrowsExactly<GloroBrokenCertificateException>(() => _mlContext.Gloro.Audit(model, data, Quick())).Message);
        }
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(2)]
    public void Audit_BoundHalvedAndNotRecomputed_IsCaughtWithACounterexample(int guarantee)
    {
        GloroModel liar = Broken.Scale(TestModels.Vector(guarantee: s_guarantees[guarantee]), 0.5);
        using var model = TestModels.Transformer(liar);
        var rows = VectorRow.Random(60);
        var error = Assert.ThrowsExactly<GloroBrokenCertificateException>(
            () => _mlContext.Gloro.Audit(model, VectorRow.View(rows), Quick(recompute: false)));
        AssertBreaks(model, rows, error);
    }

    [TestMethod]
    public void Audit_LinearModelWithABoundThreePercentTooSmall_IsCaughtByTheAttack()
    {
        using var model = TestModels.Transformer(Broken.Scale(Broken.Linear(), 0.97));
        var rows = VectorRow.Random(10);
        var error = Assert.ThrowsExactly<GloroBrokenCertificateException>(
            () => _mlContext.Gloro.Audit(model, VectorRow.View(rows), Quick(recompute: false)));
        AssertBreaks(model, rows, error);
    }

    [TestMethod]
    public void Audit_WeightsChangedAfterTheProof_IsRefused()
    {
        using var model = TestModels.Transformer(TestModels.Vector());
        model.GloroModel.Network.Final.Weights[0] += 1;
        var error = Assert.ThrowsExactly<GloroBrokenCertificateException>(
            () => _mlContext.Gloro.Audit(model, VectorRow.View(VectorRow.Random(5)), Quick(recompute: false)));
        Assert.Contains("The weights were changed", error.Message);
    }

    [TestMethod]
    public void Audit_RealArithmetic_FindsAndCountsLastBitCounterexamplesWhereFloat64HasNone()
    {
        // Images, whose rounding Real does not cover, with pixels so far from 0 and 1 that boundaries lie between.
        // Many inputs and a large common offset: float32 logits are coarse beside the margins at a boundary.
        var random = new Random(3);
        float[] Values(int count, double scale) =>
            [.. Enumerable.Range(0, count).Select(_ => (float)(scale * ((2 * random.NextDouble()) - 1)))];
        const int Inputs = 3 * 8 * 8;
        var network = new DeployedNetwork(new TensorShape(3, 8, 8), [
            new DeployedScaling([10, 10, 10], [-5, -5, -5]), new DeployedFlatten(),
            new DeployedDense(Values(Inputs * 32, 0.1), Values(32, 30), Inputs, 32), new DeployedActivation(ActivationFunction.MinMax),
            new DeployedDense(Values(32 * 3, 1), [100f, 100f, 100f], 32, 3)]);
        GloroModel image = TestModels.Create(network, RobustnessGuarantee.Local, 0.01f, isImage: true);
        using var model = TestModels.Transformer(image.With(CertificateArithmetic.Real));
        float[] Pixels() => [.. Values(Inputs, 0.1).Select(v => v + 0.5f)];
        var data = new MLContext()
            .Data.LoadFromEnumerable(Enumerable.Range(0, 8).Select(i => new WideRow { Features = Pixels() }).ToList());
        GloroAuditReport report = _mlContext.Gloro.Audit(model, data, new GloroAuditOptions { LipschitzPairs = 0 });
        Assert.AreEqual(CertificateArithmetic.Real, report.Arithmetic);
        Assert.AreEqual(8, report.BoundaryRows);
        Assert.IsGreaterThan(0, report.BoundaryPoints);
        Assert.IsGreaterThan(0L, report.LastBitTrials);
        Assert.IsGreaterThan(0, report.LastBitCounterexamples);
        Assert.Contains("rounding, which these certificates do not cover", report.ToString());

        // The same rows, scored in float64: the same search finds nothing.
        using var sound = TestModels.Transformer(model.GloroModel.With(CertificateArithmetic.Float64));
        report = _mlContext.Gloro.Audit(sound, data, new GloroAuditOptions { LipschitzPairs = 0 });
        Assert.AreEqual((CertificateArithmetic.Float64, 0), (report.Arithmetic, report.LastBitCounterexamples));
        Assert.AreEqual(8, report.BoundaryRows);
        Assert.IsGreaterThan(0L, report.LastBitTrials);
    }

    [TestMethod]
    public void Audit_SameSeed_GivesTheSameReport()
    {
        var data = VectorRow.View(VectorRow.Random(40));
        using var model = TestModels.Transformer(TestModels.Vector());
        string Lines(GloroAuditReport report) =>
            string.Join('\n', report.ToString().Split('\n').Where(line => !line.TrimStart().StartsWith("time", StringComparison.Ordinal)))
            + string.Join(' ', report.LargestConsumedMargin, report.MeanConsumedMargin, report.NearestFlip, report.Slopes[0].Attained);
        Assert.AreEqual(
            Lines(_mlContext.Gloro.Audit(model, data, Quick())), Lines(new MLContext(seed: 2).Gloro.Audit(model, data, Quick())));
    }

    [TestMethod]
    public void Audit_ChainWithTransformsBefore_AuditsWhatTheModelGets()
    {
        var rows = VectorRow.Random(30);
        var data = VectorRow.View(rows);
        using var model = TestModels.Transformer(TestModels.Vector(), featureColumnName: "Twice");
        using var bare = TestModels.Transformer(TestModels.Vector());
        var before = _mlContext.Transforms.Concatenate("Half", "Features")
            .Append(_mlContext.Transforms.CopyColumns("Twice", "Half")).Fit(data);
        ITransformer chain = new TransformerChain<ITransformer>(before, new TransformerChain<ITransformer>(model),
            _mlContext.Transforms.CopyColumns("Late", "Logits").Fit(model.Transform(before.Transform(data))));
        GloroAuditReport report = _mlContext.Gloro.Audit(chain, data, Quick()), expected = _mlContext.Gloro.Audit(bare, data, Quick());
        Assert.AreEqual((expected.CertifiedRows, expected.MeanConsumedMargin), (report.CertifiedRows, report.MeanConsumedMargin));
    }

    [TestMethod]
    public void Audit_Images_AuditsPixels()
    {
        using var model = TestModels.Transformer(TestModels.Image(), featureColumnName: "Image");
        var data = _mlContext.Data.LoadFromEnumerable(
            Enumerable.Range(0, 12).Select(i => new PngRow { Image = TestImages.Png(TestImages.Planes(8, 6, i), 8, 6) }).ToList());
        GloroAuditReport report = _mlContext.Gloro.Audit(model, data, Quick());
        Assert.AreEqual((12, 12), (report.RowCount, report.AttackedRows));
        Assert.IsNull(report.Accuracy);
        Assert.Contains("no audited row has a label", report.ToString());
        Assert.IsGreaterThan(0.2, report.LargestConsumedMargin);
    }

    /// <summary>The counterexample, scored once more: within the certified radius, and another top-k set.</summary>
    private static void AssertBreaks(GloroTransformer model, List<VectorRow> rows, GloroBrokenCertificateException error)
    {
        GloroCounterexample found = error.Counterexample!;
        Assert.IsTrue(found.IsRowItself);
        CollectionAssert.AreEqual(rows[(int)found.Row].Features, found.Original);
        Assert.Contains($"row {found.Row} (counted from 0; Note: 'note {found.Row}')", error.Message);
        var scored = ScoredRow.All(
            model.Transform(VectorRow.View([new VectorRow { Features = found.Original }, new VectorRow { Features = found.Changed }])));
        Assert.AreEqual(scored[0].TopKRadii[found.CertifiedLabels.Count - 1], found.CertifiedRadius);
        Assert.IsGreaterThanOrEqualTo(scored[0].CertifiedRadius, found.CertifiedRadius);
        double distance = Math.Sqrt(found.Original.Zip(found.Changed, (x, y) => ((double)x - y) * ((double)x - y)).Sum());
        Assert.IsLessThan(found.CertifiedRadius, distance);
        Assert.IsGreaterThanOrEqualTo(distance, found.Distance);

        string[] Top(ScoredRow row)
        {
            var order = new int[row.Logits.Length];
            Certificate.TryOrder(row.Logits, order);
            return [.. order.Take(found.CertifiedLabels.Count).Select(i => model.ClassNames[i])];
        }

        CollectionAssert.AreEqual(Top(scored[0]), found.CertifiedLabels.ToArray());
        CollectionAssert.AreEqual(Top(scored[1]), found.LabelsFound.ToArray());
        CollectionAssert.AreNotEquivalent(found.CertifiedLabels.ToArray(), found.LabelsFound.ToArray());
    }

    private static GloroAuditOptions Quick(bool recompute = true) =>
        new() { BoundaryRows = 4, LastBitTrials = 40, LipschitzPairs = 3, LipschitzSteps = 30, RecomputeBounds = recompute };

    private sealed class WideRow
    {
        [VectorType(3 * 8 * 8)]
        public float[] Features { get; set; } = [];
    }

    private sealed class PngRow
    {
        [VectorType]
        public byte[] Image { get; set; } = [];
    }
}
