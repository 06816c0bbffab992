using Microsoft.ML.Gloro.Training;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>The rows that training keeps of a view.</summary>
/// <param name="Rows">The rows with a label.</param>
/// <param name="WithoutLabel">How many rows have none.</param>
internal sealed record LabeledRows(TrainingSet Rows, long WithoutLabel)
{
    /// <summary>How many rows the view has.</summary>
    public long Read => Rows.Count + WithoutLabel;
}

/// <summary>Reads a view once into the rows that training keeps.</summary>
internal static class TrainingDataReader
{
    /// <summary>All rows with a label.</summary>
    /// <param name="data">The rows.</param>
    /// <param name="options">Names the columns and the augmentation.</param>
    /// <param name="spec">What the network reads.</param>
    /// <param name="classNames">
    /// The model's classes. Labels are matched by name, so a view with other keys, such as a validation set, is read right.
    /// </param>
    /// <param name="stop">Is checked before each row.</param>
    public static LabeledRows Read(
        IDataView data, GloroTrainerOptions options, InputSpec spec, IReadOnlyList<string> classNames, CancellationToken stop)
    {
        var label = LabelColumn.Find(data.Schema, options.LabelColumnName);
        var feature = FeatureColumn.Find(data.Schema, options.FeatureColumnName);
        var map = LabelMap.CreateForTraining(label, classNames);

        var labels = new List<int>();
        var images = new List<byte[]>();
        var vectors = new List<float[]>();
        long withoutLabel = 0;
        using var cursor = data.GetRowCursor([label, feature]);
        var getLabel = map.GetGetter(cursor);
        using var reader = FeatureReader.Create(cursor, feature, spec, data);
        var locator = new RowLocator(cursor, data);
        while (cursor.MoveNext())
        {
            stop.ThrowIfCancellationRequested();
            int index = getLabel();
            if (index < 0)
            {
                withoutLabel++;
                continue;
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
            ? new ImageTrainingSet(spec.Shape, [.. images], [.. labels], options.ImageAugmentation)
            : new VectorTrainingSet(spec.Shape, [.. vectors], [.. labels]);
        return new(rows, withoutLabel);
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
