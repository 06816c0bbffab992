using SkiaSharp;

namespace ServeOnnx;

/// <summary>An image file as planes R, G, B. An image of another size is resized first; ε is measured after that.</summary>
internal static class ImagePixels
{
    public static float[] Read(string file, int height, int width, bool bytes)
    {
        using SKBitmap decoded = SKBitmap.Decode(file) ?? throw new InvalidDataException($"{file} is no image that can be decoded.");
        using SKBitmap image = decoded.Width == width && decoded.Height == height
            ? decoded.Copy(SKColorType.Rgba8888)
            : decoded.Resize(new SKImageInfo(width, height, SKColorType.Rgba8888), SKFilterQuality.High);
        ReadOnlySpan<byte> pixels = image.GetPixelSpan(); // R, G, B, A for each pixel, row by row
        int plane = height * width;
        var values = new float[3 * plane];
        for (int i = 0; i < plane; i++)
        {
            for (int channel = 0; channel < 3; channel++)
                values[(channel * plane) + i] = bytes ? pixels[(4 * i) + channel] : pixels[(4 * i) + channel] / 255f;
        }

        return values;
    }
}
