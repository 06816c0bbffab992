using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.ML.Gloro.Analysis;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Analysis;

[TestClass]
public sealed class RegionTests
{
    private static readonly RobustnessGuarantee s_affinity = RobustnessGuarantee.Affinity(AffinitySets.Parse("ant+bee"));

    [TestMethod]
    public void Draw_TwoFeatures_FillsWhatIsCertifiedAndNoMore()
    {
        var (model, scored, mlContext) = ReportViews.Vectors(80, inputs: 2, classes: 3, epsilon: 0.15f, guarantee: s_affinity);
        using GloroTransformer dispose = model;
        string svg = mlContext.Gloro.DrawDecisionRegions(model, scored, new() { Resolution = 40 });
        Assert.AreEqual(svg, mlContext.Gloro.DrawDecisionRegions(model, scored, new() { Resolution = 40 }));
        var xml = XDocument.Parse(svg);
        XElement[] panels = [.. xml.Root!.Elements().Where(e => e.Name.LocalName == "svg")];
        Assert.HasCount(3, panels, "local, RT2 and the model's own");

        var data = RegionData.Read(model, scored, new() { Resolution = 40 });
        RobustnessGuarantee[] guarantees = [RobustnessGuarantee.Local, RobustnessGuarantee.RelaxedTopK(2), s_affinity];
        var shares = new List<double>();
        for (int i = 0; i < 3; i++)
        {
            // The share of cells that hold at ε, by the metrics' own rules, against the area of what is drawn.
            var bound = ResolvedGuarantee.Bind(guarantees[i], model.ClassNames);
            int[] order = new int[3];
            int certified = Enumerable.Range(0, 1600).Count(cell =>
                Certificate.TryOrder(data.Logits[cell], order) && Certificate.Evaluate(bound, order, data.Radii[cell], 0.15f).LoosestK > 0);
            double area = panels[i].Descendants()
                .Where(e => (e.Attribute("class")?.Value ?? "").StartsWith("mark", StringComparison.Ordinal))
                .SelectMany(e => Regex.Matches(e.Attribute("d")!.Value, @"h(\d+)v(\d+)h-"))
                    .Sum(m => Number(m.Groups[1]) * Number(m.Groups[2]));
            Assert.AreEqual(certified, area);
            shares.Add(area);
        }

        Assert.IsGreaterThan(0, shares[0]);
        Assert.IsGreaterThan(shares[0], shares[1]);
        Assert.IsGreaterThan(shares[0], shares[2]);
        Assert.IsGreaterThan(shares[2], shares[1]);
        Assert.HasCount(
            240, xml.Descendants().Where(e => (e.Attribute("class")?.Value ?? "").StartsWith("point", StringComparison.Ordinal)).ToArray());

        static int Number(Group group) => int.Parse(group.Value, CultureInfo.InvariantCulture);
    }

    [TestMethod]
    public void Report_ModelOfTwoFeatures_HasItsRegions()
    {
        var (model, scored, mlContext) =
            ReportViews.Vectors(60, inputs: 2, classes: 3, epsilon: 0.15f, guarantee: RobustnessGuarantee.RelaxedTopK(2));
        using GloroTransformer dispose = model;
        StringAssert.Contains(mlContext.Gloro.Report(scored, new() { Model = model }).ToHtml(), "Decision regions");
    }

    [TestMethod]
    public void Draw_FeaturesInAColumnOfAnotherName_DrawsTheSame()
    {
        var (model, scored, mlContext) = ReportViews.Vectors(30, inputs: 2, classes: 3, guarantee: s_affinity);
        using GloroTransformer dispose = model, other = TestModels.Transformer(model.GloroModel, "measured", prefix: "my");
        IDataView renamed = mlContext.Transforms.CopyColumns("measured", "Features").Fit(scored).Transform(scored);
        renamed = mlContext.Transforms.DropColumns("Features").Fit(renamed).Transform(renamed);
        var options = new GloroRegionOptions { Resolution = 16 };
        string svg = mlContext.Gloro.DrawDecisionRegions(model, scored, options);
        string otherSvg = mlContext.Gloro.DrawDecisionRegions(other, renamed, options);
        Assert.AreEqual(WithoutIds(svg.Replace("Features[", "measured[", StringComparison.Ordinal)), WithoutIds(otherSvg));
        var report = mlContext.Gloro.Report(other.Transform(renamed), new() { Model = other, OutputColumnPrefix = "my" });
        StringAssert.Contains(report.ToHtml(), "Decision regions");

        // Ids are hashes of the drawing, with the column's name in it.
        static string WithoutIds(string drawing) => Regex.Replace(drawing, "g[0-9a-f]{10}-", "");
    }

    [TestMethod]
    public void Draw_OtherInputsOrOptions_SaysWhatIsWrong()
    {
        var (model, scored, mlContext) = ReportViews.Vectors(5, inputs: 6);
        using GloroTransformer dispose = model;
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => mlContext.Gloro.DrawDecisionRegions(model, scored)).Message,
            "two features; this one reads a vector of 6 values");
        string message = Assert.ThrowsExactly<ArgumentException>(() => mlContext.Gloro.DrawDecisionRegions(
            model, scored, new() { Resolution = 1, MaximumPoints = -1, Epsilon = float.NaN, LabelColumnName = "" })).Message;
        foreach (string name in new[] { "Resolution", "MaximumPoints", "Epsilon", "LabelColumnName" })
            StringAssert.Contains(message, name);
    }
}
