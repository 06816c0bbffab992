namespace Microsoft.ML.Gloro.Inference;

/// <summary>The parts of an ONNX file that an import needs. Numbers of fields are those of onnx.proto.</summary>
/// <param name="Producer">The program that wrote the file.</param>
/// <param name="Opset">The version of the standard operators.</param>
/// <param name="Nodes">The nodes, in the file's order.</param>
/// <param name="Constants">The initializers by name.</param>
/// <param name="Input">The one input that is not an initializer.</param>
/// <param name="Output">The name of the one output.</param>
internal sealed record OnnxFile(
    string Producer, int Opset, IReadOnlyList<FileNode> Nodes, IReadOnlyDictionary<string, ConstantTensor> Constants, OnnxInput Input,
        string Output)
{
    private const int FirstOpset = 7, LastOpset = 23;
    private const int MostNodes = 1 << 16, MostNumbers = 1 << 16, LongestName = 4096;

    /// <summary>The most dimensions of a tensor.</summary>
    public const int MostDimensions = 16;

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
        var nodes = new List<FileNode>();
        var constants = new Dictionary<string, ConstantTensor>(StringComparer.Ordinal);
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
                    var (name, constant) = OnnxTensor.Read(reader.Bytes(), budget);
                    if (!constants.TryAdd(name, constant))
                        throw ImportFault.Damaged($"two constants have the name '{name}'");
                    break;
                case 11:
                    inputs.Add(OnnxInput.Read(reader.Bytes()));
                    break;
                case 12:
                    outputs.Add(OnnxInput.Read(reader.Bytes()));
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

    private static FileNode ReadNode(ReadOnlySpan<byte> bytes, int index, ImportBudget budget)
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

        var node = new FileNode(name.Length > 0 ? name : $"#{index}", operation, inputs, outputs, attributes);
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
                    value.Tensor = OnnxTensor.Read(reader.Bytes(), budget).Value;
                    break;
                case 7:
                    OnnxTensor.AddSingles(value.Singles, reader.Numbers(sizeof(float)));
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

    /// <summary>A side within the limits.</summary>
    public static int Side(long side) => side is >= 0 and <= ModelLimits.Activations
        ? (int)side
        : throw ImportFault.Damaged($"a tensor has a side of {side}");

    /// <summary>A name within the limits.</summary>
    public static string Name(ref ProtobufReader reader)
    {
        string name = reader.Text();
        return name.Length <= LongestName ? name : throw ImportFault.Damaged($"a name has more than {LongestName} characters");
    }
}
