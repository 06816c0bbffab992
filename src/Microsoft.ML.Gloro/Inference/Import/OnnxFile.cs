using System.Buffers.Binary;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>The parts of an ONNX file that an import needs. Numbers of fields are those of onnx.proto.</summary>
/// <param name="Producer">The program that wrote the file.</param>
/// <param name="Opset">The version of the standard operators.</param>
/// <param name="Nodes">The nodes, in the file's order.</param>
/// <param name="Constants">The initializers by name.</param>
/// <param name="Input">The one input that is not an initializer.</param>
/// <param name="Output">The name of the one output.</param>
internal sealed record OnnxFile(
    string Producer, int Opset, IReadOnlyList<OnnxNode> Nodes, IReadOnlyDictionary<string, Constant> Constants, OnnxInput Input, string Output)
{
    private const int FirstOpset = 7, LastOpset = 23;
    private const int MostNodes = 1 << 16, MostDimensions = 16, MostNumbers = 1 << 16, LongestName = 4096;

    /// <summary>Reads a file.</summary>
    /// <exception cref="FormatException">It is not an ONNX model, or is larger than the limits allow.</exception>
    /// <exception cref="NotSupportedException">It is one, with a feature that an import does not read.</exception>
    public static OnnxFile Read(ReadOnlySpan<byte> bytes, ImportBudget budget)
    {
        var reader = new ProtobufReader(bytes);
        string producer = "";
        int opset = 0;
        ReadOnlySpan<byte> graph = default;
        bool hasGraph = false;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 2:
                    producer = Name(ref reader);
                    break;
                case 7 when !hasGraph:
                    graph = reader.Bytes();
                    hasGraph = true;
                    break;
                case 7:
                    throw ImportFault.Damaged("it has two graphs");
                case 8:
                    opset = Math.Max(opset, ReadOpset(reader.Bytes()));
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        if (!hasGraph)
            throw ImportFault.Damaged("it has no graph");
        if (opset is < FirstOpset or > LastOpset)
        {
            throw ImportFault.Unsupported(
                $"it uses version {opset} of the ONNX operators", $"Export with an opset from {FirstOpset} to {LastOpset}, such as 13");
        }

        return ReadGraph(graph, producer, opset, budget);
    }

    private static int ReadOpset(ReadOnlySpan<byte> bytes)
    {
        var reader = new ProtobufReader(bytes);
        string domain = "";
        long version = 0;
        while (reader.Next())
        {
            if (reader.Field == 1)
                domain = Name(ref reader);
            else if (reader.Field == 2)
                version = reader.Integer();
            else
                reader.Skip();
        }

        return domain is "" or "ai.onnx" ? (int)Math.Clamp(version, 0, int.MaxValue) : 0;
    }

    private static OnnxFile ReadGraph(ReadOnlySpan<byte> bytes, string producer, int opset, ImportBudget budget)
    {
        var reader = new ProtobufReader(bytes);
        var nodes = new List<OnnxNode>();
        var constants = new Dictionary<string, Constant>(StringComparer.Ordinal);
        var inputs = new List<OnnxInput>();
        var outputs = new List<OnnxInput>();
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1 when nodes.Count == MostNodes:
                    throw ImportFault.Damaged($"it has more than {MostNodes} nodes");
                case 1:
                    nodes.Add(ReadNode(reader.Bytes(), nodes.Count, budget));
                    break;
                case 5:
                    var (name, constant) = ReadTensor(reader.Bytes(), budget);
                    if (!constants.TryAdd(name, constant))
                        throw ImportFault.Damaged($"two constants have the name '{name}'");
                    break;
                case 11:
                    inputs.Add(ReadValue(reader.Bytes()));
                    break;
                case 12:
                    outputs.Add(ReadValue(reader.Bytes()));
                    break;
                case 15:
                    throw ImportFault.Unsupported("it has sparse constants", "Export dense weights");
                default:
                    reader.Skip();
                    break;
            }
        }

        inputs.RemoveAll(input => constants.ContainsKey(input.Name));
        if (inputs.Count != 1 || outputs.Count != 1)
        {
            throw ImportFault.Unsupported(
                $"it has {inputs.Count} inputs and {outputs.Count} outputs", "Export a network with one input and one output, the logits");
        }

        return new OnnxFile(producer, opset, nodes, constants, inputs[0], outputs[0].Name);
    }

    private static OnnxNode ReadNode(ReadOnlySpan<byte> bytes, int index, ImportBudget budget)
    {
        var reader = new ProtobufReader(bytes);
        var (inputs, outputs) = (new List<string>(), new List<string>());
        var attributes = new Dictionary<string, OnnxAttribute>(StringComparer.Ordinal);
        string name = "", operation = "", domain = "";
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1 or 2:
                    var list = reader.Field == 1 ? inputs : outputs;
                    if (list.Count == MostNumbers)
                        throw ImportFault.Damaged("a node has too many inputs or outputs");
                    list.Add(Name(ref reader));
                    break;
                case 3:
                    name = Name(ref reader);
                    break;
                case 4:
                    operation = Name(ref reader);
                    break;
                case 5:
                    var (key, attribute) = ReadAttribute(reader.Bytes(), budget);
                    if (!attributes.TryAdd(key, attribute))
                        throw ImportFault.Damaged($"a node has two attributes '{key}'");
                    break;
                case 7:
                    domain = Name(ref reader);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        var node = new OnnxNode(name.Length > 0 ? name : $"#{index}", operation, inputs, outputs, attributes);
        return domain is "" or "ai.onnx"
            ? node
            : throw node.Unsupported($"its operator is of the domain '{domain}'", "Export with standard ONNX operators only.");
    }

    private static (string Name, OnnxAttribute Value) ReadAttribute(ReadOnlySpan<byte> bytes, ImportBudget budget)
    {
        var reader = new ProtobufReader(bytes);
        string name = "";
        var value = new OnnxAttribute();
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    name = Name(ref reader);
                    break;
                case 2:
                    value.Single = reader.Single();
                    break;
                case 3:
                    value.Integer = reader.Integer();
                    break;
                case 4:
                    value.Text = Name(ref reader);
                    break;
                case 5:
                    value.Tensor = ReadTensor(reader.Bytes(), budget).Value;
                    break;
                case 7:
                    AddSingles(value.Singles, reader.Numbers(sizeof(float)));
                    break;
                case 8:
                    reader.Integers(value.Integers, MostNumbers);
                    break;
                default:
                    reader.Skip(); // documentation, subgraphs: the operators that have them are refused by name
                    break;
            }
        }

        return (name, value);
    }

    private static (string Name, Constant Value) ReadTensor(ReadOnlySpan<byte> bytes, ImportBudget budget)
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
                    reader.Integers(dimensions, MostDimensions);
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
                    name = Name(ref reader);
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

        int[] shape = [.. dimensions.Select(Side)];
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
            ? (name, new Constant(shape, values, IsInteger: type is 6 or 7 or 9))
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

    private static void AddSingles(List<double> values, ReadOnlySpan<byte> numbers)
    {
        for (int i = 0; i + sizeof(float) <= numbers.Length; i += sizeof(float))
            values.Add(BinaryPrimitives.ReadSingleLittleEndian(numbers[i..]));
    }

    private static OnnxInput ReadValue(ReadOnlySpan<byte> bytes)
    {
        var reader = new ProtobufReader(bytes);
        string name = "";
        int type = 0;
        List<int?> shape = [];
        while (reader.Next())
        {
            if (reader.Field == 1)
                name = Name(ref reader);
            else if (reader.Field == 2)
                ReadType(reader.Bytes(), ref type, shape);
            else
                reader.Skip();
        }

        return new OnnxInput(name, type, shape);
    }

    private static void ReadType(ReadOnlySpan<byte> bytes, ref int type, List<int?> shape)
    {
        var reader = new ProtobufReader(bytes);
        while (reader.Next())
        {
            if (reader.Field != 1)
            {
                reader.Skip();
                continue;
            }

            var tensor = new ProtobufReader(reader.Bytes());
            while (tensor.Next())
            {
                if (tensor.Field == 1)
                    type = (int)Math.Clamp(tensor.Integer(), 0, int.MaxValue);
                else if (tensor.Field == 2)
                    ReadShape(tensor.Bytes(), shape);
                else
                    tensor.Skip();
            }
        }
    }

    private static void ReadShape(ReadOnlySpan<byte> bytes, List<int?> shape)
    {
        var reader = new ProtobufReader(bytes);
        while (reader.Next())
        {
            if (reader.Field != 1)
            {
                reader.Skip();
                continue;
            }

            if (shape.Count == MostDimensions)
                throw ImportFault.Damaged($"a tensor has more than {MostDimensions} dimensions");
            int? side = null;
            var dimension = new ProtobufReader(reader.Bytes());
            while (dimension.Next())
            {
                if (dimension.Field == 1)
                    side = Side(dimension.Integer());
                else
                    dimension.Skip();
            }

            shape.Add(side);
        }
    }

    private static int Side(long side) => side is >= 0 and <= ModelLimits.Activations
        ? (int)side
        : throw ImportFault.Damaged($"a tensor has a side of {side}");

    private static string Name(ref ProtobufReader reader)
    {
        string name = reader.Text();
        return name.Length <= LongestName ? name : throw ImportFault.Damaged($"a name has more than {LongestName} characters");
    }
}

