using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.EndToEnd;

/// <summary>Every example runs to its end, on little data, and says what it is there to say.</summary>
[TestClass]
public sealed partial class ExampleTests
{
    // Examples that make their own data and take --short. A new one is a line here.
    private static readonly (string Name, string Says)[] s_short =
    [
        ("ChooseGuarantee", "Chosen: "),
        ("CrossValidation", "VRA of 3 folds: "),
        ("CustomNetwork", "one's own"),
        ("FineTune", "The model that was gone on from is "),
        ("Quickstart", "60 test tiles, clean accuracy "),
        ("Report", "Decision regions of a model of two features"),
        ("Sweep", "as given"),
        ("Tabular", "What accuracy loses if a column is shuffled"),
    ];

    // Those that are started by a test of their own, here or beside what they show.
    private static readonly string[] s_others =
        ["Audit", "Browser", "Cifar100", "EuroSat", "Folder", "ScoreOnly", "ServeOnnx", "TinyImageNet", "WebApi"];

    private static readonly string[] s_classes =
        ["AnnualCrop", "Forest", "HerbaceousVegetation", "Highway", "Industrial", "Pasture", "PermanentCrop", "Residential",
            "River", "SeaLake"];

    private static TemporaryFolder s_folder = null!;

    public static IEnumerable<object[]> Runs => s_short.Select(example => new object[] { example.Name, example.Says });

    private static string Data => Path.Combine(s_folder.Path, "data");

    private static string ModelPath => Path.Combine(s_folder.Path, "model.zip");

    private static string TabularPath => Path.Combine(s_folder.Path, "tabular.zip");

