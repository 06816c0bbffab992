using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;

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
    [DataRow("minmax twice")]
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

    private sealed class Row
    {
        [KeyType(4)]
        public uint Label { get; set; }

        [VectorType(6)]
        public float[] Features { get; set; } = [];
    }
}
