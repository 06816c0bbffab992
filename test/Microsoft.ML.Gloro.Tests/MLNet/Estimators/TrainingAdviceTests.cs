using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.MLNet;
using Microsoft.ML.Gloro.Tests.TestSupport;
using Microsoft.ML.Gloro.Training;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Gloro.Tests.MLNet;

/// <summary>When training warns, and what to do next.</summary>
[TestClass]
public sealed class TrainingAdviceTests
{
    private readonly MLContext _mlContext = new(seed: 1);

    [TestMethod]
    public void Fit_FewValidationRows_WarnsThroughTheLog()
    {
        string warning = Warnings(Blobs.Options(epochs: 1)).Single(w => w.Contains("to validate on", StringComparison.Ordinal));
        StringAssert.Contains(warning, "Only 9 rows to validate on, so a VRA is uncertain by about ±0.33.");
        StringAssert.Contains(warning, "CrossValidate");
    }

    [TestMethod]
    public void Fit_EpsilonBeyondTheClasses_WarnsBeforeAndAfterTraining()
    {
        var options = Blobs.Options(epochs: 2);
        options.Epsilon = 6;
        var warnings = Warnings(options);
        StringAssert.Contains(warnings.Single(w => w.StartsWith("ε 6 is large", StringComparison.Ordinal)), "Try Epsilon = ");
        StringAssert.Contains(warnings.Single(w => w.StartsWith("VRA is only", StringComparison.Ordinal)), "within distance ");
    }

    [TestMethod]
    public void OfOptions_EpsilonAboveOne_WarnsForImagesOnly()
    {
        string warning = TrainingAdvice.OfOptions(new GloroImageClassificationOptions { Epsilon = 8 }).Single();
        StringAssert.Contains(warning, "set Epsilon to 8f / 255.");
        Assert.IsEmpty(TrainingAdvice.OfOptions(new GloroImageClassificationOptions { Epsilon = 1 }));
        Assert.IsEmpty(TrainingAdvice.OfOptions(new GloroMulticlassClassificationOptions { Epsilon = 8 }));
    }

    [TestMethod]
    public void OfRows_RateOfANewNetworkForATrainedOne_WarnsForAllLayersOfImages()
    {
        var options = new GloroImageClassificationOptions
        {
            InitialModel = TestModels.Transformer(TestModels.Vector()),
            LearningRate = 2e-3,
            Epsilon = 0,
        };
        string warning = TrainingAdvice.OfRows(options, Rows(i => [i % 7])).Single();
        StringAssert.Contains(warning, "It overwrites what the InitialModel has learned.");
        options.TrainedLayers = GloroTrainedLayers.Last;
        Assert.IsEmpty(TrainingAdvice.OfRows(options, Rows(i => [i % 7])));
        (options.TrainedLayers, options.LearningRate) = (GloroTrainedLayers.All, 5e-4);
        Assert.IsEmpty(TrainingAdvice.OfRows(options, Rows(i => [i % 7])));
        Assert.IsEmpty(TrainingAdvice.OfRows(
            new GloroImageClassificationOptions { LearningRate = 2e-3, Epsilon = 0 }, Rows(i => [i % 7])));
    }

    [TestMethod]
    [DataRow(1999, GloroTrainedLayers.Last, 0)]
    [DataRow(2000, GloroTrainedLayers.Last, 1)]
    [DataRow(2000, GloroTrainedLayers.All, 0)]
    public void OfRows_OneLayerOnManyImages_Warns(int count, GloroTrainedLayers trained, int warnings)
    {
        var options = new GloroImageClassificationOptions { Epsilon = 0, TrainedLayers = trained };
        string[] given = [.. TrainingAdvice.OfRows(options, Rows(i => [i % 7], count: count))];
        Assert.HasCount(warnings, given);
        if (warnings > 0)
            StringAssert.Contains(given[0], "set TrainedLayers to All");
    }

    [TestMethod]
    public void OfRows_ScalesThatDiffer_NamesBothFeaturesAndTheRemedy()
    {
        string warning = TrainingAdvice.OfRows(
            new GloroMulticlassClassificationOptions { Epsilon = 0 }, Rows(i => [i % 7, 300 * (i % 5), 3, i % 2])).Single();
        StringAssert.Contains(warning, "Feature 1 has a standard deviation of 424");
        StringAssert.Contains(warning, "feature 0 one of 2");
        StringAssert.Contains(warning, "NormalizeMeanVariance(\"Features\", fixZero: false)");
    }

    [TestMethod]
    public void OfRows_ConstantsAndFlags_AreNoScales()
    {
        var options = new GloroMulticlassClassificationOptions { Epsilon = 0 };
        Assert.IsEmpty(TrainingAdvice.OfRows(options, Rows(i => [50 * (i % 7), 3, i == 0 ? 1 : 0])));
        Assert.IsEmpty(TrainingAdvice.OfRows(options, Rows(_ => [1, 2])));
    }

    [TestMethod]
    public void OfRows_EnoughRowsToRaiseTheFraction_SaysWhich()
    {
        var options = new GloroMulticlassClassificationOptions { Epsilon = 0 };
        string warning = TrainingAdvice.OfRows(options, Rows(i => [i % 7], count: 450, validation: 50)).Single();
        StringAssert.Contains(warning, "Set ValidationFraction to 0.20.");
        options.ValidationSet = Blobs.View(3);
        StringAssert.Contains(
            TrainingAdvice.OfRows(options, Rows(i => [i % 7], count: 450, validation: 50)).Single(), "Give a larger ValidationSet.");
    }

