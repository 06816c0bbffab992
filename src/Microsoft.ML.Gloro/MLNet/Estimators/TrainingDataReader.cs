using Microsoft.ML.Gloro.Training;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>Reads an IDataView once into the rows that training keeps.</summary>
internal static class TrainingDataReader
{
    /// <summary>All rows with a label.</summary>
    /// <param name="data">The rows.</param>
    /// <param name="labelColumnName">The key column of the classes.</param>
    /// <param name="featureColumnName">The column of the inputs.</param>
    /// <param name="spec">What the network reads.</param>
    /// <param name="classNames">The model's classes; labels are matched by name, so that a view with other keys (a validation set) is read right.</param>
    /// <param name="augmentation">What is done to images when they are trained on.</param>
    /// <param name="cancellationToken">Honored between rows.</param>
    public static TrainingSet Read(
        IDataView data, string labelColumnName, string featureColumnName, InputSpec spec, IReadOnlyList<string> classNames,
        GloroAugmentationOptions augmentation, CancellationToken cancellationToken)
    {
        var label = LabelColumn.Find(data.Schema, labelColumnName);
        var feature = FeatureColumn.Find(data.Schema, featureColumnName);
        int[] classOfKey = LabelColumn.MapToClasses(label, classNames);

        var labels = new List<int>();
        var images = new List<byte[]>();
        var vectors = new List<float[]>();
        using var cursor = data.GetRowCursor([label, feature]);
        var getLabel = cursor.GetGetter<uint>(label);
        using var reader = FeatureReader.Create(cursor, feature, spec, data);
        var locator = new RowLocator(cursor, data);
        uint key = 0;
        while (cursor.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            getLabel(ref key);

            // Key 0 is ML.NET's missing value; a row without a label teaches nothing.
            if (key == 0 || key > classOfKey.Length)
                continue;
            labels.Add(classOfKey[key - 1]);
            if (reader.ReadsBytes)
            {
                var pixels = new byte[spec.Size];
                reader.ReadBytes(pixels);
                images.Add(pixels);
            }
            else
            {
                vectors.Add(ReadVector(reader, spec.Size, locator, featureColumnName));
            }
        }

        if (reader is PixelVectorReader && images.Count > 0 && !images.Exists(pixels => pixels.AsSpan().ContainsAnyExceptInRange((byte)0, (byte)1)))
        {
            throw new InvalidOperationException(
                $"No pixel in column '{featureColumnName}' is above 1/255: the pixels seem to be scaled twice, or by 1/65025. " +
                "Use ExtractPixels with scaleImage: 1f / 255f, once.");
        }

        return spec.IsImage
            ? new ImageTrainingSet(spec.Shape, [.. images], [.. labels], augmentation)
            : new VectorTrainingSet(spec.Shape, [.. vectors], [.. labels]);
    }

    private static float[] ReadVector(FeatureReader reader, int size, RowLocator locator, string columnName)
    {
        float[] values = new float[size];
        reader.Read(values);
        int fault = Array.FindIndex(values, v => !float.IsFinite(v));
        return fault < 0
            ? values
            : throw locator.Error(columnName, FormattableString.Invariant(
                $"feature {fault} is {values[fault]}. Training needs finite features; replace missing values (ReplaceMissingValues) or drop such rows (FilterRowsByMissingValues) before the trainer."));
    }
}
