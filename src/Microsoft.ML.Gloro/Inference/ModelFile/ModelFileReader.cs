using System.Security.Cryptography;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// Reads the bytes of a model file in order and hashes them on the way. Memory is taken as bytes arrive, never because a number in the file
/// asks for it.
/// </summary>
internal sealed class ModelFileReader(Stream stream) : IDisposable
{
    private const int BlockLength = 1 << 16;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _block = new byte[BlockLength];

    /// <summary>How many bytes were read so far, which is where the next one stands.</summary>
    public long Position { get; private set; }

    /// <summary>The next <paramref name="length"/> bytes.</summary>
    public byte[] ReadBytes(int length, string what)
    {
        var bytes = new byte[Math.Min(length, BlockLength)];
        for (int filled = 0; filled < length;)
        {
            if (filled == bytes.Length)
                Array.Resize(ref bytes, (int)Math.Min(length, 2L * bytes.Length));
            Fill(bytes.AsSpan(filled), what);
            filled = bytes.Length;
        }

        return bytes;
    }

    /// <summary>The next <paramref name="count"/> little-endian floats.</summary>
    public float[] ReadSingles(long count, string what)
    {
        var values = new float[Math.Min(count, BlockLength)];
        for (int filled = 0; filled < count;)
        {
            if (filled == values.Length)
                Array.Resize(ref values, (int)Math.Min(count, 2L * values.Length));
            Span<float> part = values.AsSpan(filled, Math.Min(values.Length - filled, BlockLength / sizeof(float)));
            Span<byte> block = _block.AsSpan(0, part.Length * sizeof(float));
            Fill(block, what);
            SingleBytes.Read(block, part);
            filled += part.Length;
        }

        return values;
    }

    /// <summary>Reads the hash that follows and compares it with that of everything before it.</summary>
    public void CheckHash()
    {
        byte[] expected = _hash.GetCurrentHash();
        if (!ReadBytes(SHA256.HashSizeInBytes, "the checksum").AsSpan().SequenceEqual(expected))
            throw ModelFileFormat.Damaged("its checksum does not match its contents");
    }

    public void Dispose() => _hash.Dispose();

    private void Fill(Span<byte> destination, string what)
    {
        int read;
        try
        {
            read = stream.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false);
        }
        catch (InvalidDataException)
        {
            // A stream of a zip archive whose compressed bytes are broken.
            throw ModelFileFormat.Damaged($"the archive around it cannot be decompressed after byte {Position} of the model, in {what}");
        }

        if (read < destination.Length)
            throw ModelFileFormat.Damaged($"it ends after {Position + read} bytes, in the middle of {what}");
        _hash.AppendData(destination);
        Position += read;
    }
}
