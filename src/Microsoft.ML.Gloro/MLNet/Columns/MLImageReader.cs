using Microsoft.ML.Data;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>Reads decoded images. They belong to whoever made them and are never disposed here: a row of LoadFromEnumerable hands out the caller's own object.</summary>
internal sealed class MLImageReader(string columnName, InputSpec spec, ValueGetter<MLImage> getter, RowLocator locator)
    : ImageReader(columnName, spec, locator)
{
    private MLImage? _image;

    /// <summary>Says which row an image could not be had for: LoadImages says at most the path, and of files that it cannot decode not even that.</summary>
    internal static InvalidOperationException LoadError(RowLocator locator, string columnName, Exception inner) =>
        locator.Error(columnName, $"the image could not be loaded or decoded: {inner.Message}", inner);

    /// <inheritdoc/>
    public override void ReadBytes(Span<byte> destination)
    {
        try
        {
            getter(ref _image!);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw LoadError(Locator, ColumnName, e);
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
