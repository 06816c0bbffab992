using System.Text.Json;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// One JSON object of a model file's header, read strictly: every property is asked for by name, type and range, and none may be left over
/// or be there twice. What is wrong becomes a <see cref="FormatException"/> that names the place.
/// </summary>
internal readonly struct HeaderObject
{
    private readonly JsonElement _element;
    private readonly string _path;

    /// <param name="element">The JSON value.</param>
    /// <param name="path">Where it stands, such as $.layers[3].</param>
    public HeaderObject(JsonElement element, string path)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw Error(path, "must be an object");
        (_element, _path) = (element, path);
    }

    /// <summary>Checks that the object has exactly these properties, each once.</summary>
    public void Expect(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
            Get(name);
        int count = 0;
        foreach (JsonProperty property in _element.EnumerateObject())
        {
            count++;
            if (!Contains(names, property.Name))
                throw Error($"{_path}.{Shorten(property.Name)}", "is not known to this version");
        }

        if (count != names.Length)
            throw Error(_path, "has a property twice");
    }

    /// <summary>Whether there is a property of this name.</summary>
    public bool Has(string name) => _element.TryGetProperty(name, out _);

    /// <summary>A whole number from <paramref name="min"/> to <paramref name="max"/>.</summary>
    public int Integer(string name, int min, int max) => Integer(Get(name), $"{_path}.{name}", min, max);

    /// <summary>A list of <paramref name="count"/> whole numbers.</summary>
    public int[] Integers(string name, int count, int min, int max)
    {
        int[] values = [.. Items(name, count).Select(item => Integer(item.Element, item.Path, min, max))];
        return values.Length == count ? values : throw Error($"{_path}.{name}", $"must hold {count} numbers");
    }

    /// <summary>A double; a number beyond the range of doubles is read as an infinity.</summary>
    public double Double(string name) => Get(name) is { ValueKind: JsonValueKind.Number } element && element.TryGetDouble(out double value)
        ? value
        : throw Error($"{_path}.{name}", "must be a number");

    /// <summary>A float; a number beyond the range of floats is read as an infinity.</summary>
    public float Single(string name) => Get(name) is { ValueKind: JsonValueKind.Number } element && element.TryGetSingle(out float value)
        ? value
        : throw Error($"{_path}.{name}", "must be a number");

    public bool Boolean(string name) => Get(name).ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Error($"{_path}.{name}", "must be true or false"),
    };

    public string Text(string name) => Text(Get(name), $"{_path}.{name}");

    /// <summary>A list of at most <paramref name="maxCount"/> strings.</summary>
    public string[] Texts(string name, int maxCount) => [.. Items(name, maxCount).Select(item => Text(item.Element, item.Path))];

    public HeaderObject Object(string name) => new(Get(name), $"{_path}.{name}");

    /// <summary>A list of at most <paramref name="maxCount"/> objects.</summary>
    public HeaderObject[] Objects(string name, int maxCount) =>
        [.. Items(name, maxCount).Select(item => new HeaderObject(item.Element, item.Path))];

    /// <summary>How many values a list holds.</summary>
    public int CountOf(string name) => Get(name) is { ValueKind: JsonValueKind.Array } element
        ? element.GetArrayLength()
        : throw Error($"{_path}.{name}", "must be a list");

    /// <summary>The error that something under this object is wrong.</summary>
    public FormatException Wrong(string name, string what) => Error($"{_path}.{name}", what);

    private static FormatException Error(string path, string what) => ModelFileFormat.Damaged($"{path} in its header {what}");

    private static int Integer(JsonElement element, string path, int min, int max) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int value) && value >= min && value <= max
            ? value
            : throw Error(path, $"must be a whole number from {min} to {max}");

    private static string Text(JsonElement element, string path) =>
        element.ValueKind == JsonValueKind.String ? element.GetString()! : throw Error(path, "must be a string");

    private static bool Contains(ReadOnlySpan<string> names, string name)
    {
        foreach (string candidate in names)
        {
            if (candidate == name)
                return true;
        }

        return false;
    }

    private static string Shorten(string name) => name.Length <= 40 ? name : name[..40] + "…";

    private (JsonElement Element, string Path)[] Items(string name, int maxCount)
    {
        if (CountOf(name) > maxCount)
            throw Error($"{_path}.{name}", $"holds more than {maxCount} values");
        string path = _path;
        return [.. Get(name).EnumerateArray().Select((element, i) => (element, $"{path}.{name}[{i}]"))];
    }

    private JsonElement Get(string name) =>
        _element.TryGetProperty(name, out JsonElement value) ? value : throw Error(_path, $"has no property '{name}'");
}
