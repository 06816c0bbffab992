using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.MLNet;
using Microsoft.ML.Gloro.Tests.TestSupport;
using Microsoft.ML.Gloro.Training;

namespace Microsoft.ML.Gloro.Tests;

/// <summary>What the documents name exists.</summary>
[TestClass]
public sealed partial class DocsTests
{
    [TestMethod]
    public void Soundness_EveryStep_NamesCodeAndTestsThatExist()
    {
        string root = Repository.Root;
        string text = File.ReadAllText(Path.Combine(root, "docs", "soundness.md"));
        var tests = NamesOfTests();
        string[] rows =
            [.. text[text.LastIndexOf("| step |", StringComparison.Ordinal)..].Split('\n').Skip(2).Where(line => line.StartsWith('|'))];
        var faults = new List<string>();
        foreach (string[] cells in rows.Select(row => row.Split('|')))
        {
            string[] code = [.. Quoted().Matches(cells[2]).Select(match => match.Groups[1].Value)];
            string[] named = [.. Quoted().Matches(cells[3]).Select(match => match.Groups[1].Value)];
            if (code.Length == 0 || named.Length == 0)
                faults.Add($"step{cells[1]}names no code or no test");
            faults.AddRange(code.Where(file => !File.Exists(Path.Combine(root, "src", "Microsoft.ML.Gloro", file)))
                .Select(file => $"step{cells[1]}: no file {file}"));
            faults.AddRange(named.Where(name => !tests.Contains(name)).Select(name => $"step{cells[1]}: no test {name}"));
        }

        // Every numbered step of the argument has a row.
        string[] steps = [.. Step().Matches(text).Select(match => match.Groups[1].Value)];
        Assert.IsGreaterThan(20, steps.Length);
        faults.AddRange(steps.Where(step => !rows.Any(row => row.StartsWith($"| {step} |", StringComparison.Ordinal)))
            .Select(step => $"step {step} has no row"));
        Assert.IsEmpty(faults, string.Join('\n', faults));
    }

    [TestMethod]
    public void Layers_TableOfLayers_HasEveryLayerWithTestsThatExist()
    {
        var tests = NamesOfTests();
        string[][] rows = Table(Layers(), "| `GloroLayer.` |");
        string[] factories = [.. typeof(GloroLayer).GetMethods()
            .Where(m => m.IsStatic && m.ReturnType == typeof(GloroLayer) && m.Name != nameof(GloroLayer.Parse)).Select(m => m.Name)];
        CollectionAssert.AreEquivalent(
            factories, rows.SelectMany(cells => Quoted().Matches(cells[1])).Select(match => match.Groups[1].Value).ToArray());
        foreach (string[] cells in rows)
        {
            string[] named = [.. Quoted().Matches(cells[5]).Select(match => match.Groups[1].Value)];
            Assert.IsNotEmpty(named, cells[1]);
            Assert.IsEmpty(named.Where(name => !tests.Contains(name)), cells[1]);
        }
    }

    [TestMethod]
    public void NormalizeMeanVariance_AsDocsAndExamplesCallIt_GivesStandardDeviations()
    {
        // "ε = 0.25 is a quarter of a standard deviation": with ML.NET's default, fixZero: true, it is not.
        string[] folders = ["docs", "examples"];
        string[] files =
        [
            Path.Combine(Repository.Root, "README.md"),
            .. folders.SelectMany(folder => Directory.GetFiles(Path.Combine(Repository.Root, folder), "*", SearchOption.AllDirectories))
                .Where(file => Path.GetExtension(file) is ".md" or ".cs"),
        ];
        string[] calls = [.. files.SelectMany(file => Normalization().Matches(File.ReadAllText(file))).Select(match => match.Value)];
        Assert.IsGreaterThan(2, calls.Length);
        Assert.IsTrue(calls.All(call => call.EndsWith(", fixZero: false)", StringComparison.Ordinal)), string.Join('\n', calls));

        var mlContext = new MLContext();
        var definition = SchemaDefinition.Create(typeof(VectorRow));
        definition["Features"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, 1);
        float[] measured = [998, 1000, 1002, 1000];
        var rows = mlContext.Data.LoadFromEnumerable(measured.Select(x => new VectorRow { Features = [x] }), definition);
        float[] Normalize(bool fixZero)
        {
            var normalizer = mlContext.Transforms.NormalizeMeanVariance("Features", fixZero: fixZero);
            return [.. normalizer.Fit(rows).Transform(rows).GetColumn<float[]>("Features").Select(features => features[0])];
        }

        float[] values = Normalize(fixZero: false), byDefault = Normalize(fixZero: true);
        Assert.AreEqual(0, values.Average(), 1e-2);
        Assert.AreEqual(1, Math.Sqrt(values.Average(x => x * x)), 1e-2);
        Assert.IsTrue(byDefault.All(x => Math.Abs(x - 1) < 0.01), "divided by the root mean square, with the mean left in");
    }

    [TestMethod]
    public void Layers_TableOfArchitectures_HasEachWithItsWeights()
    {
        var input = new TensorShape(3, 64, 64);
        string[][] rows = Table(Layers(), "| `Architecture` |");
        CollectionAssert.AreEqual(Enum.GetNames<GloroArchitecture>(), rows.Select(cells => cells[1].Trim(' ', '`')).ToArray());
        foreach (string[] cells in rows)
        {
            var layers = NetworkFactory.Layers(
                new GloroImageClassificationOptions { Architecture = Enum.Parse<GloroArchitecture>(cells[1].Trim(' ', '`')) }, input, 10);
            Assert.AreEqual(
                NetworkBuilder.CountWeights(input, 10, layers).ToString("N0", CultureInfo.InvariantCulture), cells[3].Trim(), cells[1]);
        }
    }

