using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.MLNet;
using Microsoft.ML.Gloro.Tests.Analysis;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.EndToEnd;

/// <summary>Training that goes on from a saved model.</summary>
[TestClass]
public sealed class FineTuningTests
{
    // So small that no step moves a weight.
    private const double NoLearning = 1e-12;

    private static ColorTiles s_tiles = null!;
    private static GloroTransformer s_images = null!, s_vectors = null!;

    private readonly MLContext _mlContext = new(seed: 1);

    [ClassInitialize]
    public static void Train(TestContext _)
    {
        TorchProcess.Prepare();
        s_tiles = new ColorTiles();
        var options = ColorTiles.Options(epochs: 2);
        options.Layers =
        [
            GloroLayer.Centering(), // before any layer with a bias: it stays a layer of its own
            GloroLayer.SpaceToDepth(2),
            GloroLayer.Convolution(6), GloroLayer.Centering(), GloroLayer.MinMax(),
            GloroLayer.ResidualConvolution(), GloroLayer.Centering(), GloroLayer.ReLU(),
            GloroLayer.Convolution(8, kernelSize: 4, stride: 2), GloroLayer.MinMax(), GloroLayer.Centering(),
            GloroLayer.ChannelShift(), GloroLayer.OrthogonalConvolution(8), GloroLayer.Centering(), GloroLayer.HalfAbs(),
            GloroLayer.AveragePooling(2),
            GloroLayer.Flatten(),
            GloroLayer.OrthogonalDense(12), GloroLayer.Centering(), GloroLayer.MinMax(),
            .. GloroLayer.Repeat(2, GloroLayer.OrthogonalResidualDense(), GloroLayer.MinMax()),
            GloroLayer.ReflectorDense(10, rank: 4), GloroLayer.MinMax(),
        ];
        var mlContext = new MLContext(seed: 1);
        s_images = s_tiles.Pipeline(mlContext, options).Fit(s_tiles.View).LastTransformer;
        s_vectors = Blobs.Pipeline(mlContext).Fit(Blobs.View()).LastTransformer;
    }

    [ClassCleanup]
    public static void Clean() => s_tiles.Dispose();

    [TestMethod]
    public void Fit_FromImageModelWithoutLearning_IsTheSameFunctionWithTheSameBound()
    {
        using var tuned = Images(s_tiles).Fit(s_tiles.View).LastTransformer;
        AssertSame(s_images, tuned, s_tiles.Pipeline(_mlContext).Fit(s_tiles.View).Take(2)
            .Aggregate(s_tiles.View, (view, step) => step.Transform(view)));
        Assert.AreEqual(string.Join(", ", Kinds(s_images.GloroModel.Network)), string.Join(", ", Kinds(tuned.GloroModel.Network)));
        StringAssert.StartsWith(
            tuned.GloroModel.Provenance.Training, $"fine-tuned from weights {s_images.GloroModel.Bound.WeightHash[..16]}…, Emma, 1 epochs");
    }

    [TestMethod]
    public void Fit_FromALoadedChainInMixedPrecision_IsTheSameFunctionWithTheSameBound()
    {
        var data = Blobs.View();
        var saved = ModelFiles.Load(ModelFiles.Save(Blobs.NamingPipeline(_mlContext).Fit(data), data.Schema));
        var options = new GloroMulticlassClassificationOptions
        {
            InitialModel = saved,
            LearningRate = NoLearning,
            Epochs = 1,
            BatchSize = 16,
            MixedPrecision = true,
            ThreadCount = 1,
            Epsilon = Blobs.Epsilon
        };
        using var tuned = Blobs.Pipeline(_mlContext, options).Fit(data).LastTransformer;
        AssertSame(((IEnumerable<ITransformer>)saved).OfType<GloroTransformer>().Single(), tuned, data);
    }

