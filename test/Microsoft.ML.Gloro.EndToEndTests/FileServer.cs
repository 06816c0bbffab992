using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Microsoft.ML.Gloro.Tests.EndToEnd;

/// <summary>Serves one file over HTTP on this machine, as badly as it is told to.</summary>
internal sealed class FileServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly byte[] _content;
    private readonly Task _loop;

    public FileServer(byte[] content)
    {
        _content = content;
        _listener.Start();
        _loop = Task.Run(ServeAsync);
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/file.zip");

    /// <summary>Whether it knows ranges.</summary>
    public bool Ranges { get; init; } = true;

    /// <summary>What every request is answered with instead, if it is not 200.</summary>
    public int Status { get; init; } = 200;

    /// <summary>After how many bytes the next answers break off.</summary>
    public Queue<int> Cuts { get; } = new();

    /// <summary>The Range header of each request; "" without one.</summary>
    public List<string> Requests { get; } = [];

    public void Dispose()
    {
        _listener.Stop();
        _loop.Wait(TimeSpan.FromSeconds(5));
        _listener.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync();
                try
                {
                    await AnswerAsync(client.GetStream());
                }
                catch (IOException)
                {
                    // The client went away.
                }
            }
        }
        catch (Exception e) when (e is SocketException or InvalidOperationException)
        {
            // Stopped.
        }
    }

    private async Task AnswerAsync(NetworkStream stream)
    {
        string request = "";
        byte[] buffer = new byte[4096];
        while (!request.Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            int read = await stream.ReadAsync(buffer);
            if (read == 0)
                return;
            request += Encoding.ASCII.GetString(buffer, 0, read);
        }

        string range = request.Split("\r\n")
            .FirstOrDefault(line => line.StartsWith("Range:", StringComparison.OrdinalIgnoreCase))?["Range:".Length..].Trim() ?? "";
        Requests.Add(range);
        int start = Ranges && range.Length > 0 ? int.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture) : 0;
        string head = Status != 200 ? $"{Status} No"
            : start >= _content.Length && start > 0 ? $"416 Range Not Satisfiable\r\nContent-Range: bytes */{_content.Length}"
            : start > 0 ? $"206 Partial Content\r\nContent-Range: bytes {start}-{_content.Length - 1}/{_content.Length}"
            : "200 OK";
        byte[] body = head.StartsWith('2') ? _content[start..] : [];
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {head}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n"));
        await stream.WriteAsync(body.AsMemory(0, Cuts.TryDequeue(out int cut) ? Math.Min(cut, body.Length) : body.Length));
    }
}
