using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>Finds the size of a network's input from the data that it will be trained on.</summary>
internal static class InputSpecInference
{
    /// <summary>The size that the column's type states, or else that of the first row.</summary>
    /// <param name="data">The training data.</param>
    /// <param name="column">Its feature column.</param>
    /// <param name="isImage">Whether the features are images.</param>
    /// <exception cref="ArgumentException">
    /// The column's type cannot be read, or a vector of pixels does not say its height and width.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The column's type does not state the size, and there are no rows or the first image cannot be decoded.
    /// </exception>
    public static InputSpec Infer(IDataView data, DataViewSchema.Column column, bool isImage)
    {
        switch (FeatureColumn.Classify(column, isImage))
        {
            case FeatureKind.Image when column.Type is ImageDataViewType { Height: > 0, Width: > 0 } image:
                return InputSpec.Image(image.Height, image.Width);
            case FeatureKind.Image:
                return FromFirst<MLImage?>(
                    data, column,
                    first => first is null ? throw new ArgumentException("there is no image") : InputSpec.Image(first.Height, first.Width));
            case FeatureKind.EncodedImage:
                return FromFirst<VBuffer<byte>>(data, column, FromEncoded);
            case FeatureKind.Pixels:
                if (column.Type is VectorDataViewType { Dimensions: [3, > 0, > 0] dimensions })
                    return InputSpec.Image(dimensions[1], dimensions[2]);
                throw FeatureColumn.OnePlane(column) ?? new ArgumentException(
                    $"Column '{column.Name}' holds {column.Type}, which does not say how high and wide the image is; " +
                    "give the image itself, or pixels of three planes as ExtractPixels gives them (interleavePixelColors: false), " +
                    "or set ImageSize.");
            default:
                if (column.Type is VectorDataViewType { IsKnownSize: true } vector)
                    return InputSpec.Vector(vector.Size);
                return FromFirst<VBuffer<float>>(
                    data, column,
                    values => values.Length > 0 ? InputSpec.Vector(values.Length) : throw new ArgumentException("the vector is empty"));
        }
    }

    private static InputSpec FromEncoded(VBuffer<byte> encoded)
    {
        var (width, height) = ImageFile.SizeOf([.. encoded.DenseValues()]);
        return InputSpec.Image(height, width);
    }

    // The value is used while the cursor lives: LoadImages disposes its last image with its cursor.
    private static InputSpec FromFirst<T>(IDataView data, DataViewSchema.Column column, Func<T, InputSpec> infer)
    {
        using var cursor = data.GetRowCursor([column]);
        if (!cursor.MoveNext())
            throw ViewRows.NoRows("The training data", "to train on");
        try
        {
            T value = default!;
            cursor.GetGetter<T>(column)(ref value);
            return infer(value);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new RowLocator(cursor, data).Error(
                column.Name, $"the network's input size cannot be taken from the first row: {ErrorText.Sentence(e)}", e);
        }
    }
}
