using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.TestSupport;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Gloro.Tests.MLNet;

/// <summary>ML.NET's own ConvertToOnnx writes a pipeline with our transformer whole, or throws; never a file without the network.</summary>
[TestClass]
public sealed class PipelineExportTests
{
    private static readonly string[] s_ant = ["ant"];

    private readonly MLContext _mlContext = new(seed: 1);

    [TestMethod]
    [DataRow("rtk:3", 0.3f, CertificateArithmetic.Float64, 0)]
    [DataRow("rtk:3", 0.3f, CertificateArithmetic.Real, 1)]
    [DataRow("local", 0.1f, CertificateArithmetic.Float64, 2)]
    [DataRow("affinity:#0+#1,#1+#3:exact", 0.1f, CertificateArithmetic.Float64, 3)]
    [DataRow("affinity:small=ant+bee,all=ant+bee+cat+dog,pets=cat+dog,dog+eel,a=ant+cat+dog+eel", 0.4f, CertificateArithmetic.Float64, 0)]
    public void ConvertToOnnx_WholePipelineOnThousandRows_HasTheLibrarysLabelsAndSetsAndNoLargerRadius(
        string guarantee, float epsilon, CertificateArithmetic arithmetic, int seed)
    {
        GloroModel gloro = TestModels.Vector(guarantee: RobustnessGuarantee.Parse(guarantee), epsilon: epsilon, seed: seed + 1);
        gloro = gloro.With(arithmetic);
        List<TableRow> rows = Rows(1000, seed);
        IDataView data = _mlContext.Data.LoadFromEnumerable(rows);
        ITransformer pipeline = Pipeline(gloro, data);
        List<ScoredTable> library = Score(pipeline, rows);

        // In Real, the file subtracts more than the library. It may say less of rows to which this little matters.
        List<ScoredTable> beyond = arithmetic == CertificateArithmetic.Real
            ? Score(Pipeline(gloro.With(gloro.Guarantee, epsilon + 1e-4f), data), rows)
            : library;
        int near = 0;
        using var session = Session(pipeline, data);
        using var outputs = session.Run(
        [
            NamedOnnxValue.CreateFromTensor("Label", new DenseTensor<string>(rows.Select(row => row.Label).ToArray(), [rows.Count, 1])),
            NamedOnnxValue.CreateFromTensor(
                "Features", new DenseTensor<float>(rows.SelectMany(row => row.Features).ToArray(), [rows.Count, 6])),
        ]);
        T[] Column<T>(string name) => [.. outputs.Single(o => o.Name == name + ".output").AsEnumerable<T>()];
        string[] name = Column<string>("Name"), certifiedNames = Column<string>("CertifiedNames");
        string[] groups = Column<string>("CertifiedGroup");
        uint[] predicted = Column<uint>("PredictedLabel"), certified = Column<uint>("CertifiedLabels");
        uint[] reachable = Column<uint>("ReachableLabels");
        float[] radii = Column<float>("TopKRadii"), radius = Column<float>("CertifiedRadius");
        float[] logits = Column<float>("Logits"), scores = Column<float>("Score");
        int[] size = Column<int>("CertifiedK"), loosest = Column<int>("LoosestK");
        bool[] isCertified = Column<bool>("IsCertified");
        for (int i = 0; i < rows.Count; i++)
        {
            ScoredTable row = library[i];
            Assert.AreEqual((row.PredictedLabel, row.Name), (predicted[i], name[i]), $"row {i}");
            foreach (var (expected, actual) in row.TopKRadii.Zip(Row(radii, i)))
                Assert.IsLessThanOrEqualTo(expected, actual, $"row {i}");
            foreach (var (expected, actual) in row.Logits.Concat(row.Score).Zip(Row(logits, i).Concat(Row(scores, i))))
                Assert.AreEqual(expected, actual, 1e-5f, $"row {i}");
            if ((row.CertifiedK, row.LoosestK, row.ReachableLabels.Length)
                != (beyond[i].CertifiedK, beyond[i].LoosestK, beyond[i].ReachableLabels.Length))
            {
                near++;
                continue;
            }

            Assert.AreEqual(row.CertifiedGroup, groups[i], $"row {i}");
            Assert.AreEqual((row.IsCertified, row.CertifiedK, row.LoosestK), (isCertified[i], size[i], loosest[i]), $"row {i}");
            CollectionAssert.AreEqual(row.CertifiedLabels, Row(certified, i).TakeWhile(key => key > 0).ToArray(), $"row {i}");
            CollectionAssert.AreEqual(row.CertifiedNames, Row(certifiedNames, i).Take(size[i]).ToArray(), $"row {i}");
            CollectionAssert.AreEqual(row.ReachableLabels, Row(reachable, i).TakeWhile(key => key > 0).ToArray(), $"row {i}");
            Assert.IsLessThanOrEqualTo(row.CertifiedRadius, radius[i], $"row {i}");
            Assert.AreEqual(row.CertifiedRadius, radius[i], 1e-4f, $"row {i}");
        }

        Assert.IsLessThanOrEqualTo(5, near);
        int count = library.Count(row => row.IsCertified);
        Assert.IsTrue(count is > 100 and < 900, $"{count} of 1000 rows are certified: the comparison says little.");
        Assert.IsTrue(library.Any(row => row.ReachableLabels.Length is > 1 and < 5));

        T[] Row<T>(T[] values, int row) => values[(row * (values.Length / rows.Count))..((row + 1) * (values.Length / rows.Count))];
    }

