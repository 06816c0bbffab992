using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using System.Security.Cryptography;
using EuroSat.Download;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.EndToEnd;

/// <summary>How examples/EuroSat fetches and unpacks its archive.</summary>
[TestClass]
public sealed class DownloadTests : IDisposable
{
    private static readonly byte[] s_content = RandomBytes(300_000);

    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _client = new();
    private readonly List<DownloadProgress> _progress = [];

    private string Target => Path.Combine(_folder.Path, "deep", "file.zip");

    public void Dispose()
    {
        _folder.Dispose();
        _client.Dispose();
    }

    [TestMethod]
    public async Task Fetch_WholeFile_IsThereWithItsNameAlone()
    {
        using var server = new FileServer(s_content);
        await FetchAsync(server);
        AssertFetched();
        Assert.AreEqual(new DownloadProgress(s_content.Length, s_content.Length), _progress[^1]);

        // There is nothing left to fetch.
        await FetchAsync(server);
        Assert.HasCount(1, server.Requests);
    }

    [TestMethod]
    public async Task Fetch_TransferThatBreaksOffTwice_GoesOnWhereItStopped()
    {
        using var server = new FileServer(s_content);
        server.Cuts.Enqueue(1000);
        server.Cuts.Enqueue(200_000);
        await FetchAsync(server);
        AssertFetched();
        Assert.AreEqual("|bytes=1000-|bytes=201000-", string.Join('|', server.Requests));
        Assert.IsTrue(_progress.TrueForAll(p => p.Total == s_content.Length));
    }

    [TestMethod]
    public async Task Fetch_StoppedAndStartedAgain_GoesOnWhereItStopped()
    {
        using var server = new FileServer(s_content);
        using var stop = new CancellationTokenSource();
        server.Cuts.Enqueue(5000);
        await Assert.ThrowsAsync<OperationCanceledException>(() => FetchAsync(server, stop, stopAt: 5000));
        Assert.AreEqual(5000, new FileInfo(Target + ".part").Length);
        await FetchAsync(server);
        AssertFetched();
        Assert.AreEqual("bytes=5000-", server.Requests[^1]);
    }

    [TestMethod]
    public async Task Fetch_ServerWithoutRanges_BeginsAgain()
    {
        using var server = new FileServer(s_content) { Ranges = false };
        server.Cuts.Enqueue(1000);
        await FetchAsync(server);
        AssertFetched();
        Assert.AreEqual("|bytes=1000-", string.Join('|', server.Requests));
    }

    [TestMethod]
    public async Task Fetch_ServerThatNeverGoesOn_GivesUpAndKeepsWhatCame()
    {
        using var server = new FileServer(s_content);
        foreach (int cut in new[] { 1000, 0, 0, 0, 0, 0 })
            server.Cuts.Enqueue(cut);
        await Assert.ThrowsAsync<IOException>(() => FetchAsync(server));
        Assert.HasCount(4, server.Requests, "One that brought something, and three that did not.");
        Assert.AreEqual(1000, new FileInfo(Target + ".part").Length);
    }

    [TestMethod]
    [DataRow(300_000, DisplayName = "whole")]
    [DataRow(300_001, DisplayName = "longer than the file")]
    public async Task Fetch_PartThatIsNotShorterThanTheFile_EndsWithTheFile(int length)
    {
        using var server = new FileServer(s_content);
        Directory.CreateDirectory(Path.GetDirectoryName(Target)!);
        File.WriteAllBytes(Target + ".part", [.. s_content, .. new byte[length - s_content.Length]]);
        await FetchAsync(server);
        AssertFetched();
    }

