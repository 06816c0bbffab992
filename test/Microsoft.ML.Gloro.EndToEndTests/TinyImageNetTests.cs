using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.EndToEnd;

/// <summary>The TinyImageNet example, as a process, on drawn images of nine classes in the official layout.</summary>
[TestClass]
public sealed class TinyImageNetTests
{
    private static readonly (string Id, string Names)[] s_classes =
    [
        ("n01443537", "goldfish, Carassius auratus"), ("n02085620", "Chihuahua"), ("n02094433", "Yorkshire terrier"),
        ("n02099601", "golden retriever"), ("n02123045", "tabby, tabby cat"), ("n02124075", "Egyptian cat"), ("n03126707", "crane"),
        ("n02002724", "crane, which is none"), ("n04507155", "umbrella"),
    ];

    private static TemporaryFolder s_folder = null!;

    private static string Data => Path.Combine(s_folder.Path, "data");

    /// <summary>Four images a class to train on; of the validation images, the odd ones are not there.</summary>
    [ClassInitialize]
    public static void Prepare(TestContext _)
    {
        TorchProcess.Prepare();
        s_folder = new TemporaryFolder();
        string validation = Directory.CreateDirectory(Path.Combine(Data, "val", "images")).FullName;
        var annotations = new List<string>();
        for (int label = 0; label < s_classes.Length; label++)
        {
            string id = s_classes[label].Id, images = Directory.CreateDirectory(Path.Combine(Data, "train", id, "images")).FullName;
            File.WriteAllText(Path.Combine(Data, "train", id, $"{id}_boxes.txt"), "");
            for (int i = 0; i < 4; i++)
                File.WriteAllBytes(Path.Combine(images, $"{id}_{i}.JPEG"), Draw(label, i));
            for (int i = 0; i < 4; i++)
                annotations.Add($"val_{(4 * label) + i}.JPEG\t{id}\t0\t0\t9\t9");
            for (int i = 0; i < 4; i += 2)
                File.WriteAllBytes(Path.Combine(validation, $"val_{(4 * label) + i}.JPEG"), Draw(label, 10 + i));
        }

        File.WriteAllLines(Path.Combine(Data, "val", "val_annotations.txt"), annotations);
        File.WriteAllLines(Path.Combine(Data, "words.txt"), [.. s_classes.Select(c => $"{c.Id}\t{c.Names}"), "n00001740\tentity"]);
    }

    [ClassCleanup]
    public static void Clean() => s_folder.Dispose();

    [TestMethod]
    public async Task TinyImageNet_OfficialLayout_TrainsOnIdsAndSpeaksInWords()
    {
        var (code, output, error) = await RunAsync(
            "--guarantee", "superclasses", "--epochs", "1", "--depth", "1", "--width", "8", "--tail", "16", "--batch", "8",
            "--discover", "3", "--figure", "sets.svg", "--columns", "trained.txt", "--save", "ids.zip");
        Assert.AreEqual(0, code, error);
        StringAssert.Contains(output, "superclasses  ");
        StringAssert.Contains(output, "affinity:dog=Chihuahua+Yorkshire terrier+golden retriever,feline=tabby+Egyptian cat");
        string figure = File.ReadAllText(Path.Combine(s_folder.Path, "sets.svg"));
        foreach (string word in new[] { "goldfish", "tabby", "crane (n03126707)", "crane (n02002724)" })
            StringAssert.Contains(figure, $">{word}<");
        Assert.DoesNotContain("n02085620", output);

        (code, output, error) = await RunAsync("--model", "ids.zip", "--test", "even", "--columns", "again.txt");
        Assert.AreEqual(0, code, error);
        string again = File.ReadAllText(Path.Combine(s_folder.Path, "again.txt"));
        Assert.AreEqual(File.ReadAllText(Path.Combine(s_folder.Path, "trained.txt")), again);
        Assert.HasCount(18, again.Split('\n').Where(line => line.Contains("val_", StringComparison.Ordinal)).ToArray());
    }

