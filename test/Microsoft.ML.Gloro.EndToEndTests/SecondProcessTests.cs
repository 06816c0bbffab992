using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.EndToEnd;

/// <summary>The ScoreOnly example, as a process of its own, on a model that this process saved.</summary>
[TestClass]
public class SecondProcessTests
{
    private const int Images = 1000;

    private static readonly string[] s_columns =
        ["ImagePath", "PredictedLabel", "Score", "Logits", "TopKRadii", "CertifiedRadius", "IsCertified", "CertifiedK",
            "CertifiedLabels", "LoosestK",
            "ReachableLabels", "CertifiedGroup"];

    [TestMethod]
    public async Task ScoreOnly_AThousandImages_ColumnsBitIdenticalToThisProcess()
    {
        using var folder = new TemporaryFolder();
        string images = Directory.CreateDirectory(Path.Combine(folder.Path, "images", "class")).FullName;
        for (int i = 0; i < Images; i++)
        {
            using var image = TestImages.Create(TestImages.Planes(8, 6, seed: i), 8, 6);
            image.Save(Path.Combine(images, $"{i:D4}.png"));
        }

        var mlContext = new MLContext(seed: 1);
        IDataView rows = mlContext.Data.LoadFromEnumerable(
            Directory.GetFiles(images).Order(StringComparer.Ordinal).Select(path => new Row { ImagePath = path, Label = "class" }));
        var model = mlContext.Transforms.LoadImages("Image", null, "ImagePath").Fit(rows)
            .Append(TestModels.Transformer(TestModels.Image(), "Image"));
        string modelPath = Path.Combine(folder.Path, "model.zip"), here = Path.Combine(folder.Path, "here.txt"),
            there = Path.Combine(folder.Path, "there.txt");
        mlContext.Model.Save(model, rows.Schema, modelPath);
        IDataView scored = model.Transform(rows);
        using (var file = File.Create(here))
            mlContext.Data.SaveAsText(
                mlContext.Transforms.SelectColumns(s_columns).Fit(scored).Transform(scored), file, headerRow: false, schema: false);

        var (code, output, error) =
            await ExampleProcess.RunAsync("ScoreOnly", folder.Path, modelPath, Path.Combine(folder.Path, "images"), there);
        Assert.AreEqual(0, code, output + error);

        Assert.HasCount(Images, File.ReadAllLines(here).Where(line => line.Length > 0).ToArray(), "The text has a line for each image.");

        // ML.NET writes floats so that they read back to the same bits: equal text is equal bits.
        Assert.AreEqual(File.ReadAllText(here), File.ReadAllText(there));
        StringAssert.Contains(output, $"{Images} images, ");
    }

    [TestMethod]
    public void ScoreOnly_OutputFolder_HoldsNoLibTorch()
    {
        string[] files =
            [.. Directory.EnumerateFiles(Path.GetDirectoryName(ExampleProcess.PathOf("ScoreOnly"))!, "*", SearchOption.AllDirectories)
            .Select(f => Path.GetFileName(f))];
        CollectionAssert.Contains(files, "Microsoft.ML.Gloro.dll");
        string[] torch =
            [.. files.Where(
                f => f.Contains("torch_cpu", StringComparison.OrdinalIgnoreCase)
                || f.Contains("libtorch.", StringComparison.OrdinalIgnoreCase)
                || f.StartsWith("libc10", StringComparison.OrdinalIgnoreCase) || f.StartsWith("c10", StringComparison.OrdinalIgnoreCase))];
        Assert.IsEmpty(torch, string.Join(", ", torch));
    }

    private sealed class Row
    {
        public string Label { get; set; } = "";

        public string ImagePath { get; set; } = "";
    }
}
