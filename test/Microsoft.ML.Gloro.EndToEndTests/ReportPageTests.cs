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
        var options = new GloroReportOptions
        {
            Model = model,
            Guarantees = [RobustnessGuarantee.Affinity(AffinitySets.Parse("ant+bee"))],
            CompareWith = new() { Guarantee = RobustnessGuarantee.Local },
        };
        mlContext.Gloro.Report(scored, options).Save(images);
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
                    await BarsBeginAtTheLeft(browser, $"{name} at {width}");
                    await NamesDoNotOverlap(browser, $"{name} at {width}");
                    await browser.ScreenshotAsync($"report-{name}-{width}-{(dark ? "dark" : "light")}");
                }
            }

            await ValuesAppearUnderThePointer(browser, name);
            await PrintsItsColors(browser, name);
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

    private static async Task BarsBeginAtTheLeft(Browser browser, string where) => Assert.IsTrue((bool)(await browser.EvaluateAsync("""
        (() => { const bars = [...document.querySelectorAll('.bar i')].map(bar => bar.getBoundingClientRect());
          return bars.length > 1 && bars.every(bar => Math.abs(bar.left - bars[0].left) < 1); })()
        """))!, where);

    /// <summary>No two texts of a chart lie over each other, apart from those that wait for the pointer.</summary>
    private static async Task NamesDoNotOverlap(Browser browser, string where) =>
        Assert.AreEqual("", (string?)await browser.EvaluateAsync("""
        [...document.querySelectorAll('svg.curves')].filter(svg => svg.getClientRects().length).flatMap(svg => {
          const texts = [...svg.querySelectorAll('text')].filter(text => !text.closest('.probe'))
            .map(text => [text.textContent, text.getBoundingClientRect()]);
          const across = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left);
          const down = (a, b) => Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
          return texts.flatMap(([one, a], i) => texts.slice(i + 1).filter(([, b]) => across(a, b) > 2 && down(a, b) > 4)
            .map(([other]) => one + ' | ' + other));
        }).join('; ')
        """), where);

    /// <summary>Without a pointer no probe is visible; over a chart exactly one is, and it says a value.</summary>
    private static async Task ValuesAppearUnderThePointer(Browser browser, string name)
    {
        const string shown = "[...document.querySelectorAll('svg.wide .probe')].filter(probe => getComputedStyle(probe).opacity === '1')"
            + ".map(probe => probe.textContent)";
        await browser.SendAsync("Input.dispatchMouseEvent", new { type = "mouseMoved", x = 1, y = 1 });
        await browser.EvaluateAsync("document.querySelector('svg.wide').scrollIntoView({ block: 'center' })");
        Assert.AreEqual(0, (int)(await browser.EvaluateAsync($"{shown}.length"))!, name);
        var place = await browser.EvaluateAsync("""
            (() => { const box = document.querySelectorAll('svg.wide .probe rect')[9].getBoundingClientRect();
              return { x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2 }; })()
            """);
        await browser.SendAsync("Input.dispatchMouseEvent", new { type = "mouseMoved", x = (double)place!["x"]!, y = (double)place["y"]! });
        await browser.WaitAsync($"{shown}.length === 1");
        StringAssert.Matches((string)(await browser.EvaluateAsync($"{shown}[0]"))!, new(@"^ε.=.[\d./]+.*local \d+\.\d.%"));
        await browser.SendAsync("Input.dispatchMouseEvent", new { type = "mouseMoved", x = 1, y = 1 });
    }

    /// <summary>On paper bars keep their colors, what was folded is open, and nothing waits for a pointer.</summary>
    private static async Task PrintsItsColors(Browser browser, string name)
    {
        var dark = new[] { new { name = "prefers-color-scheme", value = "dark" } };
        await browser.SendAsync("Emulation.setEmulatedMedia", new { media = "print", features = dark });
        await browser.WaitAsync("matchMedia('print').matches");
        Assert.AreEqual("", (string?)await browser.EvaluateAsync("""
            [...document.querySelectorAll('.bar i, .parts span, .heat .mark')].filter(mark => {
              const style = getComputedStyle(mark);
              return style.printColorAdjust !== 'exact'
                || (style.backgroundColor === 'rgba(0, 0, 0, 0)' && style.backgroundImage === 'none');
            }).map(mark => mark.outerHTML).join()
            """), name);
        const string background = "getComputedStyle(document.querySelector('.gloro-report')).backgroundColor",
            probes = "[...document.querySelectorAll('.probe')].every(probe => getComputedStyle(probe).display === 'none')",
            folded = "[...document.querySelectorAll('details table')].every(table => table.getBoundingClientRect().height > 40)";
        Assert.AreEqual("rgb(255, 255, 255)", (string?)await browser.EvaluateAsync(background), "paper is white in dark mode too");
        Assert.IsTrue((bool)(await browser.EvaluateAsync(probes))!, name);
        Assert.IsTrue((bool)(await browser.EvaluateAsync(folded))!, name);
        JsonNode? printed = await browser.SendAsync("Page.printToPDF", new { preferCSSPageSize = true });
        StringAssert.StartsWith(System.Text.Encoding.Latin1.GetString(Convert.FromBase64String((string)printed!["data"]!)), "%PDF-");
        await browser.SendAsync("Emulation.setEmulatedMedia", new { media = "" });
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
