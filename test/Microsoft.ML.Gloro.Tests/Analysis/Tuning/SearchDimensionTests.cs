using System.Globalization;
using Microsoft.ML.Gloro.Analysis;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Analysis;

/// <summary>What is searched, and the settings that are proposed.</summary>
[TestClass]
public sealed class SearchDimensionTests
{
    [TestMethod]
    public void Validate_ByDefault_SearchesWhatIsAnnotatedAndMatters()
    {
        Assert.AreEqual("AveragingDecay BatchSize Depth EpsilonFactor FixedMargin LearningRate Loss TradesWeight WeightDecay Width",
            Names(new GloroMulticlassClassificationOptions()));
        Assert.AreEqual(
            "AveragingDecay BatchSize Depth EpsilonFactor FixedMargin LearningRate Loss TailDepth TailWidth TradesWeight WeightDecay Width",
            Names(new GloroImageClassificationOptions()));
        static string Names(GloroTrainerOptions trainer) => string.Join(' ', new GloroSweepOptions(trainer).Validate().Select(d => d.Name));
    }

    [TestMethod]
    public void Validate_Annotations_GiveTheValues()
    {
        var dimensions = new GloroSweepOptions(new GloroMulticlassClassificationOptions()).Validate().ToDictionary(d => d.Name);
        Assert.AreEqual("LearningRate from 1E-05 to 0.1 (logarithmic)", $"{dimensions["LearningRate"]}");
        Assert.AreEqual("Depth from 0 to 16", $"{dimensions["Depth"]}");
        Assert.AreEqual("Width of 32 | 64 | 128 | 256 | 512", $"{dimensions["Width"]}");
        Assert.AreEqual("AveragingDecay of 0 | 0.99 | 0.995 | 0.999", $"{dimensions["AveragingDecay"]}");
        StringAssert.StartsWith($"{dimensions["Loss"]}", "Loss of Emma | CrossEntropy | ");
    }

    [TestMethod]
    public void Validate_NarrowedAndFixed_IsWhatIsSaid()
    {
        var options = new GloroSweepOptions(new GloroImageClassificationOptions())
        {
            Parameters =
            [
                GloroSweepParameter.Range("LearningRate", 1e-3, 1e-2, logarithmic: true), GloroSweepParameter.Choice(
                    "Loss", GloroLossKind.Emma, "RelaxedEmma"), GloroSweepParameter.Choice("Lookahead", true, false),
                GloroSweepParameter.Choice("Size", null, GloroModelSize.Tiny), GloroSweepParameter.Choice("MaximumGradientNorm", 1, 3),
                    GloroSweepParameter.Annotated("Width"),
            ],
            Fixed = ["Width"],
        };
        Assert.AreEqual(
            "LearningRate from 0.001 to 0.01 (logarithmic); Loss of Emma | RelaxedEmma; Lookahead of True | False; Size of null | Tiny; "
                + "MaximumGradientNorm of 1 | 3", string.Join("; ", options.Validate()));
        Assert.AreEqual("Size of null | Tiny", $"{options.Parameters![3]}");
    }

    [TestMethod]
    public void Draw_ManyTimes_StaysWithinTheLimitsAndComesEverywhere()
    {
        var random = new Random(1);
        var dimensions =
            new GloroSweepOptions(
                new GloroMulticlassClassificationOptions())
            {
                Parameters =
                [GloroSweepParameter.Annotated("LearningRate"), GloroSweepParameter.Range("Depth", 2, 5),
                GloroSweepParameter.Range("EpsilonFactor", 0.5, 4),
                GloroSweepParameter.Range("Width", 2, 16, logarithmic: true)]
            }.Validate();
        double[] rates = [.. Enumerable.Range(0, 3000).Select(_ => (double)dimensions[0].Draw(random)!)];
        Assert.IsTrue(rates.All(r => r is >= 1e-5 and <= 1e-1));

        // Every decade has a quarter of the draws: expected 750, standard deviation 24.
        foreach (int decade in new[] { -5, -4, -3, -2 })
            Assert.AreEqual(750, rates.Count(r => Math.Floor(Math.Log10(r)) == decade), 120);
        int[] depths = [.. Enumerable.Range(0, 3000).Select(_ => (int)dimensions[1].Draw(random)!)];
        foreach (int depth in new[] { 2, 3, 4, 5 })
            Assert.AreEqual(750, depths.Count(d => d == depth), 120);
        Assert.IsTrue(depths.All(d => d is >= 2 and <= 5));

        // Of 2 to 16 by their logarithm, n has log((n + 1) / n) of log(17 / 2).
        int[] widths = [.. Enumerable.Range(0, 3000).Select(_ => (int)dimensions[3].Draw(random)!)];
        foreach (int width in new[] { 2, 3, 8, 16 })
            Assert.AreEqual(3000 * Math.Log((width + 1.0) / width) / Math.Log(8.5), widths.Count(w => w == width), 120);
        Assert.IsTrue(widths.All(w => w is >= 2 and <= 16) && widths.Contains(16));
        Assert.AreEqual(2.25, Enumerable.Range(0, 3000).Average(_ => (double)dimensions[2].Draw(random)!), 0.1);
    }