    [TestMethod]
    public void Fit_FromAModel_GoesOnLearningAndIsRepeatable()
    {
        // Clouds that have moved: the saved model is wrong about them, and a few steps from it are enough.
        var moved = new MLContext().Data.LoadFromEnumerable(
            Blobs.Rows().ConvertAll(r => new BlobRow { Label = r.Label, Features = [r.Features[0] + 3, r.Features[1]] }));
        var options = new GloroMulticlassClassificationOptions
        {
            InitialModel = s_vectors,
            LearningRate = 5e-3,
            InitialEpsilonFactor = 1,
            Seed = 3,
            Epochs = 10,
            BatchSize = 16,
            ThreadCount = 1,
            MixedPrecision = false,
            Epsilon = Blobs.Epsilon,
        };
        var keyed = _mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(moved).Transform(moved);
        double before = _mlContext.Gloro.Evaluate(s_vectors.Transform(keyed)).VerifiedRobustAccuracy;
        using var tuned = _mlContext.Gloro.MulticlassClassification(options).Fit(keyed);
        Assert.IsLessThan(0.9, before, "There is something to learn.");
        Assert.IsGreaterThan(before + 0.05, _mlContext.Gloro.Evaluate(tuned.Transform(keyed)).VerifiedRobustAccuracy);
        using var again = _mlContext.Gloro.MulticlassClassification(options).Fit(keyed);
        Assert.AreEqual(ModelFiles.GloroPart(tuned), ModelFiles.GloroPart(again));
    }

