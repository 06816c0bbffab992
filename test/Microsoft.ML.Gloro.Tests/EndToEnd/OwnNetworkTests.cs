using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.EndToEnd;

/// <summary>Networks by name and by list, from the options to the columns of a loaded model.</summary>
[TestClass]
public sealed class OwnNetworkTests
{
    private static ColorTiles s_train = null!;

    private readonly MLContext _mlContext = new(seed: 1);

    [ClassInitialize]
    public static void Draw(TestContext _) => s_train = new ColorTiles();

    [ClassCleanup]
    public static void Clean() => s_train.Dispose();

    [TestMethod]
    public void Fit_OwnSequenceOfLayers_TrainsCertifiesSavesAndLoads()
    {
        // As in the README: a stage at the higher resolution, a strided convolution down, and a tail of orthogonal layers.
        var options = ColorTiles.Options();
        options.Layers =
        [
            GloroLayer.SpaceToDepth(2),
            GloroLayer.Convolution(6), GloroLayer.Centering(), GloroLayer.MinMax(),
            GloroLayer.ResidualConvolution(), GloroLayer.Centering(), GloroLayer.MinMax(),
            GloroLayer.Convolution(8, kernelSize: 4, stride: 2), GloroLayer.Centering(), GloroLayer.MinMax(),
            .. GloroLayer.Repeat(2, GloroLayer.ResidualConvolution(), GloroLayer.Centering(), GloroLayer.MinMax()),
            GloroLayer.AveragePooling(2),
            GloroLayer.Flatten(),
            GloroLayer.OrthogonalDense(12), GloroLayer.Centering(), GloroLayer.MinMax(),
            .. GloroLayer.Repeat(2, GloroLayer.OrthogonalResidualDense(), GloroLayer.MinMax()),
        ];
        var network = AssertTrainsAndLoads(options, 0.9);
        Assert.AreEqual("1, 1, 2, 1, 1", string.Join(", ", network.Layers.OfType<DeployedConvolution>().Select(c => c.Stride)));
        Assert.AreEqual("12, 12, 12, 3", string.Join(", ", network.Layers.OfType<DeployedDense>().Select(d => d.Outputs)));
    }

    [TestMethod]
    public void Fit_Conv2C2F_TrainsCertifiesSavesAndLoads()
    {
        var options = ColorTiles.Options();
        options.Architecture = GloroArchitecture.Conv2C2F;
        options.ImageSize = (12, 12); // Smaller than a LiResNet takes.
        var network = AssertTrainsAndLoads(options, 0.9);
        Assert.AreEqual(new TensorShape(3, 12, 12), network.InputShape);
        Assert.AreEqual("16, 32", string.Join(", ", network.Layers.OfType<DeployedConvolution>().Select(c => c.OutChannels)));
    }

    [TestMethod]
    public void Fit_BlocksOfLipNeXt_TrainsCertifiesSavesLoadsAndSurvivesAnAudit()
    {
        var options = ColorTiles.Options(epochs: 16);
        options.Layers =
        [
            GloroLayer.SpaceToDepth(2),
            GloroLayer.OrthogonalConvolution(8), GloroLayer.Centering(), GloroLayer.HalfAbs(),
            .. GloroLayer.Repeat(
                2, GloroLayer.OrthogonalConvolution(8), GloroLayer.ChannelShift(), GloroLayer.OrthogonalConvolution(8),
                GloroLayer.Centering(), GloroLayer.HalfAbs()),
            GloroLayer.Flatten(),
            GloroLayer.OrthogonalDense(12), GloroLayer.Centering(), GloroLayer.MinMax(),
        ];
        var network = AssertTrainsAndLoads(options, 0.9, out var model);
        Assert.HasCount(5, network.Layers.OfType<DeployedConvolution>().ToList());
        Assert.IsTrue(network.Layers.OfType<DeployedChannelShift>().All(shift => shift.Group == 1));
        double kappa = model.LastTransformer.GloroModel.Bound.Value;
        Assert.AreEqual(1, kappa, 0.01, "orthogonal from end to end");
        var report = _mlContext.Gloro.Audit(model, s_train.View, new() { Steps = 10, Restarts = 1, BoundaryRows = 2 });
        Assert.IsGreaterThan(30, report.AttackedRows); // a broken certificate would be an exception
    }

    [TestMethod]
    public void Fit_EmptyList_TrainsALinearModel()
    {
        var options = ColorTiles.Options();
        options.Layers = [];
        var network = AssertTrainsAndLoads(options, 0.9);
        Assert.HasCount(1, network.Layers.OfType<DeployedDense>().ToList());
    }

    [TestMethod]
    public void Fit_SizeInAWord_GivesTheNumbersAndTellsThem()
    {
        var options = ColorTiles.Options(epochs: 1);
        (options.Depth, options.Width, options.TailWidth) = (null, null, null);
        options.Size = GloroModelSize.Tiny;
        using var model = s_train.Pipeline(_mlContext, options).Fit(s_train.View).LastTransformer;
        Assert.AreEqual(
            "32, 32, 32, 64", string.Join(", ", model.GloroModel.Network.Layers.OfType<DeployedConvolution>().Select(c => c.OutChannels)));
        Assert.AreEqual(64, model.GloroModel.Network.Final.Inputs);
        StringAssert.StartsWith(model.GloroModel.Provenance.Training, "LiResNet(Tiny), ");
    }