    [TestMethod]
    public void Layers_OwnSequenceOfLayers_IsTheOneThatIsTested()
    {
        string tested = File.ReadAllText(
            Path.Combine(Repository.Root, "test", "Microsoft.ML.Gloro.Tests", "Training", "Networks", "NetworkBuilderTests.cs"));
        Assert.Contains(Sample(Layers()), Code(tested));
        static string Sample(string text) =>
            Code(text[text.IndexOf("Layers =", StringComparison.Ordinal)..text.IndexOf("    ],", StringComparison.Ordinal)]);
        static string Code(string text) => Blank().Replace(Comment().Replace(text, ""), "");
    }

    [TestMethod]
    public void Troubleshooting_EveryMessage_IsOneOfTheSource()
    {
        string source = string.Concat(
            Directory.GetFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText));

        // A message that is put together from nameof(…) reads as its name.
        source = NameOf().Replace(source, "$1");
        string[] messages = [.. File.ReadLines(Path.Combine(Repository.Root, "docs", "troubleshooting.md"))
            .Where(line => line.StartsWith("### `", StringComparison.Ordinal)).Select(line => Quoted().Match(line).Groups[1].Value)];
        Assert.IsGreaterThan(10, messages.Length);
        Assert.IsEmpty(messages.Where(message => !source.Contains(message, StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Architecture_Paths_LeadToFilesAndFoldersThatExist()
    {
        string[] roots = [Repository.Root, Path.Combine(Repository.Root, "src", "Microsoft.ML.Gloro")];
        string text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "architecture.md"));
        string prose = text[(text.LastIndexOf("```", StringComparison.Ordinal) + 3)..];
        string[] paths = [.. Quoted().Matches(prose).Select(match => match.Groups[1].Value)
            .Where(name => name.Contains('/') || name.EndsWith(".cs", StringComparison.Ordinal))];
        Assert.IsGreaterThan(50, paths.Length);
        Assert.IsEmpty(paths.Where(path => !roots.Any(root => Path.Exists(Path.Combine(root, path)))));
    }

    [TestMethod]
    public void Documents_Links_LeadToFilesAndProjectsThatExist()
    {
        var faults = new List<string>();
        string[] folders = [Repository.Root, Path.Combine(Repository.Root, "docs")];
        foreach (string path in folders.SelectMany(folder => Directory.GetFiles(folder, "*.md")))
        {
            string text = File.ReadAllText(path);
            faults.AddRange(Link().Matches(text).Select(match => match.Groups[1].Value)
                .Where(link => !link.StartsWith("http", StringComparison.Ordinal))
                .Where(link => !File.Exists(Path.Combine(Path.GetDirectoryName(path)!, link)))
                    .Select(link => $"{Path.GetFileName(path)} links to {link}"));
            faults.AddRange(Project().Matches(text).Select(match => match.Groups[1].Value + match.Groups[2].Value)
                .Where(folder => !Directory.Exists(Path.Combine(Repository.Root, folder)))
                    .Select(folder => $"{Path.GetFileName(path)} runs {folder}"));
        }

        Assert.IsEmpty(faults, string.Join('\n', faults));
    }

    [TestMethod]
    public void Readme_TableOfResults_HasTheFiguresOfTheResultsPage()
    {
        string[] Rows(string path) =>
            [.. Table(File.ReadAllText(Path.Combine(Repository.Root, path)), "| data | guarantee | paper")
                .Select(cells => string.Join(' ', cells[1..5].Select(cell => cell.Trim(' ', '*', '¹', '²', '³'))))];

        // Where a guarantee has several networks, README has the first; the others' rows name them after a comma.
        string[] results = [.. Rows(Path.Combine("docs", "results.md")).Where(row => !row.Contains(','))];
        Assert.IsGreaterThan(5, results.Length);
        CollectionAssert.AreEqual(results, Rows("README.md"));
    }

    private static string Layers() => File.ReadAllText(Path.Combine(Repository.Root, "docs", "layers.md"));

    /// <summary>The cells of the table with such a header; the first and the last are empty.</summary>
    private static string[][] Table(string text, string header) =>
        [.. text[text.IndexOf(header, StringComparison.Ordinal)..].Split('\n').Skip(2).TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Split('|'))];

    private static HashSet<string> NamesOfTests() =>
        [.. typeof(DocsTests).Assembly.GetTypes().Where(type => type.IsDefined(typeof(TestClassAttribute), false))
        .SelectMany(type => type.GetMethods().Where(method => method.IsDefined(typeof(TestMethodAttribute), true))
            .Select(method => $"{type.Name}.{method.Name}"))];

    [GeneratedRegex(@"\{nameof\((?:\w+\.)*(\w+)\)\}")]
    private static partial Regex NameOf();

    [GeneratedRegex(@"\]\(([^)#\s]+)(?:#[^)]*)?\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"--project ([\w/]+)|`(examples/[A-Za-z0-9]+)`")]
    private static partial Regex Project();

    [GeneratedRegex(@"//.*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"NormalizeMeanVariance\b(\([^)]*\))?")]
    private static partial Regex Normalization();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blank();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\*\*(\d\.\d+) ?[A-Z]?[^*]*\*\*")]
    private static partial Regex Step();
}
