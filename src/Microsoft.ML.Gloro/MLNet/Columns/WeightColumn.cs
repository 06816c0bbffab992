using Microsoft.ML.Data;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>The column of the rows' weights in the loss: a Single per row, 0 or more.</summary>
internal static class WeightColumn
{
    /// <summary>The column, if it is a Single.</summary>
    /// <exception cref="ArgumentException">There is no such column, or it has another type.</exception>
    public static DataViewSchema.Column Find(DataViewSchema schema, string name)
    {
        var column = schema.GetColumnOrNull(name) ?? throw Absent(name, schema.Where(c => !c.IsHidden).Select(c => c.Name));
        return column.Type == NumberDataViewType.Single
            ? column
            : throw WrongType(name, $"{column.Type}", column.Type is NumberDataViewType or BooleanDataViewType);
    }

    /// <summary>The same check before there is data.</summary>
    /// <exception cref="ArgumentException">There is no such column, or it has another type.</exception>
    public static void Check(SchemaShape schema, string name)
    {
        if (schema.FirstOrDefault(c => c.Name == name) is not { Name: not null } column)
            throw Absent(name, schema.Select(c => c.Name));
        bool isScalar = column.Kind == SchemaShape.Column.VectorKind.Scalar;
        if (isScalar && !column.IsKey && column.ItemType == NumberDataViewType.Single)
            return;
        throw WrongType(
            name, $"{(isScalar ? "" : "a vector of ")}{column.ItemType}{(column.IsKey ? " (key)" : "")}",
            isScalar && !column.IsKey && column.ItemType is NumberDataViewType or BooleanDataViewType);
    }

    /// <summary>A getter of the current row's weight.</summary>
    /// <param name="row">The cursor.</param>
    /// <param name="column">The column that <see cref="Find"/> gave.</param>
    /// <param name="locator">Names the row in errors.</param>
    public static Func<float> GetGetter(DataViewRow row, DataViewSchema.Column column, RowLocator locator)
    {
        var getter = row.GetGetter<float>(column);
        float weight = 0;
        return () =>
        {
            getter(ref weight);
            return float.IsFinite(weight) && weight >= 0
                ? weight
                : throw locator.Error(column.Name, FormattableString.Invariant(
                    $"the weight is {weight}. A weight is a finite number, 0 or more. Correct it, or set it to 0 to leave the row out."));
        };
    }

    private static ArgumentException Absent(string name, IEnumerable<string> existing) => new(
        $"There is no column '{name}' to read the rows' weights from ({nameof(GloroTrainerOptions.ExampleWeightColumnName)}). " +
        $"The data has: {string.Join(", ", existing.Distinct())}.");

    private static ArgumentException WrongType(string name, string type, bool isNumber) => new(
        $"The weight column '{name}' is of type {type}; it must be one Single per row." +
        (isNumber ? $" Convert it: mlContext.Transforms.Conversion.ConvertType(\"{name}\", outputKind: DataKind.Single)." : ""));
}