    [TestMethod]
    public void Fit_LiResNetByDefault_SaysWhatItSaid()
    {
        using var model = s_train.Pipeline(_mlContext, ColorTiles.Options(epochs: 1)).Fit(s_train.View).LastTransformer;
        StringAssert.StartsWith(model.GloroModel.Provenance.Training, "LiResNet(depth 1, width 8, tail 16), Emma, 1 epochs");
    }

    [TestMethod]
    public void Fit_OwnLayersForVectors_TrainsAndLoads()
    {
        var options = Blobs.Options();
        options.Layers =
            [GloroLayer.Dense(16), GloroLayer.MinMax(), .. GloroLayer.Repeat(2, GloroLayer.OrthogonalResidualDense(), GloroLayer.MinMax())];
        var data = Blobs.View();
        var model = Blobs.Pipeline(_mlContext, options).Fit(data);
        Assert.IsGreaterThan(0.9, _mlContext.Gloro.Evaluate(model.Transform(data)).VerifiedRobustAccuracy);
        StringAssert.StartsWith(
            model.LastTransformer.GloroModel.Provenance.Training, "layers(dense 16, minmax, orthogonal residual dense, minmax, ");
        CollectionAssert.AreEqual(
            Texts(model.Transform(data)), Texts(ModelFiles.Load(ModelFiles.Save(model, data.Schema)).Transform(data)));
    }

    [TestMethod]
    public void Fit_LayersThatDoNotFit_AreRefusedBeforeARowIsRead()
    {
        var options = Blobs.Options();
        options.Layers = [GloroLayer.Dense(4), GloroLayer.MinMax(), GloroLayer.Convolution(8)];
        int read = 0;
        var data = _mlContext.Data.LoadFromEnumerable(Counted());
        var labeled = _mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(Blobs.View()).Transform(data);
        var trainer = _mlContext.Gloro.MulticlassClassification(options);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => trainer.Fit(labeled)).Message,
            "Layer 3 of 3 (convolution 8 3×3) cannot take a vector of 4 values: it takes images only.");
        options.Layers = [GloroLayer.Dense(1 << 14), GloroLayer.Dense(1 << 14), GloroLayer.Dense(1 << 14)];
        trainer = _mlContext.Gloro.MulticlassClassification(options);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => trainer.Fit(labeled)).Message, "weights; at most");
        Assert.AreEqual(0, read);

        IEnumerable<BlobRow> Counted()
        {
            foreach (var row in Blobs.Rows())
            {
                read++;
                yield return row;
            }
        }
    }

    [TestMethod]
    public void Copy_OfOptionsWithLayers_DoesNotShareTheList()
    {
        var layers = new List<GloroLayer> { GloroLayer.Dense(16), GloroLayer.MinMax() };
        var options = Blobs.Options(epochs: 1);
        (options.Layers, options.Seed) = (layers, 3);
        var first = Blobs.Pipeline(_mlContext, options).Fit(Blobs.View(30)).LastTransformer;
        var pipeline = Blobs.Pipeline(_mlContext, options);
        layers.Add(GloroLayer.Dense(3));
        Assert.AreEqual(ModelFiles.GloroPart(first), ModelFiles.GloroPart(pipeline.Fit(Blobs.View(30)).LastTransformer));
    }

    private DeployedNetwork AssertTrainsAndLoads(GloroImageClassificationOptions options, double leastAccuracy) =>
        AssertTrainsAndLoads(options, leastAccuracy, out _);

    private DeployedNetwork AssertTrainsAndLoads(
        GloroImageClassificationOptions options, double leastAccuracy, out TransformerChain<GloroTransformer> model)
    {
        model = s_train.Pipeline(_mlContext, options).Fit(s_train.View);
        var scored = model.Transform(s_train.View);
        var metrics = _mlContext.Gloro.Evaluate(scored);
        Assert.IsGreaterThan(leastAccuracy, metrics.VerifiedRobustAccuracy, $"{metrics}");
        CollectionAssert.AreEqual(
            Texts(scored), Texts(ModelFiles.Load(ModelFiles.Save(model, s_train.View.Schema)).Transform(s_train.View)));

        // The library's own arithmetic and ONNX Runtime's: two readings of every layer, strided ones too.
        var single = _mlContext.Gloro.WithArithmetic(model, CertificateArithmetic.Real).Transform(s_train.View);
        foreach (var (one, other) in ScoredRow.All(scored).Zip(ScoredRow.All(single)))
            Assert.AreEqual(one.CertifiedRadius, other.CertifiedRadius, 1e-3f * one.CertifiedRadius);
        return model.LastTransformer.GloroModel.Network;
    }

    private static List<string> Texts(IDataView scored) => ScoredRow.All(scored).ConvertAll(r => r.ToString());
}
