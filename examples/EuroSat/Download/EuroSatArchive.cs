using System.IO.Compression;
using System.Text.RegularExpressions;

namespace EuroSat.Download;

/// <summary>
/// The archive of EuroSAT RGB: <c>EuroSAT_RGB/Forest/Forest_17.jpg</c> and so on. It has no official split. Here, as in docs/results.md,
/// the file number decides: if it leaves 1 divided by 5 the image is for testing, if 2, 3 or 4 for training, and if 0 it is kept aside.
/// </summary>
internal static partial class EuroSatArchive
{
    /// <summary>Zenodo's record 7711810 of the data set's authors, with the checksum that it publishes.</summary>
    public const string Address = "https://zenodo.org/records/7711810/files/EuroSAT_RGB.zip";

    /// <inheritdoc cref="Address"/>
    public const string Md5 = "f46e308c4d50d4bf32fedad2d3d62f3b";

    // The images have a few kilobytes. An archive of anything else must not fill the disk.
    private const long LargestImage = 1 << 20;
    private const int MostImages = 100_000;

    private static readonly string[] s_partOfRemainder = ["aside", "test", "train", "train", "train"];

    /// <summary>Unpacks into <c>train/CLASS</c>, <c>test/CLASS</c> and <c>aside/CLASS</c> under <paramref name="folder"/>.</summary>
    /// <returns>How many images each part has.</returns>
    /// <exception cref="InvalidDataException">The file is no archive of EuroSAT's images.</exception>
    /// <exception cref="IOException">There are images already, or files cannot be written.</exception>
    public static IReadOnlyDictionary<string, int> Unpack(string archive, string folder, CancellationToken cancellation = default)
    {
        string[] parts = [.. s_partOfRemainder.Distinct()];
        foreach (string part in parts.Where(part => Directory.Exists(Path.Combine(folder, part))))
            throw new IOException($"{Path.Combine(folder, part)} is there already; delete it, or name another folder by --data.");

        // In a folder of its own until all of it is there: half a data set looks like a whole one.
        string unpacking = Path.Combine(folder, ".unpacking");
        if (Directory.Exists(unpacking))
            Directory.Delete(unpacking, recursive: true);
        var counts = parts.ToDictionary(part => part, _ => 0);
        using (var zip = ZipFile.OpenRead(archive))
        {
            foreach (var (entry, name) in zip.Entries.Select(entry => (entry, Image().Match(entry.FullName)))
                .Where(pair => pair.Item2.Success).Take(MostImages))
            {
                cancellation.ThrowIfCancellationRequested();
                if (entry.Length > LargestImage)
                    throw new InvalidDataException($"{entry.FullName} has {entry.Length} bytes, which is no image of EuroSAT.");

                // Names are put together from a class of letters and a number, never taken from the archive: no entry can lead out of the
                // folder.
                string part = s_partOfRemainder[(name.Groups["number"].Value[^1] - '0') % 5];
                string classFolder = Path.Combine(unpacking, part, name.Groups["class"].Value);
                Directory.CreateDirectory(classFolder);
                entry.ExtractToFile(Path.Combine(classFolder, $"{name.Groups["class"].Value}_{name.Groups["number"].Value}.jpg"));
                counts[part]++;
            }
        }

        if (counts["train"] == 0 || counts["test"] == 0)
        {
            if (Directory.Exists(unpacking))
                Directory.Delete(unpacking, recursive: true);
            throw new InvalidDataException($"{archive} holds no images such as EuroSAT_RGB/Forest/Forest_17.jpg for training and testing.");
        }

        foreach (string part in parts.Where(part => counts[part] > 0))
            Directory.Move(Path.Combine(unpacking, part), Path.Combine(folder, part));
        Directory.Delete(unpacking, recursive: true);
        return counts;
    }

    [GeneratedRegex(@"^(?:[A-Za-z0-9_]+/)?(?<class>[A-Za-z]{1,40})/\k<class>_(?<number>[0-9]{1,6})\.jpg$", RegexOptions.CultureInvariant)]
    private static partial Regex Image();
}
