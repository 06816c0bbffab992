using System.Buffers.Binary;
using System.IO.Compression;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// Writes small images as PNG (ISO/IEC 15948): eight bits a channel, RGB, each line with the filter "up", which suits photographs well
/// enough.
/// </summary>
internal static class PngFile
{
    private const byte Up = 2;
    private static readonly uint[] s_crc =
        [.. Enumerable.Range(0, 256)
        .Select(n => Enumerable.Range(0, 8).Aggregate((uint)n, (c, _) => (c & 1) != 0 ? 0xedb88320 ^ (c >> 1) : c >> 1))];

    /// <summary>The file.</summary>
    /// <param name="planes">Width × height bytes of red, then of green, then of blue.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    public static byte[] Write(ReadOnlySpan<byte> planes, int width, int height)
    {
        int area = width * height, stride = 3 * width;
        var lines = new byte[height * (stride + 1)];
        for (int y = 0; y < height; y++)
        {
            int line = y * (stride + 1);
            lines[line] = Up;
            for (int x = 0; x < width; x++)
            {
                for (int channel = 0; channel < 3; channel++)
                {
                    int pixel = (channel * area) + (y * width) + x;
                    lines[line + 1 + (3 * x) + channel] = (byte)(planes[pixel] - (y == 0 ? 0 : planes[pixel - width]));
                }
            }
        }

        using var file = new MemoryStream();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a]);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (8, 2); // bits a channel; RGB
        Chunk(file, "IHDR"u8, header);
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
            zlib.Write(lines);
        Chunk(file, "IDAT"u8, packed.ToArray());
        Chunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    private static void Chunk(MemoryStream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(type);
        file.Write(data);
        uint crc = uint.MaxValue;
        foreach (byte one in type)
            crc = s_crc[(crc ^ one) & 255] ^ (crc >> 8);
        foreach (byte one in data)
            crc = s_crc[(crc ^ one) & 255] ^ (crc >> 8);
        BinaryPrimitives.WriteUInt32BigEndian(number, ~crc);
        file.Write(number);
    }
}
