using System.Globalization;
using System.Xml.Linq;
using Microsoft.ML.Gloro.Analysis;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Analysis;

/// <summary>Attacks and reports in the metric of tolerances: only what can change is moved, and distances count tolerances.</summary>
[TestClass]
public sealed class ToleranceAuditTests
{
    private static readonly float[] Tolerances = [0.3f, 0, 5, 0.02f, 1, 0.5f];
    private static readonly InputMetric Metric = Network([new RandomNetworks(1).Dense(6, 4)]).Metric!;

    private readonly MLContext _mlContext = new(seed: 1);

    [ClassInitialize]
    public static void Prepare(TestContext _) => TorchProcess.Prepare();

    [TestMethod]
    public void Audit_HonestModel_BreaksNothingAndConsumesMuch()
    {
        var random = new RandomNetworks(3);
        GloroModel honest = Model(Network([random.Scaling(6), random.Dense(6, 8), RandomNetworks.MinMax, random.Dense(8, 5)]));
        using var model = TestModels.Transformer(honest);

        GloroAuditReport report = _mlContext.Gloro.Audit(model, Rows(), Quick());

        Assert.IsTrue(report.IsComplete);
        Assert.IsGreaterThan(20, report.AttackedRows);
        Assert.IsGreaterThan(0.5, report.LargestConsumedMargin);
        Assert.IsLessThan(1, report.LargestConsumedMargin);
        Assert.IsGreaterThan(0, report.BoundaryPoints);
        Assert.IsTrue(report.Slopes.All(slope => slope.Fraction is > 0 and <= 1));
        Assert.IsGreaterThan(0.5, report.Slopes[0].Fraction);
        Assert.AreEqual(report.LipschitzBound, report.RecomputedLipschitzBound);
        StringAssert.Contains(report.ToString(), "at epsilon 0.1 tolerances");
    }

    [TestMethod]
    public void Audit_LinearModel_FlipsAtTheVeryRadius()
    {
        using var model = TestModels.Transformer(Model(Network([new RandomNetworks(8).Dense(6, 5)])));

        GloroAuditReport report = _mlContext.Gloro.Audit(model, Rows(), Quick());

        Assert.IsGreaterThan(0.99, report.MeanConsumedMargin, "a float has few digits for a change of a small tolerance");
        Assert.IsLessThan(1.002, report.NearestFlip);
        Assert.IsGreaterThan(0.9999, report.Slopes[0].Fraction);
    }

    [TestMethod]
    public void Audit_BoundFarTooSmall_IsCaughtWithAPointInTheEllipsoid()
    {
        var random = new RandomNetworks(8);
        var scaling = new DeployedScaling([.. Enumerable.Repeat(1f, 6)], new float[6]);
        var identity = new DeployedDense([.. Enumerable.Range(0, 36).Select(i => i % 7 == 0 ? 1f : 0)], new float[6], 6, 6);
        GloroModel honest = Model(Network([scaling, identity, random.Dense(6, 5)]));
        using var model = TestModels.Transformer(Broken.Scale(honest, 0.03));

        var error = Assert.ThrowsExactly<GloroBrokenCertificateException>(
            () => _mlContext.Gloro.Audit(model, Rows(), Quick(recompute: false)));

        GloroCounterexample found = error.Counterexample!;
        Assert.AreEqual(found.Original[1], found.Changed[1], "the feature that cannot change");
        double distance = Math.Sqrt(found.Original.Select((x, i) =>
            Tolerances[i] == 0 ? 0 : Math.Pow((found.Changed[i] - (double)x) / Tolerances[i], 2)).Sum());
        Assert.AreEqual(distance, found.Distance, 1e-9 * distance);
        Assert.IsLessThan(found.CertifiedRadius, found.Distance);
    }

