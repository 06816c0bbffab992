using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.MLNet;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Inference;

/// <summary>
/// examples/Spark/score.py against the files that ConvertToOnnx writes, the library's decoding and Evaluate. It needs no Spark.
/// </summary>
[TestClass]
public sealed partial class SparkScriptTests
{
    private static readonly string[] s_input = ["input_kind", "input_column", "image_size", "pixel_range", "feature_names"];
    private static readonly string s_script = File.ReadAllText(Path.Combine(Repository.Root, "examples", "Spark", "score.py"));

    [TestMethod]
    public void Keys_ThatScorePyReads_AreWrittenByConvertToOnnx()
    {
        string[] keys = Names("KEYS");
        Assert.IsGreaterThan(10, keys.Length);
        Assert.IsEmpty(Attribute().Matches(s_script).Select(match => match.Groups[1].Value).Except(keys), "It uses a key that KEYS lacks.");
        foreach (GloroModel model in new[] { TestModels.Image(), TestModels.Vector() })
        {
            using var file = PortableFile.Of(model);
            var metadata = file.Session.ModelMetadata.CustomMetadataMap;
            Assert.IsEmpty(keys.Where(key => !metadata.ContainsKey("gloro." + key)));
            Assert.IsEmpty(Names("OUTPUTS").Except(file.Session.OutputMetadata.Keys));
        }
    }

    [TestMethod]
    public void ConvertToOnnx_Metadata_SaysHowToFillTheInput()
    {
        using var image = PortableFile.Of(TestModels.Image(), new GloroOnnxOptions { BytePixels = true });
        Assert.AreEqual("image Features [8,6] [0,255] []", Input(image));
        using var scaled = PortableFile.Of(TestModels.Image());
        Assert.AreEqual("image Features [8,6] [0,1] []", Input(scaled));
        using var vector = PortableFile.Of(TestModels.Vector(inputs: 2));
        Assert.AreEqual("features Features [] [] [\"Features0\",\"Features1\"]", Input(vector));
        string[] names = ["width of the wing", "größe"];
        using var named = PortableFile.Of(TestModels.Vector(inputs: 2), new GloroOnnxOptions { FeatureNames = names });
        Assert.AreEqual("features Features [] [] [\"width of the wing\",\"größe\"]", Input(named));
    }

    [TestMethod]
    [DataRow("a", "FeatureNames has 1 names, but the model takes 2 features.")]
    [DataRow("a,A", "FeatureNames must be names that differ, also in other letter case, and none may be empty.")]
    [DataRow("a,", "FeatureNames must be names that differ, also in other letter case, and none may be empty.")]
    public void ConvertToOnnx_FeatureNamesThatDoNotFit_AreRefused(string names, string message)
    {
        var options = new GloroOnnxOptions { FeatureNames = names.Split(',') };
        var fault = Assert.ThrowsExactly<ArgumentException>(() => PortableFile.Write(TestModels.Vector(inputs: 2), options));
        StringAssert.Contains(fault.Message, message);
        fault = Assert.ThrowsExactly<ArgumentException>(() => PortableFile.Write(TestModels.Image(), options));
        StringAssert.Contains(fault.Message, "FeatureNames is for feature vectors, and the model takes images.");
    }

    [TestMethod]
    public void Describe_FilesOfAnotherKind_AreRefusedByName()
    {
        using var file = PortableFile.Of(TestModels.Image(guarantee: RobustnessGuarantee.RelaxedTopK(2), epsilon: 36f / 255f));
        using var real = PortableFile.Of(TestModels.Image().With(CertificateArithmetic.Real));
        var metadata = new Dictionary<string, string>(file.Session.ModelMetadata.CustomMetadataMap);
        Dictionary<string, string>[] others =
        [
            new(real.Session.ModelMetadata.CustomMetadataMap),
            new(metadata) { ["gloro.format"] = "2" },
            new(metadata) { ["gloro.norm"] = "Linf" },
            [],
        ];
        JsonElement answer = PythonScript.Run(
            """
            def attempt(metadata):
                try:
                    score.describe(metadata, "m.onnx")
                except score.Refusal as refusal:
                    return str(refusal)
            model = score.describe(data["metadata"], "m.onnx")
            read = [model.guarantee, float(np.float32(model.epsilon)), model.class_names, model.image_size]
            answer = [read, [attempt(other) for other in data["others"]]]
            """,
            new { metadata, others });
        string read = answer[0].ToString().Replace(", ", ",");
        Assert.AreEqual("[\"rtk:2\",0.1411764770746231,[\"ant\",\"bee\",\"cat\",\"dog\",\"eel\"],[8,6]]", read);
        string[] says = ["m.onnx has arithmetic Real", "m.onnx has format 2", "m.onnx has norm Linf", "m.onnx has format (none)"];
        for (int i = 0; i < says.Length; i++)
            StringAssert.StartsWith(answer[1][i].GetString(), says[i]);
    }

