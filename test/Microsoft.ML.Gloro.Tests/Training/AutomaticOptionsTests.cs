using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.MLNet;
using Microsoft.ML.Gloro.Tests.TestSupport;
using Microsoft.ML.Gloro.Training;
using TorchSharp;

namespace Microsoft.ML.Gloro.Tests.Training;

/// <summary>What is chosen by data, and what is not.</summary>
[TestClass]
public sealed class AutomaticOptionsTests
{
    private static readonly GloroTransformer s_model = TestModels.Transformer(TestModels.Vector());

    [TestMethod]
    [DataRow(100, GloroModelSize.Tiny, 60, 16)]
    [DataRow(400, GloroModelSize.Tiny, 30, 16)]
    [DataRow(999, GloroModelSize.Tiny, 30, 16)]
    [DataRow(1000, GloroModelSize.Small, 30, 32)]
    [DataRow(5000, GloroModelSize.Medium, 30, 64)]
    [DataRow(50_000, GloroModelSize.Medium, 30, 64)]
    public void Choose_Images_GrowsWithTheRows(int rows, GloroModelSize size, int epochs, int batch)
    {
        var chosen = (GloroImageClassificationOptions)AutomaticOptions.Choose(new GloroImageClassificationOptions(), rows, 10);
        Assert.AreEqual((size, epochs, batch), (chosen.Size, chosen.Epochs, chosen.BatchSize));
        Assert.IsEmpty(chosen.Faults());
    }

    [TestMethod]
    [DataRow(1, 10, 2, 64, 100, 16)]
    [DataRow(110, 3, 2, 64, 100, 16)]
    [DataRow(110, 100, 3, 128, 100, 16)]
    [DataRow(900, 10, 3, 128, 88, 32)]
    [DataRow(4500, 10, 3, 128, 35, 64)]
    [DataRow(14_400, 10, 3, 128, 30, 64)]
    [DataRow(45_000, 10, 3, 128, 30, 64)]
    public void Choose_Vectors_GivesEnoughStepsButNotTooMany(int rows, int classes, int depth, int width, int epochs, int batch)
    {
        var chosen = (GloroMulticlassClassificationOptions)AutomaticOptions.Choose(
            new GloroMulticlassClassificationOptions(), rows, classes);
        Assert.AreEqual((depth, width, epochs, batch), (chosen.Depth, chosen.Width, chosen.Epochs, chosen.BatchSize));
        Assert.IsEmpty(chosen.Faults());
    }

    [TestMethod]
    [DataRow(null, 200, true, GloroTrainedLayers.Last, 100, 32, 1e-2)]
    [DataRow(null, 999, true, GloroTrainedLayers.Last, 80, 32, 1e-2)]
    [DataRow(null, 1000, true, GloroTrainedLayers.All, 15, 32, 5e-4)]
    [DataRow(null, 10_000, true, GloroTrainedLayers.All, 6, 64, 5e-4)]
    [DataRow(null, 200, false, GloroTrainedLayers.All, 30, 32, 2e-4)]
    [DataRow(GloroTrainedLayers.All, 200, true, GloroTrainedLayers.All, 30, 32, 5e-4)]
    [DataRow(GloroTrainedLayers.Last, 2000, true, GloroTrainedLayers.Last, 40, 32, 1e-2)]
    [DataRow(GloroTrainedLayers.Last, 10_000, false, GloroTrainedLayers.Last, 30, 64, 1e-2)]
    public void Choose_ImagesFromAModel_DependsOnRowsAndNewClasses(
        GloroTrainedLayers? given, int rows, bool hasNewClasses, GloroTrainedLayers trained, int epochs, int batch, double rate)
    {
        var options = new GloroImageClassificationOptions { InitialModel = s_model, TrainedLayers = given };
        var chosen = (GloroImageClassificationOptions)AutomaticOptions.Choose(options, rows, 10, hasNewClasses);
        Assert.AreEqual((epochs, batch, rate, 1), (chosen.Epochs, chosen.BatchSize, chosen.LearningRate, chosen.InitialEpsilonFactor));
        Assert.AreEqual((trained, null), (chosen.TrainedLayers, chosen.Size));
        Assert.IsEmpty(chosen.Faults());
        Assert.AreEqual(
            $"epochs, batch, {(given is null ? "trained layers, " : "")}learning rate, first ε", AutomaticOptions.Describe(options));
        options.Augmentation.MixupAlpha = 0.2;
        if (given is null)
            Assert.AreEqual(GloroTrainedLayers.All, AutomaticOptions.Choose(options, rows, 10, hasNewClasses).TrainedLayers);
    }

