using Microsoft.ML.Data;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>Reads images that are still files: PNG, JPEG and whatever else MLImage decodes.</summary>
internal sealed class EncodedImageReader(string columnName, InputSpec spec, ValueGetter<VBuffer<byte>> getter, RowLocator locator)
    : ImageReader(columnName, spec, locator)
{
    private VBuffer<byte> _encoded;
    private byte[] _file = [];

    /// <inheritdoc/>
    public override void ReadBytes(Span<byte> destination)
    {
        getter(ref _encoded);
        if (_encoded.Length == 0)
            throw RowError("there is no image (no bytes).");
        if (_file.Length < _encoded.Length)
            _file = new byte[_encoded.Length];
        _encoded.CopyTo(_file);
        using var image = Decode();
        ReadPixels(image, destination);
    }

    private MLImage Decode()
    {
        try
        {
            using var stream = new MemoryStream(_file, 0, _encoded.Length, writable: false);
            return MLImage.CreateFromStream(stream);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            throw RowError($"{_encoded.Length} bytes that begin with {Convert.ToHexString(_file, 0, Math.Min(8, _encoded.Length))} are no image that can be decoded (PNG, JPEG, GIF, BMP and WebP can).", e);
        }
    }
}