    [TestMethod]
    public void ConvertToOnnx_Inputs_AreTheColumnsOfTheDataOnly()
    {
        IDataView data = _mlContext.Data.LoadFromEnumerable(Rows(10, 1));
        using var session = Session(Pipeline(TestModels.Vector(), data), data);
        Assert.AreEqual("Features Label", string.Join(' ', session.InputMetadata.Keys.Order()));
        Assert.IsEmpty(session.OverridableInitializerMetadata);
    }

    [TestMethod]
    public void ConvertToOnnx_RowsThatAreNotScored_HaveTheLibrarysColumns()
    {
        IDataView data = _mlContext.Data.LoadFromEnumerable(Rows(10, 1));
        using var gloro = TestModels.Transformer(TestModels.Vector(), prefix: "P.");
        using var session = Session(gloro, data);
        foreach (float odd in new[] { float.NaN, float.PositiveInfinity, 1e38f, 1e-40f })
        {
            float[] features = [odd, 1, 2, 3, 4, 5];
            using var outputs = session.Run(
            [
                NamedOnnxValue.CreateFromTensor("Label", new DenseTensor<string>(s_ant, [1, 1])),
                NamedOnnxValue.CreateFromTensor("Features", new DenseTensor<float>(features, [1, 6])),
            ]);
            T[] Column<T>(string name) => [.. outputs.Single(o => o.Name == $"P.{name}.output").AsEnumerable<T>()];
            IDataView scored = gloro.Transform(_mlContext.Data.LoadFromEnumerable([new TableRow { Label = "ant", Features = features }]));
            Assert.AreEqual(scored.GetColumn<uint>("P.PredictedLabel").Single(), Column<uint>("PredictedLabel").Single(), $"{odd}");
            bool isMissing = float.IsNaN(scored.GetColumn<float[]>("P.Logits").Single()[0]);
            Assert.AreEqual(isMissing, float.IsNaN(Column<float>("Logits")[0]), $"{odd}");
            CollectionAssert.AreEqual(scored.GetColumn<uint[]>("P.ReachableLabels").Single(), Column<uint>("ReachableLabels"), $"{odd}");
            Assert.IsTrue(Column<float>("TopKRadii").Concat(Column<float>("CertifiedRadius")).All(radius => radius == 0), $"{odd}");
            Assert.AreEqual("", Column<string>("CertifiedGroup").Single(), $"{odd}");
            Assert.IsTrue(!Column<bool>("IsCertified").Single() && Column<uint>("CertifiedLabels").All(key => key == 0), $"{odd}");
        }
    }

