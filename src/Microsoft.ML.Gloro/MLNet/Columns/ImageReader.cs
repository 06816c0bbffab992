using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>
/// Reads images as planar RGB bytes of the network's size and divides them by 255: one way for training (which keeps the bytes) and for scoring, so that
/// both see the same input. The alpha channel is left out, as ExtractPixels leaves it out.
/// </summary>
internal abstract class ImageReader(string columnName, InputSpec spec, RowLocator locator) : FeatureReader(columnName, spec, locator)
{
    private readonly PlaneResampler _resampler = new(spec.Shape.Width, spec.Shape.Height);
    private readonly byte[] _bytes = new byte[spec.Size];
    private byte[] _original = [];

    /// <inheritdoc/>
    public override bool ReadsBytes => true;

    /// <inheritdoc/>
    public override void Read(Span<float> destination)
    {
        ReadBytes(_bytes);
        PixelScale.Apply(_bytes, destination);
    }

    private protected void ReadPixels(MLImage image, Span<byte> destination)
    {
        if (image.Width == Spec.Shape.Width && image.Height == Spec.Shape.Height)
        {
            CopyPlanes(image, destination);
            return;
        }

        int plane = checked(image.Width * image.Height), resized = Spec.Shape.Width * Spec.Shape.Height;
        if (_original.Length < 3 * plane)
            _original = new byte[checked(3 * plane)];
        CopyPlanes(image, _original);
        for (int channel = 0; channel < 3; channel++)
            _resampler.Resize(_original.AsSpan(channel * plane, plane), image.Width, image.Height, destination.Slice(channel * resized, resized));
    }

    private static void CopyPlanes(MLImage image, Span<byte> destination)
    {
        ReadOnlySpan<byte> pixels = image.Pixels;
        int plane = image.Width * image.Height;
        var (red, blue) = image.PixelFormat == MLPixelFormat.Rgba32 ? (0, 2) : (2, 0); // the other format is BGRA; MLImage has no third
        var r = destination[..plane];
        var g = destination.Slice(plane, plane);
        var b = destination.Slice(2 * plane, plane);
        for (int i = 0; i < plane; i++)
        {
            r[i] = pixels[(4 * i) + red];
            g[i] = pixels[(4 * i) + 1];
            b[i] = pixels[(4 * i) + blue];
        }
    }
}
