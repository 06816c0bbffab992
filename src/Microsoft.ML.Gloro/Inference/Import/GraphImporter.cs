using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// Reads an ONNX graph as a deployed network. The graph is a proposal: every node is evaluated on tensors that know how they depend on the
/// layers found so far, constants are computed, and what has no layer with a proof is refused with the node's name.
/// </summary>
internal sealed partial class GraphImporter
{
    private readonly OnnxFile _file;
    private readonly ImportBudget _budget;
    private readonly LinearOperators _linear;
    private readonly LinearSums _sums;
    private readonly ActivationOperators _activations = new();
    private readonly PoolingOperators _pooling;
    private readonly Dictionary<string, GraphValue> _values = new(StringComparer.Ordinal);

    private GraphImporter(OnnxFile file, ImportBudget budget)
    {
        (_file, _budget) = (file, budget);
        (_linear, _sums) = (new LinearOperators(budget), new LinearSums(budget));
        _pooling = new PoolingOperators(_linear, _activations);
    }

    /// <summary>Reads a file.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="isImage">Whether rows are images; null to take images where the input has three channels and pixels.</param>
    /// <param name="mean">What is subtracted from each channel first; null for nothing.</param>
    /// <param name="deviation">What each channel is divided by then; null for nothing.</param>
    /// <exception cref="FormatException">The bytes are not an ONNX model, or break its rules.</exception>
    /// <exception cref="NotSupportedException">A node has no layer with a proof; the message names it and a remedy.</exception>
    public static ImportedNetwork Import(
        ReadOnlySpan<byte> bytes, bool? isImage = null, IReadOnlyList<float>? mean = null, IReadOnlyList<float>? deviation = null)
    {
        try
        {
            var budget = new ImportBudget();
            var file = OnnxFile.Read(bytes, budget);
            return new GraphImporter(file, budget).Run(isImage, mean, deviation);
        }
        catch (Exception e) when (e is IndexOutOfRangeException or ArgumentException or ArithmeticException
            or InvalidCastException or InvalidOperationException)
        {
            // What the checks of single operators let through: sizes of attributes and inputs that do not fit each other.
            throw ImportFault.Damaged($"its sizes do not fit each other ({ErrorText.Sentence(e).TrimEnd('.')})");
        }
    }

    private ImportedNetwork Run(bool? isImage, IReadOnlyList<float>? mean, IReadOnlyList<float>? deviation)
    {
        int[] shape = InputShape();
        bool image = isImage ?? (shape.Length == 4 && shape[1] == 3 && shape[2] * shape[3] > 1);
        if (image && (shape.Length != 4 || shape[1] != 3))
        {
            throw ImportFault.Unsupported(
                $"its input is [{string.Join(", ", shape)}], and images are read as [N, 3, height, width]",
                "ML.NET's images have three channels. Leave IsImage unset: rows are then vectors of channels × height × width, such as "
                + "the gray plane that ExtractPixels gives for one color.");
        }

        TensorShape input = shape is [_, var channels, var height, var width]
            ? new TensorShape(channels, height, width)
            : TensorShape.Vector(TensorMoves.SizeOf(shape));
        foreach (var (name, constant) in _file.Constants)
            _values.Add(name, constant);
        Bind(_file.Input.Name, Scaled(Signal.Of(new InputSource(input), shape), input, mean, deviation));
        RunNodes();
        if (!_values.TryGetValue(_file.Output, out var output) || output is not Signal logits)
            throw ImportFault.Damaged($"its output '{_file.Output}' is not computed from its input");
        DeployedNetwork network = NetworkEmitter.Emit(logits, input, _budget);
        if (!image && network.Layers[0] is DeployedFlatten)
            network = new DeployedNetwork(TensorShape.Vector(input.Size), [.. network.Layers.Skip(1)]); // no layer looks at neighbors
        return new ImportedNetwork(network, image, input, shape, _file.Producer, _file.Input.Name, _file.Output);
    }

