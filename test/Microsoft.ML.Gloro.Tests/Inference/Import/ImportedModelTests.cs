using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Gloro.Tests.Inference;

/// <summary>An imported model is a Gloro model like any other.</summary>
[TestClass]
public sealed class ImportedModelTests
{
    private static readonly string[] s_classes = ["ant", "bee", "cat", "dog"];
    private readonly MLContext _mlContext = new(seed: 1);

    private static IEnumerable<object[]> Forms => GraphForms.Names;

    [TestMethod]
    [DynamicData(nameof(Forms))]
    public void ImportOnnx_Form_IsProvedAndComparedWithOnnxRuntime(string form)
    {
        using var model = Import(GraphForms.Write(form).File);
        var gloro = model.GloroModel;

        Assert.AreEqual(WeightHash.Compute(gloro.Network), gloro.Bound.WeightHash);
        Assert.AreEqual(1, model.Temperature);
        Assert.Contains("of ONNX Runtime's on 16 random rows", gloro.Provenance.Training);
        Assert.AreEqual(gloro.IsImage ? "Image" : "Features", model.FeatureColumnName);
        foreach (LayerBound layer in gloro.Bound.Layers)
            Assert.IsGreaterThanOrEqualTo(layer.Attained, layer.Bound);
    }

    [TestMethod]
    [DynamicData(nameof(Forms))]
    public void ImportOnnx_PairsOfInputs_NeverExceedTheBounds(string form)
    {
        using var model = Import(GraphForms.Write(form).File);
        var network = model.GloroModel.Network;
        var random = new RandomNetworks(5);
        for (int pair = 0; pair < 20; pair++)
        {
            float[] x = random.Values(network.InputShape.Size), step = random.Values(x.Length, pair % 2 == 0 ? 1 : 1e-3);
            float[] y = [.. x.Zip(step, (a, b) => a + b)];
            double distance = Math.Sqrt(x.Zip(y, (a, b) => ((double)a - b) * ((double)a - b)).Sum());
            double[] at = ReferenceForward.Run(network, x), beside = ReferenceForward.Run(network, y);
            for (int i = 0; i < s_classes.Length; i++)
            {
                for (int j = 0; j < i; j++)
                {
                    double change = Math.Abs(at[i] - at[j] - (beside[i] - beside[j]));
                    Assert.IsLessThanOrEqualTo((model.GloroModel.Constants[i, j] * distance * (1 + 1e-9)) + 1e-12, change);
                }
            }
        }
    }

    [TestMethod]
    public void ImportOnnx_SavedAndLoaded_ScoresTheSame()
    {
        using var model = Import(GraphForms.Write("absolute values").File);

        using var loaded = (GloroTransformer)ModelFiles.Load(ModelFiles.Save(model, VectorRow.View([]).Schema));

        Assert.AreEqual(ModelFiles.GloroPart(model), ModelFiles.GloroPart(loaded));
    }

    [TestMethod]
    public void ImportOnnx_ConvertedToOnnx_HasTheSameLogits()
    {
        var (file, _) = GraphForms.Write("groupsort by reshape, reduce, concat");
        using var model = Import(file);
        using var portable = PortableFile.Of(model.GloroModel);
        float[] row = new RandomNetworks(3).Values(6);

        float[] logits = portable.Run([row])[0].Logits;

        double[] expected = ReferenceForward.Run(model.GloroModel.Network, row);
        for (int i = 0; i < logits.Length; i++)
            Assert.AreEqual(expected[i], logits[i], 1e-6);
    }

