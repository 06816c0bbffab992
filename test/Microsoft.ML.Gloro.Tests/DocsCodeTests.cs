using System.Globalization;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests;

/// <summary>
/// Every block of C# in README.md and docs, and every example in the XML documentation, compiles against the library, as the body of a
/// program with the SDK's implicit usings. What a block may take for granted (<c>mlContext</c>, <c>train</c>, <c>model</c>, …) stands in
/// <see cref="DocsCodeContext"/>; types that an earlier block of the same document declares are there too.
/// </summary>
[TestClass]
public sealed class DocsCodeTests
{
    private static readonly CSharpParseOptions s_language = new(LanguageVersion.CSharp14);

    private static readonly MetadataReference[] s_references =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Where(IsForDocs)
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    public static IEnumerable<object[]> Documents =>
        [["README.md"], ["build/PackageReadme.md"],
            .. Directory.GetFiles(Path.Combine(Repository.Root, "docs"), "*.md").Order(StringComparer.Ordinal)
                .Select(path => new object[] { $"docs/{Path.GetFileName(path)}" })];

    [TestMethod]
    [DynamicData(nameof(Documents))]
    public void Document_EveryBlockOfCSharp_Compiles(string document)
    {
        string[] faults = [.. Faults(document, File.ReadAllText(Path.Combine(Repository.Root, document)))];
        Assert.IsEmpty(faults, $"{faults.Length} blocks do not compile:\n{string.Join('\n', faults)}");
    }

    [TestMethod]
    public void XmlDocumentation_EveryExample_Compiles()
    {
        var members = XDocument.Load(Path.ChangeExtension(typeof(GloroCatalog).Assembly.Location, ".xml")).Descendants("member");
        var examples = members.SelectMany(
            member => member.Elements("example").Elements("code"), (member, code) => (Name: (string)member.Attribute("name")!, code.Value))
                .ToList();
        Assert.IsGreaterThanOrEqualTo(20, examples.Count);
        string[] faults = [.. examples.SelectMany(example => Faults(example.Name, $"```csharp\n{example.Value}\n```"))];
        Assert.IsEmpty(faults, $"{faults.Length} examples do not compile:\n{string.Join('\n', faults)}");
    }

    [TestMethod]
    public void Faults_OfADocumentWithThem_SayFileLineAndMessage()
    {
        const string Text = """
            # A document

            ```csharp
            var row = new Own { Name = 1 };
            GloroMetrics metrics = mlContext.Gloro.Evaluate(scored);
            ```

            ```csharp
            internal sealed class Own { public string Name { get; set; } = ""; }
            ```

            ```csharp
            var row = new Own { Name = "known by now" };
            Console.WriteLine(metrics.NoSuchFigure);
            ```

            ```
            not C#
            ```
            """;
        string[] faults = [.. Faults("docs/some.md", Text)];
        Assert.HasCount(2, faults);
        StringAssert.StartsWith(faults[0], "docs/some.md:4: CS0246");
        StringAssert.StartsWith(faults[1], "docs/some.md:14: CS1061");
        StringAssert.Contains(faults[1], "NoSuchFigure");
    }

    [TestMethod]
    public void Documents_BlocksOfCode_AreFound()
    {
        int blocks = Documents.Sum(document => Blocks(File.ReadAllText(Path.Combine(Repository.Root, (string)document[0]))).Count());
        Assert.IsGreaterThanOrEqualTo(8, blocks);
    }

    /// <summary>One message for each block that does not compile: the place of its first error, and what the compiler says.</summary>
    private static IEnumerable<string> Faults(string document, string text)
    {
        var known = new List<SyntaxTree> { CSharpSyntaxTree.ParseText(DocsCodeContext.Source(document), s_language) };
        foreach (var (line, code) in Blocks(text))
        {
            var tree = CSharpSyntaxTree.ParseText(SourceText.From(code), s_language);
            bool isProgram = tree.GetCompilationUnitRoot().Members.Any(member => member is GlobalStatementSyntax);
            var options = new CSharpCompilationOptions(isProgram ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary,
                nullableContextOptions: NullableContextOptions.Enable);
            var error = CSharpCompilation.Create("Docs", [.. known, tree], s_references, options).GetDiagnostics()
                // What is obsolete is not to be shown either.
                .Where(d => d.Severity == DiagnosticSeverity.Error || d.Id is "CS0612" or "CS0618")
                .OrderBy(d => d.Location.SourceTree == tree ? d.Location.SourceSpan.Start : int.MinValue).FirstOrDefault();
            if (error is not null)
            {
                string place = error.Location.SourceTree == tree
                    ? $"{document}:{line + error.Location.GetLineSpan().StartLinePosition.Line}"
                    : $"{document}:{line}, in what it takes for granted";
                yield return $"{place}: {error.Id} {error.GetMessage(CultureInfo.InvariantCulture)}";
            }
            else if (!isProgram)
                known.Add(tree);
        }
    }

    /// <summary>The blocks, with the number of the line that the code begins in, from 1.</summary>
    private static IEnumerable<(int Line, string Code)> Blocks(string text)
    {
        string[] lines = text.ReplaceLineEndings("\n").Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].Trim() != "```csharp")
                continue;
            int start = i + 1;
            while (lines[++i].Trim() != "```")
            {
            }

            yield return (start + 1, string.Join('\n', lines[start..i]));
        }
    }

    // What an application has: the frameworks, ML.NET and the library, without the tests' own packages.
    private static bool IsForDocs(string path) => Path.GetFileName(path) is var name
        && !name.StartsWith("Microsoft.ML.Gloro.Tests", StringComparison.Ordinal)
        && (name.StartsWith("System.", StringComparison.Ordinal) || name.StartsWith("Microsoft.ML", StringComparison.Ordinal)
            || name.StartsWith("Microsoft.AspNetCore.", StringComparison.Ordinal)
            || name.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal)
                || name is "netstandard.dll" or "mscorlib.dll" or "Microsoft.CSharp.dll");
}