    [TestMethod]
    public void Decode_ImagesWholeAndDamaged_AreReadAsTheLibraryReadsThem()
    {
        using var folder = new TemporaryFolder();
        string jpeg = Path.Combine(folder.Path, "a.jpg");
        using (var image = TestImages.Create(TestImages.Planes(16, 12, seed: 1), 16, 12))
            image.Save(jpeg);
        byte[] png = TestImages.Png(TestImages.Planes(8, 6, seed: 2), 8, 6);
        byte[] larger = TestImages.Png(TestImages.Planes(21, 17, seed: 3), 21, 17);
        byte[][] whole = [png, larger, File.ReadAllBytes(jpeg)];
        byte[][] damaged = [[], [.. "no image"u8], png[..^60], png[..^12], whole[2][..^2], whole[2][..(whole[2].Length / 2)]];
        JsonElement answer = PythonScript.Run(
            """
            import base64, types
            model = types.SimpleNamespace(image_size=[8, 6], pixel_range=[0, 255])
            def attempt(content):
                try:
                    return score.decode(base64.b64decode(content), model).astype(int).ravel().tolist()
                except Exception as fault:
                    return None
            answer = [attempt(content) for content in data]
            """,
            whole.Concat(damaged).ToArray());
        for (int i = 0; i < whole.Length; i++)
        {
            byte[] decoded = [.. answer[i].EnumerateArray().Select(value => value.GetByte())];
            CollectionAssert.AreEqual(Planes(whole[i]), decoded, $"image {i}");
        }

        for (int i = whole.Length; i < answer.GetArrayLength(); i++)
            Assert.AreEqual(JsonValueKind.Null, answer[i].ValueKind, $"damaged image {i - whole.Length} was decoded");
    }