    [TestMethod]
    public async Task TinyImageNet_ModelOfWords_FindsItsLabels()
    {
        // The same network says the same of the same images, whatever its classes are called.
        string ids = Save("ids-here.zip", id => id), words = Save("words-here.zip", Word);
        string[] tables = await Task.WhenAll(Table(ids), Table(words));
        StringAssert.Contains(tables[0], "superclasses  ");
        Assert.AreEqual(tables[0], tables[1]);

        static string Word(string id)
        {
            string word = s_classes.Single(c => c.Id == id).Names.Split(',')[0];
            return word == "crane" ? $"crane ({id})" : word;
        }

        static async Task<string> Table(string model)
        {
            var (code, output, error) = await RunAsync("--model", model);
            Assert.AreEqual(0, code, error);
            int start = output.LastIndexOf("guarantee ", StringComparison.Ordinal),
                end = output.LastIndexOf("Done.", StringComparison.Ordinal);
            return output[start..output.LastIndexOf('\n', end)];
        }
    }

    [TestMethod]
    public async Task TinyImageNet_OtherModelOrPart_SaysWhy()
    {
        string other = Save("other.zip", id => "x" + id);
        var (code, _, error) = await RunAsync("--model", other);
        Assert.AreEqual(2, code);
        StringAssert.Contains(error, "it is not a model of these images");
        foreach (string part in new[] { "odd", "all" })
        {
            (code, _, error) = await RunAsync("--model", Save("part.zip", id => id), "--test", part);
            Assert.AreEqual(2, code);
            StringAssert.Contains(error, "val_1.JPEG");
        }
    }

    [TestMethod]
    public void Superclasses_OfTheExample_AreGroupsOfTheTwoHundredClasses()
    {
        string[][] lines = [.. File.ReadLines(Path.Combine(Repository.Root, "examples", "TinyImageNet", "superclasses.txt"))
            .Where(line => !line.StartsWith('#')).Select(line => line.Split('\t'))];
        Assert.HasCount(200, lines.Where(columns => columns.Length == 3).Select(columns => columns[0]).Distinct().ToArray());
        var groups = lines.Where(columns => columns[1] != "-").GroupBy(columns => columns[1]).ToList();
        Assert.HasCount(40, groups);
        Assert.IsTrue(groups.TrueForAll(group => group.Count() is >= 2 and <= 12));
        Assert.HasCount(6, groups.Single(group => group.Key == "dog").ToArray());
    }

    private static byte[] Draw(int label, int seed) =>
        TestImages.Png(Array.ConvertAll(TestImages.Planes(16, 16, seed), noise => (byte)((noise / 8) + (20 * label))), 16, 16);

    // Trains here, on the same images in the same order, with classes called otherwise.
    private static string Save(string name, Func<string, string> label)
    {
        var mlContext = new MLContext(seed: 1);
        string[] paths = Directory.GetFiles(Path.Combine(Data, "train"), "*.JPEG", SearchOption.AllDirectories);
        var rows = mlContext.Data.LoadFromEnumerable(paths.Order(StringComparer.Ordinal)
            .Select(path => new Row { Label = label(Path.GetFileName(path)[..9]), ImagePath = path }));
        var model = mlContext.Transforms.Conversion.MapValueToKey("Label")
            .Append(mlContext.Transforms.LoadImages("Image", null, "ImagePath"))
            .Append(mlContext.Gloro.ImageClassification(ColorTiles.Options(epochs: 2))).Fit(rows);
        string path = Path.Combine(s_folder.Path, name);
        mlContext.Model.Save(model, rows.Schema, path);
        return path;
    }

    private static Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments) =>
        ExampleProcess.RunAsync("TinyImageNet", s_folder.Path, ["--data", "data", .. arguments]);

    private sealed class Row
    {
        public string Label { get; set; } = "";

        public string ImagePath { get; set; } = "";
    }
}
