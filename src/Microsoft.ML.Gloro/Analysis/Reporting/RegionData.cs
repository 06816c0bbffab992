using Microsoft.ML.Data;
using Microsoft.ML.Gloro.MLNet;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>The square of the plane to draw, the rows to show in it, and the model's output at each point of a grid over it.</summary>
internal sealed class RegionData
{
    private const double Margin = 0.08;

    private RegionData(GloroTransformer model, IReadOnlyList<RegionPoint> points, (string X, string Y) names,
        (double X, double Y, double Side) square, int resolution)
    {
        (Model, Points, Names, Square, Resolution) = (model, points, names, square, resolution);
        (Logits, Radii) = (new float[resolution * resolution][], new float[resolution * resolution][]);
    }

    public GloroTransformer Model { get; }

    public IReadOnlyList<RegionPoint> Points { get; }

    /// <summary>The names of the two features.</summary>
    public (string X, string Y) Names { get; }

    /// <summary>Left, bottom and side. Both features have the same scale, so the ε ball is a circle; with tolerances an ellipse.</summary>
    public (double X, double Y, double Side) Square { get; }

    /// <summary>Points of the grid across and down.</summary>
    public int Resolution { get; }

    /// <summary>The logits at each point of the grid, row by row from the top.</summary>
    public float[][] Logits { get; }

    /// <summary>The radii r_1, r_2, … at each point of the grid.</summary>
    public float[][] Radii { get; }

    /// <summary>Reads the rows, and scores the grid.</summary>
    /// <param name="model">A model of two features.</param>
    /// <param name="data">Rows as the transformer gets them.</param>
    /// <param name="options">What to draw.</param>
    /// <exception cref="ArgumentException">The model does not read exactly two features, or no row has two finite ones.</exception>
    public static RegionData Read(GloroTransformer model, IDataView data, GloroRegionOptions options)
    {
        var shape = model.GloroModel.Network.InputShape;
        if (model.GloroModel.IsImage || shape.Size != 2)
        {
            throw new ArgumentException(
                $"The drawing needs a model that reads two features; this one reads {new InputSpec(shape, model.GloroModel.IsImage)}.",
                nameof(model));
        }

        if (ViewRows.IsEmpty(data))
            throw new ArgumentException("The data has no rows: it is not known which part of the plane to draw.", nameof(data));
        DataViewSchema.Column feature = FeatureColumn.Find(data.Schema, model.FeatureColumnName);
        var chosen = new PriorityQueue<RegionPoint, ulong>();
        var (lowX, highX, lowY, highY) = (float.PositiveInfinity, float.NegativeInfinity, float.PositiveInfinity, float.NegativeInfinity);
        DataViewSchema.Column? label = data.Schema.GetColumnOrNull(options.LabelColumnName) is { Type: KeyDataViewType } key ? key : null;
        using (DataViewRowCursor cursor = data.GetRowCursor(label is { } named ? [feature, named] : [feature]))
        {
            FeatureReader reader = FeatureReader.Create(cursor, feature, InputSpec.Vector(2), data);
            Func<int> readLabel = label is { } column ? LabelMap.Create(column, model.ClassNames).GetGetter(cursor) : () =>
                LabelMap.Unknown;
            var values = new float[2];
            for (ulong number = 0; cursor.MoveNext(); number++)
            {
                reader.Read(values);
                if (!float.IsFinite(values[0]) || !float.IsFinite(values[1]))
                    continue;
                (lowX, highX, lowY, highY) = (Math.Min(lowX, values[0]), Math.Max(highX, values[0]), Math.Min(lowY, values[1]),
                    Math.Max(highY, values[1]));
                // The rows with the smallest hashes stay; the queue drops the largest.
                chosen.Enqueue(new(values[0], values[1], readLabel()), ~GalleryHash.Mix(number));
                if (chosen.Count > options.MaximumPoints)
                    chosen.Dequeue();
            }
        }

        if (!(lowX <= highX))
            throw new ArgumentException("No row has two finite features, so there is no part of the plane to draw.", nameof(data));
        double side = Math.Max(Math.Max((double)highX - lowX, (double)highY - lowY), 1e-6) * (1 + (2 * Margin));
        var square = ((((double)lowX + highX) - side) / 2, (((double)lowY + highY) - side) / 2, side);
        RegionPoint[] points = [.. chosen.UnorderedItems.OrderBy(item => item.Priority).Select(item => item.Element)];
        var result = new RegionData(model, points, ReadNames(feature), square, options.Resolution);
        result.Score();
        return result;
    }

    private void Score()
    {
        var definition = SchemaDefinition.Create(typeof(GridRow));
        // The indexer finds a column by its current name, so keep the column while renaming it.
        SchemaDefinition.Column features = definition[nameof(GridRow.Features)];
        (features.ColumnName, features.ColumnType) = (Model.FeatureColumnName, new VectorDataViewType(NumberDataViewType.Single, 2));
        IDataView scored = Model.Transform(new MLContext().Data.LoadFromEnumerable(Grid(), definition));
        DataViewSchema.Column logitsColumn = scored.Schema[OutputColumns.Name(OutputColumn.Logits, Model.OutputColumnPrefix)],
            radiiColumn = scored.Schema[OutputColumns.Name(OutputColumn.TopKRadii, Model.OutputColumnPrefix)];
        using DataViewRowCursor cursor = scored.GetRowCursor([logitsColumn, radiiColumn]);
        ValueGetter<VBuffer<float>> readLogits = cursor.GetGetter<VBuffer<float>>(logitsColumn),
            readRadii = cursor.GetGetter<VBuffer<float>>(radiiColumn);
        VBuffer<float> buffer = default;
        for (int i = 0; cursor.MoveNext(); i++)
        {
            readLogits(ref buffer);
            Logits[i] = [.. buffer.DenseValues()];
            readRadii(ref buffer);
            Radii[i] = [.. buffer.DenseValues()];
        }
    }

    // The centers of the cells.
    private IEnumerable<GridRow> Grid()
    {
        for (int y = 0; y < Resolution; y++)
        {
            for (int x = 0; x < Resolution; x++)
            {
                float left = (float)(Square.X + ((x + 0.5) / Resolution * Square.Side));
                float up = (float)(Square.Y + ((Resolution - y - 0.5) / Resolution * Square.Side));
                yield return new() { Features = [left, up] };
            }
        }
    }

    private static (string X, string Y) ReadNames(DataViewSchema.Column feature)
    {
        if (feature.Annotations.Schema.GetColumnOrNull(OutputColumns.SlotNamesAnnotation) is { Type: VectorDataViewType { Size: 2 } type }
            && type.ItemType is TextDataViewType)
        {
            VBuffer<ReadOnlyMemory<char>> names = default;
            feature.Annotations.GetValue(OutputColumns.SlotNamesAnnotation, ref names);
            ReadOnlyMemory<char>[] both = [.. names.DenseValues()];
            if (both[0].Length > 0 && both[1].Length > 0)
                return (both[0].ToString(), both[1].ToString());
        }

        return ($"{feature.Name}[0]", $"{feature.Name}[1]");
    }

    private sealed class GridRow
    {
        public float[] Features { get; set; } = [];
    }
}

/// <summary>A row of the data in a drawing of regions.</summary>
/// <param name="X">The first feature.</param>
/// <param name="Y">The second.</param>
/// <param name="Class">The class of its label; negative if it has none.</param>
internal sealed record RegionPoint(float X, float Y, int Class);
