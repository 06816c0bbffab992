using Microsoft.ML.Data;

namespace Microsoft.ML.Gloro.Estimators;

/// <summary>The label column of training data: a key, whose values name the classes.</summary>
internal static class LabelColumn
{
    /// <summary>The column, if it is a key.</summary>
    /// <exception cref="ArgumentException">There is no such column, or it is no key.</exception>
    public static DataViewSchema.Column Find(DataViewSchema schema, string name)
    {
        var column = schema.GetColumnOrNull(name)
            ?? throw new ArgumentException($"There is no label column '{name}'. The data has: {string.Join(", ", schema.Select(c => c.Name))}.", nameof(schema));
        return column.Type is KeyDataViewType { RawType: var raw } && raw == typeof(uint) ? column : throw NotAKey(name, $"{column.Type}");
    }

    /// <summary>The same check before any data is there.</summary>
    /// <exception cref="ArgumentException">There is no such column, or it is no key.</exception>
    public static void Check(SchemaShape schema, string name)
    {
        var column = schema.FirstOrDefault(c => c.Name == name);
        if (column.Name is null)
            throw new ArgumentException($"There is no label column '{name}'. The data has: {string.Join(", ", schema.Select(c => c.Name))}.", nameof(schema));
        if (!column.IsKey || column.Kind != SchemaShape.Column.VectorKind.Scalar)
            throw NotAKey(name, $"{column.Kind} of {column.ItemType}");
    }

    /// <summary>The names of the classes: the keys' values, or their numbers from 1 where keys have no values.</summary>
    public static string[] ClassNames(DataViewSchema.Column column)
    {
        int count = checked((int)column.Type.GetKeyCount());
        if (column.Annotations.Schema.GetColumnOrNull("KeyValues") is not { Type: VectorDataViewType { ItemType: TextDataViewType } })
            return [.. Enumerable.Range(1, count).Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture))];
        VBuffer<ReadOnlyMemory<char>> values = default;
        column.GetKeyValues(ref values);
        return [.. values.DenseValues().Select(v => v.ToString())];
    }

    /// <summary>The model's class of every key value.</summary>
    /// <exception cref="ArgumentException">A key value is none of the classes.</exception>
    public static int[] MapToClasses(DataViewSchema.Column column, IReadOnlyList<string> classNames)
    {
        var classes = classNames.Select((name, index) => (name, index)).ToDictionary(c => c.name, c => c.index, StringComparer.Ordinal);
        return [.. ClassNames(column).Select(name => classes.TryGetValue(name, out int index)
            ? index
            : throw new ArgumentException($"Column '{column.Name}' has a class '{name}' that the training data has not. Its classes are: {string.Join(", ", classNames)}."))];
    }

    private static ulong GetKeyCount(this DataViewType type) => ((KeyDataViewType)type).Count;

    private static ArgumentException NotAKey(string name, string type) => new(
        $"The label column '{name}' is {type}. It must be a key: put mlContext.Transforms.Conversion.MapValueToKey(\"{name}\") before the trainer.", nameof(name));
}
