using Microsoft.ML.Data;

namespace Microsoft.ML.Gloro.Inputs;

/// <summary>Reads decoded images. They belong to whoever made them and are never disposed here: a row of LoadFromEnumerable hands out the caller's own object.</summary>
internal sealed class MLImageReader(string columnName, InputSpec spec, ValueGetter<MLImage> getter, Func<long> position)
    : ImageReader(columnName, spec, position)
{
    private MLImage? _image;

    /// <summary>Says which row an image could not be had for: LoadImages names the file, but not the row, and says "not found" of files that it cannot decode.</summary>
    internal static InvalidOperationException LoadError(long position, string columnName, Exception inner) =>
        RowError(position, columnName, $"the image could not be loaded or decoded: {inner.Message}", inner);

    /// <inheritdoc/>
    public override void ReadBytes(Span<byte> destination)
    {
        try
        {
            getter(ref _image!);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw LoadError(Position, ColumnName, e);
        }

        if (_image is null)
            throw RowError("there is no image (its path is empty or missing).");
        try
        {
            ReadPixels(_image, destination);
        }
        catch (Exception e) when (e is InvalidOperationException or OverflowException or OutOfMemoryException)
        {
            throw RowError($"the pixels of the image cannot be read: {e.Message}", e); // disposed by its owner, or of absurd size
        }
    }
}
