using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>Single-precision numbers as little-endian bytes, whatever the machine's own order. Every bit is kept.</summary>
internal static class SingleBytes
{
    /// <summary>Writes <paramref name="values"/> to the first 4 · values.Length bytes of <paramref name="destination"/>.</summary>
    public static void Write(ReadOnlySpan<float> values, Span<byte> destination)
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(values);
        if (BitConverter.IsLittleEndian)
        {
            bytes.CopyTo(destination);
            return;
        }

        for (int i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteInt32LittleEndian(destination[(i * sizeof(float))..], BitConverter.SingleToInt32Bits(values[i]));
    }

    /// <summary>Reads <paramref name="destination"/>.Length numbers from <paramref name="bytes"/>.</summary>
    public static void Read(ReadOnlySpan<byte> bytes, Span<float> destination)
    {
        bytes[..(destination.Length * sizeof(float))].CopyTo(MemoryMarshal.AsBytes(destination));
        if (BitConverter.IsLittleEndian)
            return;

        Span<int> bits = MemoryMarshal.Cast<float, int>(destination);
        BinaryPrimitives.ReverseEndianness(bits, bits);
    }
}
