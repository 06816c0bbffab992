using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Core;
using SkiaSharp;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>
/// Reads images as planar RGB bytes of the network's size and divides them by 255. Training (which keeps the bytes) and scoring read
/// images the same way. Transparent pixels come out as over a black background: decoders give colors that are already multiplied by
/// alpha, and alpha itself is left out. ExtractPixels gives the same values.
/// </summary>
internal abstract class ImageReader(string columnName, InputSpec spec, RowLocator locator) : FeatureReader(columnName, spec, locator)
{
    private readonly PlaneResampler _resampler = new(spec.Shape.Width, spec.Shape.Height);
    private readonly byte[] _bytes = new byte[spec.Size];

    public override bool ReadsBytes => true;

    public override void Read(Span<float> destination)
    {
        ReadBytes(_bytes);
        PixelScale.Apply(_bytes, destination);
    }

    /// <summary>Resizes decoded pixels to the network's size. No copy of the full image is made or kept: it may be a large photo.</summary>
    /// <param name="pixels">Four bytes each, row by row.</param>
    /// <param name="width">Pixels in a row.</param>
    /// <param name="height">The number of rows.</param>
    /// <param name="isRgba">Whether the bytes are R, G, B, A rather than B, G, R, A.</param>
    /// <param name="destination">Receives planes of bytes.</param>
    private protected void ReadPixels(ReadOnlySpan<byte> pixels, int width, int height, bool isRgba, Span<byte> destination)
    {
        ReadOnlySpan<int> offsets = isRgba ? [0, 1, 2] : [2, 1, 0];
        int size = Spec.Shape.Width * Spec.Shape.Height;
        for (int channel = 0; channel < 3; channel++)
        {
            var source = pixels[offsets[channel]..];
            var plane = destination.Slice(channel * size, size);
            if (width != Spec.Shape.Width || height != Spec.Shape.Height)
            {
                _resampler.Resize(source, width, height, plane, step: 4);
                continue;
            }

            for (int i = 0; i < plane.Length; i++)
                plane[i] = source[4 * i];
        }
    }
}

/// <summary>
/// Reads decoded images. They belong to whoever made them and are never disposed here: a row of LoadFromEnumerable gives the caller's own
/// object.
/// </summary>
internal sealed class MLImageReader(string columnName, InputSpec spec, ValueGetter<MLImage> getter, RowLocator locator)
    : ImageReader(columnName, spec, locator)
{
    private MLImage? _image;

    public override string? SourcePath => _image?.Tag as string;

    /// <summary>Names the row whose image could not be loaded: LoadImages gives the path only if the file is missing.</summary>
    internal static InvalidOperationException LoadError(RowLocator locator, string columnName, Exception inner) =>
        locator.Error(columnName, $"the image could not be loaded or decoded: {inner.Message}", inner);

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

        string? path;
        try
        {
            path = _image.Tag as string;
            ReadPixels(_image.Pixels, _image.Width, _image.Height, _image.PixelFormat == MLPixelFormat.Rgba32, destination);
        }
        catch (Exception e) when (e is InvalidOperationException or OverflowException or OutOfMemoryException)
        {
            throw RowError($"the pixels of the image cannot be read: {e.Message}", e); // disposed by its owner, or of absurd size
        }

        // The pixels do not show that a file was cut off. LoadImages puts its path into Tag, and ResizeImages passes it on.
        if (path is not null && ImageFile.IsCutOff(path))
            throw RowError($"the image file '{path}' is cut off: it ends before its last pixel, or is damaged.");
    }
}

/// <summary>Reads images that are still files: PNG, JPEG, GIF, BMP, WebP.</summary>
internal sealed class EncodedImageReader(string columnName, InputSpec spec, ValueGetter<VBuffer<byte>> getter, RowLocator locator)
    : ImageReader(columnName, spec, locator)
{
    // A prediction engine lives long: it must not keep the memory of the largest file that it ever saw.
    private const int LargestKept = 1 << 20;

    private VBuffer<byte> _encoded;

    public override void ReadBytes(Span<byte> destination)
    {
        getter(ref _encoded);
        if (_encoded.Length == 0)
            throw RowError("there is no image (no bytes).");
        try
        {
            using SKBitmap image = ImageFile.Decode(_encoded.IsDense ? _encoded.GetValues() : [.. _encoded.DenseValues()]);
            ReadPixels(image.GetPixelSpan(), image.Width, image.Height, image.ColorType == SKColorType.Rgba8888, destination);
        }
        catch (InvalidDataException e)
        {
            throw RowError(e.Message, e);
        }
        finally
        {
            if (_encoded.Length > LargestKept)
                _encoded = default;
        }
    }
}
