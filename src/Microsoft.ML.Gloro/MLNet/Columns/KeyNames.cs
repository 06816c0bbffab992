using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Inference;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>
/// Reads the KeyValues of key columns as class names, and writes names as KeyValues of the label's own type. MapValueToKey makes keys of
/// numbers as well as of text, and MapKeyToValue must give back what went in.
/// </summary>
internal static class KeyNames
{
    private const string KeyValues = "KeyValues";

    /// <summary>The names in the order of the keys, in the invariant culture; null if the column has no KeyValues.</summary>
    /// <exception cref="ArgumentException">The values are of a type that cannot be compared as text.</exception>
    public static string[]? Read(DataViewSchema.Column column) =>
        ItemType(column) is { } item ? Find(column.Name, item).Use(new Reading(column)) : null;

    /// <summary>The type of a key column's values; text if it has no KeyValues.</summary>
    /// <exception cref="ArgumentException">The values are of a type that cannot be compared as text.</exception>
    public static LabelType TypeOf(DataViewSchema.Column column) =>
        ItemType(column) is { } item and not KeyDataViewType ? Find(column.Name, item) : LabelType.Text;

    /// <summary>The same before there is data.</summary>
    public static LabelType TypeOf(SchemaShape.Column column) =>
        column.Annotations.FirstOrDefault(annotation => annotation.Name == KeyValues) is { Name: not null, IsKey: false } values
            ? Find(column.Name, values.ItemType)
            : LabelType.Text;

    /// <summary>Adds class names as KeyValues of their type.</summary>
    public static void Add(DataViewSchema.Annotations.Builder annotations, LabelType type, IReadOnlyList<string> names) =>
        type.Use(new Adding(annotations, names));

    /// <summary>Adds KeyValues of a type to a column that is only promised.</summary>
    public static void Promise(SchemaDefinition.Column column, LabelType type) => type.Use(new Promising(column));

    private static PrimitiveDataViewType? ItemType(DataViewSchema.Column column) =>
        (column.Annotations.Schema.GetColumnOrNull(KeyValues)?.Type as VectorDataViewType)?.ItemType;

    private static LabelType Find(string column, DataViewType item) => LabelType.All.FirstOrDefault(type => type.ValueType == item.RawType)
        ?? throw new ArgumentException(
            $"The classes of column '{column}' are values of type {item}, which cannot be compared by name. " +
            "Map the label to text before MapValueToKey.");

    private static PrimitiveDataViewType ToDataViewType(Type type) => type switch
    {
        _ when type == typeof(ReadOnlyMemory<char>) => TextDataViewType.Instance,
        _ when type == typeof(bool) => BooleanDataViewType.Instance,
        _ when type == typeof(sbyte) => NumberDataViewType.SByte,
        _ when type == typeof(short) => NumberDataViewType.Int16,
        _ when type == typeof(int) => NumberDataViewType.Int32,
        _ when type == typeof(long) => NumberDataViewType.Int64,
        _ when type == typeof(byte) => NumberDataViewType.Byte,
        _ when type == typeof(ushort) => NumberDataViewType.UInt16,
        _ when type == typeof(uint) => NumberDataViewType.UInt32,
        _ when type == typeof(ulong) => NumberDataViewType.UInt64,
        _ when type == typeof(float) => NumberDataViewType.Single,
        _ when type == typeof(double) => NumberDataViewType.Double,
        _ when type == typeof(DateTime) => DateTimeDataViewType.Instance,
        _ when type == typeof(DateTimeOffset) => DateTimeOffsetDataViewType.Instance,
        _ when type == typeof(TimeSpan) => TimeSpanDataViewType.Instance,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not a type of labels."),
    };

    private sealed class Reading(DataViewSchema.Column column) : ILabelTypeUse<string[]>
    {
        public string[] Run<T>(LabelType<T> type)
        {
            VBuffer<T> values = default;
            column.Annotations.GetValue(KeyValues, ref values);
            return [.. values.DenseValues().Select(type.Name)];
        }
    }

    private sealed class Adding(DataViewSchema.Annotations.Builder annotations, IReadOnlyList<string> names) : ILabelTypeUse<bool>
    {
        public bool Run<T>(LabelType<T> type)
        {
            var values = new VBuffer<T>(names.Count, [.. names.Select(type.Value)]);
            annotations.Add(
                KeyValues, new VectorDataViewType(ToDataViewType(typeof(T)), names.Count),
                (ValueGetter<VBuffer<T>>)((ref VBuffer<T> destination) => values.CopyTo(ref destination)));
            return true;
        }
    }

    private sealed class Promising(SchemaDefinition.Column column) : ILabelTypeUse<bool>
    {
        public bool Run<T>(LabelType<T> type)
        {
            // A shape holds neither the number of classes nor their names.
            column.AddAnnotation(KeyValues, new VBuffer<T>(2, new T[2]), new VectorDataViewType(ToDataViewType(typeof(T)), 2));
            return true;
        }
    }
}
