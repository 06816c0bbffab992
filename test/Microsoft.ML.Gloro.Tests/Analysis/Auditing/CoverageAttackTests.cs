using Microsoft.ML.Gloro.Analysis;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.Inference;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Analysis;

/// <summary>Attacks on coverage sets: they take much of what sets for ε = 0 hold, and nothing that is proved.</summary>
[TestClass]
public sealed class CoverageAttackTests
{
    private readonly MLContext _mlContext = new(seed: 1);

    [ClassInitialize]
    public static void Prepare(TestContext _) => TorchProcess.Prepare();

    [TestMethod]
    public void Audit_TrainedAndCalibratedModel_AttackLeavesTheCoverage()
    {
        const int Rows = 600;
        ITransformer trained = Blobs.Pipeline(_mlContext).Fit(Clouds(Rows, seed: 1));
        foreach (var kind in Enum.GetValues<CoverageScoreKind>())
        {
            ITransformer model = _mlContext.Gloro.Calibrate(trained, Clouds(Rows, seed: 2), .9, new() { Score = kind }).Model;
            GloroAuditCoverage found = _mlContext.Gloro.Audit(model, Clouds(Rows, seed: 3), Quick()).Coverage!;
            Assert.AreEqual((Rows, .9), (found.RowCount, found.Coverage));
            double threeErrors = 3 * Math.Sqrt(.09 * 2 / Rows);
            Assert.IsGreaterThanOrEqualTo(.9 - threeErrors, found.AttackedFraction, $"{kind}: sets for ε hold under attack");
            Assert.IsLessThan(.9 - (threeErrors / 2), found.PlainAttackedFraction, $"{kind}: sets for ε = 0 do not");
            Assert.IsLessThanOrEqualTo(found.CoveredFraction, found.AttackedFraction);
            Assert.IsLessThanOrEqualTo(found.AttackedFraction, found.ProvedFraction);
            Assert.IsLessThanOrEqualTo(found.PlainAttackedFraction, found.PlainProvedFraction);
        }
    }

    [TestMethod]
    [DataRow(CoverageScoreKind.Softmax)]
    [DataRow(CoverageScoreKind.Margin)]
    public void Run_LinearModel_ComesNearWhatIsProved(CoverageScoreKind kind)
    {
        // Of two classes, a gradient step is the worst that can happen, and the bounds are exact.
        GloroModel model = Calibrated(Broken.Linear(classes: 2, epsilon: 0.2f), kind);
        GloroAuditCoverage found = GloroAuditCoverage.Of(Attack(model, rows: 300), model.Coverage!)!;
        Assert.AreEqual(found.PlainProvedFraction, found.PlainAttackedFraction, 0.01);
        Assert.AreEqual(found.ProvedFraction, found.AttackedFraction, 0.01);
        Assert.IsLessThan(found.PlainCoveredFraction - 0.05, found.PlainAttackedFraction);
    }

    [TestMethod]
    [DataRow(CoverageScoreKind.Softmax)]
    [DataRow(CoverageScoreKind.Margin)]
    public void Run_ConstantsThatAreTooSmall_BreakASet(CoverageScoreKind kind)
    {
        GloroModel model = Calibrated(Broken.Scale(Broken.Linear(classes: 2, epsilon: 0.2f), 0.25), kind);
        var broken = Assert.ThrowsExactly<GloroBrokenCertificateException>(() => Attack(model, rows: 300));
        StringAssert.Contains(broken.Message, "The coverage set ");
        StringAssert.Contains(broken.Message, "provably stays in it within ε = 0.2");
        Assert.IsLessThanOrEqualTo(Math.BitIncrement((double)0.2f), broken.Counterexample!.Distance);
        StringAssert.Contains(broken.Counterexample.ToString(), "leaves the coverage set");
    }

    [TestMethod]
    public void Audit_ModelWithoutCalibration_HasNoCoverage()
    {
        using var model = TestModels.Transformer(TestModels.Vector());
        var rows = VectorRow.View(VectorRow.Random(12));
        Assert.IsNull(_mlContext.Gloro.Audit(model, rows, Quick()).Coverage);
        ITransformer calibrated = _mlContext.Gloro.Calibrate(model, rows, .5).Model;
        GloroAuditReport report = _mlContext.Gloro.Audit(calibrated, rows, Quick());
        Assert.AreEqual(12, report.Coverage!.RowCount);
        StringAssert.Contains(report.ToString(), "coverage 0.5, sets for ε");
        var options = new GloroReportOptions { Audit = report, Coverage = [_mlContext.Gloro.EvaluateCoverage(calibrated, rows)] };
        string html = System.Net.WebUtility.HtmlDecode(_mlContext.Gloro.Report(calibrated.Transform(rows), options).ToHtml());
        StringAssert.Contains(html, "Attacks on 12 rows within ε");
        Assert.IsNull(_mlContext.Gloro.Audit(_mlContext.Gloro.WithEpsilon(calibrated, 0), rows, Quick()).Coverage);
    }

