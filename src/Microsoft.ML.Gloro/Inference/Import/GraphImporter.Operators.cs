namespace Microsoft.ML.Gloro.Inference;

/// <content>One method for each group of operators.</content>
internal sealed partial class GraphImporter
{
    private GraphValue[] Evaluate(FileNode node, GraphValue?[] inputs)
    {
        switch (node.Operation)
        {
            case "Constant":
                return [ConstantOf(node)];
            case "Shape":
                int[] sides = Input(node, inputs, 0).Shape;
                return [new ConstantTensor([sides.Length], [.. sides.Select(side => (double)side)], IsInteger: true)];
            case "Size":
                return [new ConstantTensor([], [Input(node, inputs, 0).Size], IsInteger: true)];
            case "ConstantOfShape":
                return [Filled(node, Fixed(node, inputs, 0).Integers)];
            case "Split":
                return Split(node, inputs);
            case "Dropout" when node.Outputs.Count(name => name.Length > 0) == 1:
                if (Optional(inputs, 2) is { } training && (training is not ConstantTensor { Values: [0] }))
                    throw node.Unsupported("it is in training mode", "Export the network for inference: model.eval().");
                return [Input(node, inputs, 0)];
            case "Identity":
                return [Input(node, inputs, 0)];
            case "Cast":
                return [Input(node, inputs, 0) is ConstantTensor fixedValue ? ConstantOperators.Cast(node, fixedValue)
                    : CastSignal(node, inputs)];
            default:
                return [Compute(node, inputs)];
        }
    }

    private GraphValue Compute(FileNode node, GraphValue?[] inputs) => node.Operation switch
    {
        "Add" or "Sub" or "Mul" or "Div" or "Pow" or "Mod" or "Equal" or "And" or "Or"
            or "Greater" or "GreaterOrEqual" or "Less" or "LessOrEqual" => Binary(node, Input(node, inputs, 0), Input(node, inputs, 1)),
        "Sum" => inputs.OfType<GraphValue>().Aggregate((sum, next) => Plus(node, sum, next)),
        "Max" or "Min" => inputs.OfType<GraphValue>().Aggregate((sum, next) => Extreme(node, sum, next, node.Operation == "Max")),
        "Where" => Where(node, inputs),
        "Neg" or "Sqrt" or "Exp" or "Log" or "Reciprocal" or "Floor" or "Ceil" or "Not" or "Abs" or "Relu" =>
            Unary(node, Input(node, inputs, 0)),
        "Clip" => Clip(node, inputs),
        "LeakyRelu" => Leaky(node, Moving(node, inputs, 0), new ConstantTensor([], [node.Single("alpha", 0.01f)])),
        "PRelu" => Leaky(node, Moving(node, inputs, 0), Fixed(node, inputs, 1)),
        "Reshape" or "Flatten" or "Squeeze" or "Unsqueeze" => Reshaped(node, inputs),
        "Transpose" => Transpose(node, Input(node, inputs, 0)),
        "Slice" => Slice(node, inputs),
        "Concat" => Concat(node, [.. inputs.OfType<GraphValue>()]),
        "Gather" => Gather(node, inputs),
        "Expand" => Expand(node, inputs),
        "Pad" => Pad(node, inputs),
        "SpaceToDepth" or "DepthToSpace" => MoveBlocks(node, Input(node, inputs, 0)),
        "Conv" => Convolution(node, inputs),
        "Gemm" => Gemm(node, inputs),
        "MatMul" => MatMul(node, Input(node, inputs, 0), Input(node, inputs, 1)),
        "BatchNormalization" => Normalize(node, inputs),
        "AveragePool" => _pooling.Average(node, Moving(node, inputs, 0), Window(node, Moving(node, inputs, 0).Shape, null)),
        "GlobalAveragePool" => _pooling.GlobalAverage(node, Moving(node, inputs, 0)),
        "MaxPool" => MaxPool(node, inputs),
        "ReduceMean" or "ReduceMax" or "ReduceMin" or "ReduceProd" or "ReduceSum" => Reduce(node, inputs),
        "Softmax" or "LogSoftmax" or "Sigmoid" => throw node.Unsupported(
            "it turns logits into probabilities", "Export the network up to its logits. The column Score is their softmax."),
        "Cholesky" or "Inverse" or "MatrixInverse" or "If" or "Loop" or "Scan" => throw node.Unsupported(
            "weights are computed in the graph",
            "Fold the parametrization into plain weights before the export (vanilla_export, remove_parametrizations)."),
        _ => throw node.Unsupported(
            "there is no layer with a proof for this operator",
            "Use convolutions, dense layers, affine maps of channels, ReLU, absolute values, MinMax, GroupSort of pairs and pooling."),
    };

