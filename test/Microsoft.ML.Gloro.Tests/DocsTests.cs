using System.Text.RegularExpressions;
using Microsoft.ML.Gloro.Tests.TestSupport;

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
        var tests = typeof(DocsTests).Assembly.GetTypes().Where(type => type.IsDefined(typeof(TestClassAttribute), false))
            .SelectMany(type => type.GetMethods().Where(method => method.IsDefined(typeof(TestMethodAttribute), true)).Select(method => $"{type.Name}.{method.Name}")).ToHashSet();
        string[] rows = [.. text[text.LastIndexOf("| step |", StringComparison.Ordinal)..].Split('\n').Skip(2).Where(line => line.StartsWith('|'))];
        var faults = new List<string>();
        foreach (string[] cells in rows.Select(row => row.Split('|')))
        {
            string[] code = [.. Quoted().Matches(cells[2]).Select(match => match.Groups[1].Value)];
            string[] named = [.. Quoted().Matches(cells[3]).Select(match => match.Groups[1].Value)];
            if (code.Length == 0 || named.Length == 0)
                faults.Add($"step{cells[1]}names no code or no test");
            faults.AddRange(code.Where(file => !File.Exists(Path.Combine(root, "src", "Microsoft.ML.Gloro", file))).Select(file => $"step{cells[1]}: no file {file}"));
            faults.AddRange(named.Where(name => !tests.Contains(name)).Select(name => $"step{cells[1]}: no test {name}"));
        }

        // Every numbered step of the argument has a row.
        string[] steps = [.. Step().Matches(text).Select(match => match.Groups[1].Value)];
        Assert.IsGreaterThan(20, steps.Length);
        faults.AddRange(steps.Where(step => !rows.Any(row => row.StartsWith($"| {step} |", StringComparison.Ordinal))).Select(step => $"step {step} has no row"));
        Assert.IsEmpty(faults, string.Join('\n', faults));
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\*\*(\d\.\d+) ?[A-Z]?[^*]*\*\*")]
    private static partial Regex Step();
}