    private int[] InputShape()
    {
        if (_file.Input.Type != 1)
            throw ImportFault.Unsupported($"its input has the element type {_file.Input.Type}", "Export the network in float32.");
        if (_file.Input.Shape.Count < 2)
            throw ImportFault.Unsupported("its input has no batch dimension", "Let the first dimension of the input be the batch.");
        if (_file.Input.Shape[0] is { } batch and not 1)
            throw ImportFault.Unsupported($"it takes batches of {batch} rows", "Export it with a batch of 1 or a dynamic first dimension.");
        int[] shape = [1, .. _file.Input.Shape.Skip(1).Select(side => side ?? throw ImportFault.Unsupported(
            "only the batch may have a size that is set at run time", "Export it with fixed sizes of everything but the batch."))];
        ImportBudget.Check(shape);
        return shape.All(side => side > 0) ? shape : throw ImportFault.Damaged("its input is empty");
    }

    private static Signal Scaled(Signal input, TensorShape shape, IReadOnlyList<float>? mean, IReadOnlyList<float>? deviation)
    {
        if (mean is null && deviation is null)
            return input;
        int pixels = shape.Height * shape.Width;
        foreach (var list in new[] { mean, deviation }.OfType<IReadOnlyList<float>>())
        {
            if (list.Count != shape.Channels)
                throw ImportFault.Unsupported($"{list.Count} numbers scale {shape.Channels} channels", "Give one number per channel.");
        }

        return input.Affine(i => 1.0 / (deviation?[i / pixels] ?? 1), i =>
            -(double)(mean?[i / pixels] ?? 0) / (deviation?[i / pixels] ?? 1));
    }

    private void RunNodes()
    {
        var lastUse = new Dictionary<string, int>(StringComparer.Ordinal) { [_file.Output] = int.MaxValue };
        for (int i = 0; i < _file.Nodes.Count; i++)
        {
            foreach (string name in _file.Nodes[i].Inputs)
                lastUse[name] = Math.Max(i, lastUse.GetValueOrDefault(name));
        }

        for (int i = 0; i < _file.Nodes.Count; i++)
        {
            FileNode node = _file.Nodes[i];
            GraphValue?[] inputs = [.. node.Inputs.Select(name => Find(node, name))];
            GraphValue[] outputs = Evaluate(node, inputs);
            if (outputs.Length < node.Outputs.Count(name => name.Length > 0))
                throw node.Unsupported($"it has {node.Outputs.Count} outputs", "Export the network for inference.");
            for (int k = 0; k < node.Outputs.Count; k++)
            {
                if (node.Outputs[k].Length > 0)
                    Bind(node.Outputs[k], outputs[k]);
            }

            foreach (string name in node.Inputs)
            {
                if (lastUse[name] == i && _values.Remove(name, out var value) && value is Signal signal)
                    _budget.GiveBack(signal.Size);
            }
        }
    }

    private void Bind(string name, GraphValue value)
    {
        if (value is Signal)
            _budget.Hold(value.Size);
        else
            _budget.Work(value.Size);
        if (!_values.TryAdd(name, value))
            throw ImportFault.Damaged($"two tensors have the name '{name}'");
    }

    private GraphValue? Find(FileNode node, string name) => name.Length == 0 ? null : _values.TryGetValue(name, out var value)
        ? value
        : throw node.Damaged($"it reads '{name}', which no earlier node computes: the graph has a cycle, or is not sorted");
}

/// <summary>What an import found.</summary>
/// <param name="Network">The network.</param>
/// <param name="IsImage">Whether its rows are images.</param>
/// <param name="RowShape">The channels and sides of one row.</param>
/// <param name="InputShape">The shape of one row in the graph, with a batch of 1.</param>
/// <param name="Producer">The program that wrote the file.</param>
/// <param name="InputName">The name of the graph's input.</param>
/// <param name="OutputName">The name of the graph's output.</param>
internal sealed record ImportedNetwork(
    DeployedNetwork Network, bool IsImage, TensorShape RowShape, int[] InputShape, string Producer, string InputName, string OutputName);