    private static GraphValue Input(FileNode node, GraphValue?[] inputs, int index) =>
        Optional(inputs, index) ?? throw node.Damaged($"its input {index} is missing");

    private static GraphValue? Optional(GraphValue?[] inputs, int index) => index < inputs.Length ? inputs[index] : null;

    private static ConstantTensor Fixed(FileNode node, GraphValue?[] inputs, int index) => Input(node, inputs, index) as ConstantTensor
        ?? throw node.Unsupported($"its input {index} is computed from the network's input", "It must be a constant.");

    private static Signal Moving(FileNode node, GraphValue?[] inputs, int index) => Input(node, inputs, index) as Signal
        ?? throw node.Unsupported("it does not depend on the network's input", "Fold constants before the export.");

    private static Signal CastSignal(FileNode node, GraphValue?[] inputs) => node.Integer("to", 1) is 1 or 11
        ? Moving(node, inputs, 0)
        : throw node.Unsupported("it casts the network's values to a type that rounds them", "Export the network in float32.");

    private static ConstantTensor ConstantOf(FileNode node)
    {
        if (node.Attributes.TryGetValue("value", out var tensor) && tensor.Tensor is { } constant)
            return constant;
        if (node.Attributes.TryGetValue("value_float", out var single) && single.Single is { } number)
            return new ConstantTensor([], [number]);
        if (node.Attributes.TryGetValue("value_int", out var integer) && integer.Integer is { } whole)
            return new ConstantTensor([], [whole], IsInteger: true);
        if (node.Attributes.TryGetValue("value_floats", out var singles))
            return new ConstantTensor([singles.Singles.Count], [.. singles.Singles]);
        return node.Attributes.TryGetValue("value_ints", out var integers)
            ? new ConstantTensor([integers.Integers.Count], [.. integers.Integers.Select(value => (double)value)], IsInteger: true)
            : throw node.Unsupported("it holds no numbers", "Fold constants before the export.");
    }

    private ConstantTensor Filled(FileNode node, int[] shape)
    {
        ConstantTensor value = node.Attributes.TryGetValue("value", out var attribute) && attribute.Tensor is { Values.Length: 1 } one
            ? one
            : new ConstantTensor([1], [0]);
        var values = new double[_budget.TakeWeights(shape)];
        Array.Fill(values, value.Values[0]);
        return new ConstantTensor(shape, values, value.IsInteger);
    }

    private GraphValue Reduce(FileNode node, GraphValue?[] inputs)
    {
        GraphValue x = Input(node, inputs, 0);
        int[] axes = node.Integers("axes")
            ?? (Optional(inputs, 1) is ConstantTensor given ? given.Integers : [.. Enumerable.Range(0, x.Shape.Length)]);
        axes = [.. axes.Select(axis => TensorMoves.Axis(node, axis, x.Shape.Length)).Distinct().Order()];
        if (x is ConstantTensor constant && node.Operation is "ReduceProd" or "ReduceSum")
            return ConstantOperators.Reduce(node, (ConstantTensor)x);
        if (x is not Signal signal)
            throw node.Unsupported("it does not depend on the network's input", "Fold constants before the export.");
        int[] shape = node.Integer("keepdims", 1) != 0
            ? [.. x.Shape.Select((side, axis) => axes.Contains(axis) ? 1 : side)]
            : [.. x.Shape.Where((_, axis) => !axes.Contains(axis))];
        if (node.Operation is "ReduceMean" && axes is [2, 3] && x.Shape.Length == 4)
            return _pooling.GlobalAverage(node, signal).As(shape);
        if (node.Operation is not ("ReduceMax" or "ReduceMin") || axes.Length != 1)
        {
            throw node.Unsupported(
                $"it reduces axes {string.Join(", ", axes)} of {x.Shape.Length}",
                "Means are known over height and width, maxima over one axis.");
        }

        // A maximum of more than two values is one of maxima of halves.
        int left = x.Shape[axes[0]];
        while (left > 1)
        {
            if (left % 2 != 0)
                throw node.Unsupported($"it compares groups of {x.Shape[axes[0]]} values", "Use groups of two (MinMax, GroupSort-2).");
            left /= 2;
            var (half, first) = TensorMoves.Slice(signal.Shape, axes[0], 0, left, 1);
            int[] second = TensorMoves.Slice(signal.Shape, axes[0], left, left, 1).Places;
            signal = _activations.OfPair(node, signal.Pick(half, first), signal.Pick(half, second), node.Operation == "ReduceMax");
        }

        return signal.As(shape);
    }
}
