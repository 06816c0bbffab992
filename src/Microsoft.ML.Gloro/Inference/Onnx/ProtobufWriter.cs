using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// Writes one protobuf message, with the wire types that an ONNX model needs. A field is a key (number · 8 + wire type) as a varint, then
/// its value: wire type 0 is a varint, 2 a length and that many bytes (strings, bytes, nested messages), 5 four little-endian bytes. See
/// https://protobuf.dev/programming-guides/encoding.
/// </summary>
/// <remarks>
/// Google.Protobuf would add a dependency and thousands of generated lines for what this file does. Not safe for concurrent use.
/// </remarks>
internal sealed class ProtobufWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>An integer or enum field. Negative numbers take ten bytes, as in every protobuf int64.</summary>
    public ProtobufWriter Integer(int field, long value)
    {
        Key(field, wireType: 0);
        Varint((ulong)value);
        return this;
    }

    /// <summary>A string field, in UTF-8.</summary>
    public ProtobufWriter Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    /// <summary>A nested message.</summary>
    public ProtobufWriter Message(int field, ProtobufWriter message) => Bytes(field, message._bytes.WrittenSpan);

    /// <summary>A field of bytes.</summary>
    public ProtobufWriter Bytes(int field, ReadOnlySpan<byte> value)
    {
        Key(field, wireType: 2);
        Varint((ulong)value.Length);
        _bytes.Write(value);
        return this;
    }

    /// <summary>A field of bytes that holds single-precision numbers, little-endian.</summary>
    public ProtobufWriter Singles(int field, ReadOnlySpan<float> values)
    {
        Key(field, wireType: 2);
        Varint((ulong)values.Length * sizeof(float));
        SingleBytes.Write(values, _bytes.GetSpan(checked(values.Length * sizeof(float))));
        _bytes.Advance(values.Length * sizeof(float));
        return this;
    }

    /// <summary>A field of bytes that holds 64-bit integers, little-endian.</summary>
    public ProtobufWriter Integers(int field, ReadOnlySpan<long> values)
    {
        var bytes = new byte[values.Length * sizeof(long)];
        for (int i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i * sizeof(long)), values[i]);
        return Bytes(field, bytes);
    }

    /// <summary>A field of bytes that holds double-precision numbers, little-endian.</summary>
    public ProtobufWriter Doubles(int field, ReadOnlySpan<double> values)
    {
        var bytes = new byte[values.Length * sizeof(double)];
        for (int i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(i * sizeof(double)), values[i]);
        return Bytes(field, bytes);
    }

    /// <summary>What was written so far.</summary>
    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    private void Key(int field, int wireType) => Varint(((ulong)field << 3) | (uint)wireType);

    private void Varint(ulong value)
    {
        Span<byte> bytes = stackalloc byte[10];
        int length = 0;
        for (; value >= 0x80; value >>= 7)
            bytes[length++] = (byte)(value | 0x80);
        bytes[length++] = (byte)value;
        _bytes.Write(bytes[..length]);
    }
}
