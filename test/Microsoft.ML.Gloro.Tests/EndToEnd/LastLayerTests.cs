using System.Security.Cryptography;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.EndToEnd;

/// <summary>Training of a saved model's last layer alone.</summary>
[TestClass]
public sealed class LastLayerTests
{
    private static ColorTiles s_tiles = null!;
    private static GloroTransformer s_images = null!, s_vectors = null!, s_tolerant = null!;

    private readonly MLContext _mlContext = new(seed: 1);

    [ClassInitialize]
    public static void Train(TestContext _)
    {
        TorchProcess.Prepare();
        s_tiles = new ColorTiles(count: 48);
        var mlContext = new MLContext(seed: 1);
        s_images = s_tiles.Pipeline(mlContext, ColorTiles.Options(epochs: 2)).Fit(s_tiles.View).LastTransformer;
        s_vectors = Blobs.Pipeline(mlContext).Fit(Blobs.View()).LastTransformer;
        var tolerant = Blobs.Options();
        (tolerant.Tolerances, tolerant.Epsilon) = (GloroTolerances.InOrder(0.5f, 0.1f), 1);
        s_tolerant = Blobs.Pipeline(mlContext, tolerant).Fit(Blobs.View()).LastTransformer;
    }

    [ClassCleanup]
    public static void Clean() => s_tiles.Dispose();

    [TestMethod]
    public void Fit_ImagesOfOtherClasses_ChangesTheLastLayerAloneAndLearnsThem()
    {
        // Other names, so that each row of the last layer is new; without training they know nothing.
        var rows = s_tiles.Rows.ConvertAll(row => new TileRow { Label = $"new {row.Label}", ImagePath = row.ImagePath });
        var view = new MLContext().Data.LoadFromEnumerable(rows);
        double before = Vra(Images(epochs: 1, rate: 1e-12), view);
        var pipeline = s_tiles.Pipeline(_mlContext, Images(epochs: 40, rate: 0.02));
        var chain = pipeline.Fit(view);
        using var tuned = chain.LastTransformer;
        AssertSameBody(s_images, tuned);
        Assert.AreEqual("new red, new green, new blue", string.Join(", ", tuned.ClassNames));
        Assert.IsGreaterThan(before + 0.2, _mlContext.Gloro.Evaluate(chain.Transform(view)).VerifiedRobustAccuracy);

        double Vra(GloroImageClassificationOptions options, IDataView data)
        {
            var model = s_tiles.Pipeline(_mlContext, options).Fit(data);
            using var last = model.LastTransformer;
            return _mlContext.Gloro.Evaluate(model.Transform(data)).VerifiedRobustAccuracy;
        }
    }

    [TestMethod]
    public void Fit_LastLayer_HasABoundOfItsOwnThatNoPairExceeds()
    {
        var chain = s_tiles.Pipeline(_mlContext, Images(epochs: 10, rate: 0.05)).Fit(s_tiles.View);
        using var tuned = chain.LastTransformer;
        Assert.AreNotEqual(s_images.GloroModel.Bound.WeightHash, tuned.GloroModel.Bound.WeightHash);
        Assert.AreEqual(WeightHash.Compute(tuned.GloroModel.Network), tuned.GloroModel.Bound.WeightHash);
        Assert.AreEqual(s_images.LipschitzBound, tuned.LipschitzBound, "the same layers have the same κ");
        var audit = new GloroAuditOptions { MaxRows = 12, Steps = 5, Restarts = 1, BoundaryRows = 2 };
        Assert.IsGreaterThan(0, _mlContext.Gloro.Audit(chain, s_tiles.View, audit).AttackedRows); // a broken certificate throws
    }

