using System.Runtime.InteropServices;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Gloro.Tests.Inference;

/// <summary>
/// Writes ONNX files as other libraries do, with Google.Protobuf and no code of the library. Numbers of fields are those of
/// onnx.proto.
/// </summary>
internal sealed class GraphFile(params long[] inputShape)
{
    public const string Input = "x";

    private readonly Random _random = new(3);
    private readonly List<(int Field, byte[] Bytes)> _parts = [];
    private int _names;

    /// <summary>The element type of the input: float32.</summary>
    public int InputType { get; init; } = 1;

    /// <summary>A float32 constant.</summary>
    public string Constant(float[] values, params long[] shape) => Tensor(shape, 1, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    /// <summary>An int64 constant of one dimension.</summary>
    public string Integers(params long[] values) => Tensor([values.Length], 7, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    /// <summary>Random weights of about norm 1.</summary>
    public string Weights(params long[] shape)
    {
        long size = shape.Aggregate(1L, (a, b) => a * b);
        double scale = 1.5 / Math.Sqrt((double)size / shape[0]);
        return Constant([.. Enumerable.Range(0, (int)size).Select(_ => (float)(((_random.NextDouble() * 2) - 1) * scale))], shape);
    }

    /// <summary>Random positive numbers.</summary>
    public string Positive(params long[] shape) =>
        Constant([.. Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(_ => 0.5f + _random.NextSingle())], shape);

    public string Node(string operation, string[] inputs, params (string Name, object Value)[] attributes) =>
        Nodes(operation, inputs, 1, attributes)[0];

    public string[] Nodes(string operation, string[] inputs, int outputs, params (string Name, object Value)[] attributes)
    {
        string[] names = [.. Enumerable.Range(0, outputs).Select(_ => $"t{_names++}")];
        AddNode(operation, inputs, names, attributes);
        return names;
    }

    public void AddNode(string operation, string[] inputs, string[] outputs, params (string Name, object Value)[] attributes) =>
        _parts.Add((1, Message(node =>
    {
        foreach (string input in inputs)
            Text(node, 1, input);
        foreach (string output in outputs)
            Text(node, 2, output);
        Text(node, 3, $"node_{outputs[0]}");
        Text(node, 4, operation);
        foreach (var (name, value) in attributes)
            Nested(node, 5, Attribute(name, value));
    })));

    /// <summary>A flattened dense layer at the end, from <paramref name="size"/> values.</summary>
    public byte[] ToLogits(string value, long size, int classes = 4)
    {
        string flat = Node("Flatten", [value], ("axis", 1L));
        return ToBytes(Node("Gemm", [flat, Weights(classes, size), Weights(classes)], ("transB", 1L)));
    }

    public byte[] ToBytes(string output, int opset = 13) => Message(model =>
    {
        Integer(model, 1, 7);
        Text(model, 2, "a test");
        Nested(model, 7, Message(graph =>
        {
            foreach (var (field, bytes) in _parts)
                Nested(graph, field, bytes);
            Nested(graph, 11, Value(Input, inputShape));
            Nested(graph, 12, Value(output, null));
        }));
        Nested(model, 8, Message(set => Integer(set, 2, opset)));
    });

    /// <summary>What ONNX Runtime computes for one row.</summary>
    public static float[] Run(byte[] file, float[] row, string output, params long[] shape)
    {
        using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        using var session = new InferenceSession(file, options);
        using var run = new RunOptions();
        using var input = OrtValue.CreateTensorValueFromMemory(row, shape);
        using var outputs = session.Run(run, [Input], [input], [output]);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    private static byte[] Attribute(string name, object value) => Message(attribute =>
    {
        Text(attribute, 1, name);
        switch (value)
        {
            case float single:
                attribute.WriteTag(2, WireFormat.WireType.Fixed32);
                attribute.WriteFloat(single);
                break;
            case long integer:
                Integer(attribute, 3, integer);
                break;
            case string text:
                Text(attribute, 4, text);
                break;
            case long[] integers:
                foreach (long integer in integers)
                    Integer(attribute, 8, integer);
                break;
            default:
                throw new NotSupportedException($"Attributes of type {value.GetType()} are not written.");
        }

        Integer(attribute, 20, value switch { float => 1, long => 2, string => 3, _ => 7 });
    });

    private byte[] Value(string name, long[]? shape) => Message(value =>
    {
        Text(value, 1, name);
        Nested(value, 2, Message(type => Nested(type, 1, Message(tensor =>
        {
            Integer(tensor, 1, shape is null ? 1 : InputType);
            if (shape is null)
                return;
            Nested(tensor, 2, Message(sides =>
            {
                foreach (long side in shape)
                    Nested(sides, 1, Message(dimension =>
                    {
                        if (side < 0)
                            Text(dimension, 2, "N");
                        else
                            Integer(dimension, 1, side);
                    }));
            }));
        }))));
    });

    private string Tensor(long[] shape, int type, byte[] values)
    {
        string name = $"c{_names++}";
        _parts.Add((5, Message(tensor =>
        {
            foreach (long side in shape)
                Integer(tensor, 1, side);
            Integer(tensor, 2, type);
            Text(tensor, 8, name);
            Nested(tensor, 9, values);
        })));
        return name;
    }

    private static byte[] Message(Action<CodedOutputStream> write)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
            write(output);
        return bytes.ToArray();
    }

    private static void Integer(CodedOutputStream output, int field, long value)
    {
        output.WriteTag(field, WireFormat.WireType.Varint);
        output.WriteInt64(value);
    }

    private static void Text(CodedOutputStream output, int field, string value)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteString(value);
    }

    private static void Nested(CodedOutputStream output, int field, byte[] value)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(value));
    }
}
