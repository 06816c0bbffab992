using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;
using Microsoft.ML.Gloro.Training;

namespace Microsoft.ML.Gloro.Tests.MLNet;

/// <summary>Training with tolerances: which features they are for, what training aims at, and what comes of it.</summary>
[TestClass]
public sealed class ToleranceTrainingTests
{
    private readonly MLContext _mlContext = new(seed: 1);

    [ClassInitialize]
    public static void Prepare(TestContext _) => TorchProcess.Prepare();

    [TestMethod]
    public void Fit_ByName_HasTheTolerancesOfTheSlots()
    {
        var named = GloroTolerances.ByName(new Dictionary<string, float> { ["Site"] = 0, ["Length"] = 2 }, others: 30);
        using GloroTransformer model = Fit(Options(named));

        Assert.AreEqual("2, 30, 0", model.Tolerances!.ToString());
        Assert.AreEqual(model.Tolerances.ToString(), model.Model.Tolerances!.ToString());
        GloroMetrics metrics = _mlContext.Gloro.Evaluate(model.Transform(View()));
        Assert.AreEqual("2, 30, 0", metrics.Tolerances!.ToString());
        StringAssert.Contains(metrics.ToString(), "at epsilon 1 tolerances");
    }

    [TestMethod]
    public void Fit_AFeatureThatCannotChangeTellsTheClass_CertifiesNearlyEveryRow()
    {
        // Site tells the class by a thousandth of its unit. Whatever that costs in weights, no certificate pays for it.
        using GloroTransformer fixedSite = Fit(Options(GloroTolerances.InOrder(2, 30, 0)));
        using GloroTransformer free = Fit(Options(GloroTolerances.InOrder(2, 30, 1)));

        double vra = Vra(fixedSite), other = Vra(free);
        Assert.IsGreaterThan(0.95, vra);
        Assert.IsLessThanOrEqualTo(0.5, other, "where it can be off by much more than it tells, one class for all rows is the best proof");

        double Vra(GloroTransformer model) => _mlContext.Gloro.Evaluate(model.Transform(View(seed: 9))).VerifiedRobustAccuracy;
    }

    [TestMethod]
    public void Fit_AnyNetwork_AimsAtTheBoundThatIsProved()
    {
        foreach (GloroLayer[]? layers in (GloroLayer[]?[])[
            null, [], [GloroLayer.Dense(8), GloroLayer.MinMax()],
            [GloroLayer.OrthogonalDense(8), GloroLayer.Centering(), GloroLayer.MinMax()],
            [GloroLayer.Centering(), GloroLayer.ResidualDense()]])
        {
            var recorder = new Recorder();
            GloroMulticlassClassificationOptions options = Options(GloroTolerances.InOrder(2, 30, 0));
            (options.Layers, options.Progress, options.PowerIterationSteps) = (layers, recorder, 20);
            if (layers is not null)
                (options.Depth, options.Width) = (null, null);
            using GloroTransformer model = Fit(options);

            double estimated = recorder.Seen[^1].Kappa;
            string network = string.Join(", ", layers?.Select(layer => layer.ToString()) ?? []);
            Assert.AreEqual(model.LipschitzBound, estimated, 0.03 * model.LipschitzBound, network);
            Assert.IsGreaterThan(0.5, _mlContext.Gloro.Evaluate(model.Transform(View(seed: 3))).CleanAccuracy);
        }
    }

    [TestMethod]
    public void Fit_FromAModelWithTolerances_TakesThemOverUnlessOthersAreGiven()
    {
        using GloroTransformer first = Fit(Options(GloroTolerances.InOrder(2, 30, 0)));
        var options = new GloroMulticlassClassificationOptions
        {
            InitialModel = first,
            Epochs = 1,
            BatchSize = 16,
            LearningRate = 1e-12,
            MixedPrecision = false,
            ThreadCount = 1,
            Epsilon = 1,
        };
        using GloroTransformer same = Fit(options);
        Assert.AreEqual("2, 30, 0", same.Tolerances!.ToString());
        Assert.AreEqual(first.LipschitzBound, same.LipschitzBound, 1e-4 * first.LipschitzBound);

        options.Tolerances = GloroTolerances.InOrder(4, 60, 0);
        using GloroTransformer doubled = Fit(options);
        Assert.AreEqual(2 * first.LipschitzBound, doubled.LipschitzBound, 1e-3 * first.LipschitzBound);
    }

    [TestMethod]
    public void Fit_SavedAndLoaded_ScoresTheSame()
    {
        using GloroTransformer model = Fit(Options(GloroTolerances.InOrder(2, 30, 0)));
        using var loaded = (GloroTransformer)ModelFiles.Load(ModelFiles.Save(model, View().Schema));

        Assert.AreEqual(model.Tolerances!.ToString(), loaded.Tolerances!.ToString());
        CollectionAssert.AreEqual(
            ScoredRow.All(model.Transform(View())).ConvertAll(row => row.ToString()),
            ScoredRow.All(loaded.Transform(View())).ConvertAll(row => row.ToString()));
    }