    [TestMethod]
    public void OfResult_SetsOfMostClasses_WarnsUnderARelaxedGuarantee()
    {
        var options = new GloroMulticlassClassificationOptions { Guarantee = RobustnessGuarantee.RelaxedTopK(3) };
        string warning = Result(options, new(0.6, 0.9, 0.2, 2.96), new(0.6, 0.9, 0.2, 2.96)).Single();
        StringAssert.Contains(warning, "Certified sets hold 2.96 of 4 classes");
        StringAssert.Contains(warning, "a smaller K");
        options.Guarantee = RobustnessGuarantee.Parse("affinity:a+b+c");
        StringAssert.Contains(Result(options, new(0.6, 0.9, 0.2, 2.96), new(0.6, 0.9, 0.2, 2.96)).Single(), "smaller affinity sets");
        Assert.IsEmpty(Result(options, new(0.6, 0.9, 0.2, 1.9), new(0.6, 0.9, 0.2, 1.9)));
    }

    [TestMethod]
    public void OfResult_MuchBetterOnTrainingRows_IsOverfitting()
    {
        string warning = Result(new GloroImageClassificationOptions(), new(0.99, 0.95, 0.95, 1), new(0.7, 0.6, 0.6, 1)).Single();
        StringAssert.StartsWith(warning, "Overfitting: VRA is 0.950 on training rows and 0.600 on validation rows.");
        StringAssert.Contains(warning, "a smaller Size");
        Assert.IsEmpty(Result(new GloroImageClassificationOptions(), new(0.8, 0.7, 0.7, 1), new(0.7, 0.6, 0.6, 1)));
    }

    [TestMethod]
    public void OfResult_LossStillFalls_AsksForMoreEpochs()
    {
        var options = new GloroMulticlassClassificationOptions();
        string warning = Result(options, new(0.7, 0.5, 0.5, 1), new(0.7, 0.5, 0.5, 1), lastLoss: 0.7).Single();
        StringAssert.Contains(warning, "far from convergence");
        StringAssert.Contains(warning, "Try Epochs = 24.");
        Assert.IsEmpty(Result(options, new(0.7, 0.5, 0.5, 1), new(0.7, 0.5, 0.5, 1), lastLoss: 0.95));

        // A network that already overfits needs no more epochs.
        Assert.IsEmpty(Result(options, new(0.7, 0.6, 0.5, 1), new(0.7, 0.5, 0.5, 1), lastLoss: 0.7));
    }

    [TestMethod]
    public void OfResult_NoValidationRows_IsOfTheTrainingRows()
    {
        string warning = Result(new GloroMulticlassClassificationOptions(), new(0.3, 0.01, 0.01, 1), ValidationFigures.None).Single();
        StringAssert.StartsWith(warning, "VRA is only 0.010");
    }

    [TestMethod]
    public void Typical_RowsOnALine_IsTheMedianOfTheNearestOtherClass()
    {
        var rows = new VectorTrainingSet(TensorShape.Vector(1), [[0], [1], [3], [7]], [0, 0, 1, 1]);
        Assert.AreEqual(3.0, ClassDistance.Typical(rows)!.Value, 1e-9); // of 3, 2, 2 and 6: the upper median
        Assert.IsNull(ClassDistance.Typical(new VectorTrainingSet(TensorShape.Vector(1), [[0], [1]], [0, 0])));
    }

    private static TrainingRows Rows(Func<int, float[]> row, int count = 200, int validation = 0)
    {
        float[][] values = [.. Enumerable.Range(0, count).Select(row)];
        VectorTrainingSet Set(int length) => new(
            TensorShape.Vector(values[0].Length), [.. values.Take(length)], [.. Enumerable.Range(0, length).Select(i => i % 4)]);
        return new(Set(count), validation == 0 ? null : Set(validation), [count / 4, count / 4, count / 4, count / 4]);
    }

    private static List<string> Result(
        GloroTrainerOptions options, ValidationFigures trained, ValidationFigures validated, double lastLoss = 1)
    {
        GloroTrainingProgress[] epochs = [.. Enumerable.Range(1, 12).Select(epoch => new GloroTrainingProgress
        {
            Epoch = epoch,
            Epochs = 12,
            Loss = epoch == 12 ? lastLoss : 1,
            Guarantee = options.Guarantee,
            CleanAccuracy = 0.5,
            VerifiedRobustAccuracy = 0.5,
            LocalVerifiedRobustAccuracy = 0.5,
            Kappa = 1,
            Elapsed = TimeSpan.Zero,
            Remaining = TimeSpan.Zero,
        })];
        return [.. TrainingAdvice.OfResult(options, Rows(i => [i % 7], 200, 400 / 2), epochs, trained, validated, classes: 4)];
    }

    private List<string> Warnings(GloroMulticlassClassificationOptions options)
    {
        var warnings = new List<string>();
        _mlContext.Log += (_, e) =>
        {
            if (e.Kind == ChannelMessageKind.Warning)
                warnings.Add(e.RawMessage);
        };
        Blobs.Pipeline(_mlContext, options).Fit(Blobs.View()).LastTransformer.Dispose();
        return warnings;
    }
}
