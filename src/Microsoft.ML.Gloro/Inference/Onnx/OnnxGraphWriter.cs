using System.Globalization;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// Collects the nodes and tensors of one ONNX graph and writes its ModelProto. Field numbers are those of onnx.proto
/// (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto); each is named where it is used.
/// </summary>
internal sealed class OnnxGraphWriter : IOnnxGraph
{
    private const int IntegerAttribute = 2; // AttributeProto.AttributeType.INT
    private const int IntegersAttribute = 7; // AttributeProto.AttributeType.INTS
    private readonly ProtobufWriter _graph = new();
    private int _count;

    public int OpsetVersion => OnnxGraph.OpsetVersion;

    public string Initializer(ReadOnlySpan<float> values, ReadOnlySpan<long> dimensions)
    {
        string name = NextName("weights");
        _graph.Message(5, Tensor(name, OnnxType.Single, dimensions).Singles(9, values)); // GraphProto.initializer, TensorProto.raw_data
        return name;
    }

    public string Initializer(ReadOnlySpan<double> values, ReadOnlySpan<long> dimensions)
    {
        string name = NextName("doubles");
        _graph.Message(5, Tensor(name, OnnxType.Double, dimensions).Doubles(9, values)); // GraphProto.initializer, TensorProto.raw_data
        return name;
    }

    public string Initializer(ReadOnlySpan<long> values)
    {
        string name = NextName("integers");
        // GraphProto.initializer, TensorProto.raw_data
        _graph.Message(5, Tensor(name, OnnxType.Int64, [values.Length]).Integers(9, values));
        return name;
    }

    // From IR 4 on, an initializer that is an input as well is the input's default.
    public string Parameter(string name, ReadOnlySpan<float> values, ReadOnlySpan<long> dimensions)
    {
        _graph.Message(5, Tensor(name, OnnxType.Single, dimensions).Singles(9, values)); // GraphProto.initializer, TensorProto.raw_data
        _graph.Message(11, ValueInfo(name, OnnxType.Single, dimensions, batch: false)); // GraphProto.input
        return name;
    }

    public string Parameter(string name, long value)
    {
        _graph.Message(5, Tensor(name, OnnxType.Int64, [1]).Integers(9, [value])); // GraphProto.initializer, TensorProto.raw_data
        _graph.Message(11, ValueInfo(name, OnnxType.Int64, [1], batch: false)); // GraphProto.input
        return name;
    }

    public string Node(
        string operation,
        IReadOnlyList<string> inputs,
        IReadOnlyList<(string Name, long[] Values)>? lists = null,
        IReadOnlyList<(string Name, long Value)>? integers = null,
        string? output = null)
    {
        output ??= NextName(operation);
        ProtobufWriter node = NodeOf(operation, inputs, [output]);
        foreach ((string name, long[] values) in lists ?? [])
        {
            ProtobufWriter attribute = new ProtobufWriter().Text(1, name); // AttributeProto.name
            foreach (long value in values)
                attribute.Integer(8, value); // AttributeProto.ints
            node.Message(5, attribute.Integer(20, IntegersAttribute)); // NodeProto.attribute, AttributeProto.type
        }

        foreach ((string name, long value) in integers ?? [])
            node.Message(5, Attribute(name, value)); // NodeProto.attribute
        _graph.Message(1, node); // GraphProto.node
        return output;
    }

    public (string First, string Second) NodeOfTwo(string operation, IReadOnlyList<string> inputs, int axis)
    {
        (string first, string second) = (NextName(operation), NextName(operation));
        // GraphProto.node, NodeProto.attribute
        _graph.Message(1, NodeOf(operation, inputs, [first, second]).Message(5, Attribute("axis", axis)));
        return (first, second);
    }

    /// <summary>Declares an input of single-precision numbers, with a dynamic first dimension N if <paramref name="batch"/>.</summary>
    public void DeclareInput(string name, ReadOnlySpan<long> dimensions, bool batch = true) =>
        _graph.Message(11, ValueInfo(name, OnnxType.Single, dimensions, batch)); // GraphProto.input

    /// <summary>Declares a graph output with a dynamic first dimension N.</summary>
    public void DeclareOutput(string name, ReadOnlySpan<long> dimensions, OnnxType type = OnnxType.Single) =>
        _graph.Message(12, ValueInfo(name, type, dimensions)); // GraphProto.output

    /// <summary>The model that holds the graph, with its metadata. Call once, last.</summary>
    public byte[] ToModel(int irVersion, int opsetVersion, IEnumerable<(string Key, string Value)>? metadata = null)
    {
        _graph.Text(2, "gloro"); // GraphProto.name
        ProtobufWriter opset = new ProtobufWriter().Text(1, "").Integer(2, opsetVersion); // OperatorSetIdProto.domain, version
        ProtobufWriter model = new ProtobufWriter()
            .Integer(1, irVersion) // ModelProto.ir_version
            .Text(2, "Microsoft.ML.Gloro") // ModelProto.producer_name
            .Message(7, _graph) // ModelProto.graph
            .Message(8, opset); // ModelProto.opset_import
        foreach ((string key, string value) in metadata ?? [])
        {
            // ModelProto.metadata_props: StringStringEntryProto.key, value
            model.Message(14, new ProtobufWriter().Text(1, key).Text(2, value));
        }

        return model.ToArray();
    }

    private static ProtobufWriter Tensor(string name, OnnxType type, ReadOnlySpan<long> dimensions)
    {
        var tensor = new ProtobufWriter();
        foreach (long dimension in dimensions)
            tensor.Integer(1, dimension); // TensorProto.dims
        return tensor.Integer(2, (int)type).Text(8, name); // TensorProto.data_type, name
    }

    private static ProtobufWriter ValueInfo(string name, OnnxType type, ReadOnlySpan<long> dimensions, bool batch = true)
    {
        var shape = new ProtobufWriter();
        if (batch)
            shape.Message(1, new ProtobufWriter().Text(2, "N")); // TensorShapeProto.dim, Dimension.dim_param
        foreach (long dimension in dimensions)
            shape.Message(1, new ProtobufWriter().Integer(1, dimension)); // TensorShapeProto.dim, Dimension.dim_value
        ProtobufWriter tensor = new ProtobufWriter().Integer(1, (int)type).Message(2, shape); // TypeProto.Tensor.elem_type, shape

        // ValueInfoProto.name, type; TypeProto.tensor_type
        return new ProtobufWriter().Text(1, name).Message(2, new ProtobufWriter().Message(1, tensor));
    }

    private static ProtobufWriter Attribute(string name, long value) =>
        new ProtobufWriter().Text(1, name).Integer(3, value).Integer(20, IntegerAttribute); // AttributeProto.name, i, type

    private ProtobufWriter NodeOf(string operation, IReadOnlyList<string> inputs, IReadOnlyList<string> outputs)
    {
        var node = new ProtobufWriter();
        foreach (string input in inputs)
            node.Text(1, input); // NodeProto.input
        foreach (string output in outputs)
            node.Text(2, output); // NodeProto.output
        return node.Text(3, NextName("node")).Text(4, operation); // NodeProto.name, op_type
    }

    private string NextName(string kind) => string.Create(CultureInfo.InvariantCulture, $"{kind}_{_count++}");
}