    [TestMethod]
    public void Fit_SameRowsWithoutAugmentation_AgreesWithTheWholeNetworksFigures()
    {
        // What is validated in training are features; what is scored afterwards are images.
        var seen = new Recorder();
        var options = Images(epochs: 3, rate: 0.02);
        (options.Augmentation, options.ValidationSet, options.Progress) = (GloroAugmentationOptions.None, Keyed(s_tiles.View), seen);
        var chain = s_tiles.Pipeline(_mlContext, options).Fit(s_tiles.View);
        using var tuned = chain.LastTransformer;
        var metrics = _mlContext.Gloro.Evaluate(chain.Transform(s_tiles.View));
        Assert.AreEqual(metrics.CleanAccuracy, seen.Seen[^1].CleanAccuracy, 1e-9);
        Assert.AreEqual(metrics.VerifiedRobustAccuracy, seen.Seen[^1].VerifiedRobustAccuracy, 1e-9);
        Assert.AreEqual(tuned.LipschitzBound, seen.Seen[^1].Kappa, 1e-5 * tuned.LipschitzBound);

        IDataView Keyed(IDataView view)
        {
            var keyed = _mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(view).Transform(view);
            return _mlContext.Transforms.LoadImages("Image", s_tiles.Folder, "ImagePath").Fit(keyed).Transform(keyed);
        }
    }

    [TestMethod]
    public void Fit_Vectors_WithKnownAndNewClassesAndWeights_KeepsTheBody()
    {
        var rows = Blobs.Rows().ConvertAll(r => new BlobRow { Label = r.Label == "left" ? "west" : r.Label, Features = r.Features });
        using var tuned = Blobs.Pipeline(_mlContext, Vectors(s_vectors)).Fit(new MLContext().Data.LoadFromEnumerable(rows))
            .LastTransformer;
        AssertSameBody(s_vectors, tuned);
        Assert.AreEqual("west, right, top", string.Join(", ", tuned.ClassNames));
        Assert.AreNotEqual(Hash([tuned.GloroModel.Network.Final]), Hash([s_vectors.GloroModel.Network.Final]));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Fit_Tolerances_ProvesTheBoundForThem(bool others)
    {
        var options = Vectors(s_tolerant);
        float[] expected = [0.5f, 0.1f];
        if (others)
            options.Tolerances = GloroTolerances.InOrder(expected = [0.2f, 0.3f]);
        var seen = new Recorder();
        options.Progress = seen;
        using var tuned = Blobs.Pipeline(_mlContext, options).Fit(Blobs.View()).LastTransformer;
        AssertSameBody(s_tolerant, tuned);
        CollectionAssert.AreEqual(expected, tuned.GloroModel.Network.Metric!.Tolerances);
        Assert.AreEqual(others, Math.Abs(tuned.LipschitzBound - s_tolerant.LipschitzBound) > 1e-3);
        Assert.AreEqual(RigorousBound.Compute(tuned.GloroModel.Network).Value, tuned.LipschitzBound);
        Assert.AreEqual(tuned.LipschitzBound, seen.Seen[^1].Kappa, 1e-5 * tuned.LipschitzBound, "training aims at the proved bound");
    }

    [TestMethod]
    public void Fit_Cancelled_ResumesToTheBytesOfAnUninterruptedOne()
    {
        using var folder = new TemporaryFolder();
        string whole = Fit(null, _ => { });
        using var source = new CancellationTokenSource();
        Assert.ThrowsExactly<OperationCanceledException>(() => Fit(
            folder.Path,
            o => (o.CancellationToken, o.Progress) = (source.Token, new Recorder(p => { if (p.Epoch == 2) source.Cancel(); }))));
        var recorder = new Recorder();
        Assert.AreEqual(whole, Fit(folder.Path, o => o.Progress = recorder));
        Assert.AreEqual("3 4 5", string.Join(' ', recorder.Seen.Select(p => p.Epoch)));
        Assert.AreEqual(whole, Fit(folder.Path, _ => { }), "complete");

        string Fit(string? checkpoints, Action<GloroImageClassificationOptions> change)
        {
            var options = Images(epochs: 5, rate: 0.02);
            options.CheckpointFolder = checkpoints;
            change(options);
            using var model = s_tiles.Pipeline(new MLContext(seed: 1), options).Fit(s_tiles.View).LastTransformer;
            return ModelFiles.GloroPart(model);
        }
    }

    [TestMethod]
    public void Fit_CheckpointOfAllLayers_IsRefused()
    {
        using var folder = new TemporaryFolder();
        using var source = new CancellationTokenSource();
        var options = Vectors(s_vectors);
        (options.TrainedLayers, options.CheckpointFolder) = (GloroTrainedLayers.All, folder.Path);
        (options.CancellationToken, options.Progress) = (source.Token, new Recorder(_ => source.Cancel()));
        Assert.ThrowsExactly<OperationCanceledException>(() => Blobs.Pipeline(_mlContext, options).Fit(Blobs.View()));
        var last = Vectors(s_vectors);
        last.CheckpointFolder = folder.Path;
        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidOperationException>(() => Blobs.Pipeline(_mlContext, last).Fit(Blobs.View())).Message,
            "TrainedLayers was \"All\" and is \"Last\"");
    }

