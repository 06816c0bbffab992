using Microsoft.ML.Gloro.Training;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>The rows that training keeps of a view.</summary>
/// <param name="Rows">The rows with a label and without weight 0.</param>
/// <param name="WithoutLabel">How many rows have no label.</param>
/// <param name="OfWeight0">How many rows with a label have weight 0.</param>
internal sealed record LabeledRows(TrainingSet Rows, long WithoutLabel, long OfWeight0)
{
    /// <summary>How many rows the view has.</summary>
    public long Read => Rows.Count + WithoutLabel + OfWeight0;
}

/// <summary>Reads a view once into the rows that training keeps.</summary>
internal static class TrainingDataReader
{
    /// <summary>All rows with a label, without those of weight 0.</summary>
    /// <param name="data">The rows.</param>
    /// <param name="isWeighted">Whether to read the weights, if the options name their column.</param>
    /// <param name="options">Names the columns and the augmentation.</param>
    /// <param name="spec">What the network reads.</param>
    /// <param name="classNames">
    /// The model's classes. Labels are matched by name, so a view with other keys, such as a validation set, is read right.
    /// </param>
    /// <param name="stop">Is checked before each row.</param>
    public static LabeledRows Read(
        IDataView data, bool isWeighted, GloroTrainerOptions options, InputSpec spec, IReadOnlyList<string> classNames,
        CancellationToken stop)
    {
        var label = LabelColumn.Find(data.Schema, options.LabelColumnName);
        var feature = FeatureColumn.Find(data.Schema, options.FeatureColumnName);
        DataViewSchema.Column? weight = isWeighted && options.ExampleWeightColumnName is { } name
            ? WeightColumn.Find(data.Schema, name)
            : null;
        var map = LabelMap.CreateForTraining(label, classNames);

        var labels = new List<int>();
        var images = new List<byte[]>();
        var vectors = new List<float[]>();
        List<float>? weights = weight is null ? null : [];
        long withoutLabel = 0, ofWeight0 = 0;
        using var cursor = data.GetRowCursor(weight is { } read ? [label, feature, read] : [label, feature]);
        var getLabel = map.GetGetter(cursor);
        var reader = FeatureReader.Create(cursor, feature, spec, data);
        var locator = new RowLocator(cursor, data);
        var getWeight = weight is { } column ? WeightColumn.GetGetter(cursor, column, locator) : null;
        while (cursor.MoveNext())
        {
            stop.ThrowIfCancellationRequested();
            int index = getLabel();
            if (index < 0)
            {
                withoutLabel++;
                continue;
            }

            if (getWeight?.Invoke() is { } own)
            {
                if (own == 0)
                {
                    ofWeight0++;
                    continue;
                }

                weights!.Add(own);
            }

            labels.Add(index);
            if (reader.ReadsBytes)
            {
                var pixels = new byte[spec.Size];
                reader.ReadBytes(pixels);
                images.Add(pixels);
            }
            else
            {
                vectors.Add(ReadVector(reader, spec.Size, locator, feature.Name));
            }
        }

        bool allBlack = !images.Exists(pixels => pixels.AsSpan().ContainsAnyExceptInRange((byte)0, (byte)1));
        if (reader is PixelVectorReader && images.Count > 0 && allBlack)
        {
            throw new InvalidOperationException(
                $"No pixel in column '{feature.Name}' is above 1/255: the pixels seem to be scaled twice, or by 1/65025. " +
                "Use ExtractPixels with scaleImage: 1f / 255f, once.");
        }

        TrainingSet rows = spec.IsImage
            ? new ImageTrainingSet(spec.Shape, [.. images], [.. labels], options.ImageAugmentation, weights?.ToArray())
            : new VectorTrainingSet(spec.Shape, [.. vectors], [.. labels], weights?.ToArray());
        return new(rows, withoutLabel, ofWeight0);
    }

    private static float[] ReadVector(FeatureReader reader, int size, RowLocator locator, string columnName)
    {
        float[] values = new float[size];
        reader.Read(values);
        int fault = Array.FindIndex(values, v => !float.IsFinite(v));
        return fault < 0
            ? values
            : throw locator.Error(columnName, FormattableString.Invariant(
                $"feature {fault} is {values[fault]}. Training needs finite features; replace missing values (ReplaceMissingValues) ") +
                "or drop such rows (FilterRowsByMissingValues) before the trainer.");
    }
}
