using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.EndToEnd;

/// <summary>One page in a headless Chromium, spoken to by its DevTools protocol: no driver and no package are needed.</summary>
internal sealed class Browser : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Process _process;
    private readonly TemporaryFolder _profile;
    private readonly ClientWebSocket _socket = new();
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonNode?>> _answers = new();
    private string? _session;
    private int _last;

    private Browser(Process process, TemporaryFolder profile) => (_process, _profile) = (process, profile);

    /// <summary>Addresses that the page asked for, in order.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>Scripts that failed, and whatever else the page had written to its console as an error.</summary>
    public ConcurrentQueue<string> Errors { get; } = new();

    /// <summary>The browser to use: the environment's GLORO_BROWSER, or a Chromium on the PATH; null if there is none.</summary>
    public static string? Find()
    {
        if (Environment.GetEnvironmentVariable("GLORO_BROWSER") is { Length: > 0 } named)
            return named;
        string[] names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome.exe", "msedge.exe"];
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return names.SelectMany(name => folders.Select(folder => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
    }

    /// <summary>Starts the browser with an empty page.</summary>
    public static async Task<Browser> StartAsync(string path)
    {
        var profile = new TemporaryFolder();
        string[] arguments =
            ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions",
            "--disable-background-networking", "--remote-debugging-port=0", $"--user-data-dir={profile.Path}", "about:blank"];
        var process = Process.Start(new ProcessStartInfo(path, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var browser = new Browser(process, profile);
        try
        {
            string? line;
            const string Said = "DevTools listening on ";
            do
                line = await process.StandardError.ReadLineAsync().WaitAsync(Patience)
                    ?? throw new InvalidOperationException($"{path} stopped before it listened.");
            while (!line.StartsWith(Said, StringComparison.Ordinal));
            _ = process.StandardError.ReadToEndAsync(); // and forget: a full pipe would stop it
            _ = process.StandardOutput.ReadToEndAsync();
            await browser._socket.ConnectAsync(new Uri(line[Said.Length..].Trim()), CancellationToken.None);
            _ = browser.ListenAsync();
            string target = (string)(await browser.SendAsync("Target.createTarget", new { url = "about:blank" }))!["targetId"]!;
            browser._session =
                (string)(await browser.SendAsync("Target.attachToTarget", new { targetId = target, flatten = true }))!["sessionId"]!;
            foreach (string domain in new[] { "Page", "Runtime", "Network", "DOM", "Log" })
                await browser.SendAsync($"{domain}.enable");
            return browser;
        }
        catch
        {
            browser.Dispose();
            throw;
        }
    }

    /// <summary>Calls a method of the protocol.</summary>
    public async Task<JsonNode?> SendAsync(string method, object? parameters = null)
    {
        int id = ++_last;
        var answer = _answers[id] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var message = new Dictionary<string, object?> { ["id"] = id, ["method"] = method, ["params"] = parameters ?? new { } };
        if (_session is not null)
            message["sessionId"] = _session;
        await _socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(message), WebSocketMessageType.Text, true, CancellationToken.None);
        return await answer.Task.WaitAsync(Patience);
    }

    /// <summary>The value of an expression in the page; promises are awaited.</summary>
    public async Task<JsonNode?> EvaluateAsync(string expression)
    {
        var answer = await SendAsync("Runtime.evaluate", new { expression, awaitPromise = true, returnByValue = true });
        return answer!["exceptionDetails"] is { } fault ? throw new InvalidOperationException($"{expression}: {fault}")
            : answer["result"]!["value"];
    }

    /// <summary>Waits until an expression is true in the page.</summary>
    public Task WaitAsync(string condition) =>
        EvaluateAsync($"new Promise(done => {{ const look = () => ({condition}) ? done(true) : setTimeout(look, 10); look(); }})");

    /// <summary>Goes to a page.</summary>
    public Task GoAsync(Uri address) => SendAsync("Page.navigate", new { url = address.ToString() });

    /// <summary>Puts a file into an input, as its dialog does.</summary>
    public async Task ChooseFileAsync(string selector, string path)
    {
        var input = await SendAsync("Runtime.evaluate", new { expression = $"document.querySelector('{selector}')" });
        await SendAsync("DOM.setFileInputFiles", new { files = new[] { path }, objectId = (string)input!["result"]!["objectId"]! });
    }

    /// <summary>Presses a key where the focus is.</summary>
    public async Task PressAsync(string key, int code)
    {
        await SendAsync("Input.dispatchKeyEvent", new { type = "keyDown", key, code = key, windowsVirtualKeyCode = code });
        await SendAsync("Input.dispatchKeyEvent", new { type = "keyUp", key, code = key, windowsVirtualKeyCode = code });
    }

    /// <summary>Makes the window that wide, and light or dark.</summary>
    public async Task ShowAsync(int width, int height, bool dark)
    {
        await SendAsync("Emulation.setDeviceMetricsOverride", new { width, height, deviceScaleFactor = 1, mobile = width < 500 });
        await SendAsync("Emulation.setEmulatedMedia",
            new { features = new[] { new { name = "prefers-color-scheme", value = dark ? "dark" : "light" } } });
    }

    /// <summary>Saves a picture of the whole page, if the environment's GLORO_SCREENSHOTS names a folder.</summary>
    public async Task ScreenshotAsync(string name)
    {
        if (Environment.GetEnvironmentVariable("GLORO_SCREENSHOTS") is not { Length: > 0 } folder)
            return;
        var picture = await SendAsync("Page.captureScreenshot", new { format = "png", captureBeyondViewport = true });
        await File.WriteAllBytesAsync(Path.Combine(folder, $"{name}.png"), Convert.FromBase64String((string)picture!["data"]!));
    }

    public void Dispose()
    {
        _socket.Dispose();
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        try
        {
            _profile.Dispose();
        }
        catch (IOException)
        {
            // A child of the browser that still writes its profile: the folder is the system's to clean.
        }
    }

    private async Task ListenAsync()
    {
        try
        {
            var buffer = new byte[1 << 16];
            while (true)
            {
                using var message = new MemoryStream();
                ValueWebSocketReceiveResult part;
                do
                {
                    part = await _socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
                    message.Write(buffer, 0, part.Count);
                }
                while (!part.EndOfMessage);
                Hear(JsonNode.Parse(message.ToArray())!);
            }
        }
        catch (Exception e) when (e is WebSocketException or ObjectDisposedException or OperationCanceledException or JsonException)
        {
            foreach (var answer in _answers.Values)
                answer.TrySetException(new IOException("The browser is gone.", e));
        }
    }

    private void Hear(JsonNode message)
    {
        if (message["id"] is { } id)
        {
            if (!_answers.TryRemove((int)id, out var answer))
                return;
            if (message["error"] is { } error)
                answer.TrySetException(new InvalidOperationException(error.ToString()));
            else
                answer.TrySetResult(message["result"]);
            return;
        }

        var about = message["params"];
        switch ((string?)message["method"])
        {
            case "Network.requestWillBeSent":
                Requests.Enqueue((string)about!["request"]!["url"]!);
                break;
            case "Runtime.exceptionThrown":
                Errors.Enqueue(about!["exceptionDetails"]!.ToString());
                break;
            case "Log.entryAdded" when (string?)about!["entry"]!["level"] == "error":
                Errors.Enqueue(about["entry"]!.ToString());
                break;
        }
    }
}
