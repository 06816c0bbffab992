using System.Text.RegularExpressions;
using Microsoft.ML.Gloro.Analysis;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Analysis;

[TestClass]
public sealed class ReportTests
{
    private static readonly RobustnessGuarantee s_affinity = RobustnessGuarantee.Affinity(AffinitySets.Parse("a+b,c+d+e"));

    [TestMethod]
    public void Report_RelaxedGuarantee_SaysOfHowManyClassesAndHowCertain()
    {
        HandMadeView random = HandMadeView.Random(400, seed: 3);
        var view = new HandMadeView { Rows = random.Rows, Guarantee = "rtk:3" };

        string html = System.Net.WebUtility.HtmlDecode(view.MlContext.Gloro.Report(view.Build(), new GloroReportOptions()).ToHtml());

        GloroMetrics metrics = view.MlContext.Gloro.Evaluate(view.Build());
        double error = 100 * Math.Sqrt(metrics.VerifiedRobustAccuracy * (1 - metrics.VerifiedRobustAccuracy) / 400);
        StringAssert.Contains(html, "a set of at most 3 of 6 classes with the true one among them");
        StringAssert.Contains(html, FormattableString.Invariant($"± {error:F1}"));
        StringAssert.Contains(html,
            FormattableString.Invariant($"of 6 classes in the tightest certified set, {metrics.MeanLoosestSetSize:F2} in the loosest"));
        Assert.IsGreaterThan(metrics.CleanAccuracy, metrics.VerifiedRobustAccuracy);
        StringAssert.Contains(html, "VRA exceeds clean accuracy because a set may hold the true class");
    }

    [TestMethod]
    public void Read_AnyGuaranteeAtAnyEpsilon_SaysWhatEvaluateSays()
    {
        HandMadeView view = HandMadeView.Random(400, seed: 5);
        view.Rows[7].Logits[2] = float.NaN;
        view.Rows[8].Label = 0;
        IDataView scored = view.Build();
        ReportData data =
            Reporter.Read(scored, new() { Guarantee = RobustnessGuarantee.RelaxedTopK(2), LargestK = 4, Guarantees = [s_affinity] });

        Assert.AreEqual(400, view.RowsRead, "one pass");
        Assert.AreEqual("local, RT2, RT3, RT4, affinity", string.Join(", ", data.Guarantees.Select(one => one.Name)));
        Assert.AreEqual("RT2", data.Main.Name);
        Assert.AreEqual((1, 1, 399), (data.NotFiniteRows, data.Main.Metrics.MissingLabelRows, data.RowCount));
        foreach (GuaranteeFindings one in data.Guarantees)
        {
            foreach (float epsilon in new[] { 0f, 0.125f, 0.13f, 0.5f, 0.874f, 1f, 1.875f, 2f })
            {
                GloroMetrics metrics = view.MlContext.Gloro.Evaluate(scored, guarantee: one.Guarantee, epsilon: epsilon);
                Assert.AreEqual(
                    metrics.VerifiedRobustAccuracy, one.Metrics.CertifiedAccuracyCurve.At(epsilon), 1e-12, $"{one.Name} at {epsilon}");
                Assert.AreEqual(metrics.CertifiedFraction, one.Certified.At(epsilon), 1e-12, $"{one.Name} at {epsilon}");
            }

            GloroMetrics own = view.MlContext.Gloro.Evaluate(scored, guarantee: one.Guarantee);
            Assert.AreEqual(own.Top1VerifiedRobustAccuracy, one.Metrics.Top1VerifiedRobustAccuracy);
            Assert.AreEqual(own.MeanCertifiedSetSize, one.Metrics.MeanCertifiedSetSize);
            Assert.AreEqual(own.MeanLoosestSetSize, one.Metrics.MeanLoosestSetSize);
            CollectionAssert.AreEqual(own.CertifiedKCounts.ToArray(), one.Metrics.CertifiedKCounts.ToArray());
        }

        // What rows come to, added up another way.
        Assert.AreEqual(data.RowCount, data.Outcomes.Sum());
        Assert.AreEqual(data.Main.Metrics.VerifiedRobustAccuracy,
            (data.Outcomes[(int)RowOutcome.ProvedOneClass] + data.Outcomes[(int)RowOutcome.ProvedSet]) / 399.0, 1e-12);
        Assert.AreEqual(data.Local.Metrics.VerifiedRobustAccuracy, data.Outcomes[(int)RowOutcome.ProvedOneClass] / 399.0, 1e-12);
        Assert.AreEqual(data.Main.Metrics.RejectionRate, data.Outcomes[(int)RowOutcome.NotProved] / 399.0, 1e-12);
        Assert.AreEqual(398, data.Gallery.Sum(group => group.Count), "all but the row without a label and that without a prediction");
    }