    [TestMethod]
    [DataRow(CertificateArithmetic.Float64)]
    [DataRow(CertificateArithmetic.Real)]
    public void ImportOnnx_GrayImages_AreReadAsVectorsOfTheirPlane(CertificateArithmetic arithmetic)
    {
        using var model = Import(
            GraphForms.Write("one gray image for a convolution").File,
            new GloroImportOptions { Epsilon = 1e-3f, InputMeans = [0.5f], Arithmetic = arithmetic });
        using MLImage image = TestImages.Create(TestImages.Planes(6, 6, seed: 3), 6, 6);
        var pictures = _mlContext.Data.LoadFromEnumerable(new[] { new Picture { Image = image } });
        IDataView pixels = _mlContext.Transforms
            .ExtractPixels("Features", "Image", ImagePixelExtractingEstimator.ColorBits.Red, offsetImage: 0, scaleImage: 1f / 255f)
            .Fit(pictures).Transform(pictures);
        float[] plane = pixels.GetColumn<float[]>("Features").Single();
        var rows = _mlContext.Data.LoadFromEnumerable(new[] { new Plane { Features = plane } });

        IDataView scored = model.Transform(rows);

        Assert.AreEqual(model.FeatureColumnType, pixels.Schema["Features"].Type);
        Assert.AreEqual(model.FeatureColumnType, new VectorDataViewType(NumberDataViewType.Single, 1, 6, 6));
        double[] expected = ReferenceForward.Run(model.GloroModel.Network, plane);
        float[] logits = scored.GetColumn<float[]>("Logits").Single();
        for (int i = 0; i < logits.Length; i++)
            Assert.AreEqual(expected[i], logits[i], 1e-5);
        Assert.IsGreaterThan(0f, scored.GetColumn<float>("CertifiedRadius").Single());
        using var portable = PortableFile.Of(model.GloroModel);
        float[] exported = portable.Run([plane])[0].Logits;
        for (int i = 0; i < logits.Length; i++)
            Assert.AreEqual(expected[i], exported[i], 1e-5);
        using var loaded = (GloroTransformer)ModelFiles.Load(ModelFiles.Save(model, rows.Schema));
        CollectionAssert.AreEqual(logits, loaded.Transform(rows).GetColumn<float[]>("Logits").Single());
    }

    [TestMethod]
    public void GrayModel_OtherColumnsOrTraining_AreRefusedWithOneError()
    {
        using var model = Import(GraphForms.Write("one gray image for a convolution").File);
        var turned = _mlContext.Data.LoadFromEnumerable(new[] { new Interleaved { Features = new float[36] } });
        var small = _mlContext.Data.LoadFromEnumerable(new[] { new Row { Features = new float[6] } });

        Assert.Contains("1×6×6", Assert.ThrowsExactly<ArgumentException>(() => model.Transform(turned)).Message);
        Assert.Contains("1×6×6", Assert.ThrowsExactly<ArgumentException>(() => model.Transform(small)).Message);
        Assert.Contains("1×6×6", Assert.ThrowsExactly<ArgumentException>(() => _mlContext.Gloro.MulticlassClassification(
            new GloroMulticlassClassificationOptions { InitialModel = model })).Message);
    }

    [TestMethod]
    [DataRow("minmax twice")]
    [DataRow("half absolute values of vectors, the other way around and scaled")]
    [DataRow("rotated absolute values of vectors")]
    [DataRow("shortcut around a dense layer")]
    [DataRow("groupsort by reshape, reduce, concat")]
    public void Audit_ImportedModel_BreaksNoCertificate(string form)
    {
        TorchProcess.Prepare();
        using var model = Import(GraphForms.Write(form).File,
            new GloroImportOptions { Guarantee = RobustnessGuarantee.RelaxedTopK(2), Epsilon = 0.05f });
        var random = new Random(5);
        var data = _mlContext.Data.LoadFromEnumerable(
            Enumerable.Range(0, 40).Select(i => new Row { Label = (uint)(i % 4), Features = TestModels.Features(random, 6) }));

        GloroAuditReport report = _mlContext.Gloro.Audit(model, data, new GloroAuditOptions { Steps = 5, Restarts = 1 });
        GloroMetrics metrics = _mlContext.Gloro.Evaluate(model.Transform(data));

        Assert.IsGreaterThan(0L, report.CertifiedRows);
        Assert.AreEqual(40, metrics.RowCount);
    }

    [TestMethod]
    public void Audit_ImportedImageModel_BreaksNoCertificate()
    {
        TorchProcess.Prepare();
        using var model = Import(GraphForms.Write("pools of reordered channels").File, new GloroImportOptions { Epsilon = 0.01f });
        var random = new Random(6);
        var data = _mlContext.Data.LoadFromEnumerable(Enumerable.Range(0, 20).Select(i => new ImageRow
        {
            Label = (uint)(i % 4),
            Image = [.. Enumerable.Range(0, 3 * 64).Select(_ => random.NextSingle())],
        }));

        GloroAuditReport report = _mlContext.Gloro.Audit(model, data, new GloroAuditOptions { Steps = 5, Restarts = 1 });

        Assert.IsGreaterThan(0L, report.CertifiedRows);
    }