    [TestMethod]
    public void Run_PixelsKept_StayWithinTheirRangeAndTheBall()
    {
        DeployedNetwork network = TestModels.Image().Network;
        using var replica = new TorchReplica(network);
        var random = new Random(2);
        int size = network.InputShape.Size;
        float[] centers = [.. Enumerable.Range(0, 8 * size).Select(i => i % 3 == 0 ? 0 : i % 3 == 1 ? 1 : random.NextSingle())];
        float[] radii = [.. Enumerable.Repeat(0.7f, 8)];
        float[] Attack(bool keepsPixels) =>
            new ProjectedAscent(replica, 10, keepsPixels).Run(centers, new float[centers.Length], radii, logits => logits.select(1, 2));
        Assert.IsTrue(Attack(keepsPixels: false).Any(x => x is < 0 or > 1), "otherwise the test says nothing");
        float[] kept = Attack(keepsPixels: true);
        Assert.IsTrue(kept.All(x => x is >= -1e-6f and <= 1 + 1e-6f));
        for (int row = 0; row < 8; row++)
        {
            double distance = Distance.Upper(centers.AsSpan(row * size, size), kept.AsSpan(row * size, size));
            Assert.IsTrue(distance is > 0.1 and < 0.7001, $"{distance}");
        }
    }

    private static GloroAuditOptions Quick() =>
        new() { BoundaryRows = 0, LipschitzPairs = 0, RecomputeBounds = false, Restarts = 2, Steps = 6, BatchSize = 64 };

    // Labels are drawn as the model's scores say, so that they are neither certain nor noise.
    private static List<(float[] Input, int Label)> Draw(GloroModel model, int count, int seed)
    {
        var random = new Random(seed);
        float[][] inputs = [.. Enumerable.Range(0, count).Select(_ => TestModels.Features(random, 6))];
        var scored = LibraryRows.Score(model, inputs);
        return [.. inputs.Zip(scored, (input, row) =>
        {
            double[] weights = [.. row.Logits.Select(y => Math.Exp(2.0 * y))];
            double at = random.NextDouble() * weights.Sum();
            int label = 0;
            while ((at -= weights[label]) > 0 && label < weights.Length - 1)
                label++;
            return (input, label);
        })];
    }

    private static GloroModel Calibrated(GloroModel model, CoverageScoreKind kind)
    {
        double temperature = kind == CoverageScoreKind.Softmax ? .3 : 1;
        var guard = new InputGuard(model);
        double[] scores = [.. Draw(model, 400, seed: 1).Select(row =>
        {
            Assert.IsTrue(guard.TryJudge(row.Input, out RowError error));
            float[] logits = LibraryRows.Score(model, [row.Input])[0].Logits;
            return CoverageScore.AtMost(kind, temperature, logits, row.Label, model.Constants, error, epsilon: 0);
        }).Order()];
        return model.With(new CoverageRule(kind, temperature, .8, 400, scores[CoverageRule.Rank(400, .8) - 1], alwaysTop: false));
    }

    private static CoverageOutcome[] Attack(GloroModel model, int rows)
    {
        using var transformer = TestModels.Transformer(model);
        using var judge = new Judge(transformer, rows);
        using var replica = new TorchReplica(model.Network);
        List<(float[] Input, int Label)> drawn = Draw(model, rows, seed: 2);
        CertifiedPoint[] points = judge.Certify([.. drawn.Select(row => row.Input)]);
        var attack = new CoverageAttack(judge, replica, number => $"row {number}", Quick());
        return attack.Run([.. drawn.Select((row, i) => new AuditRow(i, row.Label, points[i]))]);
    }

    // Three clouds that overlap: labels cannot always be right, so sets have something to say.
    private IDataView Clouds(int count, int seed)
    {
        var random = new Random(seed);
        float Normal() => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        float[][] centers = [[-2, 0], [2, 0], [0, 3]];
        return _mlContext.Data.LoadFromEnumerable(Enumerable.Range(0, count).Select(i =>
        {
            int cloud = random.Next(3);
            return new BlobRow
            {
                Id = i,
                Label = Blobs.Names[cloud],
                Features = [centers[cloud][0] + (1.3f * Normal()), centers[cloud][1] + (1.3f * Normal())],
            };
        }).ToList());
    }
}
