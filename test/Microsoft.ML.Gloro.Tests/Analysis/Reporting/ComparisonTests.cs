using System.Net;
using System.Text.RegularExpressions;
using Microsoft.ML.Gloro.Analysis;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Analysis;

[TestClass]
public sealed class ComparisonTests
{
    private static readonly RobustnessGuarantee s_affinity = RobustnessGuarantee.Affinity(AffinitySets.Parse("a+b,c+d+e"));

    [TestMethod]
    [DataRow("rtk:3", null)]
    [DataRow("local", "rtk:2")]
    [DataRow("affinity", "local")]
    public void Read_TwoModels_CountsEachRowOnBothSides(string ownText, string? otherText)
    {
        RobustnessGuarantee own = Parse(ownText), other = otherText is null ? own : Parse(otherText);
        var (first, second) = Pair(300, seed: 5);
        first.Rows[7].Logits[2] = float.NaN;
        second.Rows[8].Logits[0] = float.PositiveInfinity;
        first.Rows[9].Label = second.Rows[9].Label = 0;
        IDataView scored = second.Build();
        ReportData data = Reporter.Read(first.Build(),
            new() { Guarantee = own, CompareWith = new() { Scored = scored, Guarantee = other } });

        ComparisonData pair = data.Comparison!;
        Assert.AreEqual((1, 1), (first.RowsRead / 300, second.RowsRead / 300), "one pass");
        GloroMetrics ownMetrics = first.MlContext.Gloro.Evaluate(first.Build(), guarantee: own);
        GloroMetrics otherMetrics = second.MlContext.Gloro.Evaluate(scored, guarantee: other);
        foreach (var (figure, of, radiusOf) in Figures(pair))
        {
            Assert.AreEqual(of(ownMetrics), figure.OwnShare, 1e-12);
            Assert.AreEqual(of(otherMetrics), figure.OtherShare, 1e-12);

            // Row by row, each row a view of its own.
            var differences = new List<double>();
            for (int i = 0; i < 300; i++)
            {
                if (first.Rows[i].Label > 0)
                    differences.Add(of(One(first, i, own)) - of(One(second, i, other)));
            }

            Assert.AreEqual(differences.Count(value => value > 0), figure.OnlyOwn);
            Assert.AreEqual(differences.Count(value => value < 0), figure.OnlyOther);
            double mean = differences.Average(), variance = differences.Average(value => (value - mean) * (value - mean));
            Assert.AreEqual(mean, figure.Difference, 1e-12);
            Assert.AreEqual(Math.Sqrt(variance / differences.Count), figure.StandardError, 1e-12);
            Assert.IsGreaterThan(0, figure.OnlyOwn + figure.OnlyOther, "the test needs rows that differ");
        }

        double[] radii =
        [
            .. Enumerable.Range(0, 300).Where(i => first.Rows[i].Label > 0)
                .Select(i => Radius(first, i, own) - Radius(second, i, other)),
        ];
        double middle = radii.Average(), spread = radii.Average(value => (value - middle) * (value - middle));
        Assert.AreEqual(middle, pair.Radius.Difference, 1e-9);
        Assert.AreEqual(Math.Sqrt(spread / radii.Length), pair.Radius.StandardError, 1e-9);
        CollectionAssert.AreEqual(
            otherMetrics.CertifiedAccuracyCurve.Points.ToArray(), pair.Other.Metrics.CertifiedAccuracyCurve.Points.ToArray());
        Assert.AreEqual(pair.Proved.OnlyOwn, pair.Gallery[0].Count);
        Assert.AreEqual(pair.Proved.OnlyOther, pair.Gallery[1].Count);
        foreach (ComparedRow row in pair.Gallery.SelectMany(group => group.Rows))
        {
            int number = (int)row.Number;
            Assert.AreEqual(HandMadeView.Letters[first.Rows[number].Label - 1], row.Label);
            Assert.AreEqual(One(first, number, own).VerifiedRobustAccuracy > 0, row.Own.IsProved);
            Assert.AreEqual(One(second, number, other).VerifiedRobustAccuracy > 0, row.Other.IsProved);
            Assert.AreEqual(row.Own.IsProved, row.Own.Set.Contains(row.Label!));
            ComparedSide proves = row.Own.IsProved ? row.Own : row.Other;
            Assert.IsGreaterThan(0.5f, proves.Radius, "the set that is shown holds at ε");
        }

        RobustnessGuarantee Parse(string text) => text == "affinity" ? s_affinity : RobustnessGuarantee.Parse(text);

        static (PairedFigure Figure, Func<GloroMetrics, double> Of, string Name)[] Figures(ComparisonData pair) =>
        [
            (pair.Proved, metrics => metrics.VerifiedRobustAccuracy, "VRA"),
            (pair.LocalProved, metrics => metrics.LocalVerifiedRobustAccuracy, "local VRA"),
            (pair.Right, metrics => metrics.CleanAccuracy, "clean"),
            (pair.Certified, metrics => metrics.CertifiedFraction, "certified"),
        ];

        static GloroMetrics One(HandMadeView view, int row, RobustnessGuarantee guarantee) =>
            view.MlContext.Gloro.Evaluate(new HandMadeView { Rows = [view.Rows[row]] }.Build(), guarantee: guarantee);

        static double Radius(HandMadeView view, int row, RobustnessGuarantee guarantee) =>
            Reporter.Read(new HandMadeView { Rows = [view.Rows[row]] }.Build(), new() { Guarantee = guarantee }).Main.Certified.Area;
    }

