using System.Text.Json.Nodes;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.EndToEnd;

/// <summary>
/// The site that examples/Browser writes, in a real browser: ONNX Runtime compiled to WebAssembly against the library's columns.
/// </summary>
[TestClass]
public sealed class BrowserPageTests
{
    private static readonly string s_example = Path.Combine(Repository.Root, "examples", "Browser");

    [TestMethod]
    public async Task Page_Drawings_CertifiesInTheBrowserWhatTheLibraryCertifiesAndNeverMore()
    {
        string path = Browser.Find() ?? "";
        if (path.Length == 0)
            Assert.Inconclusive(
                "No Chromium was found on the PATH, and GLORO_BROWSER names none: the site of examples/Browser was not tested.");
        if (!Directory.Exists(Path.Combine(s_example, "node_modules", "onnxruntime-web")))
            Assert.Inconclusive("ONNX Runtime for the browser is not there (npm install --prefix examples/Browser): the site of "
                + "examples/Browser was not tested.");

        using var folder = new TemporaryFolder();
        var (code, output, error) = await ExampleProcess.RunAsync("Browser", folder.Path, "--out", "site");
        Assert.AreEqual(0, code, output + error);
        using var site = new StaticSite(Path.Combine(folder.Path, "site"));
        using var browser = await Browser.StartAsync(path);
        await browser.GoAsync(site.Address);
        await browser.WaitAsync("document.body && document.body.dataset.ready");

        byte[][] drawings = EncodedImages.Drawings(12);
        var rows = EncodedImages.Transform(Path.Combine(Repository.Root, "examples", "EuroSat", "models", "eurosat-best.zip"), drawings);
        int proved = 0;
        for (int i = 0; i < drawings.Length; i++)
        {
            var (row, classes) = rows[i];
            string png = Convert.ToBase64String(drawings[i]);
            var answer = (await browser.EvaluateAsync(
                $"(async () => (await import('./engine.js')).certify(await (await fetch('data:image/png;base64,{png}')).blob()))()"))!;
            string[] named = [.. ((JsonArray)answer["classes"]!).Select(c => (string)c!["name"]!)];
            float[] radii = [.. ((JsonArray)answer["radii"]!).Select(r => (float)(double)r!)];
            Assert.AreEqual(classes[0], (string)answer["predictedLabel"]!);
            CollectionAssert.AreEqual(classes[..3], named[..3]);
            for (int k = 0; k < radii.Length; k++)
            {
                Assert.IsLessThanOrEqualTo(
                    row.TopKRadii[k], radii[k], $"drawing {i}, k = {k + 1}: the browser must not claim more than the library");
                Assert.AreEqual(row.TopKRadii[k], radii[k], 1e-3f, $"drawing {i}, k = {k + 1}");
                proved += radii[k] > 0 ? 1 : 0;
            }
        }

        Assert.IsGreaterThan(drawings.Length, proved, "most drawings have proved sets");

        // The page itself, from a chosen file to a sentence.
        await browser.ChooseFileAsync("#file", Path.Combine(folder.Path, folder.Write("drawing.png", drawings[0])));
        await browser.WaitAsync("!document.querySelector('#result').hidden && document.querySelector('#preview').naturalWidth === 64");
        string shown = (string)(await browser.EvaluateAsync("document.querySelector('#bars b').textContent"))!;
        Assert.AreEqual(rows[0].Classes[0], shown);
        await browser.ScreenshotAsync("browser");
        await browser.ChooseFileAsync("#file", Path.Combine(folder.Path, folder.Write("text.png", "no image"u8.ToArray())));
        await browser.WaitAsync("document.querySelector('#error').textContent.includes('8 bytes are no image')");
        Assert.IsEmpty(browser.Errors, string.Join('\n', browser.Errors));
    }
}
