using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.MLNet;

/// <summary>What messages say, and what they must not hold.</summary>
[TestClass]
public sealed class MessageTests
{
    private readonly MLContext _mlContext = new(seed: 1);

    [TestMethod]
    public void Score_VectorOfAnotherLength_SaysEachLengthOnce()
    {
        using var model = TestModels.Transformer(TestModels.Vector(inputs: 4));
        var data = _mlContext.Data.LoadFromEnumerable(new List<AnySize> { new() { Features = [1, 2, 3] } });
        string message = Error(() => ScoredRow.All(model.Transform(data)));
        StringAssert.EndsWith(message, "column 'Features': 3 values where the model reads a vector of 4 values.");
    }

    [TestMethod]
    public void Fit_DoubleOrIntFeatures_NamesConvertType()
    {
        var data = Keyed(new Other { Label = "a" }, new Other { Label = "b" });
        foreach (string column in new[] { "Doubles", "Integers", "Flags" })
        {
            string advice = $"ConvertType(\"{column}\", outputKind: DataKind.Single).";
            StringAssert.EndsWith(FitError(data, column), advice);
            var trainer = _mlContext.Gloro.MulticlassClassification(featureColumnName: column);
            StringAssert.EndsWith(Error(() => trainer.GetOutputSchema(Shape())), advice);
        }

        StringAssert.Contains(FitError(data, "Number"), "ConvertType(\"Number\"");
        StringAssert.EndsWith(FitError(data, "Number"), "Concatenate(\"Features\", \"Number\", …).");
        StringAssert.EndsWith(FitError(data, "Single"), "features must be a vector of Single. " +
            "Make a vector of it, together with the other features: mlContext.Transforms.Concatenate(\"Features\", \"Single\", …).");
        StringAssert.EndsWith(FitError(data, "Text"), "features must be a vector of Single.");
    }

    [TestMethod]
    public void Fit_OnePlaneOfPixels_SaysHowToMakeThree()
    {
        var rows = Enumerable.Range(0, 8)
            .Select(i => new Digit { Label = i % 2 == 0 ? "0" : "1", Pixels = [.. Enumerable.Repeat(i % 2 * 0.9f, 256)] });
        var data = _mlContext.Data.LoadFromEnumerable(rows.ToList());
        var options = ColorTiles.Options(epochs: 1);
        options.FeatureColumnName = "Pixels";
        var keys = _mlContext.Transforms.Conversion.MapValueToKey("Label");
        string message = Error(() => keys.Append(_mlContext.Gloro.ImageClassification(options)).Fit(data));
        StringAssert.Contains(message, "one plane of pixels, and the network reads three");
        StringAssert.Contains(message, "Concatenate(\"Image\", \"Pixels\", \"Pixels\", \"Pixels\")");
        options.ImageSize = (16, 16);
        StringAssert.Contains(Error(() => keys.Append(_mlContext.Gloro.ImageClassification(options)).Fit(data)), "one plane of pixels");

        // The advice works.
        options.FeatureColumnName = "Image";
        using var model = keys.Append(_mlContext.Transforms.Concatenate("Image", "Pixels", "Pixels", "Pixels"))
            .Append(_mlContext.Gloro.ImageClassification(options)).Fit(data).LastTransformer;
        Assert.AreEqual(new TensorShape(3, 16, 16), model.GloroModel.Network.InputShape);
    }

    [TestMethod]
    public void Fit_FirstImageCannotBeDecoded_EndsTheSentenceOnce()
    {
        using var tiles = new ColorTiles(count: 0);
        tiles.AddBroken("first.png", "red");
        tiles.AddBroken("second.png", "blue");
        string message = Error(() => tiles.Pipeline(_mlContext).Fit(tiles.View));
        Assert.DoesNotContain("..", message);
        StringAssert.EndsWith(message, ".");
    }

    [TestMethod]
    public void Errors_OfUsersMistakes_NameNoParameterThatTheUserDoesNotSee()
    {
        using var model = TestModels.Transformer(TestModels.Vector());
        var data = Keyed(new Other { Label = "a" }, new Other { Label = "b" });
        var other = _mlContext.Transforms.CopyColumns("A", "Text").Fit(data);
        foreach (string message in new[]
        {
            Error(() => model.Transform(data)),
            FitError(data, "Nothing"),
            Error(() => _mlContext.Gloro.MulticlassClassification("Nothing").Fit(data)),
            Error(() => _mlContext.Gloro.MulticlassClassification("Text").Fit(data)),
            Error(() => _mlContext.Gloro.MulticlassClassification("Nothing").GetOutputSchema(Shape())),
            FitError(data, "Features", RobustnessGuarantee.RelaxedTopK(2)),
            FitError(data, "Features", RobustnessGuarantee.Parse("affinity:a+x")),
            Error(() => _mlContext.Gloro.WithGuarantee(model, RobustnessGuarantee.Parse("affinity:#0+#9"))),
            Error(() => AffinitySets.Parse("a+a")),
            Error(() => GloroLayer.Parse("space-to-depth 0")),
            Error(() => _mlContext.Gloro.MulticlassClassification(new GloroMulticlassClassificationOptions { InitialModel = other })),
        })
        {
            Assert.DoesNotContain("(Parameter", message);
        }
    }

