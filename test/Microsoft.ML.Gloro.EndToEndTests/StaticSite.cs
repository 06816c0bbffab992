using System.Net;
using System.Net.Sockets;

namespace Microsoft.ML.Gloro.Tests.EndToEnd;

/// <summary>Serves the files of a folder on this machine, as any plain file server does.</summary>
internal sealed class StaticSite : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly string _folder;

    public StaticSite(string folder)
    {
        _folder = folder;
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            Address = new Uri($"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}/");
        }

        _listener.Prefixes.Add(Address.ToString());
        _listener.Start();
        _ = Task.Run(ServeAsync);
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    public void Dispose() => ((IDisposable)_listener).Dispose();

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var context = await _listener.GetContextAsync();
                string name = context.Request.Url!.AbsolutePath.TrimStart('/');
                string path = Path.Combine(_folder, name.Length == 0 ? "index.html" : Path.GetFileName(name));
                context.Response.ContentType = Path.GetExtension(path) switch
                {
                    ".html" => "text/html; charset=utf-8",
                    ".css" => "text/css",
                    ".js" or ".mjs" => "text/javascript",
                    ".wasm" => "application/wasm",
                    _ => "application/octet-stream",
                };
                context.Response.StatusCode = File.Exists(path) ? 200 : 404;
                if (File.Exists(path))
                    await context.Response.OutputStream.WriteAsync(await File.ReadAllBytesAsync(path));
                context.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // Stopped.
        }
    }
}
