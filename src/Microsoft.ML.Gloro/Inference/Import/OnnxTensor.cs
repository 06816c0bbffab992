using System.Buffers.Binary;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>Reads constants: their shape and values, whichever way the file stores them.</summary>
internal static class OnnxTensor
{
    /// <summary>Reads a TensorProto.</summary>
    public static (string Name, ConstantTensor Value) Read(ReadOnlySpan<byte> bytes, ImportBudget budget)
    {
        var reader = new ProtobufReader(bytes);
        string name = "";
        int type = 0;
        var (dimensions, integers) = (new List<long>(), new List<long>());
        ReadOnlySpan<byte> raw = default;
        var (singles, doubles) = (new List<double>(), new List<double>());
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    reader.Integers(dimensions, OnnxFile.MostDimensions);
                    break;
                case 2:
                    type = (int)Math.Clamp(reader.Integer(), 0, int.MaxValue);
                    break;
                case 4:
                    AddSingles(singles, reader.Numbers(sizeof(float)));
                    break;
                case 5 or 7:
                    reader.Integers(integers, (int)ModelLimits.Weights);
                    break;
                case 8:
                    name = OnnxFile.Name(ref reader);
                    break;
                case 9:
                    raw = reader.Bytes();
                    break;
                case 10:
                    var numbers = reader.Numbers(sizeof(double));
                    for (int i = 0; i + sizeof(double) <= numbers.Length; i += sizeof(double))
                        doubles.Add(BinaryPrimitives.ReadDoubleLittleEndian(numbers[i..]));
                    break;
                case 13:
                    throw ImportFault.Unsupported("its weights lie in another file", "Export one file with the weights inside");
                case 14 when reader.Integer() != 0:
                    throw ImportFault.Unsupported("its weights lie in another file", "Export one file with the weights inside");
                case 14:
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        int[] shape = [.. dimensions.Select(OnnxFile.Side)];
        int size = budget.TakeWeights(shape);
        double[] values = type switch
        {
            1 => raw.IsEmpty ? [.. singles] : FromRaw(raw, sizeof(float), size, b => BinaryPrimitives.ReadSingleLittleEndian(b)),
            11 => raw.IsEmpty ? [.. doubles] : FromRaw(raw, sizeof(double), size, b => BinaryPrimitives.ReadDoubleLittleEndian(b)),
            6 => raw.IsEmpty ? FromIntegers(integers) : FromRaw(raw, sizeof(int), size, b => BinaryPrimitives.ReadInt32LittleEndian(b)),
            7 => raw.IsEmpty ? FromIntegers(integers) : FromRaw(raw, sizeof(long), size, b => BinaryPrimitives.ReadInt64LittleEndian(b)),
            9 => raw.IsEmpty ? FromIntegers(integers) : FromRaw(raw, 1, size, b => b[0] == 0 ? 0 : 1),
            _ => throw ImportFault.Unsupported($"the constant '{name}' has the element type {type}", "Export the network in float32"),
        };
        return values.Length == size
            ? (name, new ConstantTensor(shape, values, IsInteger: type is 6 or 7 or 9))
            : throw ImportFault.Damaged($"the constant '{name}' has {values.Length} values where its shape asks for {size}");
    }

    private static double[] FromIntegers(List<long> integers) => [.. integers.Select(value => (double)value)];

    private delegate double Reader(ReadOnlySpan<byte> bytes);

    private static double[] FromRaw(ReadOnlySpan<byte> raw, int width, int size, Reader read)
    {
        if (raw.Length != (long)size * width)
            throw ImportFault.Damaged($"a constant of {size} values has {raw.Length} bytes");
        var values = new double[size];
        for (int i = 0; i < size; i++)
            values[i] = read(raw.Slice(i * width, width));
        return values;
    }

    /// <summary>Appends little-endian floats.</summary>
    public static void AddSingles(List<double> values, ReadOnlySpan<byte> numbers)
    {
        for (int i = 0; i + sizeof(float) <= numbers.Length; i += sizeof(float))
            values.Add(BinaryPrimitives.ReadSingleLittleEndian(numbers[i..]));
    }
}
