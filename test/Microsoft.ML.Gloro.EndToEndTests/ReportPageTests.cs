using System.Text.Json.Nodes;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.EndToEnd;

/// <summary>Reports in a real browser: charts have marks, nothing is wider than a telephone, nothing is fetched and nothing runs.</summary>
[TestClass]
public sealed class ReportPageTests
{
    [TestMethod]
    public async Task Report_InABrowser_IsReadableAtAnyWidthLightAndDark()
    {
        string path = Browser.Find() ?? "";
        if (path.Length == 0)
            Assert.Inconclusive("No Chromium was found on the PATH, and GLORO_BROWSER names none: the report was not looked at.");
        using var folder = new TemporaryFolder();
        var (model, scored, mlContext) = ReportViews.Images(150);
        using GloroTransformer dispose = model;
        string images = Path.Combine(folder.Path, "images.html"), names = Path.Combine(folder.Path, "names.html"),
            regions = Path.Combine(folder.Path, "regions.html");
        mlContext.Gloro.Report(scored, new() { Model = model, Guarantees = [RobustnessGuarantee.Affinity(AffinitySets.Parse("ant+bee"))] })
            .Save(images);
        var odd = new HandMadeView
        {
            ClassNames = ["<script>document.title = 'run'</script>", "\"><img src=x onerror=\"document.title='run'\">", new string('w', 90),
                "four words of it", "&amp;", "f"],
            Rows = HandMadeView.Random(60, seed: 3).Rows,
            Guarantee = "rtk:3",
        };
        mlContext.Gloro.Report(odd.Build(), new() { Title = "Odd names" }).Save(names);
        var (plane, points, _) =
            ReportViews.Vectors(60, inputs: 2, classes: 3, epsilon: 0.15f, guarantee: RobustnessGuarantee.RelaxedTopK(2));
        using GloroTransformer disposePlane = plane;
        mlContext.Gloro.Report(points, new() { Model = plane }).Save(regions);

        using var browser = await Browser.StartAsync(path);
        foreach (string file in new[] { images, names, regions })
        {
            string name = Path.GetFileNameWithoutExtension(file);
            await browser.ShowAsync(1280, 900, dark: false);
            await browser.GoAsync(new Uri(file));
            await browser.WaitAsync($"location.href.endsWith('{name}.html') && document.readyState === 'complete'");
            var backgrounds = new HashSet<string>();
            foreach (int width in new[] { 380, 800, 1280 })
            {
                foreach (bool dark in new[] { false, true })
                {
                    await browser.ShowAsync(width, 900, dark);
                    await browser.WaitAsync(
                        $"innerWidth === {width} && matchMedia('(prefers-color-scheme: dark)').matches === {(dark ? "true" : "false")}");
                    Assert.IsLessThanOrEqualTo(width, (int)(await browser.EvaluateAsync("document.documentElement.scrollWidth"))!,
                        $"{name} at {width} pixels is wider than its window");
                    backgrounds.Add((string)(
                        await browser.EvaluateAsync("getComputedStyle(document.querySelector('.gloro-report')).backgroundColor"))!);
                    await HasMarks(browser, $"{name} at {width}");
                    await browser.ScreenshotAsync($"report-{name}-{width}-{(dark ? "dark" : "light")}");
                }
            }

            Assert.HasCount(2, backgrounds);
            Assert.AreEqual(0, (int)(await browser.EvaluateAsync("document.querySelectorAll('script').length"))!);
            Assert.AreNotEqual("run", (string?)await browser.EvaluateAsync("document.title"));
            Assert.IsTrue((bool)(await browser.EvaluateAsync("[...document.querySelectorAll('img')].every(e => e.alt && e.naturalWidth "
                + "> 0) && [...document.querySelectorAll('svg[role=img]')].every(e => e.querySelector('title') || e.ariaLabel)"))!);
            Assert.AreEqual("", (string?)await browser.EvaluateAsync(
                "[...document.querySelectorAll('th')].filter(e => e.textContent && !e.scope).map(e => e.textContent).join()"));
        }

        Assert.IsEmpty(browser.Errors, string.Join('\n', browser.Errors));
        Assert.IsTrue(
            browser.Requests.All(r => r.StartsWith("file:", StringComparison.Ordinal) || r.StartsWith("data:", StringComparison.Ordinal)
            || r.StartsWith("about:", StringComparison.Ordinal)), string.Join('\n', browser.Requests));
        Assert.HasCount(3, browser.Requests.Where(r => r.StartsWith("file:", StringComparison.Ordinal)).ToArray());
    }

    /// <summary>Every chart that is shown has marks of some size, inside of it, and letters that can be read.</summary>
    private static async Task HasMarks(Browser browser, string where)
    {
        var charts = (JsonArray)(await browser.EvaluateAsync("""
            [...document.querySelectorAll('svg[role=img]')].filter(svg => svg.getClientRects().length).map(svg => {
              const frame = svg.getBoundingClientRect();
              const boxes = [...svg.querySelectorAll('use, .mark')].map(mark => mark.getBoundingClientRect())
                .filter(box => box.width + box.height > 1);
              return {
                name: svg.getAttribute('class'),
                marks: boxes.length,
                inside: boxes.every(box => box.left > frame.left - 1 && box.right < frame.right + 1
                  && box.top > frame.top - 1 && box.bottom < frame.bottom + 1),
                texts: [...svg.querySelectorAll('text')].map(text => text.getBoundingClientRect())
                  .every(box => box.left > frame.left - 2 && box.right < innerWidth),
                smallest: Math.min(...[...svg.querySelectorAll('text')].map(text => parseFloat(getComputedStyle(text).fontSize)))
                  * frame.width / svg.viewBox.baseVal.width,
              };
            })
            """))!;
        Assert.IsGreaterThanOrEqualTo(3, charts.Count, where);
        foreach (JsonNode? chart in charts)
        {
            Assert.IsGreaterThan(0, (int)chart!["marks"]!, $"{where}: {chart}");
            Assert.IsTrue((bool)chart["inside"]!, $"{where}: {chart}");
            Assert.IsTrue((bool)chart["texts"]!, $"{where}: {chart}");
            Assert.IsGreaterThan(8.5, (double)chart["smallest"]!, $"{where}: {chart}");
        }

        Assert.IsGreaterThan(0, (int)(await browser.EvaluateAsync("document.querySelectorAll('.heat .mark').length"))!, where);
        Assert.IsTrue(
            (bool)(await browser.EvaluateAsync(
                "[...document.querySelectorAll('defs path.curve')].every(path => path.getAttribute('fill') === 'none')"))!,
                "what is used gets no style by what is around it");
    }
}
