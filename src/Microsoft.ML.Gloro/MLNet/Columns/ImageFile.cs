using SkiaSharp;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>
/// Decodes image files to the pixels that MLImage gives. Unlike MLImage it refuses a file that was cut off: MLImage leaves the missing
/// pixels gray, and the image would be trained on, scored and certified as if it were whole.
/// </summary>
internal static class ImageFile
{
    /// <summary>Decodes a file to 32 bits per pixel, RGBA or BGRA, with colors multiplied by alpha. EXIF orientation is ignored.</summary>
    /// <exception cref="InvalidDataException">The bytes are not an image, or are cut off or damaged.</exception>
    public static SKBitmap Decode(ReadOnlySpan<byte> file)
    {
        using var data = SKData.CreateCopy(file);
        using var codec = Open(data, file);
        var bitmap = Decode(codec, out SKCodecResult result);
        if (result == SKCodecResult.Success)
            return InFourBytes(bitmap);
        bitmap.Dispose();
        throw new InvalidDataException(result == SKCodecResult.IncompleteInput
            ? $"the image file is cut off: its {file.Length} bytes end before its last pixel, or are damaged."
            : NotAnImage(file));
    }

    /// <summary>Width and height as the file's header states them.</summary>
    /// <exception cref="InvalidDataException">The bytes are not an image.</exception>
    public static (int Width, int Height) SizeOf(ReadOnlySpan<byte> file)
    {
        using var data = SKData.CreateCopy(file);
        using var codec = Open(data, file);
        return (codec.Info.Width, codec.Info.Height);
    }

    /// <summary>
    /// Whether the file at <paramref name="path"/> is an image that was cut off. False if there is no such file or it cannot be read.
    /// </summary>
    public static bool IsCutOff(string path)
    {
        try
        {
            // To decode a file a second time would double the time of reading; nearly all files end as their format asks.
            if (!File.Exists(path) || EndsAsItShould(path))
                return false;
            using var codec = SKCodec.Create(path);
            if (codec is null)
                return false;
            Decode(codec, out SKCodecResult result).Dispose();
            return result == SKCodecResult.IncompleteInput;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return false;
        }
    }

    private static SKCodec Open(SKData data, ReadOnlySpan<byte> file) =>
        SKCodec.Create(data) ?? throw new InvalidDataException(NotAnImage(file));

    // The settings of SKBitmap.Decode, which MLImage uses: other ones would give other pixels.
    private static SKBitmap Decode(SKCodec codec, out SKCodecResult result)
    {
        var info = codec.Info.WithColorSpace(null);
        if (info.AlphaType == SKAlphaType.Unpremul)
            info.AlphaType = SKAlphaType.Premul;
        var bitmap = new SKBitmap();
        if (info.BytesSize64 <= int.MaxValue && bitmap.TryAllocPixels(info))
        {
            result = codec.GetPixels(info, bitmap.GetPixels());
            return bitmap;
        }

        bitmap.Dispose();
        throw new InvalidDataException($"an image of {info.Width}×{info.Height} pixels is too large to decode.");
    }

    // Grayscale files and some others decode to fewer bytes per pixel.
    private static SKBitmap InFourBytes(SKBitmap bitmap)
    {
        if (bitmap.ColorType is SKColorType.Rgba8888 or SKColorType.Bgra8888)
            return bitmap;
        using (bitmap)
            return bitmap.Copy(SKColorType.Bgra8888) ?? throw new InvalidDataException($"{bitmap.ColorType} pixels cannot be converted.");
    }

    private static bool EndsAsItShould(string path)
    {
        using var file = File.OpenHandle(path);
        Span<byte> first = stackalloc byte[8], last = stackalloc byte[8];
        if (RandomAccess.Read(file, first, 0) < first.Length
            || RandomAccess.Read(file, last, Math.Max(0, RandomAccess.GetLength(file) - last.Length)) < last.Length)
            return false;
        ReadOnlySpan<byte> jpegStart = [0xFF, 0xD8], jpegEnd = [0xFF, 0xD9];
        ReadOnlySpan<byte> pngStart = [0x89, (byte)'P', (byte)'N', (byte)'G'], pngEnd = [(byte)'I', (byte)'E', (byte)'N', (byte)'D'];
        return (first.StartsWith(jpegStart) && last.EndsWith(jpegEnd)) || (first.StartsWith(pngStart) && last.StartsWith(pngEnd));
    }

    private static string NotAnImage(ReadOnlySpan<byte> file) =>
        $"{file.Length} bytes that begin with {Convert.ToHexString(file[..Math.Min(8, file.Length)])} are no image that can be decoded " +
        "(PNG, JPEG, GIF, BMP and WebP can).";
}
