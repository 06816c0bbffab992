using System.Buffers.Binary;
using System.Text;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// Reads the fields of one protobuf message, strictly: a length beyond the message, an endless varint or an unknown wire type is an error.
/// See https://protobuf.dev/programming-guides/encoding. <see cref="ProtobufWriter"/> is the other direction.
/// </summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> message)
{
    private const int VarintType = 0, EightBytesType = 1, BytesType = 2, FourBytesType = 5;

    private ReadOnlySpan<byte> _rest = message;
    private int _wireType;

    /// <summary>The number of the current field.</summary>
    public int Field { get; private set; }

    /// <summary>Goes to the next field. Its value must then be read or skipped.</summary>
    /// <returns>False at the end of the message.</returns>
    public bool Next()
    {
        if (_rest.IsEmpty)
            return false;
        ulong key = Varint();
        (Field, _wireType) = ((int)Math.Min(key >> 3, int.MaxValue), (int)(key & 7));
        return Field > 0 ? true : throw Damaged("a field has the number 0");
    }

    /// <summary>Passes over the current field.</summary>
    public void Skip()
    {
        switch (_wireType)
        {
            case VarintType:
                Varint();
                break;
            case EightBytesType:
                Take(8);
                break;
            case BytesType:
                Take(Varint());
                break;
            case FourBytesType:
                Take(4);
                break;
            default:
                throw Damaged($"a field has the wire type {_wireType}");
        }
    }

    /// <summary>An integer or enum field.</summary>
    public long Integer()
    {
        Expect(VarintType);
        return (long)Varint();
    }

    /// <summary>A single-precision field.</summary>
    public float Single()
    {
        Expect(FourBytesType);
        return BinaryPrimitives.ReadSingleLittleEndian(Take(4));
    }

    /// <summary>A field of bytes, or a nested message.</summary>
    public ReadOnlySpan<byte> Bytes()
    {
        Expect(BytesType);
        return Take(Varint());
    }

    /// <summary>A text field.</summary>
    public string Text()
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Bytes());
        }
        catch (DecoderFallbackException)
        {
            throw Damaged("a name is not valid UTF-8");
        }
    }

    /// <summary>A repeated integer field, packed or not: appends what this occurrence holds.</summary>
    public void Integers(List<long> values, int limit)
    {
        if (_wireType == VarintType)
        {
            Add(values, (long)Varint(), limit);
            return;
        }

        var packed = new ProtobufReader(Bytes());
        while (!packed._rest.IsEmpty)
            Add(values, (long)packed.Varint(), limit);
    }

    /// <summary>A repeated field of numbers of fixed size, packed or not, as bytes.</summary>
    public ReadOnlySpan<byte> Numbers(int size) => _wireType == BytesType ? Bytes()
        : (_wireType, size) is (FourBytesType, 4) or (EightBytesType, 8) ? Take((ulong)size)
        : throw Damaged($"field {Field} has the wrong type");

    private static void Add(List<long> values, long value, int limit)
    {
        if (values.Count == limit)
            throw Damaged($"a list holds more than {limit} numbers");
        values.Add(value);
    }

    private static FormatException Damaged(string what) => ImportFault.Damaged(what);

    private readonly void Expect(int wireType)
    {
        if (_wireType != wireType)
            throw Damaged($"field {Field} has the wrong type");
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (int i = 0; i < _rest.Length && i < 10; i++)
        {
            value |= (ulong)(_rest[i] & 0x7F) << (7 * i);
            if (_rest[i] < 0x80)
            {
                _rest = _rest[(i + 1)..];
                return value;
            }
        }

        throw Damaged("a number does not end");
    }

    private ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)_rest.Length)
            throw Damaged("it ends too early");
        var taken = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return taken;
    }
}
