using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace EuroSat.Download;

/// <summary>
/// Fetches a file of known checksum. What has come lies beside it as <c>.part</c>: a transfer that breaks off goes on where it stopped, in
/// the same run or in a later one, if the server can (HTTP Range), and begins again if it cannot. The file takes its name only when it is
/// whole and its checksum is right.
/// </summary>
internal sealed class ResumableDownload(HttpClient client)
{
    /// <summary>Attempts in a row that bring nothing new before it gives up.</summary>
    public int MaximumAttempts { get; init; } = 5;

    /// <summary>The pause before the second attempt; it doubles.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Fetches <paramref name="address"/> to <paramref name="path"/>, unless it is there already.</summary>
    /// <param name="address">Where the file is.</param>
    /// <param name="path">Where it goes.</param>
    /// <param name="md5">Its MD5 in hexadecimal, which archives of research data publish.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellation">Stops; what has come stays.</param>
    /// <exception cref="InvalidDataException">
    /// The whole file has another checksum. What was fetched is deleted; a file that was there before is not.
    /// </exception>
    /// <exception cref="HttpRequestException">The server refuses, or cannot be reached.</exception>
    /// <exception cref="IOException">The transfer breaks off again and again, or the file cannot be written.</exception>
    public async Task FetchAsync(
        Uri address, string path, string md5, IProgress<DownloadProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (File.Exists(path))
        {
            string there = await Md5Async(path, cancellation);
            if (!Same(there, md5))
                throw new InvalidDataException(
                    $"{path} is there and is another file: its MD5 is {there} and not {md5}. Delete it or move it away.");
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        string part = path + ".part";
        var pause = Pause;
        for (int attempt = 1; ; attempt++)
        {
            long before = Length(part);
            try
            {
                await ContinueAsync(address, part, progress, cancellation);
                break;
            }
            catch (Exception e) when (e is IOException
                or HttpRequestException { StatusCode: null or >= HttpStatusCode.InternalServerError })
            {
                if (Length(part) > before)
                    (attempt, pause) = (0, Pause); // it does go on, if in pieces
                if (attempt >= MaximumAttempts)
                    throw;
                await Task.Delay(pause, cancellation);
                pause *= 2;
            }
        }

        string computed = await Md5Async(part, cancellation);
        if (!Same(computed, md5))
        {
            File.Delete(part);
            throw new InvalidDataException(
                $"What {address} sent is not the file that was expected: its MD5 is {computed} and not {md5}. It was deleted.");
        }

        File.Move(part, path);
    }

    private async Task ContinueAsync(Uri address, string part, IProgress<DownloadProgress>? progress, CancellationToken cancellation)
    {
        long have = Length(part);
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (have > 0)
            request.Headers.Range = new RangeHeaderValue(have, null);
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable && have > 0)
        {
            // Nothing comes after what is there: either it is whole, or it is no part of this file.
            if (response.Content.Headers.ContentRange?.Length == have)
                return;
            File.Delete(part);
            throw new IOException($"{part} did not fit the file at {address}; it begins again.");
        }

        response.EnsureSuccessStatusCode();
        var range = response.StatusCode == HttpStatusCode.PartialContent ? response.Content.Headers.ContentRange : null;
        if (response.StatusCode == HttpStatusCode.PartialContent && range?.From != have)
            throw new IOException($"{address} sends other bytes ({range}) than those from {have} on.");
        long start = range is null ? 0 : have; // a server without ranges sends all of it again
        long? total = range?.Length ?? (response.Content.Headers.ContentLength is { } length ? start + length : null);

        using var body = await response.Content.ReadAsStreamAsync(cancellation);
        using var file = new FileStream(part, start == 0 ? FileMode.Create : FileMode.Append, FileAccess.Write);
        byte[] buffer = new byte[1 << 16];
        long done = start;
        for (int read; (read = await body.ReadAsync(buffer, cancellation)) > 0;)
        {
            await file.WriteAsync(buffer.AsMemory(0, read), cancellation);
            progress?.Report(new DownloadProgress(done += read, total));
        }

        if (total is { } expected && done != expected)
            throw new IOException($"{address} ended after {done} of {expected} bytes.");
    }

    private static long Length(string path) => File.Exists(path) ? new FileInfo(path).Length : 0;

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);

    [SuppressMessage(
        "Security", "CA5351", Justification = "It is the checksum that is published, and it is there against transfers that go wrong.")]
    private static async Task<string> Md5Async(string path, CancellationToken cancellation)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexString(await MD5.HashDataAsync(file, cancellation)).ToLowerInvariant();
    }
}
