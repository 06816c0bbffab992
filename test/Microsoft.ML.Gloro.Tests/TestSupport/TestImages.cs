using Microsoft.ML.Data;

namespace Microsoft.ML.Gloro.Tests.TestSupport;

/// <summary>Random images, as pixels and as files.</summary>
internal static class TestImages
{
    /// <summary>Random planar bytes R, G, B.</summary>
    public static byte[] Planes(int height, int width, int seed)
    {
        var planes = new byte[3 * height * width];
        new Random(seed).NextBytes(planes);
        return planes;
    }

    /// <summary>An image of those planes.</summary>
    public static MLImage Create(byte[] planes, int height, int width, MLPixelFormat format = MLPixelFormat.Bgra32)
    {
        int plane = height * width;
        var pixels = new byte[4 * plane];
        for (int i = 0; i < plane; i++)
        {
            var (first, third) = format == MLPixelFormat.Rgba32 ? (i, (2 * plane) + i) : ((2 * plane) + i, i);
            pixels[4 * i] = planes[first];
            pixels[(4 * i) + 1] = planes[plane + i];
            pixels[(4 * i) + 2] = planes[third];
            pixels[(4 * i) + 3] = 255;
        }

        return MLImage.CreateFromPixels(width, height, format, pixels);
    }

    /// <summary>The image as PNG, which keeps every byte.</summary>
    public static byte[] Png(byte[] planes, int height, int width)
    {
        string path = Path.ChangeExtension(Path.GetTempFileName(), ".png");
        try
        {
            using var image = Create(planes, height, width);
            image.Save(path);
            return File.ReadAllBytes(path);
        }
        finally
        {
            File.Delete(path);
            File.Delete(Path.ChangeExtension(path, ".tmp"));
        }
    }
}
