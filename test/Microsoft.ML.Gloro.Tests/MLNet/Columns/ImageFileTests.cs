using Microsoft.ML.Data;
using Microsoft.ML.Gloro.MLNet;
using Microsoft.ML.Gloro.Tests.TestSupport;
using SkiaSharp;

namespace Microsoft.ML.Gloro.Tests.MLNet;

/// <summary>Decoding of image files: the pixels of MLImage, and errors for files that were cut off.</summary>
[TestClass]
public sealed class ImageFileTests
{
    private const int Height = 9, Width = 7;

    // Small files of kinds that SkiaSharp does not write.
    private const string InterlacedPng =
        "iVBORw0KGgoAAAANSUhEUgAAAAcAAAAJCAIAAAEGPZFiAAAA20lEQVR4nAHQAC//ABwuKwBddjUAvuOJANkKGgBYfwxQXgAAgGwS7qPCAAwUCk" +
        "0SAgDonsL1uwkAf/qO7LPpVYn1n2r6APmnSdYJR0NSVxB+dwC4Vp1R3MkSDroA/7Xo+XGmnpvQACo6Ir+CQcUWfgCuhIYdgREx6HYAbwztbGve" +
        "1lwwANhUWnh2DFqmWEW4XeTUurW55FLM7AC7Jq4EYTYeGYt0NkWIfWse2BAdubgAsDmSrPoPneUXh81O8nMvoTQM5UHJAOMlgCl0uIPYjgJNEs" +
        "TRUjgsezQzCnAvWYoYaeBsAAAAAElFTkSuQmCC";
    private const string GrayPng =
        "iVBORw0KGgoAAAANSUhEUgAAAAcAAAAJCAAAAADbM2l/AAAAU0lEQVR4nAFIALf/ADy7lL6dCdMAMzWcZQjnHgDS+O1qJQKRAAy+nCdw+2IAO7" +
        "/I7UewygA+gj4+KavIAGw1DPAW/pQAt+pIv4n39ADW+5fKdlD6bUQiB+Gtg2gAAAAASUVORK5CYII=";
    private const string Png565 =
        "iVBORw0KGgoAAAANSUhEUgAAAAcAAAAJCAIAAABxOqH0AAAAA3NCSVQFBgUzC42AAAAA0UlEQVR4nAHGADn/AITaKzEktlpL1SIsE0GXx3ao4F" +
        "iSOQBP2DGof4NWUOx4zrdK7uEPxFzJG/cAjM+B0/G4qSlzYM7DBaDt7lowCM5uAMVuM8dmjGL6RgTe9oFY72glswH4IQD4q+uI6w4osVjPgkUb" +
        "U//D7ZZPBZAA7wC7EcPiaJ3/RPeaJ4Sgm6qfyS9rAMhMLZ0Ud+p2jh85OcK6baO2J6vquQBV/uKV7ETibounUTJ58GG/XrZHRXcAicHMr4+kzJ" +
        "UlvJ3K91mEteH0LF+hWwFmHMtavUUAAAAASUVORK5CYII=";
    private const string Gif =
        "R0lGODlhBwAJAPMAABc350E8WSfJnOoEgTazcFgMS9ovrO4Z83sh9kcPRh4YZgOseke++wBDO3437mwbbiwAAAAABwAJAAAELZARMFZZogGoDk" +
        "uPLGUeHMQoRNpCAipzTlArkAJFc4ioodiBgb2nxGOuwMZcBAA7";
    private const string InterlacedGif =
        "R0lGODlhBwAJAPMAAIsIbdaqhchm3EFX5eixxPKCYfPjYvCsniRXvfFxQZ1qmTIGDmWgHaODr+Ek1vAJkCwAAAAABwAJAEAELZApVgYxojUYXB" +
        "pkAGMMZI0wlcYgCgYzSCnMJAUbeSg9dFqABKAXjnDJwKJQBAA7";

