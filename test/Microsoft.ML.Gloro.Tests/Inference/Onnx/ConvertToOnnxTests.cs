using System.Text.Json;
using Google.Protobuf;
using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Inference;

/// <summary>The file as others see it, and what is refused.</summary>
[TestClass]
public sealed class ConvertToOnnxTests
{
    private readonly MLContext _mlContext = new(seed: 1);

    [TestMethod]
    public void ConvertToOnnx_InputsOutputsAndParameters_AreTheDocumentedOnes()
    {
        using var file = PortableFile.Of(TestModels.Image());
        Assert.AreEqual("input Single -1,3,8,6", Describe(file.Session.InputMetadata), "Parameters must not be asked for.");
        Assert.AreEqual(
            "affinity_exact Single 1; affinity_sets Single 5,5; epsilon Single 1; max_k Int64 1",
            Describe(file.Session.OverridableInitializerMetadata));
        Assert.AreEqual(
            "certified_mask Boolean -1,5; certified_radius Single -1; is_certified Boolean -1; logits Single -1,5; "
                + "loosest_mask Boolean -1,5; predicted_index Int64 -1; probabilities Single -1,5; topk_index Int64 -1,4; topk_radii "
                    + "Single -1,4",
            Describe(file.Session.OutputMetadata));
        using var vector = PortableFile.Of(TestModels.Vector());
        Assert.AreEqual("input Single -1,6", Describe(vector.Session.InputMetadata));
    }

    [TestMethod]
    public void ConvertToOnnx_File_HasOldVersionsAndStandardOperatorsOnly()
    {
        foreach (var arithmetic in Enum.GetValues<CertificateArithmetic>())
        {
            var model = Fields(PortableFile.Write(TestModels.Image().With(arithmetic)));
            Assert.AreEqual(7UL, model.Single(f => f.Number == 1).Integer, "IR version");
            var opset = Fields(model.Single(f => f.Number == 8).Bytes);
            Assert.AreEqual((13UL, ""), (opset.Single(f => f.Number == 2).Integer, opset.Single(f => f.Number == 1).Bytes.ToStringUtf8()));
            var nodes = Fields(model.Single(f => f.Number == 7).Bytes).Where(f => f.Number == 1).Select(f => Fields(f.Bytes)).ToList();
            Assert.IsGreaterThan(50, nodes.Count);
            Assert.IsFalse(nodes.Any(node => node.Any(f => f.Number == 7)), "No node is of a domain of its own.");

            // None of the kernels that old engines lack for doubles.
            string[] operations = [.. nodes.Select(node => node.Single(f => f.Number == 4).Bytes.ToStringUtf8()).Distinct()];
            if (arithmetic == CertificateArithmetic.Float64)
                Assert.IsFalse(
                    operations.Intersect(["Conv", "AveragePool", "SpaceToDepth", "Split", "Relu"]).Any(), string.Join(' ', operations));
        }
    }

    [TestMethod]
    public void ConvertToOnnx_Metadata_SaysWhatIsCertified()
    {
        GloroModel model = TestModels.Vector(guarantee: RobustnessGuarantee.Parse("affinity:small=ant+bee,cat+dog"), epsilon: 36f / 255f);
        using var file = PortableFile.Of(model);
        var metadata = file.Session.ModelMetadata.CustomMetadataMap;
        Assert.IsTrue(metadata.Keys.All(key => key.StartsWith("gloro.", StringComparison.Ordinal)));
        CollectionAssert.AreEqual(model.ClassNames.ToArray(), JsonSerializer.Deserialize<string[]>(metadata["gloro.class_names"]));
        Assert.AreEqual("[[\"ant\",\"bee\"],[\"cat\",\"dog\"]]", metadata["gloro.affinity_sets"]);
        Assert.AreEqual("[\"small\",\"\"]", metadata["gloro.group_names"]);
        Assert.AreEqual(
            ("L2", "feature vector as given", "Float64"),
            (metadata["gloro.norm"], metadata["gloro.epsilon_unit"], metadata["gloro.arithmetic"]));
        Assert.AreEqual(
            (model.Bound.WeightHash, model.Guarantee.ToString(), "0.14117648"),
            (metadata["gloro.weight_hash"], metadata["gloro.guarantee"], metadata["gloro.epsilon"]));
        Assert.AreEqual(typeof(GloroCatalog).Assembly.GetName().Version!.ToString(3), metadata["gloro.library_version"]);
        StringAssert.Contains(metadata["gloro.bound_method"], "dense");
        StringAssert.Contains(metadata["gloro.scope"], "other steps, such as normalization or resizing, are not in this file");
        using var real = PortableFile.Of(model, new GloroOnnxOptions { Arithmetic = CertificateArithmetic.Real });
        Assert.AreEqual("Real", real.Session.ModelMetadata.CustomMetadataMap["gloro.arithmetic"]);
        StringAssert.Contains(real.Session.ModelMetadata.CustomMetadataMap["gloro.claim"], "mathematical function");
    }