    [TestMethod]
    public void Draw_Doubles_AreTheirOwnText()
    {
        var dimension = new GloroSweepOptions(
            new GloroMulticlassClassificationOptions())
        { Parameters = [GloroSweepParameter.Annotated("LearningRate")] }.Validate()[0];
        var random = new Random(2);
        for (int i = 0; i < 500; i++)
        {
            double value = (double)dimension.Draw(random)!;
            Assert.AreEqual(value, double.Parse(value.ToString("G4", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture));
        }
    }

    [TestMethod]
    public void Propose_MoreTrials_BeginsWithTheSame()
    {
        foreach (int? gridSteps in new int?[] { null, 3 })
        {
            string[] few = [.. Propose(gridSteps, 1).Take(5).Select(s => s.Text)],
                many = [.. Propose(gridSteps, 1).Take(40).Select(s => s.Text)];
            CollectionAssert.AreEqual(few, many[..5]);
            CollectionAssert.AllItemsAreUnique(many);
            CollectionAssert.AreNotEqual(few, Propose(gridSteps, 2).Take(5).Select(s => s.Text).ToArray());
            StringAssert.StartsWith(few[0], "AveragingDecay=0, BatchSize=null, Depth=null, EpsilonFactor=2, LearningRate=null, Loss=Emma");
        }

        static IEnumerable<SweepSettings> Propose(int? gridSteps, int seed)
        {
            var trainer = new GloroMulticlassClassificationOptions();
            return new Proposer(trainer, new GloroSweepOptions(trainer).Validate(), gridSteps, seed, includeBaseline: true).Propose();
        }
    }

    [TestMethod]
    public void Propose_OptionsWithoutASay_StayAsGiven()
    {
        var trainer = new GloroImageClassificationOptions { Architecture = GloroArchitecture.Conv2C2F };
        foreach (var settings in new Proposer(trainer, new GloroSweepOptions(trainer).Validate(), null, 1, includeBaseline: false)
            .Propose().Take(100))
        {
            var options = (GloroImageClassificationOptions)settings.Options;
            Assert.IsEmpty(options.Faults());
            Assert.AreEqual((trainer.Depth, trainer.Width, trainer.TailWidth, trainer.TailDepth),
                (options.Depth, options.Width, options.TailWidth, options.TailDepth));
            Assert.AreEqual(options.Loss == GloroLossKind.Trades, settings.Text.Contains("TradesWeight=", StringComparison.Ordinal));
            Assert.IsTrue(options.Loss == GloroLossKind.FixedMargin || options.FixedMargin == trainer.FixedMargin);
            Assert.IsFalse(settings.Text.Contains("Depth", StringComparison.Ordinal), settings.Text);
        }
    }

    [TestMethod]
    public void Propose_Grid_HasEveryPointOnce()
    {
        var trainer = new GloroMulticlassClassificationOptions();
        var options =
            new GloroSweepOptions(trainer)
            {
                Parameters = [GloroSweepParameter.Range("LearningRate", 1e-4, 1e-2, true),
            GloroSweepParameter.Range("Depth", 0, 1), GloroSweepParameter.Choice("Width", 32, 64)]
            };
        string[] points = [.. new Proposer(trainer, options.Validate(), 3, 1, includeBaseline: false).Propose().Select(s => s.Text)
            .Order(StringComparer.Ordinal)];
        string[] rates = ["0.0001", "0.001", "0.01"];
        int[] depths = [0, 1], widths = [32, 64];
        string[] expected =
            [.. from rate in rates from depth in depths from width in widths select $"LearningRate={rate}, Depth={depth}, Width={width}"];
        CollectionAssert.AreEqual(expected.Order(StringComparer.Ordinal).ToArray(), points);
    }

    [TestMethod]
    public void Propose_SmallSpace_EndsWhenNothingIsLeft()
    {
        var trainer = new GloroMulticlassClassificationOptions { Width = 128 };
        var options = new GloroSweepOptions(trainer) { Parameters = [GloroSweepParameter.Choice("Width", 32, 64, 128)] };
        Assert.AreEqual("Width=128", new Proposer(trainer, options.Validate(), null, 1, includeBaseline: true).Propose().First().Text);
        Assert.AreEqual(3, new Proposer(trainer, options.Validate(), null, 1, includeBaseline: true).Propose().Count());
    }

    [TestMethod]
    public void Sweep_ManyFaults_NamesThemAllAtOnce()
    {
        var options = new GloroSweepOptions(new GloroMulticlassClassificationOptions { CheckpointFolder = "x", BatchSize = 1 })
        {
            Parameters =
            [
                GloroSweepParameter.Annotated("Nothing"), GloroSweepParameter.Annotated("Epochs"),
                    GloroSweepParameter.Annotated("Lookahead"), GloroSweepParameter.Range("Depth", 0.5, 2),
                GloroSweepParameter.Range("LearningRate", 0, 1, logarithmic: true), GloroSweepParameter.Range("Loss", 0, 1),
                    GloroSweepParameter.Choice("Width"), GloroSweepParameter.Choice("BatchSize", 1.5),
                GloroSweepParameter.Choice("Optimizer", "Fastest"), GloroSweepParameter.Choice("WeightDecay", (object?)null),
                    GloroSweepParameter.Choice("Guarantee", "local"),
                GloroSweepParameter.Annotated("AveragingDecay"), GloroSweepParameter.Annotated("AveragingDecay"),
            ],
            Fixed = ["Nowhere"],
            GridSteps = 1,
            Trials = 0,
            HalvingFactor = 1,
            MinEpochs = 31,
            Metric = null!,
            MetricName = " ",
            TimeBudget = TimeSpan.Zero,
            JournalPath = "",
        };
        string message = Assert.ThrowsExactly<ArgumentException>(() => options.Validate()).Message;
        string[] all =
        [
            "CheckpointFolder must be null", "BatchSize must be at least 2",
                "Nothing is not an option of GloroMulticlassClassificationOptions",
                "Epochs cannot be searched: successive halving chooses it",
            "Lookahead has neither [Range] nor [Choice]", "Depth is a whole number and cannot range from 0.5 to 2",
                "LearningRate cannot range from 0 to 1", "Loss is of type GloroLossKind; only an int or a double can have a range",
            "Width has no values", "BatchSize cannot be '1.5', which is not a value of Int32",
                "Optimizer cannot be 'Fastest', which is not a value of GloroOptimizer", "WeightDecay cannot be null",
                "Guarantee is of type RobustnessGuarantee",
            "names AveragingDecay more than once", "Fixed: GloroMulticlassClassificationOptions has no option 'Nowhere'",
                "GridSteps must be at least 2", "Trials must be at least 1",
            "HalvingFactor must be at least 2", "MinEpochs must be from 1 to the 30 epochs", "Metric is null", "MetricName is empty",
                "TimeBudget must be positive", "JournalPath is not a valid file name",
        ];
        foreach (string fault in all)
            StringAssert.Contains(message, fault);
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => new GloroSweepOptions(null!).Validate()).Message, "TrainerOptions is null");
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => new GloroSweepOptions(
                new GloroMulticlassClassificationOptions())
            { Parameters = [] }.Validate()).Message, "There is nothing to search");
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() =>
                new GloroSweepOptions(new GloroMulticlassClassificationOptions()) { Parameters = [null!] }.Validate()).Message,
                "holds a null");
    }

    [TestMethod]
    public void Validate_InitialModelThatDoesNotFit_IsAmongTheFaults()
    {
        using var vectors = TestModels.Transformer(TestModels.Vector());
        var options = new GloroSweepOptions(new GloroImageClassificationOptions { InitialModel = vectors }) { GridSteps = 1 };
        string message = Assert.ThrowsExactly<ArgumentException>(() => options.Validate()).Message;
        StringAssert.Contains(message, "TrainerOptions: InitialModel takes feature vectors, and this trainer images.");
        StringAssert.Contains(message, "GridSteps must be at least 2");
    }

    [TestMethod]
    public void Faults_InACultureWithACommaForThePoint_HavePoints()
    {
        var culture = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("de-DE");
            var trainer = new GloroMulticlassClassificationOptions { Epsilon = -0.5f };
            string message = Assert.ThrowsExactly<ArgumentException>(() => new GloroSweepOptions(trainer).Validate()).Message;
            StringAssert.Contains(message, "a finite number of 0 or more, not -0.5.");
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }
}