    [TestMethod]
    public void Upper_Tolerances_CountsThemAndIsInfiniteWhereNoneIs()
    {
        float[] x = [1, 2, 3, 4, 5, 6], moved = [1.3f, 2, 3, 4, 7, 6], impossible = [1, 2.0000005f, 3, 4, 5, 6];

        Assert.AreEqual(Math.Sqrt(5), Distance.Upper(x, moved, Metric), 1e-6);
        Assert.AreEqual(double.PositiveInfinity, Distance.Upper(x, impossible, Metric));
        Assert.AreEqual(0, Distance.Upper(x, x, Metric));
    }

    [TestMethod]
    public void Pull_Tolerances_EndsJustWithinTheEllipsoid()
    {
        var random = new RandomNetworks(4);
        for (int i = 0; i < 100; i++)
        {
            float[] center = random.Values(6, 2), changed = [.. center.Zip(random.Values(6), (c, u) => c + u)];
            changed[1] = center[1];
            double distance = Distance.Pull(center, changed, 0.2, Metric);
            Assert.AreEqual(distance, Distance.Upper(center, changed, Metric));
            Assert.IsTrue(distance is > 0.19 and < 0.2, $"{distance}");
            Assert.AreEqual(center[1], changed[1]);
        }
    }

    [TestMethod]
    public void Report_Tolerances_SaysWhatEpsilonCounts()
    {
        using var model = TestModels.Transformer(Model(Network([new RandomNetworks(8).Dense(6, 5)])).With(RobustnessGuarantee.Local, 2.3f));
        IDataView scored = model.Transform(Rows());

        GloroReport[] reports = [_mlContext.Gloro.Report(scored, new() { Model = model }), _mlContext.Gloro.Report(scored)];
        foreach (string html in reports.Select(report => report.ToHtml()))
        {
            StringAssert.Contains(html, "each divided by the tolerance of its feature");
            StringAssert.Contains(html, "each measurement may be off by its tolerance, all of them at once");
            StringAssert.Contains(html, "One feature cannot change");
            StringAssert.Contains(html, "0.3, 0, 5, 0.02, 1, 0.5");
            StringAssert.Contains(html, "radius, in tolerances of the features");
            Assert.DoesNotContain("L2 radius", html);
        }

        StringAssert.Contains(_mlContext.Gloro.Suggest(scored).ToString(), "at epsilon 2.3 tolerances");
    }

    [TestMethod]
    public void DrawDecisionRegions_Tolerances_DrawsTheEllipse()
    {
        var network = new DeployedNetwork(TensorShape.Vector(2), [new RandomNetworks(2).Dense(2, 3)], tolerances: [2, 0.5f]);
        using var model = TestModels.Transformer(TestModels.Create(network, RobustnessGuarantee.Local, 0.2f, isImage: false));
        var random = new RandomNetworks(6);
        IDataView rows = _mlContext.Data.LoadFromEnumerable(
            Enumerable.Range(0, 30).Select(_ => new PlaneRow { Features = random.Values(2, 3) }).ToList());

        string svg = _mlContext.Gloro.DrawDecisionRegions(model, rows, new() { Resolution = 20 });

        XElement ball = XDocument.Parse(svg).Descendants().First(e => e.Attribute("class")?.Value == "ball");
        Assert.AreEqual(4, Length("rx") / Length("ry"), 0.1);

        double Length(string attribute) => double.Parse(ball.Attribute(attribute)!.Value, CultureInfo.InvariantCulture);
    }

    private static DeployedNetwork Network(DeployedLayer[] layers) => new(TensorShape.Vector(6), layers, tolerances: Tolerances);

    private static GloroModel Model(DeployedNetwork network) => TestModels.Create(network, RobustnessGuarantee.Local, 0.1f, isImage: false);

    private static IDataView Rows() => VectorRow.View(VectorRow.Random(40, scale: 3));

    private static GloroAuditOptions Quick(bool recompute = true) =>
        new() { BoundaryRows = 4, LastBitTrials = 40, LipschitzPairs = 3, LipschitzSteps = 30, RecomputeBounds = recompute };

    private sealed class PlaneRow
    {
        [Microsoft.ML.Data.VectorType(2)]
        public float[] Features { get; set; } = [];
    }
}