    [TestMethod]
    public void ConvertToOnnx_SameModel_GivesTheSameBytesAfterWhatTheStreamHolds()
    {
        using var transformer = TestModels.Transformer(TestModels.Image());
        using var stream = new MemoryStream();
        stream.WriteByte(42);
        _mlContext.Gloro.ConvertToOnnx(transformer, stream);
        CollectionAssert.AreEqual(PortableFile.Write(TestModels.Image()), stream.ToArray()[1..]);
        stream.WriteByte(43); // it is still open
    }

    [TestMethod]
    public void ConvertToOnnx_WhatCannotBeUsed_IsRefusedAndNothingWritten()
    {
        using var transformer = TestModels.Transformer(TestModels.Vector(guarantee: RobustnessGuarantee.RelaxedTopK(3)));
        using var stream = new MemoryStream();
        var options = new GloroOnnxOptions
        {
            Arithmetic = (CertificateArithmetic)7,
            RadiiCount = 2,
            AffinitySetCapacity = -1,
            BytePixels = true,
        };
        string message = Assert.ThrowsExactly<ArgumentException>(
            () => _mlContext.Gloro.ConvertToOnnx(transformer, stream, options)).Message;
        foreach (string fault in new[]
        {
            "Arithmetic is unknown", "RadiiCount is 2, but the model's guarantee certifies sets of up to 3",
            "AffinitySetCapacity must be positive", "BytePixels is for images",
        })
            StringAssert.Contains(message, fault);
        foreach (int radii in new[] { -1, 5, 33 })
            Assert.ThrowsExactly<ArgumentException>(
                () => _mlContext.Gloro.ConvertToOnnx(transformer, stream, new GloroOnnxOptions { RadiiCount = radii }));
        using var affinity = TestModels.Transformer(TestModels.Vector(guarantee: RobustnessGuarantee.Parse("affinity:#0+#1")));
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(
                () => _mlContext.Gloro.ConvertToOnnx(affinity, stream, new GloroOnnxOptions { AffinitySetCapacity = 3 })).Message,
            "has 4 sets");