    [TestMethod]
    public void Report_ViewOfAModel_NamesWhatIsKnown()
    {
        var (model, scored, mlContext) = ReportViews.Images(60);
        using GloroTransformer dispose = model;
        GloroReport report = mlContext.Gloro.Report(scored, new() { Model = model, Title = "Eight by six", GalleryImages = 4 });
        string html = report.ToHtml();
        GloroMetrics metrics = mlContext.Gloro.Evaluate(scored);
        StringAssert.Contains(html, "Eight by six");
        StringAssert.Contains(html, model.GloroModel.Bound.WeightHash);
        StringAssert.Contains(html, ReportNumbers.Percent(metrics.VerifiedRobustAccuracy));
        StringAssert.Contains(html, ReportNumbers.Percent(metrics.CleanAccuracy));
        StringAssert.Contains(
            report.ToString(), $"Of 60 images, {ReportNumbers.Percent(metrics.VerifiedRobustAccuracy)} are proved right under RT3");
        StringAssert.Contains(report.ToString(), "every rounding included");
        Assert.DoesNotContain("<", report.ToString());
        Assert.DoesNotContain("http:", html);
        Assert.DoesNotContain("https:", html);
        Assert.IsGreaterThan(2, Regex.Count(html, "data:image/png;base64,"));
    }

    [TestMethod]
    public void Report_SameInput_GivesTheSameBytesAndIdsOfItsOwn()
    {
        var (model, scored, mlContext) = ReportViews.Images(40);
        using GloroTransformer dispose = model;
        string first = mlContext.Gloro.Report(scored, new() { Model = model }).ToHtml(),
            other = mlContext.Gloro.Report(scored, new() { Model = model, Title = "Other" }).ToHtml();
        Assert.AreEqual(first, mlContext.Gloro.Report(scored, new() { Model = model }).ToHtml());
        string[] ids = Ids(first), others = Ids(other);
        Assert.IsNotEmpty(ids);
        Assert.HasCount(ids.Length, ids.Distinct().ToArray());
        Assert.IsEmpty(ids.Intersect(others).ToArray(), "two reports can stand in one page");
        foreach (Match use in Regex.Matches(first, "(?:href=\"#|url\\(#|aria-labeledby=\")([^\")]+)"))
            Assert.IsTrue(use.Groups[1].Value.Split(' ').All(ids.Contains), use.Value);

        static string[] Ids(string html) => [.. Regex.Matches(html, " id=\"([^\"]+)\"").Select(match => match.Groups[1].Value)];
    }

