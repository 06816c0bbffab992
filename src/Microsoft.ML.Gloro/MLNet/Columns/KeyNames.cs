using System.Globalization;
using Microsoft.ML.Data;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>Reads the KeyValues of a key column as class names: one way for training and evaluation, which match classes by name.</summary>
internal static class KeyNames
{
    private const string KeyValues = "KeyValues";

    /// <summary>The names in the order of the keys, or null if the column carries none. Values that are not text are written in the invariant culture.</summary>
    public static string[]? Read(DataViewSchema.Column column)
    {
        if (column.Annotations.Schema.GetColumnOrNull(KeyValues)?.Type is not VectorDataViewType type)
            return null;
        Type item = type.ItemType.RawType;
        // KeyValues are whatever MapValueToKey was given: digits as Int32 or Single are as common as text.
        if (item == typeof(ReadOnlyMemory<char>))
            return Read<ReadOnlyMemory<char>>(column);
        if (item == typeof(bool))
            return Read<bool>(column);
        if (item == typeof(byte))
            return Read<byte>(column);
        if (item == typeof(sbyte))
            return Read<sbyte>(column);
        if (item == typeof(short))
            return Read<short>(column);
        if (item == typeof(ushort))
            return Read<ushort>(column);
        if (item == typeof(int))
            return Read<int>(column);
        if (item == typeof(uint))
            return Read<uint>(column);
        if (item == typeof(long))
            return Read<long>(column);
        if (item == typeof(ulong))
            return Read<ulong>(column);
        if (item == typeof(float))
            return Read<float>(column);
        if (item == typeof(double))
            return Read<double>(column);
        throw new ArgumentException($"The classes of column '{column.Name}' are values of type {type.ItemType}, which cannot be compared by name. " +
            "Map the label to text before MapValueToKey.");
    }

    private static string[] Read<T>(DataViewSchema.Column column)
    {
        VBuffer<T> values = default;
        column.Annotations.GetValue(KeyValues, ref values);
        return [.. values.DenseValues().Select(value => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "")];
    }
}