        ITransformer other = _mlContext.Transforms.Concatenate("All", "Features").Fit(VectorRow.View([]));
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => _mlContext.Gloro.ConvertToOnnx(other, stream)).Message,
            "must be a Gloro transformer");
        using var readOnly = new MemoryStream([1], writable: false);
        Assert.AreEqual(
            "stream", Assert.ThrowsExactly<ArgumentException>(() => _mlContext.Gloro.ConvertToOnnx(transformer, readOnly)).ParamName);
        Assert.AreEqual(
            "stream", Assert.ThrowsExactly<ArgumentNullException>(() => _mlContext.Gloro.ConvertToOnnx(transformer, null!)).ParamName);
        Assert.AreEqual(
            "model", Assert.ThrowsExactly<ArgumentNullException>(() => _mlContext.Gloro.ConvertToOnnx(null!, stream)).ParamName);
        Assert.AreEqual(0, stream.Length);
    }

    [TestMethod]
    public void ConvertToOnnx_GuaranteeOfMoreClassesThanRadii_CertifiesTheSmallerSets()
    {
        GloroModel model = TestModels.Complete(new RandomNetworks(40).Vector(8, 16, 40), RobustnessGuarantee.RelaxedTopK(39), 0.01f);
        using var file = PortableFile.Of(model);
        float[][] rows = [.. Enumerable.Range(0, 50).Select(seed => TestModels.Features(new Random(seed), 8, 4))];
        PortableRow[] graph = file.Run(rows), library = LibraryRows.Score(model, rows);
        Assert.HasCount(32, graph[0].Radii);
        Assert.IsTrue(graph.Zip(library)
            .All(pair => pair.First.Radius <= pair.Second.Radius && (pair.Second.IsCertified || !pair.First.IsCertified)));
    }

    [TestMethod]
    public void ApplyOnnxModel_InAPipelineOfMLNetAlone_GivesTheCertificates()
    {
        using var folder = new TemporaryFolder();
        GloroModel model = TestModels.Vector();
        string path = Path.Combine(folder.Path, folder.Write("model.onnx", PortableFile.Write(model)));
        List<VectorRow> rows = VectorRow.Random(200, scale: 1.5f);
        string[] outputs = ["logits", "predicted_index", "topk_radii", "certified_radius", "certified_mask", "is_certified"];
        var pipeline = _mlContext.Transforms.CopyColumns("input", "Features")
            .Append(_mlContext.Transforms.ApplyOnnxModel(outputs, ["input"], path));
        IDataView scored = pipeline.Fit(VectorRow.View(rows)).Transform(VectorRow.View(rows));
        var applied = _mlContext.Data.CreateEnumerable<Applied>(scored, reuseRowObject: false).ToList();
        PortableRow[] library = LibraryRows.Score(model, [.. rows.Select(row => row.Features)]);
        using var file = PortableFile.Of(model);
        PortableRow[] graph = file.Run([.. rows.Select(row => row.Features)]);
        Assert.HasCount(200, applied);
        for (int i = 0; i < applied.Count; i++)
        {
            Assert.AreEqual(library[i].Predicted, applied[i].Predicted.Single());
            Assert.AreEqual(graph[i].IsCertified, applied[i].IsCertified.Single());
            Assert.AreEqual(library[i].Radius, applied[i].Radius.Single(), 1e-5f);
            CollectionAssert.AreEqual(graph[i].Mask, Enumerable.Range(0, 5).Where(c => applied[i].Mask[c]).ToArray());
        }

        Assert.IsTrue(applied.Any(row => row.IsCertified.Single()) && applied.Any(row => !row.IsCertified.Single()));
    }

    private static string Describe(IReadOnlyDictionary<string, OnnxRuntime.NodeMetadata> nodes) =>
        string.Join("; ", nodes.OrderBy(node => node.Key, StringComparer.Ordinal)
        .Select(node => $"{node.Key} {node.Value.ElementType.Name} {string.Join(',', node.Value.Dimensions)}"));

    /// <summary>The fields of a protobuf message, read by Google's library.</summary>
    private static List<Field> Fields(byte[] message) => Fields(ByteString.CopyFrom(message));

    private static List<Field> Fields(ByteString message)
    {
        var fields = new List<Field>();
        CodedInputStream input = message.CreateCodedInput();
        while (input.ReadTag() is var tag and not 0)
        {
            int number = WireFormat.GetTagFieldNumber(tag);
            if (WireFormat.GetTagWireType(tag) == WireFormat.WireType.Varint)
                fields.Add(new Field(number, input.ReadUInt64(), ByteString.Empty));
            else if (WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited)
                fields.Add(new Field(number, 0, input.ReadBytes()));
            else
                throw new InvalidOperationException($"Field {number} is of a wire type that ONNX files of ours do not have.");
        }

        return fields;
    }

    private sealed record Field(int Number, ulong Integer, ByteString Bytes);

    private sealed class Applied
    {
        [ColumnName("predicted_index")]
        public long[] Predicted { get; set; } = [];

        [ColumnName("certified_radius")]
        public float[] Radius { get; set; } = [];

        [ColumnName("certified_mask")]
        public bool[] Mask { get; set; } = [];

        [ColumnName("is_certified")]
        public bool[] IsCertified { get; set; } = [];
    }
}
