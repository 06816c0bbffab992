using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Inference;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>The label column of training data: a key, whose values name the classes.</summary>
internal static class LabelColumn
{
    /// <summary>The column, if it is a key.</summary>
    /// <exception cref="ArgumentException">There is no such column, or it is not a key.</exception>
    public static DataViewSchema.Column Find(DataViewSchema schema, string name)
    {
        var column = schema.GetColumnOrNull(name) ?? throw new ArgumentException(Absent(name, schema.Select(c => c.Name)));
        return column.Type is KeyDataViewType { RawType: var raw } && raw == typeof(uint)
            ? column
            : throw NotAKey(name, $"of type {column.Type}");
    }

    /// <summary>The same check before there is data; returns the type of the label's values.</summary>
    /// <exception cref="ArgumentException">There is no such column, or it is not a key.</exception>
    public static LabelType Check(SchemaShape schema, string name)
    {
        var column = schema.FirstOrDefault(c => c.Name == name);
        if (column.Name is null)
            throw new ArgumentException(Absent(name, schema.Select(c => c.Name)));
        bool isScalar = column.Kind == SchemaShape.Column.VectorKind.Scalar;
        return column.IsKey && isScalar && column.ItemType.RawType == typeof(uint)
            ? KeyNames.TypeOf(column)
            : throw NotAKey(name, $"{(isScalar ? "of type" : "a vector of")} {column.ItemType}{(column.IsKey ? " (key)" : "")}");
    }

    /// <summary>The names of the classes: the keys' values as text, or their numbers from 1 if the keys have no values.</summary>
    /// <exception cref="ArgumentException">
    /// There are more keys than a model can have classes, or two of them have the same name.
    /// </exception>
    public static string[] ClassNames(DataViewSchema.Column column)
    {
        ulong count = ((KeyDataViewType)column.Type).Count;
        if (count > ModelLimits.Classes)
        {
            throw new ArgumentException(
                $"The label column '{column.Name}' is a key of {count} values, and a model can have {ModelLimits.Classes} classes at most. "
                + "Is it a hash? MapValueToKey makes a key of the values that occur.");
        }

        string[] names = KeyNames.Read(column)
            ?? [.. Enumerable.Range(1, (int)count).Select(i => i.ToString(CultureInfo.InvariantCulture))];
        return names.GroupBy(n => n).FirstOrDefault(g => g.Count() > 1) is { } twins
            ? throw new ArgumentException(
                $"The label column '{column.Name}' has {twins.Count()} keys with the same value '{twins.Key}'. " +
                "Each class needs a name of its own.")
            : names;
    }

    /// <summary>A warning about rows that are left out because they have no label.</summary>
    /// <param name="column">The label column.</param>
    /// <param name="missing">How many there are.</param>
    /// <param name="all">How many rows there are in all.</param>
    /// <param name="rows">What rows these are: "training rows".</param>
    public static string MissingWarning(string column, long missing, long all, string rows) => FormattableString.Invariant(
        $"{missing:N0} of {all:N0} {rows} have no label in column '{column}' and are left out. ") +
        "MapValueToKey gives no label to values that it was not fitted on.";

    private static string Absent(string name, IEnumerable<string> existing) =>
        $"There is no label column '{name}'. The data has: {string.Join(", ", existing)}.";

    private static ArgumentException NotAKey(string name, string type) => new(
        $"The label column '{name}' is {type}. It must be a key (UInt32, one value): " +
        $"put mlContext.Transforms.Conversion.MapValueToKey(\"{name}\") before the trainer.");
}