    [TestMethod]
    public void Read_OneModelUnderTwoGuarantees_ReadsRowsOnceAndDiffersInProofsAlone()
    {
        HandMadeView view = HandMadeView.Random(200, seed: 6);
        var options = new GloroReportOptions
        {
            Guarantee = RobustnessGuarantee.RelaxedTopK(3),
            CompareWith = new() { Guarantee = RobustnessGuarantee.Local },
        };
        ReportData data = Reporter.Read(view.Build(), options);
        ComparisonData pair = data.Comparison!;
        Assert.AreEqual(200, view.RowsRead);
        Assert.AreEqual(("RT3", "local"), (pair.Own.Name, pair.Other.Name));
        Assert.AreEqual(data.Main.Metrics.VerifiedRobustAccuracy, pair.Proved.OwnShare, 1e-12);
        Assert.AreEqual(data.Local.Metrics.VerifiedRobustAccuracy, pair.Proved.OtherShare, 1e-12);
        Assert.AreEqual(0, pair.Proved.OnlyOther, "RT3 proves whatever local robustness proves");
        Assert.AreEqual((0, 0, 0.0), (pair.Right.OnlyOwn, pair.Right.OnlyOther, pair.Right.StandardError));
        StringAssert.Contains(view.MlContext.Gloro.Report(view.Build(), options).ToHtml(), "The guarantees differ");
    }

    [TestMethod]
    public void Read_ClassesInAnotherOrder_AreMatchedByName()
    {
        HandMadeView view = HandMadeView.Random(120, seed: 7);
        // No equal logits: the order of classes decides between those.
        view.Rows.ForEach(row => row.Logits = [.. row.Logits.Select((logit, i) => logit + (0.01f * i))]);
        int[] places = [3, 5, 0, 1, 4, 2];
        var turned = new HandMadeView
        {
            ClassNames = [.. places.Select(i => HandMadeView.Letters[i])],
            Rows =
            [
                .. view.Rows.Select(row => new HandMadeRow
                {
                    Label = row.Label == 0 ? 0 : (uint)Array.IndexOf(places, (int)row.Label - 1) + 1,
                    Logits = [.. places.Select(i => row.Logits[i])],
                    Score = row.Score,
                    TopKRadii = row.TopKRadii,
                }),
            ],
        };
        var options = new GloroReportOptions { Guarantee = s_affinity, CompareWith = new() { Scored = turned.Build() } };
        ComparisonData pair = Reporter.Read(view.Build(), options).Comparison!;
        foreach (PairedFigure figure in new[] { pair.Proved, pair.LocalProved, pair.Right, pair.Certified })
        {
            Assert.AreEqual((0, 0), (figure.OnlyOwn, figure.OnlyOther));
            Assert.IsGreaterThan(0, figure.Own);
        }
    }