    [TestMethod]
    public void Fit_FromAnImportedModel_GoesOnFromItsWeightsOrSaysWhyNot()
    {
        TorchProcess.Prepare();
        using var model = Import(UnitRows());
        var random = new Random(5);
        var data = _mlContext.Transforms.Conversion.MapValueToKey("Label", "Name")
            .Append(_mlContext.Transforms.SelectColumns("Label", "Features"))
            .Fit(Named(random)).Transform(Named(random));
        var options = new GloroMulticlassClassificationOptions { InitialModel = model, Epochs = 1, Seed = 1 };

        using GloroTransformer tuned = _mlContext.Gloro.MulticlassClassification(options).Fit(data);

        Assert.AreEqual(
            string.Join(", ", model.GloroModel.Network.Layers.Select(layer => layer.Kind)),
            string.Join(", ", tuned.GloroModel.Network.Layers.Select(layer => layer.Kind)));
        using var other = Import(GraphForms.Write("minmax twice").File);
        options.InitialModel = other;
        Assert.Contains("lengths that differ from 1", Assert.ThrowsExactly<ArgumentException>(
            () => _mlContext.Gloro.MulticlassClassification(options)).Message);
    }

    [TestMethod]
    public void ImportOnnx_WrongArguments_AreRefused()
    {
        byte[] file = GraphForms.Write("minmax twice").File;

        Assert.Contains("4 outputs", Assert.ThrowsExactly<ArgumentException>(
            () => _mlContext.Gloro.ImportOnnx(new MemoryStream(file), ["a", "b", "c"])).Message);
        Assert.Contains("InputDeviations", Assert.ThrowsExactly<ArgumentException>(
            () => Import(file, new GloroImportOptions { InputDeviations = [0] })).Message);
        Assert.Contains("one number per channel", Assert.ThrowsExactly<NotSupportedException>(
            () => Import(file, new GloroImportOptions { InputMeans = [1, 2] })).Message.ToLowerInvariant());
        Assert.Contains("N, 3, height, width", Assert.ThrowsExactly<NotSupportedException>(
            () => Import(file, new GloroImportOptions { IsImage = true })).Message);
        Assert.ThrowsExactly<OperationCanceledException>(
            () => Import(file, new GloroImportOptions { CancellationToken = new CancellationToken(canceled: true) }));
    }

    private GloroTransformer Import(byte[] file, GloroImportOptions? options = null) =>
        _mlContext.Gloro.ImportOnnx(new MemoryStream(file), s_classes, options);

    // Absolute values, and rows of length 1 for the classes.
    private static byte[] UnitRows()
    {
        var graph = new GraphFile(-1, 6);
        string hidden = graph.Node("Abs", [graph.Node("Gemm", [GraphFile.Input, graph.Weights(4, 6)], ("transB", 1L))]);
        return graph.ToBytes(graph.Node("MatMul", [hidden, graph.Constant([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], 4, 4)]));
    }

    private IDataView Named(Random random) => _mlContext.Data.LoadFromEnumerable(
        Enumerable.Range(0, 80).Select(i => new NamedRow { Name = s_classes[i % 4], Features = TestModels.Features(random, 6) }).ToList());

    private sealed class NamedRow
    {
        public string Name { get; set; } = "";

        [VectorType(6)]
        public float[] Features { get; set; } = [];
    }

    private sealed class Picture
    {
        [ImageType(6, 6)]
        public MLImage? Image { get; set; }
    }

    private sealed class Plane
    {
        [VectorType(1, 6, 6)]
        public float[] Features { get; set; } = [];
    }

    private sealed class Interleaved
    {
        [VectorType(6, 6, 1)]
        public float[] Features { get; set; } = [];
    }

    private sealed class ImageRow
    {
        [KeyType(4)]
        public uint Label { get; set; }

        [VectorType(3, 8, 8)]
        public float[] Image { get; set; } = [];
    }

    private sealed class Row
    {
        [KeyType(4)]
        public uint Label { get; set; }

        [VectorType(6)]
        public float[] Features { get; set; } = [];
    }
}