    [TestMethod]
    public async Task Fetch_OtherChecksum_IsRefusedAndDeleted()
    {
        using var server = new FileServer(RandomBytes(500));
        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => FetchAsync(server));
        StringAssert.Contains(
            e.Message, $"is not the file that was expected: its MD5 is {Md5(RandomBytes(500))} and not {Md5(s_content)}.");
        Assert.IsEmpty(Directory.GetFiles(Path.GetDirectoryName(Target)!));
    }

    [TestMethod]
    public async Task Fetch_AnotherFileOfThatName_IsLeftAlone()
    {
        using var server = new FileServer(s_content);
        Directory.CreateDirectory(Path.GetDirectoryName(Target)!);
        File.WriteAllText(Target, "mine");
        StringAssert.Contains(
            (await Assert.ThrowsExactlyAsync<InvalidDataException>(() => FetchAsync(server))).Message, "Delete it or move it away.");
        Assert.AreEqual("mine", File.ReadAllText(Target));
        Assert.IsEmpty(server.Requests);
    }

    [TestMethod]
    public async Task Fetch_RefusingServer_IsNotAskedAgain()
    {
        using var server = new FileServer(s_content) { Status = 404 };
        await Assert.ThrowsExactlyAsync<HttpRequestException>(() => FetchAsync(server));
        Assert.HasCount(1, server.Requests);
    }

    [TestMethod]
    public void Unpack_Archive_SplitsByNumberAndFollowsNoNameOutOfTheFolder()
    {
        string folder = Path.Combine(_folder.Path, "a", "data");
        string archive = Archive("EuroSAT_RGB/", "EuroSAT_RGB/README.txt", "EuroSAT_RGB/Forest/Forest_1.jpg",
            "EuroSAT_RGB/Forest/Forest_2.jpg", "EuroSAT_RGB/Forest/Forest_13.jpg", "EuroSAT_RGB/River/River_4.jpg",
            "EuroSAT_RGB/River/River_5.jpg", "../../River/River_6.jpg", "/River/River_11.jpg", "EuroSAT_RGB/../River/River_16.jpg",
                "EuroSAT_RGB/River/Forest_21.jpg", "EuroSAT_RGB/../../x_1.jpg");
        var counts = EuroSatArchive.Unpack(archive, folder);
        Assert.AreEqual((3, 1, 1), (counts["train"], counts["test"], counts["aside"]));
        Assert.AreEqual(
            "aside/River/River_5.jpg test/Forest/Forest_1.jpg train/Forest/Forest_13.jpg train/Forest/Forest_2.jpg train/River/River_4.jpg",
            string.Join(' ', Directory.GetFiles(_folder.Path, "*.jpg", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(folder, path).Replace('\\', '/')).Order(StringComparer.Ordinal)));
        StringAssert.Contains(Assert.ThrowsExactly<IOException>(() => EuroSatArchive.Unpack(archive, folder)).Message, "is there already");
    }

    [TestMethod]
    public void Unpack_SomethingElse_IsRefusedWithoutATrace()
    {
        string folder = Path.Combine(_folder.Path, "data");
        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidDataException>(() => EuroSatArchive.Unpack(Archive("cat.jpg"), folder)).Message, "holds no images");
        Assert.IsFalse(Directory.Exists(Path.Combine(folder, "train")));
    }

    [TestMethod]
    public async Task EuroSat_Download_FetchesChecksAndUnpacks()
    {
        byte[] archive = File.ReadAllBytes(Archive("EuroSAT_RGB/Forest/Forest_1.jpg", "EuroSAT_RGB/Forest/Forest_2.jpg"));
        using var server = new FileServer(archive);
        var (code, output, error) = await ExampleProcess.RunAsync(
            "EuroSat", _folder.Path, "--download", "--data", "data", "--from", $"{server.Address}", "--md5", Md5(archive));
        Assert.AreEqual(0, code, error);
        StringAssert.Contains(output, "1 images to train on, 1 to test on, 0 kept aside");
        Assert.IsTrue(File.Exists(Path.Combine(_folder.Path, "data", "train", "Forest", "Forest_2.jpg")));
    }

    [TestMethod]
    public async Task EuroSat_DownloadOfAnotherFile_SaysHowToDoItByHand()
    {
        using var server = new FileServer(s_content);
        var (code, _, error) = await ExampleProcess.RunAsync("EuroSat", _folder.Path, "--download", "--from", $"{server.Address}");
        Assert.AreEqual(1, code);
        StringAssert.Contains(error, $"its MD5 is {Md5(s_content)} and not f46e308c4d50d4bf32fedad2d3d62f3b");
        StringAssert.Contains(error, "By hand: fetch https://zenodo.org/records/7711810/files/EuroSAT_RGB.zip");
    }

    private static byte[] RandomBytes(int count)
    {
        byte[] bytes = new byte[count];
        new Random(1).NextBytes(bytes);
        return bytes;
    }

    [SuppressMessage("Security", "CA5351", Justification = "It is what is tested.")]
    private static string Md5(byte[] content) => Convert.ToHexString(MD5.HashData(content)).ToLowerInvariant();

    private async Task FetchAsync(FileServer server, CancellationTokenSource? stop = null, long stopAt = long.MaxValue)
    {
        var download = new ResumableDownload(_client) { MaximumAttempts = 3, Pause = TimeSpan.FromMilliseconds(1) };
        await download.FetchAsync(server.Address, Target, Md5(s_content), new Progress(p =>
        {
            _progress.Add(p);
            if (p.Done >= stopAt)
                stop!.Cancel();
        }), stop?.Token ?? default);
    }

    private void AssertFetched()
    {
        CollectionAssert.AreEqual(s_content, File.ReadAllBytes(Target));
        Assert.HasCount(1, Directory.GetFiles(Path.GetDirectoryName(Target)!));
    }

    private string Archive(params string[] names)
    {
        string path = Path.Combine(_folder.Path, "archive.zip");
        using var zip = ZipFile.Open(path, ZipArchiveMode.Create);
        foreach (string name in names)
        {
            using var entry = zip.CreateEntry(name).Open();
            entry.WriteByte(1);
        }

        return path;
    }

    private sealed class Progress(Action<DownloadProgress> report) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value) => report(value);
    }
}