/// <summary>The graph's input.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The number of its element type; 1 for float32.</param>
/// <param name="Shape">Its sides; null for one that is set at run time.</param>
internal sealed record OnnxInput(string Name, int Type, IReadOnlyList<int?> Shape);

/// <summary>One attribute of a node: whichever value the file holds.</summary>
internal sealed class OnnxAttribute
{
    public float? Single { get; set; }

    public long? Integer { get; set; }

    public string? Text { get; set; }

    public Constant? Tensor { get; set; }

    public List<double> Singles { get; } = [];

    public List<long> Integers { get; } = [];
}

/// <summary>One node of the graph.</summary>
/// <param name="Name">Its name, or its number in the file.</param>
/// <param name="Operation">The operator.</param>
/// <param name="Inputs">Names of tensors; empty for an optional input that is left out.</param>
/// <param name="Outputs">Names of tensors.</param>
/// <param name="Attributes">The attributes by name.</param>
internal sealed record OnnxNode(
    string Name, string Operation, IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs,
    IReadOnlyDictionary<string, OnnxAttribute> Attributes)
{
    public long Integer(string name, long missing) => Attributes.TryGetValue(name, out var value) ? value.Integer ?? missing : missing;

    public float Single(string name, float missing) => Attributes.TryGetValue(name, out var value) ? value.Single ?? missing : missing;

    public string Text(string name, string missing) => Attributes.TryGetValue(name, out var value) ? value.Text ?? missing : missing;

    /// <summary>A list of integers; null if the node does not have it.</summary>
    public int[]? Integers(string name) => Attributes.TryGetValue(name, out var value) ? [.. value.Integers.Select(Clamp)] : null;

    /// <summary>The error that names this node.</summary>
    public NotSupportedException Unsupported(string why, string remedy) =>
        ImportFault.Unsupported($"node '{Name}' ({Operation}): {why}", remedy);

    /// <summary>The error for a node that breaks the rules of ONNX.</summary>
    public FormatException Damaged(string why) => ImportFault.Damaged($"node '{Name}' ({Operation}): {why}");

    /// <summary>An integer within the range of int: ends of slices may be the largest long.</summary>
    public static int Clamp(long value) => (int)Math.Clamp(value, int.MinValue, int.MaxValue);
}