    [TestMethod]
    public void ApplyOnnxModel_OnTheExportedPipeline_GivesTheCertificates()
    {
        using var folder = new TemporaryFolder();
        List<TableRow> rows = Rows(100, 2);
        IDataView data = _mlContext.Data.LoadFromEnumerable(rows);
        ITransformer pipeline = Pipeline(TestModels.Vector(), data);
        string path = Path.Combine(folder.Path, folder.Write("pipeline.onnx", Export(pipeline, data)));
        var apply = _mlContext.Transforms.ApplyOnnxModel(["CertifiedRadius.output", "CertifiedLabels.output"], ["Label", "Features"], path);
        IDataView applied = apply.Fit(data).Transform(data); // ML.NET drops the suffix
        List<ScoredTable> library = Score(pipeline, rows);
        float[] radii = [.. applied.GetColumn<float[]>("CertifiedRadius").Select(value => value.Single())];
        Assert.IsTrue(library.Zip(radii, (row, radius) => row.CertifiedRadius - radius).All(lost => lost is >= 0 and < 1e-4f));
        var sets = applied.GetColumn<uint[]>("CertifiedLabels").ToList();
        Assert.IsTrue(library.Zip(sets).All(pair => pair.First.CertifiedLabels.SequenceEqual(pair.Second.TakeWhile(key => key > 0))));
    }

    [TestMethod]
    public void ConvertToOnnx_CalibratedModel_HasTheLibrarysCoverageSets()
    {
        List<TableRow> rows = Rows(500, 2);
        IDataView data = _mlContext.Data.LoadFromEnumerable(rows);
        var rule = new Gloro.Core.CoverageRule(CoverageScoreKind.Softmax, .4, .9, 100, 0.5, alwaysTop: false);
        var pipeline = Pipeline(TestModels.Vector(epsilon: 0.1f).With(rule), data);
        uint[][] library = [.. pipeline.Transform(data).GetColumn<uint[]>("CoverageLabels")];
        using var session = Session(pipeline, data);
        using var outputs = session.Run(
        [
            NamedOnnxValue.CreateFromTensor("Label", new DenseTensor<string>(rows.Select(row => row.Label).ToArray(), [rows.Count, 1])),
            NamedOnnxValue.CreateFromTensor(
                "Features", new DenseTensor<float>(rows.SelectMany(row => row.Features).ToArray(), [rows.Count, 6])),
        ]);
        uint[][] graph = [.. outputs.Single(o => o.Name == "CoverageLabels.output").AsEnumerable<uint>().Chunk(5)];
        for (int i = 0; i < rows.Count; i++)
            CollectionAssert.AreEqual(library[i], graph[i].TakeWhile(key => key > 0).ToArray(), $"row {i}");
        Assert.IsGreaterThan(2, library.Select(set => set.Length).Distinct().Count(), "the comparison says little");
    }

    [TestMethod]
    public void ConvertToOnnx_WhatCannotBeExported_IsRefusedAndNothingWritten()
    {
        IDataView data = _mlContext.Data.LoadFromEnumerable(Rows(10, 1));
        using var image = TestModels.Transformer(TestModels.Image(), "Pixels");
        var pixels = new PixelRow();
        AssertRefused(image, _mlContext.Data.LoadFromEnumerable([pixels]), "images");

        // The data has columns of the same names: without the check they would become the file's certificates.
        AssertRefused(image, image.Transform(_mlContext.Data.LoadFromEnumerable([pixels])), "images");

        using var gloro = TestModels.Transformer(TestModels.Vector());
        var custom = _mlContext.Transforms.CustomMapping<TableRow, TableRow>((from, to) => to.Features = from.Features, null).Fit(data);
        AssertRefused(new TransformerChain<ITransformer>(custom, gloro), data, "an earlier step");

        using var many = TestModels.Transformer(
            TestModels.Complete(new RandomNetworks(40).Vector(6, 16, 40), RobustnessGuarantee.RelaxedTopK(39), 0.01f));
        AssertRefused(many, data, "TopKRadii has 39 values");
        AssertRefused(gloro, _mlContext.Data.LoadFromEnumerable([new OpenRow()]), "unknown size");
        using var stream = new MemoryStream();
        Assert.Throws<ArgumentException>(() => _mlContext.Model.ConvertToOnnx(gloro, data, 11, stream));
        Assert.AreEqual(0, stream.Length);
    }