    [TestMethod]
    public void Fit_OtherClasses_KeepsTheBodyAndTheRowsOfKnownOnes()
    {
        // Another order of the classes, and one of them never seen before.
        var rows = Blobs.Rows().ConvertAll(r => new BlobRow { Label = r.Label == "left" ? "west" : r.Label, Features = r.Features });
        rows.Reverse();
        var data = new MLContext().Data.LoadFromEnumerable(rows);
        var notes = new List<string>();
        _mlContext.Log += (_, e) => notes.Add(e.RawMessage);
        using var tuned = Blobs.Pipeline(_mlContext, Vectors()).Fit(data).LastTransformer;
        Assert.AreEqual("top, right, west", string.Join(", ", tuned.ClassNames));
        var (old, now) = (s_vectors.GloroModel.Network, tuned.GloroModel.Network);
        foreach (var (was, layer) in old.Layers.SkipLast(1).Zip(now.Layers)
            .Select(pair => (pair.First as DeployedDense, pair.Second as DeployedDense)).Where(pair => pair.Item1 is not null))
            AssertNear(was!.Weights, layer!.Weights, 1e-6f);
        AssertNear(old.Final.Row(2), now.Final.Row(0), 1e-6f);
        AssertNear(old.Final.Row(1), now.Final.Row(1), 1e-6f);
        float[] kept = [.. old.Final.Row(0)], fresh = [.. now.Final.Row(2)];
        Assert.AreEqual(1, fresh.Sum(x => x * x), 1e-4, "A new row has length 1 too.");
        Assert.IsGreaterThan(0.01, kept.Zip(fresh, (a, b) => Math.Abs(a - b)).Max());
        Assert.AreEqual(s_vectors.LipschitzBound, tuned.LipschitzBound, 1e-5 * s_vectors.LipschitzBound);
        Assert.IsTrue(
            notes.Exists(
                note => note.Contains("Training starts from a model of 3 classes. 2 classes keep their row of the last layer; new: west.",
                StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Trainer_InitialModelThatDoesNotFit_SaysWhy()
    {
        foreach (var (options, message) in new (GloroTrainerOptions, string)[]
        {
            (new GloroImageClassificationOptions { InitialModel = s_vectors },
                "InitialModel takes feature vectors, and this trainer images."),
            (new GloroMulticlassClassificationOptions { InitialModel = s_images },
                "InitialModel takes images, and this trainer feature vectors."),
            (new GloroMulticlassClassificationOptions { InitialModel = s_vectors, Depth = 5, Layers = [] },
                "InitialModel brings its own network; leave Layers, Depth at the default."),
            (new GloroImageClassificationOptions { InitialModel = s_images, ImageSize = (32, 32), Size = GloroModelSize.Tiny },
                "InitialModel brings its own network; leave Size, ImageSize at the default."),
            (new GloroMulticlassClassificationOptions { InitialModel = _mlContext.Transforms.Conversion.MapValueToKey("Label")
                .Fit(Blobs.View()) }, "InitialModel: The model (ValueToKeyMappingTransformer) must be a Gloro transformer"),
            (new GloroMulticlassClassificationOptions { InitialModel = TestModels.Transformer(TestModels.Vector()) },
                "the rows of its classes have lengths that differ from 1 by up to"),
        })
            StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => new GloroEstimator(_mlContext, options)).Message, message);

        var narrow = new MLContext().Data.LoadFromEnumerable(
            new[] { new VectorRow { Features = new float[6] }, new VectorRow { Id = 1, Features = new float[6] } });
        var e = Assert.ThrowsExactly<ArgumentException>(() => _mlContext.Transforms.Conversion.MapValueToKey("Label", "Id")
            .Append(_mlContext.Gloro.MulticlassClassification(Vectors())).Fit(narrow));
        StringAssert.Contains(
            e.Message, "holds a vector of 6 values, and InitialModel takes a vector of 2. Give it the features that it was trained on.");
    }

    [TestMethod]
    public void Fingerprint_OfATrainingFromAModel_NamesItsWeights()
    {
        string[] classes = ["a", "b"];
        Assert.AreEqual(s_vectors.GloroModel.Bound.WeightHash, CheckpointFingerprint.OfOptions(Vectors(), 1, false, classes)
            .ToDictionary()["InitialModel"]);
        Assert.IsFalse(CheckpointFingerprint.OfOptions(new GloroMulticlassClassificationOptions(), 1, false, classes).ToDictionary()
            .ContainsKey("InitialModel"));
    }

    [TestMethod]
    public void Uses_OptionsOfANetworkBesideAModel_IsFalse()
    {
        var (vectors, images) = (new GloroMulticlassClassificationOptions(), new GloroImageClassificationOptions());
        Assert.IsTrue(
            vectors.Uses("Depth") && vectors.Uses("Width") && images.Uses("Depth") && images.Uses("Size") && images.Uses("Architecture"));
        (vectors.InitialModel, images.InitialModel) = (s_vectors, s_images);
        Assert.IsFalse(
            vectors.Uses("Depth") || vectors.Uses("Width") || images.Uses("Depth") || images.Uses("Size") || images.Uses("Architecture"));
        Assert.IsTrue(vectors.Uses("LearningRate") && images.Uses("LearningRate"));
    }

    private static GloroMulticlassClassificationOptions Vectors() => new()
    {
        InitialModel = s_vectors,
        LearningRate = NoLearning,
        Epochs = 1,
        BatchSize = 16,
        MixedPrecision = false,
        ThreadCount = 1,
        Epsilon = Blobs.Epsilon,
    };

    private Data.EstimatorChain<GloroTransformer> Images(ColorTiles tiles) => tiles.Pipeline(_mlContext, new GloroImageClassificationOptions
    {
        InitialModel = s_images,
        LearningRate = NoLearning,
        Epochs = 1,
        BatchSize = 8,
        MixedPrecision = false,
        ThreadCount = 1,
    });

    private static void AssertSame(GloroTransformer model, GloroTransformer tuned, IDataView data)
    {
        foreach (var (was, now) in ScoredRow.All(model.Transform(data)).Zip(ScoredRow.All(tuned.Transform(data))))
        {
            AssertNear(was.Logits, now.Logits, 1e-4f);
            AssertNear(was.TopKRadii, now.TopKRadii, 1e-4f);
        }

        Assert.AreEqual(model.LipschitzBound, tuned.LipschitzBound, 1e-5 * model.LipschitzBound);
    }

    private static IEnumerable<string> Kinds(DeployedNetwork network) => network.Layers.Select(layer => layer.Kind);

    private static void AssertNear(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, float tolerance)
    {
        Assert.AreEqual(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.AreEqual(expected[i], actual[i], tolerance);
    }
}