    [TestMethod]
    public void Sentence_OfAnyException_EndsOnceAndNamesNoParameter()
    {
        Assert.AreEqual("It is wrong.", ErrorText.Sentence(new ArgumentException("It is wrong.", "it")));
        Assert.AreEqual("It is wrong.", ErrorText.Sentence(new InvalidOperationException("It is wrong")));
        Assert.AreEqual(1002, ErrorText.Sentence(new FormatException(new string('x', 5000))).Length);
    }

    [TestMethod]
    public void Progress_WithoutValidationRows_PrintsNoNaN()
    {
        var rows = Blobs.Rows(8);
        var seen = new Recorder();
        var options = Blobs.Options(epochs: 1);
        options.Progress = seen;
        Blobs.Pipeline(_mlContext, options).Fit(_mlContext.Data.LoadFromEnumerable(rows)).LastTransformer.Dispose();
        string text = seen.Seen.Single().ToString();
        Assert.DoesNotContain("NaN", text);
        StringAssert.Contains(text, "no validation rows");
    }

    [TestMethod]
    public void Audit_NothingIsCertified_PrintsNoCountOfNothing()
    {
        using var model = TestModels.Transformer(TestModels.Vector());
        var rows = VectorRow.Random(3);
        rows.ForEach(row => row.Features[0] = float.NaN);
        var lines = new List<string>();
        _mlContext.Log += (_, e) => lines.Add(e.RawMessage);
        lines.Add($"{_mlContext.Gloro.Audit(model, VectorRow.View(rows), new() { RecomputeBounds = false })}");
        string text = string.Join('\n', lines);
        Assert.DoesNotContain("0 of 0", text);
        Assert.DoesNotContain("row -1", text);
        Assert.Contains(line => line.Contains("Certificates: nothing to do", StringComparison.Ordinal), lines);
    }

    [TestMethod]
    public void ToString_OfEachResult_IsWritten()
    {
        // What users make themselves are options; what ML.NET makes of transformers and estimators is left as it is.
        Type[] results =
        [
            .. typeof(GloroMetrics).Assembly.GetExportedTypes().Where(t =>
                t is { IsPublic: true, IsClass: true, IsSealed: true, IsAbstract: false }
                && t.GetConstructors().Length == 0 && t != typeof(GloroTransformer) && t != typeof(GloroEstimator)),
        ];
        Assert.Contains(typeof(GuaranteeSuggestion), results);
        Assert.IsEmpty(results.Where(t => t.GetMethod(nameof(ToString), [])!.DeclaringType == typeof(object)));
    }

    [TestMethod]
    public void CreatePredictionEngine_ClassWithoutLabel_IsInTheDocs()
    {
        var data = Blobs.View();
        using var model = Blobs.Pipeline(_mlContext, Blobs.Options(epochs: 1)).Fit(data);
        string message = Error(() => _mlContext.Model.CreatePredictionEngine<AnySizeOfTwo, BlobPrediction>(model));
        StringAssert.StartsWith(message, "Could not find input column 'Label'");
        string docs = File.ReadAllText(Path.Combine(Repository.Root, "docs", "troubleshooting.md"));
        StringAssert.Contains(docs, "### Could not find input column 'Label'");
    }

    private string FitError(IDataView data, string column, RobustnessGuarantee? guarantee = null) =>
        Error(() => _mlContext.Gloro.MulticlassClassification(featureColumnName: column, guarantee: guarantee).Fit(data));

    private static string Error(Action action) => Assert.Throws<Exception>(action).Message;

    private IDataView Keyed(params Other[] rows)
    {
        var data = _mlContext.Data.LoadFromEnumerable(rows);
        return _mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data);
    }

    private SchemaShape Shape() => _mlContext.Transforms.CustomMapping<NoInput, Other>((_, _) => { }, null)
        .Append(_mlContext.Transforms.Conversion.MapValueToKey("Label")).GetOutputSchema(new SchemaShape([]));

    private sealed class NoInput;

    private sealed class AnySize
    {
        public float[] Features { get; set; } = [];
    }

    private sealed class AnySizeOfTwo
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [];
    }

    private sealed class Digit
    {
        public string Label { get; set; } = "";

        [VectorType(1, 16, 16)]
        public float[] Pixels { get; set; } = [];
    }

    private sealed class Other
    {
        public string Label { get; set; } = "";

        public string Text { get; set; } = "";

        [VectorType(2)]
        public double[] Doubles { get; set; } = new double[2];

        [VectorType(2)]
        public int[] Integers { get; set; } = new int[2];

        [VectorType(2)]
        public bool[] Flags { get; set; } = new bool[2];

        [VectorType(2)]
        public float[] Features { get; set; } = new float[2];

        public int Number { get; set; }

        public float Single { get; set; }
    }
}