    [TestMethod]
    [DataRow("local")]
    [DataRow("rtk:3")]
    [DataRow("affinity:#0+#1,#2+#3")]
    public void Metrics_OfScoredRows_AreThoseOfEvaluate(string guarantee)
    {
        GloroModel model = TestModels.Vector(guarantee: RobustnessGuarantee.Parse(guarantee), epsilon: 0.2f);
        List<VectorRow> rows = VectorRow.Random(200, scale: 1.5f);
        rows[3].Features[2] = float.NaN; // no label and no certificate, and it counts
        using var transformer = TestModels.Transformer(model);
        GloroMetrics expected = new MLContext().Gloro.Evaluate(transformer.Transform(VectorRow.View(rows)));
        using var file = PortableFile.Of(model);
        PortableRow[] graph = file.Run([.. rows.Select(row => row.Features)]);
        JsonElement answer = PythonScript.Run(
            """
            class Session:
                done = 0
                def run(self, names, feeds):
                    start, self.done = self.done, self.done + len(feeds["input"])
                    assert feeds["input"].shape[1] == 6 and len(feeds["input"]) <= 64 and feeds["epsilon"].dtype == np.float32
                    return [np.array(column[start:self.done]) for column in data["outputs"]]
            model = score.describe(data["metadata"], "m.onnx")
            rows = pd.DataFrame({"label": data["labels"], "input": [[float(x) for x in row] for row in data["features"]]})
            rows.loc[len(rows)] = ["ant", [1.0, 2.0]]
            data["outputs"] = [column + column[:1] for column in data["outputs"]]
            frames = (rows[n:n + 64] for n in range(0, len(rows), 64))
            scored = list(score.score(frames, Session(), model, model.epsilon))
            counts = pd.concat(list(score.tally(scored))).groupby("label", as_index=False).sum()
            errors = [error for frame in scored for error in frame["error"] if error]
            answer = {"table": score.metrics(counts).to_dict("records"), "errors": errors}
            """,
            new
            {
                metadata = file.Session.ModelMetadata.CustomMetadataMap,
                labels = rows.Select(row => model.ClassNames[(int)row.Label]),
                features = rows.Select(row => row.Features.Select(x => FormattableString.Invariant($"{x:R}"))),
                outputs = new object[]
                {
                    graph.Select(row => row.Predicted), graph.Select(row => row.Order),
                    graph.Select(row => row.Radii), graph.Select(row => row.Radius),
                    graph.Select(row => Enumerable.Range(0, model.ClassNames.Count).Select(c => row.Mask.Contains(c))),
                    graph.Select(row => Enumerable.Range(0, model.ClassNames.Count).Select(c => row.Loosest.Contains(c))),
                },
            });
        Assert.AreEqual("[\"ValueError: the row has 2 features instead of 6\"]", answer.GetProperty("errors").ToString());
        var table = answer.GetProperty("table").EnumerateArray().ToDictionary(row => row.GetProperty("label").GetString()!);
        AssertRow(table["(all)"], expected.RowCount, expected.CleanAccuracy, expected.VerifiedRobustAccuracy);
        Assert.AreEqual(expected.MeanCertifiedSetSize, table["(all)"].GetProperty("mean_set").GetDouble(), 1e-12);
        Assert.AreEqual(expected.MeanLoosestSetSize, table["(all)"].GetProperty("mean_loosest").GetDouble(), 1e-12);
        Assert.AreEqual(1, table["(all)"].GetProperty("errors").GetInt32());
        foreach (GloroClassMetrics one in expected.PerClass)
            AssertRow(table[one.Name], one.RowCount, one.CleanAccuracy, one.VerifiedRobustAccuracy);
        Assert.IsTrue(expected.CertifiedFraction is > 0.1 and < 0.995, "So few or so many are certified that the comparison says little.");
    }

    private static void AssertRow(JsonElement row, long count, double cleanAccuracy, double verified)
    {
        Assert.AreEqual(count, row.GetProperty("rows").GetInt64());
        Assert.AreEqual(cleanAccuracy, row.GetProperty("clean_accuracy").GetDouble(), 1e-12);
        Assert.AreEqual(verified, row.GetProperty("vra").GetDouble(), 1e-12);
    }

    private static string Input(PortableFile file) =>
        string.Join(' ', s_input.Select(key => file.Session.ModelMetadata.CustomMetadataMap["gloro." + key]));

    /// <summary>An image file as planes of 8 × 6 pixels, as the library reads it.</summary>
    private static byte[] Planes(byte[] file)
    {
        using var image = MLImage.CreateFromStream(new MemoryStream(file));
        int plane = image.Width * image.Height, red = image.PixelFormat == MLPixelFormat.Rgba32 ? 0 : 2;
        var resized = new byte[3 * 48];
        for (int channel = 0; channel < 3; channel++)
        {
            int offset = channel == 1 ? 1 : channel == 0 ? red : 2 - red;
            var values = new byte[plane];
            for (int i = 0; i < plane; i++)
                values[i] = image.Pixels[(4 * i) + offset];
            new PlaneResampler(6, 8).Resize(values, image.Width, image.Height, resized.AsSpan(48 * channel, 48));
        }

        return resized;
    }

    /// <summary>The names in a tuple or list of the script.</summary>
    private static string[] Names(string variable)
    {
        var list = Regex.Match(s_script, $@"^{variable} = [(\[](.*?)[)\]]", RegexOptions.Multiline | RegexOptions.Singleline);
        return [.. Quoted().Matches(list.Groups[1].Value).Select(match => match.Groups[1].Value)];
    }

    [GeneratedRegex("\"(\\w+)\"")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\bmodel\.(\w+)")]
    private static partial Regex Attribute();
}