    [TestMethod]
    public void Report_NamesWithMarkup_AreText()
    {
        string[] names =
            ["<script>alert(1)</script>", "\"><img src=x onerror=alert(2)>", "a & b", "'c'", "\u0001c0{}\u0000", "{0} {braces}"];
        HandMadeView view = HandMadeView.Random(80, seed: 6, labelNames: null);
        view = new HandMadeView { ClassNames = names, Rows = view.Rows, Guarantee = "rtk:3" };
        string html = view.MlContext.Gloro.Report(view.Build(), new() { Title = "</title><script>alert(3)</script>" }).ToHtml();
        Assert.DoesNotContain("<script", html);
        Assert.DoesNotContain("<img", html);
        StringAssert.Contains(html, "&lt;script&gt;alert(1)&lt;/script&gt;");
        StringAssert.Contains(html, "&quot;&gt;&lt;img src=x onerror=alert(2)&gt;");
        StringAssert.Contains(html, "{0} {braces}");
        StringAssert.Contains(html, "\uFFFDc0{}\uFFFD", "control characters are none of a page's");
        Assert.IsFalse(html.Any(c => char.IsControl(c) && c != '\n'));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Report_WithoutLabels_SaysWhatIsProvedAndNothingOfAccuracy(bool isColumnThere)
    {
        HandMadeView view = HandMadeView.Random(120, seed: 7);
        view = new HandMadeView { Rows = view.Rows, Guarantee = "rtk:3", Without = isColumnThere ? [] : ["Label"] };
        view.Rows.ForEach(row => row.Label = 0);
        var options = new GloroReportOptions { GalleryImages = 3 };
        ReportData data = Reporter.Read(view.Build(), options);
        Assert.IsFalse(data.HasLabels);
        Assert.AreEqual(120, data.RowCount);
        Assert.AreEqual(
            view.Rows.Count(row => row.TopKRadii.Take(3).Any(radius => radius > 0.5f)) / 120.0, data.Main.Metrics.CertifiedFraction, 1e-12);
        Assert.AreEqual(0, data.Outcomes[(int)RowOutcome.ProvedWrong]);
        string html = view.MlContext.Gloro.Report(view.Build(), options).ToHtml();
        StringAssert.Contains(html, "have no labels");
        Assert.DoesNotContain("VRA under", html);
        Assert.DoesNotContain("clean accuracy", html);
    }

    [TestMethod]
    public void Report_NoRows_IsRefused()
    {
        var fault = Assert.ThrowsExactly<ArgumentException>(() => new HandMadeView().MlContext.Gloro.Report(new HandMadeView().Build()));
        StringAssert.Contains(fault.Message, "no rows");
    }

    [TestMethod]
    public void Report_NothingCertifiedAnywhere_IsAReportAllTheSame()
    {
        HandMadeView view = HandMadeView.Random(30, seed: 8);
        view.Rows.ForEach(row => Array.Clear(row.TopKRadii));
        view.Rows[3].Logits[0] = float.PositiveInfinity;
        string html = view.MlContext.Gloro.Report(view.Build()).ToHtml();
        StringAssert.Contains(html, "No row has a radius.");
        StringAssert.Contains(html, "1 have logits that are not finite numbers");
        Assert.DoesNotContain("NaN", html);
        Assert.DoesNotContain("∞", html);
    }

    [TestMethod]
    public void Report_TwoClasses_HasLocalRobustnessAlone()
    {
        HandMadeView view = HandMadeView.Random(50, seed: 9);
        view = new HandMadeView
        {
            ClassNames = ["no", "yes"],
            RadiiCount = 1,
            Rows = view.Rows.ConvertAll(row => new HandMadeRow
            {
                Label = (row.Label % 2) + 1,
                Logits = row.Logits[..2],
                Score = row.Score[..2],
                TopKRadii = row.TopKRadii[..1]
            })
        };
        ReportData data = Reporter.Read(view.Build(), new());
        Assert.HasCount(1, data.Guarantees);
        Assert.AreEqual(view.Rows.Count(row => row.TopKRadii[0] > 0), data.Pairs.Counted);
        StringAssert.Contains(view.MlContext.Gloro.Report(view.Build()).ToHtml(), "no – yes");
    }

    [TestMethod]
    public void Report_ManyClasses_StaysSmall()
    {
        const int classes = 1000;
        var random = new Random(4);
        var view = new HandMadeView
        {
            ClassNames = [.. Enumerable.Range(0, classes).Select(i => $"class {i}")],
            RadiiCount = 10,
            Guarantee = "rtk:5"
        };
        for (int i = 0; i < 300; i++)
        {
            float[] logits = [.. Enumerable.Range(0, classes).Select(_ => random.NextSingle())];
            view.Rows.Add(new()
            {
                Label = (uint)random.Next(classes) + 1,
                Logits = logits,
                Score = logits,
                TopKRadii = [.. Enumerable.Range(0, 10).Select(k => random.NextSingle() * k)]
            });
        }

        string html = view.MlContext.Gloro.Report(view.Build()).ToHtml();
        Assert.IsLessThan(600_000, html.Length);
        Assert.IsLessThanOrEqualTo(12 * 13, Regex.Count(html, "<td class=\"(mark|self)"));
        StringAssert.Contains(html, "The other 980 classes");
    }

    [TestMethod]
    public void Report_UnusableOptions_NamesAllFaults()
    {
        var options = new GloroReportOptions
        {
            Title = " ",
            LabelColumnName = "",
            ImageColumnName = "",
            Epsilon = -1,
            LargestK = 0,
            Guarantees = null!,
            GalleryImages = 99,
            MaximumEpsilon = 0
        };
        string message =
            Assert.ThrowsExactly<ArgumentException>(() => new MLContext().Gloro.Report(new HandMadeView().Build(), options)).Message;
        foreach (string name in new[] { "Title", "LabelColumnName", "ImageColumnName", "Epsilon", "LargestK", "Guarantees", "GalleryImages",
            "MaximumEpsilon" })
            StringAssert.Contains(message, name);
    }

    [TestMethod]
    public void Report_AnotherModel_IsRefused()
    {
        var (model, scored, mlContext) = ReportViews.Vectors(50);
        var (fewer, _, _) = ReportViews.Vectors(1, classes: 4);
        using GloroTransformer steeper = TestModels.Transformer(TestModels.Vector(seed: 9)), first = model, second = fewer;
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => mlContext.Gloro.Report(scored, new() { Model = fewer }))
            .Message, "the model's classes differ");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => mlContext.Gloro.Report(scored, new() { Model = steeper }))
            .Message, "did not score the view");
    }

    [TestMethod]
    public void Report_Cancelled_Stops()
    {
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.ThrowsExactly<OperationCanceledException>(
            () => new MLContext().Gloro.Report(HandMadeView.Random(3, seed: 1).Build(), new() { CancellationToken = stop.Token }));
    }

    [TestMethod]
    public void Save_FailsOrNot_LeavesAWholeFile()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "report.html");
        GloroReport report = HandMadeView.Random(20, seed: 2)
            .MlContext.Gloro.Report(HandMadeView.Random(20, seed: 2).Build(), new() { Title = "First" });
        report.Save(path);
        byte[] first = File.ReadAllBytes(path);
        string text = File.ReadAllText(path);
        StringAssert.StartsWith(text, "<!doctype html>");
        StringAssert.Contains(text, report.ToHtml());
        StringAssert.Contains(text, "<title>First</title>");
        Assert.HasCount(1, Directory.GetFileSystemEntries(folder.Path));

        // Something in the way of the partial file, and then of the file itself.
        GloroReport second = new MLContext().Gloro.Report(HandMadeView.Random(20, seed: 3).Build(), new() { Title = "Second" });
        Directory.CreateDirectory(path + AtomicFile.PartialSuffix);
        Assert.Throws<Exception>(() => second.Save(path));
        CollectionAssert.AreEqual(first, File.ReadAllBytes(path));
        Directory.Delete(path + AtomicFile.PartialSuffix);
        string taken = Path.Combine(folder.Path, "taken");
        Directory.CreateDirectory(taken);
        Assert.Throws<Exception>(() => second.Save(taken));
        Assert.HasCount(2, Directory.GetFileSystemEntries(folder.Path), "nothing half-written stays");

        second.Save(path);
        StringAssert.Contains(File.ReadAllText(path), "<title>Second</title>");
        Assert.ThrowsExactly<DirectoryNotFoundException>(() => second.Save(Path.Combine(folder.Path, "none", "report.html")));
    }
}