    [TestMethod]
    public void Choose_VectorsFromAModel_HaveTheEpochsOfNewNetworks()
    {
        var options = new GloroMulticlassClassificationOptions { InitialModel = s_model };
        var chosen = AutomaticOptions.Choose(options, 900, 10, hasNewClasses: true);
        Assert.AreEqual((88, 32, 5e-4, 1), (chosen.Epochs, chosen.BatchSize, chosen.LearningRate, chosen.InitialEpsilonFactor));
        Assert.AreEqual(GloroTrainedLayers.All, chosen.TrainedLayers);
        options.TrainedLayers = GloroTrainedLayers.Last;
        chosen = AutomaticOptions.Choose(options, 900, 10);
        Assert.AreEqual((88, 1e-2), (chosen.Epochs, chosen.LearningRate));
    }

    [TestMethod]
    public void Choose_NewNetwork_HasTheUsualRateAndFirstEpsilon()
    {
        var chosen = AutomaticOptions.Choose(new GloroImageClassificationOptions(), 200, 10);
        Assert.AreEqual((2e-3, 0.1), (chosen.LearningRate, chosen.InitialEpsilonFactor));
        var set = new GloroImageClassificationOptions { InitialModel = s_model, LearningRate = 3e-4, InitialEpsilonFactor = 0 };
        set.TrainedLayers = GloroTrainedLayers.All;
        chosen = AutomaticOptions.Choose(set, 200, 10, hasNewClasses: true);
        Assert.AreEqual((3e-4, 0), (chosen.LearningRate, chosen.InitialEpsilonFactor));
        Assert.AreEqual("epochs, batch", AutomaticOptions.Describe(set));
    }

    [TestMethod]
    public void Choose_OptionsThatAreSet_KeepsThem()
    {
        var vector = new GloroMulticlassClassificationOptions { Width = 32, Epochs = 7 };
        var chosen = (GloroMulticlassClassificationOptions)AutomaticOptions.Choose(vector, 110, 3);
        Assert.AreEqual((null, 32, 7, 16), (chosen.Depth, chosen.Width, chosen.Epochs, chosen.BatchSize));
        Assert.AreEqual("batch", AutomaticOptions.Describe(vector));
        Assert.IsNull(vector.BatchSize, "the user's options stay as they are");

        var image = new GloroImageClassificationOptions { Depth = 4, BatchSize = 8 };
        Assert.IsNull(((GloroImageClassificationOptions)AutomaticOptions.Choose(image, 110, 3)).Size);
        Assert.AreEqual("epochs", AutomaticOptions.Describe(image));
        Assert.AreEqual("network, epochs, batch", AutomaticOptions.Describe(new GloroImageClassificationOptions()));
        Assert.AreEqual("", AutomaticOptions.Describe(Blobs.Options()));
    }

    [TestMethod]
    public void ThreadsFor_SmallNetwork_IsOne()
    {
        var (vector, vectors) = (TensorShape.Vector(16), new GloroMulticlassClassificationOptions());
        Assert.AreEqual(1, AutomaticOptions.ThreadsFor(vectors, vector, 60_000));
        Assert.IsNull(AutomaticOptions.ThreadsFor(vectors, vector, 10_000_000));
        vectors.ThreadCount = 3;
        Assert.AreEqual(3, AutomaticOptions.ThreadsFor(vectors, vector, 60_000));

        var image = new TensorShape(3, 64, 64);
        foreach (var size in Enum.GetValues<GloroModelSize>())
        {
            var options = new GloroImageClassificationOptions { Size = size };
            long weights = NetworkFactory.Check(options, image, 10);
            Assert.AreEqual(size == GloroModelSize.Tiny ? 1 : null, AutomaticOptions.ThreadsFor(options, image, weights));
        }

        var other = new GloroImageClassificationOptions { Architecture = GloroArchitecture.Conv2C2F };
        Assert.IsNull(AutomaticOptions.ThreadsFor(other, image, 60_000));
    }

    [TestMethod]
    public void Fit_NothingSet_LogsAndKeepsWhatWasChosen()
    {
        TorchProcess.Prepare();
        var mlContext = new MLContext(seed: 1);
        var log = new List<string>();
        mlContext.Log += (_, e) => log.Add(e.RawMessage);
        var options = new GloroMulticlassClassificationOptions { Epsilon = Blobs.Epsilon, Epochs = 2 };
        try
        {
            torch.set_num_threads(2);
            using var model = Blobs.Pipeline(mlContext, options).Fit(Blobs.View(60)).LastTransformer;
            Assert.AreEqual(2, torch.get_num_threads());
            Assert.Contains("Chosen by data (network, batch): MLP(depth 2, width 64), 2 epochs, batch 16.", log);
            Assert.Contains(line => line.StartsWith("Libtorch computes with 1 thread:", StringComparison.Ordinal), log);
            StringAssert.StartsWith(model.GloroModel.Provenance.Training, "MLP(depth 2, width 64), Emma, 2 epochs, batch 16, ");
            StringAssert.EndsWith(model.GloroModel.Provenance.Training, " (chosen by data: network, batch)");
        }
        finally
        {
            TorchProcess.Prepare();
        }
    }
}
