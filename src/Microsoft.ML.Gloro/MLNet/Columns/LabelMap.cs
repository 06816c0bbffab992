using Microsoft.ML.Data;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>
/// Takes label keys to the model's class indices. Keys are matched by name, since a view that was mapped on its own numbers its classes in
/// its own order.
/// </summary>
internal sealed class LabelMap
{
    /// <summary>The row has no label (key 0).</summary>
    public const int Missing = -1;

    /// <summary>The label is not a class of the model.</summary>
    public const int Unknown = -2;

    private readonly int[] classOfKey;
    private readonly DataViewSchema.Column column;

    private LabelMap(DataViewSchema.Column column, int[] classOfKey) => (this.column, this.classOfKey) = (column, classOfKey);

    /// <summary>A map for a column that may have other classes too.</summary>
    /// <exception cref="ArgumentException">The column is not a key, or has no class of the model.</exception>
    public static LabelMap Create(DataViewSchema.Column label, IReadOnlyList<string> classNames)
    {
        if (label.Type is not KeyDataViewType key)
        {
            throw new ArgumentException($"The label column '{label.Name}' has the type {label.Type} and is not a key. " +
                $"Map it first: mlContext.Transforms.Conversion.MapValueToKey(\"{label.Name}\").");
        }

        if (KeyNames.Read(label) is not { } names)
        {
            return key.Count == (ulong)classNames.Count
                ? new(label, [.. Enumerable.Range(0, classNames.Count)])
                : throw new ArgumentException(
                    $"The label column '{label.Name}' is a key of {key.Count} values without names and the model has {classNames.Count} " +
                    "classes, so they cannot be matched. Map the label with MapValueToKey, which keeps the names.");
        }

        int[] map = Match(names, classNames);
        return names.Length == 0 || map.Any(index => index != Unknown)
            ? new(label, map)
            : throw new ArgumentException(
                $"None of the classes of the label column '{label.Name}' ({Some(names)}) is a class of the model ({Some(classNames)}). " +
                "Is it the column that the model was trained on?");
    }

    /// <summary>A map for a column of training or validation data, which has no other classes.</summary>
    /// <exception cref="ArgumentException">The column has a class that is not among <paramref name="classNames"/>.</exception>
    public static LabelMap CreateForTraining(DataViewSchema.Column label, IReadOnlyList<string> classNames)
    {
        string[] names = LabelColumn.ClassNames(label);
        int[] map = Match(names, classNames);
        return Array.IndexOf(map, Unknown) is >= 0 and var stranger
            ? throw new ArgumentException(
                $"Column '{label.Name}' has a class '{names[stranger]}' that the training data has not. " +
                $"Its classes are: {string.Join(", ", classNames)}.")
            : new(label, map);
    }

    /// <summary>
    /// For each name its index in <paramref name="classNames"/>, or <see cref="Unknown"/>. The first of equal names counts.
    /// </summary>
    public static int[] Match(IEnumerable<string> names, IReadOnlyList<string> classNames)
    {
        var indices = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < classNames.Count; i++)
            indices.TryAdd(classNames[i], i);
        return [.. names.Select(name => indices.GetValueOrDefault(name, Unknown))];
    }

    /// <summary>A getter of the class index of a row, <see cref="Missing"/> or <see cref="Unknown"/>.</summary>
    public Func<int> GetGetter(DataViewRow row)
    {
        Type raw = column.Type.RawType;
        if (raw == typeof(uint))
            return Getter<uint>(row, key => key);
        if (raw == typeof(byte))
            return Getter<byte>(row, key => key);
        if (raw == typeof(ushort))
            return Getter<ushort>(row, key => key);
        return Getter<ulong>(row, key => key);
    }

    private Func<int> Getter<T>(DataViewRow row, Func<T, ulong> widen)
        where T : struct
    {
        ValueGetter<T> getter = row.GetGetter<T>(column);
        T key = default;
        return () =>
        {
            getter(ref key);
            ulong value = widen(key);
            if (value == 0)
                return Missing;
            return value <= (ulong)classOfKey.Length ? classOfKey[value - 1] : Unknown;
        };
    }

    private static string Some(IReadOnlyList<string> names) => string.Join(", ", names.Take(5)) + (names.Count > 5 ? ", …" : "");
}
