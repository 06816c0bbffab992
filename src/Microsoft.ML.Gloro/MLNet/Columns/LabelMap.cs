using Microsoft.ML.Data;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>
/// Takes a label key to the model's class index. Keys are matched by name: a test set that was mapped on its own numbers its classes in its own order.
/// </summary>
internal sealed class LabelMap
{
    /// <summary>The label is not known (key 0): the row says nothing about the model.</summary>
    public const int Missing = -1;

    /// <summary>The label is a class that the model does not have: the model is wrong on the row.</summary>
    public const int Unknown = -2;

    private readonly int[] classOfKey;
    private readonly Type rawType;
    private readonly DataViewSchema.Column column;

    private LabelMap(DataViewSchema.Column column, int[] classOfKey) =>
        (this.column, rawType, this.classOfKey) = (column, column.Type.RawType, classOfKey);

    /// <exception cref="ArgumentException">The column is not a key, or no class name is shared with the model.</exception>
    public static LabelMap Create(DataViewSchema.Column label, IReadOnlyList<string> classNames)
    {
        if (label.Type is not KeyDataViewType key)
        {
            throw new ArgumentException($"The label column '{label.Name}' has the type {label.Type} and is not a key. " +
                $"Map it first: mlContext.Transforms.Conversion.MapValueToKey(\"{label.Name}\").");
        }

        if (KeyNames.Read(label) is not { } names)
        {
            if (key.Count != (ulong)classNames.Count)
            {
                throw new ArgumentException($"The label column '{label.Name}' is a key of {key.Count} values without names and the model has {classNames.Count} classes, " +
                    "so they cannot be matched. Map the label with MapValueToKey, which keeps the names.");
            }

            return new(label, [.. Enumerable.Range(0, classNames.Count)]);
        }

        var indices = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < classNames.Count; i++)
            indices.TryAdd(classNames[i], i);
        int[] map = [.. names.Select(name => indices.TryGetValue(name, out int index) ? index : Unknown)];
        if (names.Length > 0 && Array.TrueForAll(map, index => index == Unknown))
        {
            throw new ArgumentException($"None of the classes of the label column '{label.Name}' ({Some(names)}) is a class of the model ({Some(classNames)}). " +
                "Is it the column that the model was trained on?");
        }

        return new(label, map);
    }

    /// <summary>A getter of the class index of a row, <see cref="Missing"/> or <see cref="Unknown"/>.</summary>
    public Func<int> GetGetter(DataViewRow row)
    {
        if (rawType == typeof(uint))
            return Getter<uint>(row, key => key);
        if (rawType == typeof(byte))
            return Getter<byte>(row, key => key);
        if (rawType == typeof(ushort))
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
