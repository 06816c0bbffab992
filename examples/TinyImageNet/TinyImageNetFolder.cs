using System.Globalization;
using System.Text.RegularExpressions;
using ImageFolders;
using Microsoft.ML.Gloro;

namespace TinyImageNet;

/// <summary>Validation images by their number: only every second one is for tests, the others are kept aside.</summary>
internal enum TestPart
{
    Even,
    Odd,
    All,
}

/// <summary>
/// Tiny-ImageNet as it is published: <c>train/ID/images/*.JPEG</c>, <c>val/images/val_N.JPEG</c> with <c>val/val_annotations.txt</c>, and
/// <c>words.txt</c>, which names the ids. The images in <c>test</c> have no labels.
/// </summary>
internal sealed partial class TinyImageNetFolder
{
    private readonly string _folder;
    private readonly string[] _ids;
    private readonly Dictionary<string, string> _words, _superclasses = [];

    /// <exception cref="IOException">A file is missing.</exception>
    /// <exception cref="InvalidDataException">A file does not say what it should.</exception>
    public TinyImageNetFolder(string folder)
    {
        _folder = folder;
        string train = Path.Combine(folder, "train");
        if (!Directory.Exists(train))
            throw new DirectoryNotFoundException($"There is no folder {train}. Name the folder tiny-imagenet-200 by --data.");
        _ids = [.. Directory.GetDirectories(train).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
        _words = ReadWords();
        foreach (string[] columns in ReadSuperclasses())
            _superclasses[columns[0]] = columns[1] == "-" ? "" : columns[1];
        if (_ids.FirstOrDefault(id => !_superclasses.ContainsKey(id)) is { } other)
            throw new InvalidDataException($"{Path.Combine(train, other)} is not one of the 200 classes of Tiny-ImageNet.");
    }

    /// <summary>Whether a model's classes are words.</summary>
    /// <param name="classNames">The model's classes; null for ids.</param>
    /// <exception cref="FormatException">They are neither ids nor words of this data set.</exception>
    public bool AreWords(IReadOnlyList<string>? classNames)
    {
        if (classNames is null || _ids.All(classNames.Contains))
            return false;
        string? missing = _words.Values.FirstOrDefault(word => !classNames.Contains(word));
        return missing is null
            ? true
            : throw new FormatException($"The model has no class {_ids[0]}, and no class {missing}: it is not a model of these images.");
    }

    /// <summary>The superclass of an id or a word; empty for a class without relatives.</summary>
    public string SuperclassOf(string label) =>
        _superclasses.GetValueOrDefault(_words.FirstOrDefault(pair => pair.Value == label).Key ?? label, "");

    /// <summary>The superclasses that have more than one class, as affinity sets with names.</summary>
    public AffinitySets Superclasses(bool words) => AffinitySets.FromSuperclasses(_ids
        .GroupBy(id => _superclasses[id])
        .Where(group => group.Key.Length > 0 && group.Count() > 1)
        .SelectMany(group => group)
        .ToDictionary(id => Label(id, words), id => _superclasses[id]));

    /// <summary>A text with words in place of ids.</summary>
    public string InWords(string text) => Id().Replace(text, match => _words.GetValueOrDefault(match.Value, match.Value));

    /// <summary>The training images.</summary>
    public IReadOnlyList<ImageRow> Train(bool words) =>
    [
        .. _ids.SelectMany(id => Directory.GetFiles(Path.Combine(_folder, "train", id, "images"), "*.JPEG").Order(StringComparer.Ordinal)
            .Select(path => new ImageRow { Label = Label(id, words), ImagePath = Path.GetFullPath(path) })),
    ];

    /// <summary>The validation images of a part.</summary>
    /// <exception cref="FileNotFoundException">One is missing.</exception>
    /// <exception cref="InvalidDataException">The annotations are not those of this data set.</exception>
    public IReadOnlyList<ImageRow> Test(TestPart part, bool words)
    {
        string annotations = Path.Combine(_folder, "val", "val_annotations.txt");
        var rows = new List<ImageRow>();
        foreach (string line in File.ReadLines(annotations).Where(line => line.Length > 0))
        {
            if (line.Split('\t') is not [var file, var id, ..]
                || Image().Match(file) is not { Success: true } name || !_words.ContainsKey(id))
            {
                throw new InvalidDataException(
                    $"A line of {annotations} does not begin with a file val_N.JPEG and a class of train: {line}");
            }

            if (part != TestPart.All && int.Parse(name.Groups[1].Value, CultureInfo.InvariantCulture) % 2 != (int)part)
                continue;
            string path = Path.GetFullPath(Path.Combine(_folder, "val", "images", file));
            if (!File.Exists(path))
                throw new FileNotFoundException($"There is no image {path}. --test says which images must be there.");
            rows.Add(new ImageRow { Label = Label(id, words), ImagePath = path });
        }

        return rows;
    }

    private string Label(string id, bool words) => words ? _words[id] : id;

    // The first name of each id, with the id behind it where two have the same.
    private Dictionary<string, string> ReadWords()
    {
        string path = Path.Combine(_folder, "words.txt");
        var names = File.ReadLines(path).Select(line => line.Split('\t')).Where(columns => columns.Length == 2)
            .ToDictionary(columns => columns[0], columns => columns[1].Split(',')[0].Trim());
        if (_ids.FirstOrDefault(id => !names.ContainsKey(id)) is { } missing)
            throw new InvalidDataException($"{path} has no line for {missing}, a folder of {Path.Combine(_folder, "train")}.");
        var shared = _ids.GroupBy(id => names[id]).Where(group => group.Count() > 1).SelectMany(group => group).ToHashSet();
        return _ids.ToDictionary(id => id, id => shared.Contains(id) ? $"{names[id]} ({id})" : names[id]);
    }

    private static IEnumerable<string[]> ReadSuperclasses()
    {
        using var reader = new StreamReader(typeof(TinyImageNetFolder).Assembly.GetManifestResourceStream("superclasses.txt")!);
        while (reader.ReadLine() is { } line)
        {
            if (!line.StartsWith('#'))
                yield return line.Split('\t');
        }
    }

    // Not in brackets: there it stands behind a word already.
    [GeneratedRegex(@"(?<!\()\bn\d{8}\b")]
    private static partial Regex Id();

    [GeneratedRegex(@"^val_(\d{1,9})\.JPEG$")]
    private static partial Regex Image();
}