    public static IEnumerable<object[]> Kinds =>
    [
        ["PNG"], ["transparent PNG"], ["JPEG"], ["WebP"], ["lossless WebP"], ["BMP"],
        [nameof(InterlacedPng)], [nameof(GrayPng)], [nameof(Png565)], [nameof(Gif)], [nameof(InterlacedGif)],
    ];

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Decode_EveryKind_GivesThePixelsOfMLImage(string kind)
    {
        byte[] file = File(kind);
        using var stream = new MemoryStream(file);
        using var expected = MLImage.CreateFromStream(stream);
        using SKBitmap image = ImageFile.Decode(file);

        Assert.AreEqual((expected.Width, expected.Height), ImageFile.SizeOf(file));
        Assert.AreEqual(expected.PixelFormat == MLPixelFormat.Rgba32, image.ColorType == SKColorType.Rgba8888);
        CollectionAssert.AreEqual(expected.Pixels.ToArray(), image.GetPixelSpan().ToArray());
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Decode_EveryBeginningOfAFile_IsRefusedOrGivesTheWholeImage(string kind)
    {
        byte[] file = File(kind);
        using SKBitmap whole = ImageFile.Decode(file);
        int refused = 0;
        for (int length = 0; length < file.Length; length++)
        {
            try
            {
                using SKBitmap image = ImageFile.Decode(file.AsSpan(0, length));
                bool same = image.GetPixelSpan().SequenceEqual(whole.GetPixelSpan());
                Assert.IsTrue(same, $"{length} of {file.Length} bytes give other pixels");
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }

        Assert.IsGreaterThan(file.Length * 9 / 10, refused + 30);
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void IsCutOff_PartsOfAFile_AreFoundAndTheWholeIsNot(string kind)
    {
        byte[] file = File(kind);
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, folder.Write("image", file));
        Assert.IsFalse(ImageFile.IsCutOff(path));

        // MLImage refuses some of these itself. Those that it decodes to other pixels must be found.
        using SKBitmap whole = ImageFile.Decode(file);
        for (int length = file.Length - 1; length > 0; length -= Math.Max(1, file.Length / 40))
        {
            folder.Write("image", file[..length]);
            if (Load(path) is { } pixels && !pixels.AsSpan().SequenceEqual(whole.GetPixelSpan()))
                Assert.IsTrue(ImageFile.IsCutOff(path), $"{length} of {file.Length} bytes");
        }
    }

    [TestMethod]
    public void IsCutOff_NoFileOrNoImage_IsFalse()
    {
        using var folder = new TemporaryFolder();
        Assert.IsFalse(ImageFile.IsCutOff("a label"));
        Assert.IsFalse(ImageFile.IsCutOff(folder.Path));
        Assert.IsFalse(ImageFile.IsCutOff(Path.Combine(folder.Path, folder.Write("text", [1, 2, 3]))));
        Assert.IsFalse(ImageFile.IsCutOff(Path.Combine(folder.Path, folder.Write("empty", []))));
    }

    [TestMethod]
    public void Decode_TransparentPixels_AreOverBlackRoundedToNearest()
    {
        // All pairs of a color and an alpha. docs/scale-out.md computes the same in Python.
        var pixels = new byte[4 * 256 * 256];
        for (int i = 0; i < pixels.Length / 4; i++)
        {
            byte color = (byte)i, alpha = (byte)(i >> 8);
            (pixels[4 * i], pixels[(4 * i) + 1], pixels[(4 * i) + 2], pixels[(4 * i) + 3]) = (color, (byte)(255 - color), 77, alpha);
        }

        using SKBitmap image = ImageFile.Decode(Encode(pixels, 256, 256, SKEncodedImageFormat.Png));

        int red = image.ColorType == SKColorType.Rgba8888 ? 0 : 2;
        ReadOnlySpan<byte> decoded = image.GetPixelSpan();
        for (int i = 0; i < pixels.Length / 4; i++)
        {
            int alpha = pixels[(4 * i) + 3];
            Assert.AreEqual(((pixels[4 * i] * alpha) + 127) / 255, decoded[(4 * i) + red], $"{pixels[4 * i]}, {alpha}");
            Assert.AreEqual(((pixels[(4 * i) + 1] * alpha) + 127) / 255, decoded[(4 * i) + 1], $"{pixels[(4 * i) + 1]}, {alpha}");
        }
    }

    internal static byte[] File(string kind) => kind switch
    {
        "PNG" => Encode(Pixels(255), Width, Height, SKEncodedImageFormat.Png),
        "transparent PNG" => Encode(Pixels(100), Width, Height, SKEncodedImageFormat.Png),
        "JPEG" => Encode(Pixels(255), Width, Height, SKEncodedImageFormat.Jpeg),
        "WebP" => Encode(Pixels(255), Width, Height, SKEncodedImageFormat.Webp, 80),
        "lossless WebP" => Encode(Pixels(255), Width, Height, SKEncodedImageFormat.Webp),
        "BMP" => Bmp(),
        _ => Convert.FromBase64String(kind switch
        {
            nameof(InterlacedPng) => InterlacedPng,
            nameof(GrayPng) => GrayPng,
            nameof(Png565) => Png565,
            nameof(Gif) => Gif,
            _ => InterlacedGif,
        }),
    };

    private static byte[] Encode(byte[] rgba, int width, int height, SKEncodedImageFormat format, int quality = 100)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        System.Runtime.InteropServices.Marshal.Copy(rgba, 0, bitmap.GetPixels(), rgba.Length);
        using SKData data = bitmap.Encode(format, quality);
        return data.ToArray();
    }

    private static byte[] Pixels(byte alpha)
    {
        var pixels = new byte[4 * Width * Height];
        new Random(3).NextBytes(pixels);
        for (int i = 3; i < pixels.Length; i += 4)
            pixels[i] = alpha;
        return pixels;
    }

    // 24 bits per pixel, rows of a multiple of 4 bytes.
    private static byte[] Bmp()
    {
        var file = new byte[54 + (24 * Height)];
        new Random(4).NextBytes(file.AsSpan(54));
        (file[0], file[1], file[10], file[14]) = ((byte)'B', (byte)'M', 54, 40);
        (file[18], file[22], file[26], file[28]) = (Width, Height, 1, 24);
        BitConverter.TryWriteBytes(file.AsSpan(2), file.Length);
        return file;
    }

    private static byte[]? Load(string path)
    {
        try
        {
            using var image = MLImage.CreateFromFile(path);
            return image.Pixels.ToArray();
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }
}
