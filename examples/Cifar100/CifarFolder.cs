using Microsoft.ML.Data;
using Microsoft.ML.Gloro;

namespace Cifar100;

/// <summary>
/// CIFAR-100 as its authors publish it (the binary version): <c>train.bin</c> and <c>test.bin</c> of records {superclass, class, 3072 bytes
/// in planes of R, G, B}, <c>fine_label_names.txt</c> and <c>coarse_label_names.txt</c>.
/// </summary>
internal sealed class CifarFolder
{
    public const int Side = 32;

    private const int Pixels = Side * Side;
    private const int Record = 2 + (3 * Pixels);

    private readonly string[] _classes, _superclasses;

    public CifarFolder(string folder)
    {
        Folder = folder;
        _classes = ReadNames("fine_label_names.txt", 100);
        _superclasses = ReadNames("coarse_label_names.txt", 20);
        Train = Read("train.bin");
        Test = Read("test.bin");
        SuperclassOf = ReadSuperclasses();
    }

    public string Folder { get; }

    /// <summary>The records of the official training part.</summary>
    public byte[] Train { get; }

    /// <summary>The records of the official test part.</summary>
    public byte[] Test { get; }

    /// <summary>From the name of each class to that of its superclass.</summary>
    public IReadOnlyDictionary<string, string> SuperclassOf { get; }

    /// <summary>The twenty superclasses of five classes each, as affinity sets.</summary>
    public AffinitySets Superclasses => AffinitySets.FromSuperclasses(SuperclassOf);

    /// <summary>
    /// The images of <paramref name="records"/>, each made when it is asked for: their pixels are in memory once, as bytes.
    /// </summary>
    public IEnumerable<CifarImage> Images(byte[] records)
    {
        for (int start = 0; start < records.Length; start += Record)
        {
            var planes = records.AsSpan(start + 2, 3 * Pixels);
            byte[] rgba = new byte[4 * Pixels];
            for (int i = 0; i < Pixels; i++)
            {
                for (int c = 0; c < 3; c++)
                    rgba[(4 * i) + c] = planes[(c * Pixels) + i];
                rgba[(4 * i) + 3] = 255;
            }

            yield return new CifarImage
            {
                Label = _classes[records[start + 1]],
                Image = MLImage.CreateFromPixels(Side, Side, MLPixelFormat.Rgba32, rgba)
            };
        }
    }

    private byte[] Read(string name)
    {
        byte[] records = File.ReadAllBytes(Path.Combine(Folder, name));
        if (records.Length == 0 || records.Length % Record != 0)
            throw new InvalidDataException($"{Path.Combine(Folder, name)} has {records.Length} bytes, which is no whole number of "
                + $"records of {Record}: it is cut off, or not CIFAR-100's binary version.");
        for (int start = 0; start < records.Length; start += Record)
        {
            if (records[start] >= _superclasses.Length || records[start + 1] >= _classes.Length)
                throw new InvalidDataException($"Record {start / Record} of {Path.Combine(Folder, name)} has superclass "
                    + $"{records[start]} and class {records[start + 1]}, of which there are {_superclasses.Length} and {_classes.Length}.");
        }

        return records;
    }

    private string[] ReadNames(string name, int count)
    {
        string path = Path.Combine(Folder, name);
        string[] names = [.. File.ReadLines(path).Select(line => line.Trim()).Where(line => line.Length > 0)];
        return names.Length == count ? names : throw new InvalidDataException($"{path} holds {names.Length} names and not {count}.");
    }

    // The pairs are in the records themselves.
    private Dictionary<string, string> ReadSuperclasses()
    {
        var map = new Dictionary<string, string>();
        for (int start = 0; start < Train.Length; start += Record)
        {
            string name = _classes[Train[start + 1]], superclass = _superclasses[Train[start]];
            if (!map.TryAdd(name, superclass) && map[name] != superclass)
                throw new InvalidDataException(
                    $"In {Path.Combine(Folder, "train.bin")} class {name} is in superclass {map[name]} and in {superclass}.");
        }

        return map;
    }
}