    private static List<TableRow> Rows(int count, int seed)
    {
        var random = new Random(seed);
        string[] names = ["ant", "bee", "cat", "dog", "eel"];
        return
        [
            .. Enumerable.Range(0, count).Select(i => new TableRow
            {
                Label = names[i % 5],
                Features = [.. TestModels.Features(random, 6, 1.5f).Select((x, column) => (100 * column) + ((1 + column) * x))],
            }),
        ];
    }

    /// <summary>MapValueToKey, NormalizeMeanVariance, Gloro, MapKeyToValue.</summary>
    private TransformerChain<ITransformer> Pipeline(GloroModel model, IDataView data)
    {
        var before = _mlContext.Transforms.Conversion.MapValueToKey("Label")
            .Append(_mlContext.Transforms.NormalizeMeanVariance("Normalized", "Features", fixZero: false)).Fit(data);
        var gloro = new GloroTransformer(_mlContext, model, "Normalized");
        var after = _mlContext.Transforms.Conversion.MapKeyToValue("Name", "PredictedLabel")
            .Append(_mlContext.Transforms.Conversion.MapKeyToValue("CertifiedNames", "CertifiedLabels"))
            .Fit(gloro.Transform(before.Transform(data)));
        return new TransformerChain<ITransformer>(before, gloro, after);
    }

    private List<ScoredTable> Score(ITransformer pipeline, List<TableRow> rows) =>
    [
        .. _mlContext.Data.CreateEnumerable<ScoredTable>(
            pipeline.Transform(_mlContext.Data.LoadFromEnumerable(rows)), reuseRowObject: false),
    ];

    private byte[] Export(ITransformer pipeline, IDataView data)
    {
        using var stream = new MemoryStream();
        _mlContext.Model.ConvertToOnnx(pipeline, data, stream);
        return stream.ToArray();
    }

    private InferenceSession Session(ITransformer pipeline, IDataView data)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        return new InferenceSession(Export(pipeline, data), options);
    }

    private void AssertRefused(ITransformer pipeline, IDataView data, string reason)
    {
        using var stream = new MemoryStream();
        var refusal = Assert.ThrowsExactly<InvalidOperationException>(() => _mlContext.Model.ConvertToOnnx(pipeline, data, stream));
        StringAssert.Contains(refusal.Message, reason);
        Assert.AreEqual(0, stream.Length);
    }

    private sealed class TableRow
    {
        public string Label { get; set; } = "";

        [VectorType(6)]
        public float[] Features { get; set; } = [];
    }

    private sealed class OpenRow
    {
        public float[] Features { get; set; } = [];
    }

    private sealed class PixelRow
    {
        [VectorType(3 * 8 * 6)]
        public float[] Pixels { get; set; } = new float[3 * 8 * 6];
    }

    private sealed class ScoredTable
    {
        public uint PredictedLabel { get; set; }

        public string Name { get; set; } = "";

        public float[] Logits { get; set; } = [];

        public float[] Score { get; set; } = [];

        public float[] TopKRadii { get; set; } = [];

        public float CertifiedRadius { get; set; }

        public bool IsCertified { get; set; }

        public int CertifiedK { get; set; }

        public uint[] CertifiedLabels { get; set; } = [];

        public string[] CertifiedNames { get; set; } = [];

        public int LoosestK { get; set; }

        public uint[] ReachableLabels { get; set; } = [];

        public string CertifiedGroup { get; set; } = "";
    }
}
