using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>The column types that features may come in.</summary>
internal enum FeatureKind
{
    /// <summary>A decoded image: <see cref="Data.MLImage"/>.</summary>
    Image,

    /// <summary>A vector of bytes that holds an image file (PNG, JPEG …).</summary>
    EncodedImage,

    /// <summary>The planar pixel vector of ExtractPixels, scaled to [0, 1].</summary>
    Pixels,

    /// <summary>A feature vector.</summary>
    Vector,
}

/// <summary>Finds the feature column of a schema, and says what it holds or why it cannot be used.</summary>
internal static class FeatureColumn
{
    private const string AcceptedForImages =
        "an image (MLImage, as LoadImages gives), a variable-size vector of Byte that holds an encoded image (PNG, JPEG …), " +
        "or the vector of Single that ExtractPixels gives with scaleImage: 1f / 255f";

    private const string AcceptedForVectors = "a vector of Single";

    /// <summary>The column of that name.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static DataViewSchema.Column Find(DataViewSchema schema, string name) => schema.GetColumnOrNull(name)
        ?? throw new ArgumentException(Missing(name, schema.Where(c => !c.IsHidden).Select(c => c.Name)));

    /// <summary>The same check on the shape of a schema, for estimators: only names and types are known there.</summary>
    /// <exception cref="ArgumentException">There is no such column, or features of that type cannot be read.</exception>
    public static void Check(SchemaShape schema, string name, bool isImage)
    {
        if (schema.FirstOrDefault(c => c.Name == name) is not { Name: not null } column)
            throw new ArgumentException(Missing(name, schema.Select(c => c.Name)));
        bool scalar = column.Kind == SchemaShape.Column.VectorKind.Scalar;
        Type raw = column.ItemType.RawType;
        bool accepted = isImage
            ? (scalar ? column.ItemType is ImageDataViewType : raw == typeof(byte) || raw == typeof(float)) && !column.IsKey
            : !scalar && raw == typeof(float);
        if (accepted)
            return;
        string type = $"{(scalar ? "" : "a vector of ")}{column.ItemType}{(column.IsKey ? " (key)" : "")}";
        throw WrongType(name, type, isImage, column.IsKey ? null : column.ItemType, scalar);
    }

    /// <summary>The names of a vector column's slots, "" where one has none; null if no slot has a name.</summary>
    public static IReadOnlyList<string>? SlotNames(DataViewSchema.Column column)
    {
        if (!column.HasSlotNames())
            return null;
        VBuffer<ReadOnlyMemory<char>> names = default;
        column.GetSlotNames(ref names);
        return [.. names.DenseValues().Select(name => name.ToString())];
    }

    /// <summary>What kind of features <paramref name="column"/> holds.</summary>
    /// <param name="column">The column.</param>
    /// <param name="isImage">Whether the model reads images rather than vectors.</param>
    /// <exception cref="ArgumentException">Features of that type cannot be read.</exception>
    public static FeatureKind Classify(DataViewSchema.Column column, bool isImage)
    {
        switch (column.Type)
        {
            case ImageDataViewType when isImage:
                return FeatureKind.Image;
            case VectorDataViewType { IsKnownSize: true } v when isImage && v.ItemType == NumberDataViewType.Byte:
                throw new ArgumentException(
                    $"Column '{column.Name}' is {v}: bytes of a fixed number are read neither as an encoded image nor as pixels. " +
                    "For pixels, let ExtractPixels give Single (outputAsFloatArray: true, scaleImage: 1f / 255f).");
            case VectorDataViewType v when isImage && v.ItemType == NumberDataViewType.Byte:
                return FeatureKind.EncodedImage;
            case VectorDataViewType v when v.ItemType == NumberDataViewType.Single:
                return isImage ? FeatureKind.Pixels : FeatureKind.Vector;
            default:
                var item = column.Type is VectorDataViewType vector ? vector.ItemType : column.Type;
                throw WrongType(column.Name, $"{column.Type}", isImage, item, isScalar: column.Type is not VectorDataViewType);
        }
    }

    /// <summary>What kind of features <paramref name="column"/> holds; they must fit <paramref name="spec"/>.</summary>
    /// <exception cref="ArgumentException">Features of that type or size cannot be read.</exception>
    public static FeatureKind Classify(DataViewSchema.Column column, InputSpec spec)
    {
        var kind = Classify(column, spec.IsImage);
        if (kind is not (FeatureKind.Pixels or FeatureKind.Vector) || column.Type is not VectorDataViewType { IsKnownSize: true } vector)
            return kind; // an image of another size is resized; a vector of unknown size is checked row by row

        if (kind == FeatureKind.Pixels && vector.Dimensions is [var height, var width, 3] && height != 3)
        {
            throw new ArgumentException(
                $"Column '{column.Name}' holds interleaved pixels ({height}×{width}×3); " +
                "let ExtractPixels give them plane by plane (interleavePixelColors: false).");
        }

        bool fits = vector.Size == spec.Size && (spec.Shape.IsVector || vector.Dimensions.Length != 3
            || (vector.Dimensions[1] == spec.Shape.Height && vector.Dimensions[2] == spec.Shape.Width));
        if (fits)
            return kind;
        throw (spec.IsImage ? OnePlane(column) : null) ?? new ArgumentException(
            $"Column '{column.Name}' holds {vector} but the model reads {spec.WithSize}" +
            (spec.IsImage ? "; resize with ResizeImages before ExtractPixels, or give the image itself." : "."));
    }

    /// <summary>The error that a column of pixels has one plane only, as MNIST has; null if it has not.</summary>
    public static ArgumentException? OnePlane(DataViewSchema.Column column) =>
        column.Type is VectorDataViewType { Dimensions: [1, > 1, > 1] or [> 1, > 1, 1] or [> 1, > 1] } vector
            ? new($"Column '{column.Name}' holds {vector}, one plane of pixels, and the network reads three (red, green, blue). " +
                "Give the image itself, or put the plane there three times and set ImageSize: " +
                $"mlContext.Transforms.Concatenate(\"Image\", \"{column.Name}\", \"{column.Name}\", \"{column.Name}\").")
            : null;

    private static string Missing(string name, IEnumerable<string> present) =>
        $"There is no column '{name}' to read features from; " +
        $"the columns are {string.Join(", ", present.Distinct().Select(n => $"'{n}'"))}.";

    private static ArgumentException WrongType(string name, string type, bool isImage, DataViewType? item, bool isScalar)
    {
        string accepted = isImage ? AcceptedForImages : AcceptedForVectors;
        bool isNumber = item is NumberDataViewType or BooleanDataViewType;
        string convert = isNumber && item!.RawType != typeof(float) && !(isImage && isScalar)
            ? $" Convert it: mlContext.Transforms.Conversion.ConvertType(\"{name}\", outputKind: DataKind.Single)."
            : "";
        string join = isNumber && isScalar && !isImage
            ? $" Make a vector of it, together with the other features: mlContext.Transforms.Concatenate(\"Features\", \"{name}\", …)."
            : "";
        return new($"Column '{name}' is of type {type}; features must be {accepted}.{convert}{join}");
    }
}