    [TestMethod]
    public void Read_TwoModelsInOneView_ComparesWhatTwoViewsCompare()
    {
        var (model, scored, _) = ReportViews.Vectors(80);
        using GloroTransformer dispose = model, second = TestModels.Transformer(TestModels.Vector(seed: 9), prefix: "Second");
        using GloroTransformer plain = TestModels.Transformer(TestModels.Vector(seed: 9));
        IDataView both = second.Transform(scored);
        RobustnessGuarantee local = RobustnessGuarantee.Local;
        ComparisonData apart = Reporter.Read(
            scored, new() { CompareWith = new() { Scored = plain.Transform(scored), Guarantee = local } }).Comparison!;
        ComparisonData together = Reporter.Read(
            both, new() { CompareWith = new() { OutputColumnPrefix = "Second", Guarantee = local } }).Comparison!;
        Assert.AreEqual((apart.Proved, apart.Right), (together.Proved, together.Right));
        Assert.AreEqual((apart.Certified, apart.Radius), (together.Certified, together.Radius));
        Assert.IsGreaterThan(0, apart.Right.OnlyOwn + apart.Right.OnlyOther);
    }

    [TestMethod]
    public void Report_TwoModels_ShowsBothSideBySide()
    {
        var (first, second) = Pair(200, seed: 8);
        GloroReport report = first.MlContext.Gloro.Report(first.Build(), new()
        {
            Guarantee = RobustnessGuarantee.RelaxedTopK(2),
            CompareWith = new() { Scored = second.Build(), Name = "<older>", ReportName = "newer" },
        });
        ComparisonData pair = Reporter.Read(first.Build(),
            new() { Guarantee = RobustnessGuarantee.RelaxedTopK(2), CompareWith = new() { Scored = second.Build() } }).Comparison!;
        string html = WebUtility.HtmlDecode(report.ToHtml());
        StringAssert.Contains(html, "On the same rows: newer and <older>");
        var (value, error) = (100 * pair.Proved.Difference, 100 * pair.Proved.StandardError);
        string difference = FormattableString.Invariant($"{value:+0.0;−0.0}\u00a0±\u00a0{error:F1} points");
        StringAssert.Contains(html, difference);
        StringAssert.Contains(report.ToString(), difference);
        StringAssert.Contains(report.ToString(), $"newer alone of {pair.Proved.OnlyOwn} and <older> alone of {pair.Proved.OnlyOther}");
        StringAssert.Contains(html, "Proved by newer alone");
        StringAssert.Contains(html, "Proved by <older> alone");
        Assert.DoesNotContain("<older>", report.ToHtml());
        foreach (Match use in Regex.Matches(report.ToHtml(), "(?:href=\"#|aria-labelledby=\")([^\")]+)"))
        {
            foreach (string id in use.Groups[1].Value.Split(' '))
                StringAssert.Contains(report.ToHtml(), $" id=\"{id}\"");
        }
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Report_WithoutLabels_ComparesWhatIsCertified(bool isColumnThere)
    {
        var (first, second) = Pair(100, seed: 9);
        string[] without = isColumnThere ? [] : ["Label"];
        foreach (HandMadeRow row in first.Rows.Concat(second.Rows))
            row.Label = 0;
        (first, second) = (new() { Rows = first.Rows, Without = without }, new() { Rows = second.Rows, Without = without });
        var options = new GloroReportOptions { CompareWith = new() { Scored = second.Build() } };
        ComparisonData pair = Reporter.Read(first.Build(), options).Comparison!;
        Assert.AreEqual(first.Rows.Count(row => row.TopKRadii[0] > 0.5f), pair.Certified.Own);
        int onlyOther = second.Rows.Zip(first.Rows).Count(row => row.First.TopKRadii[0] > 0.5f && !(row.Second.TopKRadii[0] > 0.5f));
        Assert.AreEqual(onlyOther, pair.Certified.OnlyOther);
        string html = first.MlContext.Gloro.Report(first.Build(), options).ToHtml();
        StringAssert.Contains(html, "both certify a set of");
        Assert.DoesNotContain("VRA under", html);
    }

    [TestMethod]
    public void Report_OtherRows_AreRefusedWithOneReason()
    {
        var (first, second) = Pair(50, seed: 3);
        string[] names = [.. Enumerable.Range(0, 50).Select(i => $"/data/{i}.png")];
        second.Rows[20].Label = (second.Rows[20].Label % 6) + 1;
        string label = HandMadeView.Letters[second.Rows[20].Label - 1], own = HandMadeView.Letters[first.Rows[20].Label - 1];
        StringAssert.Contains(Refused(second), $"row 20 (counted from 0) has the label '{label}' there and '{own}' in the report's view");
        second.Rows[20].Label = 0;
        StringAssert.Contains(Refused(second), $"has the label (missing) there and '{own}'");
        second.Rows[20].Label = first.Rows[20].Label;
        StringAssert.Contains(Refused(new HandMadeView { Rows = second.Rows[..49] }), "it has 49, and the report's view has more");
        StringAssert.Contains(Refused(new HandMadeView { Rows = [.. second.Rows, second.Rows[0]] }),
            "it has more than 50, which is the number of rows of the report's view");

        // Rows of one class in another order: only their names tell.
        first = new HandMadeView { Rows = first.Rows, Paths = names };
        StringAssert.Contains(Refused(new HandMadeView { Rows = second.Rows, Paths = [.. Enumerable.Reverse(names)] }),
            "row 0 (counted from 0) is '/data/49.png' there and '/data/0.png' in the report's view");
        // In another folder they may be the same.
        Reporter.Read(first.Build(), Options(new HandMadeView { Rows = second.Rows, Paths = [.. names.Select(name => "/other" + name)] }));

        string Refused(HandMadeView other)
        {
            string message = Assert.ThrowsExactly<ArgumentException>(
                () => first.MlContext.Gloro.Report(first.Build(), Options(other))).Message;
            StringAssert.StartsWith(message, "CompareWith: the rows of Scored differ from those of the report");
            StringAssert.Contains(message, "Score the same rows, in the same order, with both models.");
            return message;
        }

        static GloroReportOptions Options(HandMadeView other) => new() { CompareWith = new() { Scored = other.Build() } };
    }

    [TestMethod]
    public void Report_NothingToCompare_IsRefused()
    {
        var (first, second) = Pair(10, seed: 3);
        StringAssert.Contains(Refused(new()), "there is nothing to compare");
        StringAssert.Contains(Refused(new() { Guarantee = RobustnessGuarantee.Local }), "the report is about the guarantee local already");
        StringAssert.Contains(Refused(new() { Guarantee = RobustnessGuarantee.RelaxedTopK(1) }),
            "the report is about the guarantee local already");
        StringAssert.Contains(Refused(new() { OutputColumnPrefix = "" }), "the report is about the guarantee local already");
        StringAssert.Contains(Refused(new() { OutputColumnPrefix = "My" }), "has no column 'MyPredictedLabel'");
        StringAssert.Contains(Refused(new() { Scored = second.Build(), Name = "x", ReportName = "x" }), "gives both sides the name 'x'");
        StringAssert.Contains(Refused(new() { Scored = second.Build(), Name = "this model" }), "both sides have the name 'this model'");
        StringAssert.Contains(Refused(new() { Scored = second.Build(), Name = " ", ReportName = "" }), "CompareWith.Name is empty");
        StringAssert.Contains(Refused(new() { Guarantee = RobustnessGuarantee.RelaxedTopK(6) }), "CompareWith: ");
        var others = new HandMadeView { ClassNames = ["a", "b", "c", "d", "e", "z"], Rows = second.Rows };
        StringAssert.Contains(Refused(new() { Scored = others.Build() }), "the classes differ");
        var unlabelled = new HandMadeView { Rows = second.Rows, Without = ["Label"] };
        StringAssert.Contains(Refused(new() { Scored = unlabelled.Build() }), "CompareWith: The scored view has no column 'Label'");

        string Refused(GloroReportComparison with) => Assert.ThrowsExactly<ArgumentException>(
            () => first.MlContext.Gloro.Report(first.Build(), new() { CompareWith = with })).Message;
    }

    [TestMethod]
    public void Report_ComparisonChangedAfterwards_IsTheCopy()
    {
        var with = new GloroReportComparison { Guarantee = RobustnessGuarantee.Local };
        var options = new GloroReportOptions { CompareWith = with };
        GloroReportOptions copy = options.Copy();
        with.Guarantee = null;
        Assert.AreEqual(RobustnessGuarantee.Local, copy.CompareWith!.Guarantee);
    }

    // Two views of the same rows, which agree on many and not on all.
    private static (HandMadeView First, HandMadeView Second) Pair(int rows, int seed)
    {
        HandMadeView first = HandMadeView.Random(rows, seed), other = HandMadeView.Random(rows, seed + 100);
        var second = new HandMadeView();
        for (int i = 0; i < rows; i++)
        {
            HandMadeRow from = i % 2 == 0 ? first.Rows[i] : other.Rows[i];
            second.Rows.Add(new()
            {
                Label = first.Rows[i].Label,
                Logits = [.. from.Logits],
                Score = from.Score,
                TopKRadii = [.. from.TopKRadii],
            });
        }

        return (first, second);
    }
}
