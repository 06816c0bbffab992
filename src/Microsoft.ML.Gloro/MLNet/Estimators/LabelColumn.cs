using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Inference;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>The label column of training data: a key, whose values name the classes.</summary>
internal static class LabelColumn
{
    /// <summary>The column, if it is a key.</summary>
    /// <exception cref="ArgumentException">There is no such column, or it is no key.</exception>
    public static DataViewSchema.Column Find(DataViewSchema schema, string name)
    {
        var column = schema.GetColumnOrNull(name)
            ?? throw new ArgumentException(Missing(name, schema.Select(c => c.Name)), nameof(schema));
        return column.Type is KeyDataViewType { RawType: var raw } && raw == typeof(uint) ? column : throw NotAKey(name, $"of type {column.Type}");
    }

    /// <summary>The same check before any data is there.</summary>
    /// <exception cref="ArgumentException">There is no such column, or it is no key.</exception>
    public static void Check(SchemaShape schema, string name)
    {
        var column = schema.FirstOrDefault(c => c.Name == name);
        if (column.Name is null)
            throw new ArgumentException(Missing(name, schema.Select(c => c.Name)), nameof(schema));
        if (!column.IsKey || column.Kind != SchemaShape.Column.VectorKind.Scalar || column.ItemType.RawType != typeof(uint))
            throw NotAKey(name, $"{(column.Kind == SchemaShape.Column.VectorKind.Scalar ? "of type" : "a vector of")} {column.ItemType}{(column.IsKey ? " (key)" : "")}");
    }

    /// <summary>The names of the classes: the keys' values as text, or their numbers from 1 where keys have no values.</summary>
    /// <exception cref="ArgumentException">There are more keys than a model can have classes, or two of them have the same name.</exception>
    public static string[] ClassNames(DataViewSchema.Column column)
    {
        ulong count = ((KeyDataViewType)column.Type).Count;
        if (count > ModelLimits.Classes)
            throw new ArgumentException($"The label column '{column.Name}' is a key of {count} values, and a model can have {ModelLimits.Classes} classes at most. Is it a hash? MapValueToKey makes a key of the values that occur.");
        string[] names = KeyNames.Read(column) ?? [.. Enumerable.Range(1, (int)count).Select(i => i.ToString(CultureInfo.InvariantCulture))];
        return names.GroupBy(n => n).FirstOrDefault(g => g.Count() > 1) is { } twins
            ? throw new ArgumentException($"The label column '{column.Name}' has {twins.Count()} keys with the same value '{twins.Key}'. Each class needs a name of its own.")
            : names;
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

    private static string Missing(string name, IEnumerable<string> existing) => $"There is no label column '{name}'. The data has: {string.Join(", ", existing)}.";

    private static ArgumentException NotAKey(string name, string type) => new(
        $"The label column '{name}' is {type}. It must be a key (UInt32, one value): put mlContext.Transforms.Conversion.MapValueToKey(\"{name}\") before the trainer.", nameof(name));
}