    [TestMethod]
    public void Fit_Resumed_RefusesOtherTolerances()
    {
        using var folder = new TemporaryFolder();
        GloroMulticlassClassificationOptions options = Options(GloroTolerances.InOrder(2, 30, 0));
        options.CheckpointFolder = folder.Path;
        using var source = new CancellationTokenSource();
        (options.CancellationToken, options.Progress) = (source.Token, new Recorder(p => { if (p.Epoch == 2) source.Cancel(); }));
        Assert.ThrowsExactly<OperationCanceledException>(() => Fit(options));

        (options.CancellationToken, options.Progress, options.Tolerances) = (default, null, GloroTolerances.InOrder(2, 31, 0));
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => Fit(options)).Message, "Tolerances");
        options.Tolerances = GloroTolerances.InOrder(2, 30, 0);
        using GloroTransformer resumed = Fit(options), whole = Fit(Options(GloroTolerances.InOrder(2, 30, 0)));
        Assert.AreEqual(ModelFiles.GloroPart(whole), ModelFiles.GloroPart(resumed));
    }

    [TestMethod]
    public void Fit_WhatCannotBe_IsOneErrorBeforeTraining()
    {
        Refused(Options(GloroTolerances.InOrder(1, 1)), "2 tolerances in order, and column 'Features' has 3 features");
        Refused(
            Options(GloroTolerances.ByName(new Dictionary<string, float> { ["Lenght"] = 1 }, others: 1)),
            "no feature 'Lenght'; its features are 'Length', 'Weight', 'Site'");
        Refused(Options(GloroTolerances.ByName(new Dictionary<string, float> { ["Length"] = 1 })), "'Weight', 'Site' has no tolerance");
        Refused(Options(GloroTolerances.InOrder(-1, float.NaN, 0)), "feature 0 must be a finite number, 0 or more, not -1");
        GloroMulticlassClassificationOptions nonlinear = Options(GloroTolerances.InOrder(1, 1, 1));
        (nonlinear.Layers, nonlinear.Depth, nonlinear.Width) = ([GloroLayer.ReLU(), GloroLayer.Dense(4)], null, null);
        Refused(nonlinear, "begin with relu");

        void Refused(GloroMulticlassClassificationOptions options, string reason) =>
            StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => Fit(options)).Message, reason);
    }

    [TestMethod]
    public void Typical_Tolerances_CountsThemAndNoRowsThatDifferInAFixedFeature()
    {
        float[][] rows = [[0, 1], [10, 1], [30, 1], [70, 1], [0, 2]];
        var set = new VectorTrainingSet(TensorShape.Vector(2), rows, [0, 0, 1, 1, 1]);

        Assert.AreEqual(3.0, ClassDistance.Typical(set, [10, 0])!.Value, 1e-6);
        Assert.IsNull(ClassDistance.Typical(new VectorTrainingSet(TensorShape.Vector(2), [[0, 1], [0, 2]], [0, 1]), [10, 0]));
    }

    private GloroTransformer Fit(GloroMulticlassClassificationOptions options) =>
        _mlContext.Gloro.MulticlassClassification(options).Fit(View());

    private static GloroMulticlassClassificationOptions Options(GloroTolerances tolerances) => new()
    {
        Tolerances = tolerances,
        Epsilon = 1,
        Depth = 1,
        Width = 16,
        Epochs = 12,
        BatchSize = 16,
        LearningRate = 0.02,
        MixedPrecision = false,
        ThreadCount = 1,
        Seed = 1,
    };

    // Length in mm and weight in mg say little of the class beside how far they can be off; the site says all, by a thousandth.
    private IDataView View(int seed = 1)
    {
        var random = new Random(seed);
        IDataView rows = new MLContext().Data.LoadFromEnumerable(Enumerable.Range(0, 120).Select(i => new Part
        {
            Label = i % 2 == 0 ? "left" : "right",
            Length = (float)(100 + (3 * (random.NextDouble() - 0.5)) + (i % 2)),
            Weight = (float)(5000 + (80 * (random.NextDouble() - 0.5)) + (10 * (i % 2))),
            Site = (i % 2 * 0.001f) + (float)(0.0001 * random.NextDouble()),
        }).ToList());
        return _mlContext.Transforms.Concatenate("Features", "Length", "Weight", "Site")
            .Append(_mlContext.Transforms.Conversion.MapValueToKey("Label")).Fit(rows).Transform(rows);
    }

    private sealed class Part
    {
        public string Label { get; set; } = "";

        public float Length { get; set; }

        public float Weight { get; set; }

        public float Site { get; set; }
    }
}
