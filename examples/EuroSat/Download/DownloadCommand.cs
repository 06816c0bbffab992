using System.CommandLine;
using Examples;
using Spectre.Console;

namespace EuroSat.Download;

/// <summary><c>--download</c>: fetches the archive, checks and unpacks it, and says how to do it by hand where that fails.</summary>
internal sealed class DownloadCommand
{
    private readonly Option<bool> _download;
    private readonly Option<string> _from, _md5;

    /// <param name="example">Gets the options.</param>
    public DownloadCommand(Example example)
    {
        _download = example.Flag("--download", "Do not train: fetch the official archive (95 MB) and unpack it to the folder of --data");
        _from = example.Optional("--from", "URL", "Fetch it from elsewhere", EuroSatArchive.Address);
        _md5 = example.Optional("--md5", "SUM", "The checksum, if that is another archive", EuroSatArchive.Md5);
    }

    public bool IsGiven(ParseResult given) => given.GetValue(_download);

    /// <summary>Runs it. Returns the exit code.</summary>
    public async Task<int> RunAsync(ParseResult given, string data, CancellationToken stop)
    {
        string from = given.GetRequiredValue(_from), md5 = given.GetRequiredValue(_md5);
        string folder = Path.GetFullPath(data), archive = Path.Combine(folder, "EuroSAT_RGB.zip");
        try
        {
            Show.Line($"Fetching {from} to {archive}");
            using var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
            client.DefaultRequestHeaders.UserAgent.ParseAdd("Microsoft.ML.Gloro-example/1.0");
            await WithProgressAsync(progress => new ResumableDownload(client).FetchAsync(new Uri(from), archive, md5, progress, stop));
            Show.Line($"Its checksum is right (MD5 {md5}). Unpacking");
            var counts = EuroSatArchive.Unpack(archive, folder, stop);
            Show.Line($"{counts["train"]} images to train on, {counts["test"]} to test on, {counts["aside"]} kept aside in {folder}");
            Show.Line($"Now: dotnet run -c Release --project examples/EuroSat -- --data {folder}");
            return Example.Succeeded;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("Stopped. The same command goes on where it stopped.");
            return Example.Failed;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or HttpRequestException or UnauthorizedAccessException
            or UriFormatException or NotSupportedException)
        {
            Console.Error.WriteLine($"""
                {e.Message}

                The same command goes on with what has come. By hand: fetch {EuroSatArchive.Address} (MD5 {EuroSatArchive.Md5}),
                put it at {archive}, and run the same command: it then only unpacks.
                Or unpack it yourself, so that {Path.Combine(folder, "test", "Forest", "Forest_16.jpg")} and its like are the images
                whose number leaves 1 divided by 5, and {Path.Combine(folder, "train", "Forest", "Forest_17.jpg")} and its like
                those whose number leaves 2, 3 or 4.
                """);
            return Example.Failed;
        }
    }

    private static async Task WithProgressAsync(Func<IProgress<DownloadProgress>, Task> fetch)
    {
        if (!Show.IsTerminal)
        {
            await fetch(new Lines());
            return;
        }

        await AnsiConsole.Progress()
            .Columns(
                new SpinnerColumn(), new ProgressBarColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
            .StartAsync(context => fetch(new Bar(context.AddTask("EuroSAT_RGB.zip"))));
    }

    private sealed class Bar(ProgressTask task) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value)
        {
            task.IsIndeterminate = value.Total is null;
            task.MaxValue = value.Total ?? Math.Max(1, value.Done);
            task.Value = value.Done;
        }
    }

    // A line for each tenth.
    private sealed class Lines : IProgress<DownloadProgress>
    {
        private long _tenth = -1;

        public void Report(DownloadProgress value)
        {
            if (value.Total is not { } total || total == 0 || 10 * value.Done / total == _tenth)
                return;
            _tenth = 10 * value.Done / total;
            Console.WriteLine(FormattableString.Invariant($"  {10 * _tenth} % of {total / 1048576.0:F1} MB"));
        }
    }
}
