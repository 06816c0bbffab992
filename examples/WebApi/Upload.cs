using Microsoft.AspNetCore.Http.Features;
using SkiaSharp;

namespace WebApi;

/// <summary>Takes the image out of a request, and refuses what is none before it costs anything.</summary>
internal static class Upload
{
    /// <summary>The largest file that is read.</summary>
    public const int MostBytes = 8 << 20;

    /// <summary>The most pixels that are decoded: a file of a few kilobytes can claim billions.</summary>
    private const long MostPixels = 24_000_000;

    /// <summary>The uploaded file: the first one of a multipart form, or the body itself.</summary>
    /// <exception cref="UploadException">There is none, or it is too large.</exception>
    public static async Task<byte[]> ReadAsync(HttpRequest request, CancellationToken cancellation)
    {
        if (request.ContentLength > request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize)
            throw TooLarge();
        try
        {
            // Only multipart: curl --data-binary calls its body a urlencoded form, whatever it holds.
            bool isForm = request.ContentType?.StartsWith("multipart/form-data", StringComparison.OrdinalIgnoreCase) == true;
            using var copy = new MemoryStream();
            if (isForm)
            {
                var form = await request.ReadFormAsync(cancellation);
                if (form.Files.Count == 0)
                    throw new UploadException(
                        "The form holds no file. Send the image as a file of a multipart form, or as the body itself.");
                await form.Files[0].CopyToAsync(copy, cancellation);
            }
            else
            {
                await request.Body.CopyToAsync(copy, cancellation);
            }

            return copy.Length switch
            {
                0 => throw new UploadException("The upload is empty. Send an image: PNG, JPEG, GIF, BMP or WebP."),
                > MostBytes => throw TooLarge(),
                _ => copy.ToArray(),
            };
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw TooLarge();
        }
        catch (Exception e) when (e is InvalidDataException or BadHttpRequestException)
        {
            throw new UploadException($"The request cannot be read: {e.Message}");
        }
    }

    /// <summary>Width and height of an image that decodes to its end.</summary>
    /// <exception cref="UploadException">
    /// It is no image, has too many pixels, or ends too early (which would decode, with gray for what is missing).
    /// </exception>
    public static (int Width, int Height) Check(byte[] file)
    {
        using var data = SKData.CreateCopy(file);
        using var codec = SKCodec.Create(data);
        if (codec is null)
            throw new UploadException($"These {file.Length} bytes are no image that can be decoded. Send PNG, JPEG, GIF, BMP or WebP.");
        var (width, height) = (codec.Info.Width, codec.Info.Height);
        if ((long)width * height > MostPixels)
            throw new UploadException($"The image has {width} × {height} pixels; at most {MostPixels / 1_000_000} million are taken.");
        using var bitmap = new SKBitmap();
        var result = bitmap.TryAllocPixels(codec.Info) ? codec.GetPixels(bitmap.Info, bitmap.GetPixels()) : SKCodecResult.InternalError;
        return result == SKCodecResult.Success
            ? (width, height)
            : throw new UploadException(result == SKCodecResult.IncompleteInput
                ? "The image ends before its last row: the file is cut off."
                : $"The image is damaged and cannot be decoded ({result}).");
    }

    private static UploadException TooLarge() =>
        new($"The upload is too large: a file may have {MostBytes >> 20} MB.", StatusCodes.Status413PayloadTooLarge);
}
