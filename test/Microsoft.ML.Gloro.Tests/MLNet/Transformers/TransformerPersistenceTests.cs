using System.IO.Compression;
using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.MLNet;

[TestClass]
public sealed class TransformerPersistenceTests
{
    private readonly MLContext _mlContext = new(seed: 1);

    [TestMethod]
    public void SaveAndLoad_Transformer_GivesTheSameBits()
    {
        var data = VectorRow.View(VectorRow.Random(200));
        using var transformer =
            TestModels.Transformer(TestModels.Vector(guarantee: RobustnessGuarantee.Parse("affinity:ant+bee,cat+dog"), epsilon: 0.125f));
        using var stream = new MemoryStream();
        _mlContext.Model.Save(transformer, data.Schema, stream);
        stream.Position = 0;

        var loaded = new MLContext().Model.Load(stream, out var inputSchema);
        using var gloro = (GloroTransformer)((loaded as IEnumerable<ITransformer>)?.Single() ?? loaded);
        CollectionAssert.AreEqual(Texts(transformer.Transform(data)), Texts(gloro.Transform(data)));
        Assert.AreEqual((0.125f, "Features", ""), (gloro.Epsilon, gloro.FeatureColumnName, gloro.OutputColumnPrefix));
        Assert.AreEqual((transformer.Guarantee, transformer.LipschitzBound), (gloro.Guarantee, gloro.LipschitzBound));
        CollectionAssert.AreEqual(transformer.ClassNames.ToArray(), gloro.ClassNames.ToArray());
        Assert.IsNotNull(inputSchema.GetColumnOrNull("Features"));
    }

    [TestMethod]
    public void SaveAndLoad_NamedGroups_KeepTheirNames()
    {
        var guarantee = RobustnessGuarantee.Parse("affinity:small=ant+bee,animals=ant+bee+cat+dog:no-singletons");
        var data = VectorRow.View(VectorRow.Random(100, scale: 2));
        using var transformer = TestModels.Transformer(TestModels.Vector(guarantee: guarantee, epsilon: 0.3f));
        using var loaded = (GloroTransformer)ModelFiles.Load(ModelFiles.Save(transformer, data.Schema));
        Assert.AreEqual(guarantee, loaded.Guarantee);
        Assert.AreEqual("small animals", string.Join(' ', loaded.Guarantee.AffinitySets!.GroupNames));
        string[] names = [.. transformer.Transform(data).GetColumn<string>("CertifiedGroup")];
        CollectionAssert.AreEqual(names, loaded.Transform(data).GetColumn<string>("CertifiedGroup").ToArray());
        CollectionAssert.Contains(names, "animals");
    }

    [TestMethod]
    public void SaveAndLoad_ChainWithMapKeyToValue_ServesAPredictionEngine()
    {
        var rows = VectorRow.Random(20, scale: 3);
        var data = VectorRow.View(rows);
        using var transformer = TestModels.Transformer(TestModels.Vector(), prefix: "My");
        var toValue = _mlContext.Transforms.Conversion.MapKeyToValue("MyPredictedLabel")
            .Append(_mlContext.Transforms.Conversion.MapKeyToValue("MyCertifiedLabels")).Fit(transformer.Transform(data));
        var chain = new TransformerChain<ITransformer>(transformer, toValue);
        using var stream = new MemoryStream();
        _mlContext.Model.Save(chain, data.Schema, stream);
        stream.Position = 0;

        var loaded = new MLContext().Model.Load(stream, out _);
        using var engine = _mlContext.Model.CreatePredictionEngine<VectorRow, MyRow>(loaded);
        var expected = _mlContext.Data.CreateEnumerable<MyRow>(chain.Transform(data), reuseRowObject: false).ToList();
        for (int i = 0; i < rows.Count; i++)
        {
            var actual = engine.Predict(rows[i]);
            Assert.AreEqual(
                (expected[i].MyPredictedLabel, expected[i].MyCertifiedRadius), (actual.MyPredictedLabel, actual.MyCertifiedRadius));
            CollectionAssert.AreEqual(expected[i].MyCertifiedLabels, actual.MyCertifiedLabels);
            CollectionAssert.Contains(transformer.ClassNames.ToArray(), actual.MyPredictedLabel);
        }
    }

    [TestMethod]
    public void Load_TruncatedOrAlteredModel_FailsWithOneClearMessage()
    {
        using var transformer = TestModels.Transformer(TestModels.Vector());
        using var stream = new MemoryStream();
        _mlContext.Model.Save(transformer, VectorRow.View([]).Schema, stream);

        foreach (var damage in new Func<byte[], byte[]>[] { b => b[..(b.Length / 2)], b => b[..^1],
            b => [.. b[..^40], (byte)(b[^40] ^ 1), .. b[^39..]], b => [] })
        {
            StringAssert.StartsWith(LoadError(Rewrite(stream.ToArray(), "Gloro.model", damage)), "The GloRo model cannot be loaded: ");
        }

        StringAssert.Contains(LoadError(Rewrite(stream.ToArray(), "Gloro.model", null)), "incomplete");
        foreach (var damage in new Func<byte[], byte[]>[] { b => b[..3], b => [0, .. b[1..]], b => [.. b, 0], b => [b[0], 0xFF, .. b[2..]],
            b => [0xFF, 0xFF, 0xFF, 0x7F, .. new byte[100]], b => [] })
            StringAssert.StartsWith(
                LoadError(Rewrite(stream.ToArray(), "Gloro.settings", damage)), "The part 'Gloro.settings' of the model file is damaged: ");
    }

    [TestMethod]
    public void Save_Twice_GivesTheSameModelPart()
    {
        using var transformer = TestModels.Transformer(TestModels.Vector());
        byte[] Part()
        {
            using var stream = new MemoryStream();
            _mlContext.Model.Save(transformer, VectorRow.View([]).Schema, stream);
            byte[] part = [];
            Rewrite(stream.ToArray(), "Gloro.model", b => part = b);
            return part;
        }

        CollectionAssert.AreEqual(Part(), Part());
    }

    // ML.NET wraps what a loader throws.
    private string LoadError(byte[] zip)
    {
        var e = Assert.Throws<Exception>(() => _mlContext.Model.Load(new MemoryStream(zip), out _)).GetBaseException();
        Assert.IsInstanceOfType<FormatException>(e);
        return e.Message;
    }

    private static byte[] Rewrite(byte[] zip, string part, Func<byte[], byte[]>? change)
    {
        var result = new MemoryStream();
        bool found = false;
        using (var source = new ZipArchive(new MemoryStream(zip)))
        using (var target = new ZipArchive(result, ZipArchiveMode.Create))
        {
            foreach (var entry in source.Entries)
            {
                using var content = new MemoryStream();
                using (var stream = entry.Open())
                    stream.CopyTo(content);
                byte[] bytes = content.ToArray();
                if (entry.Name == part)
                {
                    found = true;
                    if (change is null)
                        continue;
                    bytes = change(bytes);
                }

                using var written = target.CreateEntry(entry.FullName).Open();
                written.Write(bytes);
            }
        }

        Assert.IsTrue(found, $"there is a part {part}");
        return result.ToArray();
    }

    private static List<string> Texts(IDataView view) => ScoredRow.All(view).ConvertAll(r => r.ToString());

    private sealed class MyRow
    {
        public string MyPredictedLabel { get; set; } = "";

        public float MyCertifiedRadius { get; set; }

        public string[] MyCertifiedLabels { get; set; } = [];
    }
}