    /// <summary>A data set in EuroSAT's layout, and a model of it.</summary>
    [ClassInitialize]
    public static void Prepare(TestContext _)
    {
        TorchProcess.Prepare();
        s_folder = new TemporaryFolder();
        for (int i = 0; i < 5 * s_classes.Length; i++)
        {
            int label = i % s_classes.Length;
            string folder =
                Directory.CreateDirectory(Path.Combine(Data, i < 3 * s_classes.Length ? "train" : "test", s_classes[label])).FullName;
            byte[] planes = Array.ConvertAll(TestImages.Planes(16, 16, seed: i), noise => (byte)((noise / 8) + (20 * label)));
            File.WriteAllBytes(Path.Combine(folder, $"{i}.png"), TestImages.Png(planes, 16, 16));
        }

        var mlContext = new MLContext(seed: 1);
        var rows = mlContext.Data.LoadFromEnumerable(
            Directory.GetFiles(Path.Combine(Data, "train"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(path => new TileRow { Label = Path.GetFileName(Path.GetDirectoryName(path))!, ImagePath = path }));
        var options = ColorTiles.Options(epochs: 4);
        options.Guarantee = RobustnessGuarantee.RelaxedTopK(3);
        var model = mlContext.Transforms.Conversion.MapValueToKey("Label")
            .Append(mlContext.Transforms.LoadImages("Image", null, "ImagePath"))
            .Append(mlContext.Gloro.ImageClassification(options)).Fit(rows);
        mlContext.Model.Save(model, rows.Schema, ModelPath);
        Export(model, ModelPath);
        using GloroTransformer tabular = TestModels.Transformer(TestModels.Vector());
        mlContext.Model.Save(tabular, null, TabularPath);
        Export(tabular, TabularPath);

        void Export(ITransformer source, string path)
        {
            using var file = File.Create(Path.ChangeExtension(path, ".onnx"));
            mlContext.Gloro.ConvertToOnnx(source, file);
        }
    }

    [ClassCleanup]
    public static void Clean() => s_folder.Dispose();

    [TestMethod]
    [DynamicData(nameof(Runs))]
    public async Task Example_Short_EndsWellAndSays(string name, string says)
    {
        string output = await RunAsync(name, "--short");
        StringAssert.Contains(output, says);
        StringAssert.Contains(output, "These figures mean nothing: --short");
        Assert.DoesNotContain('\x1b', output, "Lines that go to a file are plain.");
    }

    [TestMethod]
    public void Examples_OfTheRepository_AreAllRun()
    {
        var names = Directory.GetFiles(Path.Combine(Repository.Root, "examples"), "*.csproj", SearchOption.AllDirectories)
            .Select(path => Path.GetFileNameWithoutExtension(path)).ToList();
        Assert.IsGreaterThan(10, names.Count);
        Assert.IsEmpty(names.Except(s_short.Select(example => example.Name)).Except(s_others),
            "Add it to the list above, or give it a test of its own.");
    }

    [TestMethod]
    public async Task EuroSat_TinyFolder_TrainsSavesAndMeasures()
    {
        string output = await RunAsync("EuroSat", "--data", Data, "--epochs", "1", "--depth", "1", "--width", "8", "--tail", "16",
            "--batch", "8", "--discover", "3", "--figure", "sets.svg");
        StringAssert.Contains(output, "Trained, and saved as ");
        StringAssert.Contains(output, "affinity   0."); // the row of the table
        Assert.IsTrue(File.Exists(Path.Combine(s_folder.Path, "eurosat.zip")));
        StringAssert.StartsWith(File.ReadAllText(Path.Combine(s_folder.Path, "sets.svg")), "<svg");
    }

    [TestMethod]
    [DataRow(2, "RT2, RT3, RT5, affinity")]
    [DataRow(5, "RT5, affinity")]
    public async Task EuroSat_OwnFolderOfFewClasses_LeavesOutWhatDoesNotFit(int classes, string leftOut)
    {
        string data = Path.Combine(s_folder.Path, $"own{classes}");
        for (int i = 0; i < 8 * classes; i++)
        {
            string part = i < 5 * classes ? "train" : "test";
            string folder = Directory.CreateDirectory(Path.Combine(data, part, $"own{i % classes}")).FullName;
            File.WriteAllBytes(Path.Combine(folder, $"{i}.png"), TestImages.Png(TestImages.Planes(16, 16, seed: i), 16, 16));
        }

        string output = await RunAsync("EuroSat", "--data", data, "--epochs", "1", "--depth", "1", "--width", "8", "--tail", "16",
            "--batch", "8", "--figure", "own.svg", "--save", "own.zip", "--discover", "2");
        StringAssert.Contains(output, "local");
        StringAssert.Contains(output, $"Left out, because they do not fit these classes: {leftOut}{Environment.NewLine}");
        StringAssert.Contains(output, "Done.");
    }

    [TestMethod]
    [DataRow("WebApi", "--model")]
    [DataRow("Audit", "--data", "data/test", "--model")]
    [DataRow("Report", "--data", "data/test", "--model")]
    [DataRow("EuroSat", "--data", "data", "--model")]
    [DataRow("EuroSat", "--data", "data", "--start-from")]
    [DataRow("ScoreOnly")]
    [DataRow("ServeOnnx")]
    public async Task Example_ModelOfFeatureVectors_SaysSo(string name, params string[] before)
    {
        string[] arguments = name switch
        {
            "ScoreOnly" => ["--model", TabularPath, "--data", "data"],
            "ServeOnnx" => ["--model", Path.ChangeExtension(TabularPath, ".onnx"), "--data", "data"],
            _ => [.. before, TabularPath],
        };
        var (code, output, error) = await ExampleProcess.RunAsync(name, s_folder.Path, arguments);
        Assert.AreEqual(2, code, output + error);
        StringAssert.Contains(error, name == "ScoreOnly" ? "is not a model of image files" : "classifies feature vectors, not images");
        Assert.DoesNotContain("Unhandled exception", error);
    }

    [TestMethod]
    [DataRow("WebApi", "--model")]
    [DataRow("Audit", "--data", "data/test", "--model")]
    [DataRow("Report", "--data", "data/test", "--model")]
    [DataRow("EuroSat", "--data", "data", "--model")]
    [DataRow("ScoreOnly", "--data", "data", "--model")]
    public async Task Example_FileThatIsNoModel_SaysSo(string name, params string[] before)
    {
        File.WriteAllText(Path.Combine(s_folder.Path, "notes.md"), "notes");
        var (code, output, error) = await ExampleProcess.RunAsync(name, s_folder.Path, [.. before, "notes.md"]);
        Assert.AreEqual(2, code, output + error);
        StringAssert.Contains(error, "notes.md is not a saved model");
        Assert.DoesNotContain("Unhandled exception", error);
    }

    [TestMethod]
    public async Task WebApi_RelativeModelPath_IsRelativeToTheCallersFolder()
    {
        var (code, _, error) = await ExampleProcess.DotnetRunAsync("WebApi", s_folder.Path, "--model", "nowhere.zip");
        Assert.AreEqual(2, code);
        StringAssert.Contains(error, $"There is no model {Path.Combine(s_folder.Path, "nowhere.zip")}");
    }

    [TestMethod]
    public async Task ScoreOnlyAndServeOnnx_ShownRadii_AreThoseOfTheShownSetsAndNeverRoundedUp()
    {
        string folder = Path.Combine(Data, "test");
        string[] files = [.. Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        var mlContext = new MLContext();
        ITransformer model = mlContext.Model.Load(ModelPath, out _);
        var scored = ScoredRow.All(
            model.Transform(mlContext.Data.LoadFromEnumerable(files.Select(file => new TileRow { ImagePath = file }))));
        var radii = files.Zip(scored).Where(pair => pair.Second.CertifiedK > 0)
            .ToDictionary(
                pair => Path.GetRelativePath(folder, pair.First), pair => (double)pair.Second.TopKRadii[pair.Second.CertifiedK - 1]);
        Assert.IsNotEmpty(radii);
        foreach (var (name, path, step)
            in new[] { ("ScoreOnly", ModelPath, 1e-3), ("ServeOnnx", Path.ChangeExtension(ModelPath, ".onnx"), 1e-4) })
        {
            var shown = Shown().Matches(await RunAsync(name, "--model", path, "--data", folder));
            Assert.HasCount(radii.Count, shown, name);
            foreach (Match line in shown)
            {
                double radius = double.Parse(line.Groups[2].Value, CultureInfo.InvariantCulture), exact = radii[line.Groups[1].Value];
                Assert.IsTrue(radius <= exact && radius > exact - step - 1e-5, $"{name}: {radius}, which is {exact}");
            }
        }
    }

    [TestMethod]
    public async Task EuroSat_FromAModel_GoesOnTrainingIt()
    {
        string output =
            await RunAsync("EuroSat", "--data", Data, "--start-from", ModelPath, "--epochs", "1", "--batch", "8", "--save", "tuned.zip");
        StringAssert.Contains(output, "Trained, and saved as ");
        Assert.IsTrue(File.Exists(Path.Combine(s_folder.Path, "tuned.zip")));
    }

    [TestMethod]
    public async Task EuroSat_FewImagesAndTheLastLayer_TakesTheNumbersThatAreGiven()
    {
        // Three images of each of the ten classes to train on, two to test on.
        string output = await RunAsync("EuroSat", "--data", Data, "--start-from", ModelPath, "--trained-layers", "Last", "--per-class", "2",
            "--test-every", "3", "--epochs", "2", "--validation", "0", "--save", "few.zip");
        StringAssert.Contains(output, "20 rows to train on, 0 to validate on, 10 classes");
        StringAssert.Contains(output, "Only the last layer is trained.");
        StringAssert.Contains(output, "7 rows (± standard error)");
    }

    [TestMethod]
    [DataRow("model.zip", "--per-class", "4", "Class AnnualCrop has 3 images to train on, fewer than 4.")]
    [DataRow("model.zip", "--width", "8", "Width")]
    [DataRow("there is none.zip", "--epochs", "1", "There is no model there is none.zip.")]
    public async Task EuroSat_FromAModelThatCannotBe_SaysWhy(string model, string option, string value, string says)
    {
        var (code, _, error) =
            await ExampleProcess.RunAsync("EuroSat", s_folder.Path, "--data", Data, "--start-from", model, option, value);
        Assert.AreEqual(2, code);
        StringAssert.Contains(error, says);
    }

    [TestMethod]
    [DataRow("EuroSat", "--start-from")]
    [DataRow("EuroSat", "--model")]
    [DataRow("Audit", "--model")]
    [DataRow("Report", "--model")]
    [DataRow("WebApi", "--model")]
    public async Task Examples_AFileThatIsNoModel_SaysSo(string example, string option)
    {
        string readme = Path.Combine(Repository.Root, "README.md");
        string[] data = example switch
        {
            "WebApi" => [],
            "EuroSat" => ["--data", Data],
            _ => ["--data", Path.Combine(Data, "test")],
        };
        var (code, _, error) = await ExampleProcess.RunAsync(example, s_folder.Path, [.. data, option, readme]);
        Assert.AreEqual(2, code);
        StringAssert.Contains(error, "README.md is not a saved model");
        Assert.DoesNotContain("End of Central Directory", error);
    }

    [TestMethod]
    public async Task EuroSat_WithoutData_SaysWhatIsMissing()
    {
        var (code, _, error) = await ExampleProcess.RunAsync("EuroSat", s_folder.Path, "--data", "nowhere");
        Assert.AreEqual(2, code);
        StringAssert.Contains(error, $"There is no folder {Path.Combine("nowhere", "train")}");
        StringAssert.Contains(error, "--download");
    }

    [TestMethod]
    public async Task Cifar100_TinyFolder_TrainsSavesAndMeasures()
    {
        string folder = Directory.CreateDirectory(Path.Combine(s_folder.Path, "cifar")).FullName;
        File.WriteAllLines(Path.Combine(folder, "fine_label_names.txt"), Enumerable.Range(0, 100).Select(i => $"class{i:D2}"));
        File.WriteAllLines(Path.Combine(folder, "coarse_label_names.txt"), Enumerable.Range(0, 20).Select(i => $"super{i:D2}"));
        foreach (string part in new[] { "train.bin", "test.bin" })
            File.WriteAllBytes(
                Path.Combine(folder, part), [.. Enumerable.Range(0, 200)
                .SelectMany(i => (byte[])[(byte)(i % 100 / 5), (byte)(i % 100), .. TestImages.Planes(32, 32, seed: i)])]);
        string output = await RunAsync(
            "Cifar100", "--data", folder, "--guarantee", "superclasses", "--epochs", "1", "--depth", "1", "--width", "8", "--tail", "16");
        StringAssert.Contains(output, "Trained, and saved as ");
        StringAssert.Contains(output, "superclasses  ");
    }

    [TestMethod]
    public async Task Audit_SavedModel_BreaksNothing()
    {
        string output = await RunAsync("Audit", "--model", ModelPath, "--data", Path.Combine(Data, "test"), "--rows", "6", "--steps", "2",
            "--restarts", "1", "--boundary-rows", "1");
        StringAssert.Contains(output, "Float64");
        StringAssert.Contains(output, "20 images in ");
    }

    [TestMethod]
    public async Task Report_SavedModelAuditAndComparison_ShowsWhatCameOfThem()
    {
        string output = await RunAsync("Report", "--model", ModelPath, "--data", Path.Combine(Data, "test"), "--audit", "4",
            "--compare", ModelPath, "--out", "audited.html");
        StringAssert.Contains(output, " of these 20 images ");
        StringAssert.Contains(output, "a difference of 0.0\u00a0±\u00a00.0 points");
        string page = File.ReadAllText(Path.Combine(s_folder.Path, "audited.html"));
        StringAssert.Contains(page, "What attacks came to");
        StringAssert.Contains(page, "proved anew");
    }

    [TestMethod]
    public async Task ScoreOnly_SavedModel_NamesSets()
    {
        string output = await RunAsync("ScoreOnly", "--model", ModelPath, "--data", Path.Combine(Data, "test"));
        StringAssert.Contains(output, "20 images, ");
    }

    [TestMethod]
    public async Task ServeOnnx_ExportedModel_CertifiesAsTheLibraryDoes()
    {
        string here = await RunAsync("ScoreOnly", "--model", ModelPath, "--data", Path.Combine(Data, "test"));
        string there = await RunAsync(
            "ServeOnnx", "--model", Path.ChangeExtension(ModelPath, ".onnx"), "--data", Path.Combine(Data, "test"));
        StringAssert.Contains(there, "rtk:3");
        Assert.AreEqual(Certified(here), Certified(there));
        static string Certified(string output) =>
            output[output.IndexOf("20 images, ", StringComparison.Ordinal)..output.LastIndexOf(
                " with a certificate", StringComparison.Ordinal)];
    }

    // The file, and the radius of the tightest set that is proved of it; a looser one may follow.
    [GeneratedRegex(@"^\s*(\S+)\s.*proved: .* within (\d+\.\d+)(?:, and .*)?\s*$", RegexOptions.Multiline)]
    private static partial Regex Shown();

    private static async Task<string> RunAsync(string name, params string[] arguments)
    {
        var (code, output, error) = await ExampleProcess.RunAsync(name, s_folder.Path, arguments);
        Assert.AreEqual(0, code, new StringBuilder(output).Append(error).ToString());
        return output;
    }
}
