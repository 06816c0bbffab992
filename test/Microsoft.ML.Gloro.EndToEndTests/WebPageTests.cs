using System.Text.Json.Nodes;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.EndToEnd;

/// <summary>The page of the WebApi example in a real browser, against the running server.</summary>
[TestClass]
public sealed class WebPageTests
{
    private const string Shown = "[...document.querySelectorAll('#set li:not(.none)')].map(e => e.textContent).join(', ')";

    [TestMethod]
    public async Task Page_UploadThenSlider_ShowsTheSetsThatTheRadiiSayWithoutAnotherCall()
    {
        string path = Browser.Find() ?? "";
        if (path.Length == 0)
            Assert.Inconclusive(
                "No Chromium was found on the PATH, and GLORO_BROWSER names none: the page of examples/WebApi was not tested.");
        using var server = WebApiServer.Start();
        using var folder = new TemporaryFolder();

        // A drawing of which several sets are proved, each for other ε.
        byte[][] drawings = EncodedImages.Drawings(12);
        var (chosen, row, classes) = EncodedImages.Transform(WebApiServer.ModelPath, drawings, WebApiServer.Guarantee)
            .Select((e, i) => (i, e.Row, e.Classes))
            .MaxBy(e => (Enumerable.Range(0, 145).Select(n => CertifiedK(e.Row, n)).Distinct().Count(), e.Row.CertifiedRadius));
        Assert.IsGreaterThan(2, Enumerable.Range(0, 145).Select(n => CertifiedK(row, n)).Distinct().Count());
        string file = Path.Combine(folder.Path, folder.Write("drawing.png", drawings[chosen]));

        using var browser = await Browser.StartAsync(path);
        await browser.ShowAsync(1100, 900, dark: false);
        await browser.GoAsync(server.Address);
        await browser.WaitAsync("document.body && document.body.dataset.ready");
        await browser.ChooseFileAsync("#file", file);
        await browser.WaitAsync("!document.querySelector('#result').hidden && document.querySelector('#preview').naturalWidth === 64");
        Assert.AreEqual(Set(row, classes, 36), await Text(browser, Shown), "at the model's own ε, as Transform says");
        CollectionAssert.AreEqual(
            classes[..row.CertifiedK], (await Text(browser, Shown)).Split(", "), "and as the column CertifiedLabels says");
        string farthest = await Text(browser, "document.querySelector('#sentence').textContent");
        StringAssert.Contains(farthest, Down(row.CertifiedRadius));
        for (int k = row.CertifiedK + 1; k <= row.LoosestK; k++)
            Assert.AreEqual(row.TopKRadii[k - 1] > 36 / 255f,
                farthest.Contains($"{string.Join(", ", classes.Take(k))} (up to ", StringComparison.Ordinal));

        int calls = browser.Requests.Count;
        var sets = (JsonArray)(await browser.EvaluateAsync(
            $"[...Array(145).keys()].map(n => {{ const s = document.querySelector('#epsilon'); s.value = n; s.dispatchEvent(new "
                + $"Event('input')); return {Shown}; }})"))!;
        for (int n = 0; n < 145; n++)
            Assert.AreEqual(Set(row, classes, n), (string)sets[n]!, $"ε = {n}/255");

        // By hand, that is by keyboard.
        await browser.EvaluateAsync("document.querySelector('#epsilon').focus()");
        await browser.PressAsync("Home", 36);
        Assert.AreEqual(Set(row, classes, 0), await Text(browser, Shown));
        await browser.PressAsync("ArrowRight", 39);
        Assert.AreEqual("1/255 ≈ 0.004", await Text(browser, "document.querySelector('#shown').textContent"));
        await browser.PressAsync("End", 35);
        Assert.AreEqual(Set(row, classes, 144), await Text(browser, Shown));
        Assert.HasCount(calls, browser.Requests, "moving ε asks the server for nothing");

        await LooksRight(browser);

        await browser.ChooseFileAsync("#file", Path.Combine(folder.Path, folder.Write("text.png", "no image"u8.ToArray())));
        await browser.WaitAsync("document.querySelector('#error').textContent.includes('8 bytes are no image')");
        string[] errors = [.. browser.Errors.Where(e => !e.Contains("400 (Bad Request)", StringComparison.Ordinal))];
        Assert.IsEmpty(errors, string.Join('\n', errors));
        Assert.IsTrue(browser.Requests.All(r => r.StartsWith(server.Address.ToString(), StringComparison.Ordinal)
            || r.StartsWith("blob:", StringComparison.Ordinal) || r.StartsWith("data:", StringComparison.Ordinal)
            || r.StartsWith("about:", StringComparison.Ordinal)), string.Join('\n', browser.Requests));
    }

    /// <summary>Every drawing of the page is scored; nothing is wider than a phone; light and dark differ; controls have names.</summary>
    private static async Task LooksRight(Browser browser)
    {
        int count = (int)(await browser.EvaluateAsync("document.querySelectorAll('#samples button').length"))!;
        for (int i = 0; i < count; i++)
        {
            int before = browser.Requests.Count(r => r.EndsWith("api/certify", StringComparison.Ordinal));
            await browser.EvaluateAsync($"document.querySelectorAll('#samples button')[{i}].click()");
            await browser.WaitAsync($"performance.getEntriesByType('resource').filter(e => e.name.endsWith('api/certify')).length > "
                + $"{before} && !document.querySelector('#result').hasAttribute('aria-busy')");
            await browser.EvaluateAsync(
                "(() => { const s = document.querySelector('#epsilon'); s.value = 36; s.dispatchEvent(new Event('input')); })()");
            Assert.AreEqual("", await Text(browser, "document.querySelector('#error').textContent"));
            await browser.ScreenshotAsync($"sample-{i}");
        }

        var backgrounds = new HashSet<string>();
        foreach (int width in new[] { 380, 1100 })
        {
            foreach (bool dark in new[] { false, true })
            {
                await browser.ShowAsync(width, 900, dark);
                await browser.WaitAsync(
                    $"innerWidth === {width} && matchMedia('(prefers-color-scheme: dark)').matches === {(dark ? "true" : "false")}");
                Assert.IsLessThanOrEqualTo(width, (int)(await browser.EvaluateAsync("document.documentElement.scrollWidth"))!,
                    $"at {width} pixels the page is wider than its window");
                backgrounds.Add(await Text(browser, "getComputedStyle(document.body).backgroundColor"));
                await browser.ScreenshotAsync($"{width}-{(dark ? "dark" : "light")}");
            }
        }

        Assert.HasCount(2, backgrounds);
        Assert.IsTrue((bool)(await browser.EvaluateAsync("[...document.querySelectorAll('input')].every(e => e.labels.length > 0) && "
            + "[...document.querySelectorAll('button')].every(e => e.textContent)"))!);
    }

    // What the library certifies at ε = n/255: the fewest classes, at most three, with a radius above it.
    private static int CertifiedK(ScoredRow row, int n) => Enumerable.Range(1, 3).FirstOrDefault(k => row.TopKRadii[k - 1] > n / 255f);

    private static string Set(ScoredRow row, string[] classes, int n) => string.Join(", ", classes.Take(CertifiedK(row, n)));

    private static string Down(float radius) =>
        (Math.Floor(radius * 1000d) / 1000).ToString("F3", System.Globalization.CultureInfo.InvariantCulture);

    private static async Task<string> Text(Browser browser, string expression) => (string)(await browser.EvaluateAsync(expression))!;
}