    [TestMethod]
    public void Trainer_LastLayerThatCannotBeTrainedAlone_SaysWhy()
    {
        var linear = new GloroMulticlassClassificationOptions { Layers = [], Epochs = 1, Epsilon = Blobs.Epsilon, ThreadCount = 1 };
        using var model = Blobs.Pipeline(_mlContext, linear).Fit(Blobs.View()).LastTransformer;
        var mixup = Images(1, 0.01);
        mixup.Augmentation.MixupAlpha = 0.2;
        foreach (var (options, message) in new (GloroTrainerOptions, string)[]
        {
            (new GloroImageClassificationOptions { TrainedLayers = GloroTrainedLayers.Last },
                "TrainedLayers Last needs an InitialModel, whose other layers stay as they are."),
            (Vectors(model), "InitialModel: Its only layer with weights is the last one, so TrainedLayers must be All."),
            (mixup, "TrainedLayers Last reads images once and cannot mix them; leave MixupAlpha of the augmentation 0."),
            (new GloroImageClassificationOptions { TrainedLayers = (GloroTrainedLayers)2 }, "TrainedLayers is unknown: 2."),
        })
            StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => new GloroEstimator(_mlContext, options)).Message, message);
    }

    private static GloroImageClassificationOptions Images(int epochs, double rate) => new()
    {
        InitialModel = s_images,
        TrainedLayers = GloroTrainedLayers.Last,
        Epochs = epochs,
        LearningRate = rate,
        BatchSize = 8,
        ThreadCount = 1,
        Seed = 7,
        Augmentation = new GloroAugmentationOptions { FlipVertically = true, Rotate = true, MaximumShift = 1 },
    };

    private static GloroMulticlassClassificationOptions Vectors(GloroTransformer initial) => new()
    {
        InitialModel = initial,
        TrainedLayers = GloroTrainedLayers.Last,
        Epochs = 3,
        LearningRate = 0.02,
        BatchSize = 16,
        ThreadCount = 1,
        Epsilon = initial.Epsilon,
    };

    private static void AssertSameBody(GloroTransformer initial, GloroTransformer tuned)
    {
        var (old, now) = (initial.GloroModel.Network, tuned.GloroModel.Network);
        Assert.AreEqual(Hash(old.Layers.SkipLast(1)), Hash(now.Layers.SkipLast(1)));
        for (int i = 0; i < now.ClassCount; i++)
            Assert.AreEqual(1, now.Final.Row(i).ToArray().Sum(x => x * x), 1e-4, "rows have length 1");
    }

    // Of the kinds, integers and bytes of all tensors.
    private static string Hash(IEnumerable<DeployedLayer> layers)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var layer in layers)
        {
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes(layer.Kind));
            foreach (var tensor in layer.Tensors)
                hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(tensor.Values));
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
