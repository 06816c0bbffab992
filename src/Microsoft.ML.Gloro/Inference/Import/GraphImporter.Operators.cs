namespace Microsoft.ML.Gloro.Inference;

/// <content>One method for each group of operators.</content>
internal sealed partial class GraphImporter
{
    private GraphValue[] Evaluate(OnnxNode node, GraphValue?[] inputs)
    {
        switch (node.Operation)
        {
            case "Constant":
                return [ConstantOf(node)];
            case "Shape":
                return [new Constant([Input(node, inputs, 0).Shape.Length], [.. Input(node, inputs, 0).Shape.Select(side => (double)side)], true)];
            case "Size":
                return [new Constant([], [Input(node, inputs, 0).Size], IsInteger: true)];
            case "ConstantOfShape":
                return [Filled(node, Fixed(node, inputs, 0).Integers)];
            case "Split":
                return Split(node, inputs);
            case "Dropout" when node.Outputs.Count(name => name.Length > 0) == 1:
                if (Optional(inputs, 2) is { } training && (training is not Constant { Values: [0] }))
                    throw node.Unsupported("it is in training mode", "Export the network for inference: model.eval().");
                return [Input(node, inputs, 0)];
            case "Identity":
                return [Input(node, inputs, 0)];
            case "Cast":
                return [Input(node, inputs, 0) is Constant fixedValue ? ConstantOperators.Cast(node, fixedValue) : CastSignal(node, inputs)];
            default:
                return [Compute(node, inputs)];
        }
    }

    private GraphValue Compute(OnnxNode node, GraphValue?[] inputs) => node.Operation switch
    {
        "Add" or "Sub" or "Mul" or "Div" or "Pow" or "Mod" or "Equal" or "And" or "Or"
            or "Greater" or "GreaterOrEqual" or "Less" or "LessOrEqual" => Binary(node, Input(node, inputs, 0), Input(node, inputs, 1)),
        "Sum" => inputs.OfType<GraphValue>().Aggregate((sum, next) => Plus(node, sum, next)),
        "Max" or "Min" => inputs.OfType<GraphValue>().Aggregate((sum, next) => Extreme(node, sum, next, node.Operation == "Max")),
        "Where" => Where(node, inputs),
        "Neg" or "Sqrt" or "Exp" or "Log" or "Reciprocal" or "Floor" or "Ceil" or "Not" or "Abs" or "Relu" => Unary(node, Input(node, inputs, 0)),
        "Clip" => Clip(node, inputs),
        "LeakyRelu" => Leaky(node, Moving(node, inputs, 0), new Constant([], [node.Single("alpha", 0.01f)])),
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
            "weights are computed in the graph", "Fold the parametrization into plain weights before the export (vanilla_export, remove_parametrizations)."),
        _ => throw node.Unsupported(
            "there is no layer with a proof for this operator",
            "Use convolutions, dense layers, affine maps of channels, ReLU, absolute values, MinMax, GroupSort of pairs and pooling."),
    };

    private static GraphValue Input(OnnxNode node, GraphValue?[] inputs, int index) =>
        Optional(inputs, index) ?? throw node.Damaged($"its input {index} is missing");

    private static GraphValue? Optional(GraphValue?[] inputs, int index) => index < inputs.Length ? inputs[index] : null;

    private static Constant Fixed(OnnxNode node, GraphValue?[] inputs, int index) => Input(node, inputs, index) as Constant
        ?? throw node.Unsupported($"its input {index} is computed from the network's input", "It must be a constant.");

    private static Signal Moving(OnnxNode node, GraphValue?[] inputs, int index) => Input(node, inputs, index) as Signal
        ?? throw node.Unsupported("it does not depend on the network's input", "Fold constants before the export.");

    private static Signal CastSignal(OnnxNode node, GraphValue?[] inputs) => node.Integer("to", 1) is 1 or 11
        ? Moving(node, inputs, 0)
        : throw node.Unsupported("it casts the network's values to a type that rounds them", "Export the network in float32.");

    private static Constant ConstantOf(OnnxNode node)
    {
        if (node.Attributes.TryGetValue("value", out var tensor) && tensor.Tensor is { } constant)
            return constant;
        if (node.Attributes.TryGetValue("value_float", out var single) && single.Single is { } number)
            return new Constant([], [number]);
        if (node.Attributes.TryGetValue("value_int", out var integer) && integer.Integer is { } whole)
            return new Constant([], [whole], IsInteger: true);
        if (node.Attributes.TryGetValue("value_floats", out var singles))
            return new Constant([singles.Singles.Count], [.. singles.Singles]);
        return node.Attributes.TryGetValue("value_ints", out var integers)
            ? new Constant([integers.Integers.Count], [.. integers.Integers.Select(value => (double)value)], IsInteger: true)
            : throw node.Unsupported("it holds no numbers", "Fold constants before the export.");
    }

    private Constant Filled(OnnxNode node, int[] shape)
    {
        Constant value = node.Attributes.TryGetValue("value", out var attribute) && attribute.Tensor is { Values.Length: 1 } one
            ? one
            : new Constant([1], [0]);
        var values = new double[_budget.TakeWeights(shape)];
        Array.Fill(values, value.Values[0]);
        return new Constant(shape, values, value.IsInteger);
    }

    private GraphValue Binary(OnnxNode node, GraphValue x, GraphValue y)
    {
        if (x is Constant a && y is Constant b)
        {
            return ConstantOperators.Binary(node, a, b)
                ?? throw node.Unsupported("it is not known for constants", "Fold constants before the export.");
        }

        return node.Operation switch
        {
            "Add" => Plus(node, x, y),
            "Sub" => Plus(node, x, Times(node, y, -1)),
            "Mul" => Times(node, x, y),
            "Div" when y is Constant divisor => Times(node, x, divisor with { Values = Array.ConvertAll(divisor.Values, value => 1 / value) }),
            "Pow" when y is Constant { Values: [1] } => x,
            "Greater" or "GreaterOrEqual" => new Comparison(TensorMoves.Broadcast(node, x.Shape, y.Shape), x, y),
            "Less" or "LessOrEqual" => new Comparison(TensorMoves.Broadcast(node, x.Shape, y.Shape), y, x),
            _ => throw node.Unsupported(
                "two computed tensors are combined so that the result is not Lipschitz, or no layer does it", "Only constants may multiply or divide."),
        };
    }

    private GraphValue Plus(OnnxNode node, GraphValue x, GraphValue y)
    {
        (x, y) = ToCommonShape(node, x, y);
        return (x, y) switch
        {
            (Signal a, Constant b) => a.Affine(_ => 1, i => b.Values[i]),
            (Constant a, Signal b) => b.Affine(_ => 1, i => a.Values[i]),
            (Signal a, Signal b) => _linear.Add(node, a, b),
            (Constant a, Constant b) => new Constant(a.Shape, [.. a.Values.Zip(b.Values, (p, q) => p + q)], a.IsInteger && b.IsInteger),
            _ => throw node.Damaged("it adds what cannot be added"),
        };
    }

    private static Signal Times(OnnxNode node, GraphValue x, GraphValue y)
    {
        (x, y) = ToCommonShape(node, x, y);
        return (x, y) switch
        {
            (Signal a, Constant b) => a.Affine(i => b.Values[i], _ => 0),
            (Constant a, Signal b) => b.Affine(i => a.Values[i], _ => 0),
            _ => throw node.Unsupported("it multiplies two computed tensors, which is not Lipschitz", "Only constants may multiply."),
        };
    }

    private GraphValue Extreme(OnnxNode node, GraphValue x, GraphValue y, bool isMaximum)
    {
        (x, y) = ToCommonShape(node, x, y);
        return (x, y) switch
        {
            (Signal a, Constant b) => ActivationOperators.WithConstant(node, a, b, isMaximum),
            (Constant a, Signal b) => ActivationOperators.WithConstant(node, b, a, isMaximum),
            (Signal a, Signal b) => _activations.OfPair(node, a, b, isMaximum),
            (Constant a, Constant b) => new Constant(
                a.Shape, [.. a.Values.Zip(b.Values, (p, q) => isMaximum ? Math.Max(p, q) : Math.Min(p, q))], a.IsInteger && b.IsInteger),
            _ => throw node.Damaged("it compares what cannot be compared"),
        };
    }

    private static (GraphValue X, GraphValue Y) ToCommonShape(OnnxNode node, GraphValue x, GraphValue y)
    {
        if (x.Shape.AsSpan().SequenceEqual(y.Shape))
            return (x, y);
        int[] shape = TensorMoves.Broadcast(node, x.Shape, y.Shape);
        ImportBudget.Check(shape);
        return (x.Pick(shape, TensorMoves.Repeat(x.Shape, shape)), y.Pick(shape, TensorMoves.Repeat(y.Shape, shape)));
    }

    // Greater and Where are max and min: where(a > b, a, b), where(a > b, b, a).
    private GraphValue Where(OnnxNode node, GraphValue?[] inputs)
    {
        (GraphValue condition, GraphValue x, GraphValue y) = (Input(node, inputs, 0), Input(node, inputs, 1), Input(node, inputs, 2));
        if (condition is Constant choice && x is Constant a && y is Constant b)
        {
            int[] shape = TensorMoves.Broadcast(node, TensorMoves.Broadcast(node, a.Shape, b.Shape), choice.Shape);
            ImportBudget.Check(shape);
            int[] first = TensorMoves.Repeat(a.Shape, shape), second = TensorMoves.Repeat(b.Shape, shape);
            int[] places = TensorMoves.Repeat(choice.Shape, shape);
            return new Constant(
                shape, [.. places.Select((p, i) => choice.Values[p] != 0 ? a.Values[first[i]] : b.Values[second[i]])], a.IsInteger && b.IsInteger);
        }

        if (condition is Comparison comparison)
        {
            (GraphValue larger, GraphValue smaller) = ToCommonShape(node, comparison.Larger, comparison.Smaller);
            (x, y) = ToCommonShape(node, x, y);
            if (AreSame(larger, x) && AreSame(smaller, y))
                return Extreme(node, x, y, isMaximum: true);
            if (AreSame(larger, y) && AreSame(smaller, x))
                return Extreme(node, x, y, isMaximum: false);
        }

        throw node.Unsupported("it chooses between values that it does not compare", "Only max(a, b) and min(a, b) can be written so.");
    }

    private static bool AreSame(GraphValue x, GraphValue y) => x.Shape.AsSpan().SequenceEqual(y.Shape) && (x, y) switch
    {
        (Signal a, Signal b) => a.IsSameAs(b),
        (Constant a, Constant b) => a.Values.AsSpan().SequenceEqual(b.Values),
        _ => false,
    };

    private static GraphValue Unary(OnnxNode node, GraphValue x) => (x, node.Operation) switch
    {
        (Constant constant, _) => ConstantOperators.Unary(node, constant)!,
        (Signal, "Neg") => Times(node, x, -1),
        (Signal signal, "Relu") => ActivationOperators.ReLU(node, signal),
        (Signal signal, "Abs") => ActivationOperators.Absolute(node, signal),
        _ => throw node.Unsupported("there is no layer with a proof for this operator", "Use ReLU, absolute values, MinMax or GroupSort of pairs."),
    };

    private GraphValue Clip(OnnxNode node, GraphValue?[] inputs)
    {
        GraphValue x = Input(node, inputs, 0);
        GraphValue? least = Optional(inputs, 1), most = Optional(inputs, 2);
        if (inputs.Length == 1 && node.Attributes.ContainsKey("min"))
            least = new Constant([], [node.Single("min", 0)]);
        if (inputs.Length == 1 && node.Attributes.ContainsKey("max"))
            most = new Constant([], [node.Single("max", 0)]);
        if (least is not null)
            x = Extreme(node, x, least, isMaximum: true);
        return most is null ? x : Extreme(node, x, most, isMaximum: false);
    }

    // max(x, αx) for α ≤ 1. The pair (x, αx) has the norm √(1 + α²), which the layer before it then has in its bound.
    private GraphValue Leaky(OnnxNode node, Signal x, Constant slope)
    {
        if (slope.Values.All(value => value == 0))
            return ActivationOperators.ReLU(node, x);
        return slope.Values.All(value => value <= 1)
            ? Extreme(node, x, Times(node, x, slope), isMaximum: true)
            : throw node.Unsupported("a slope is larger than 1", "Use slopes of at most 1.");
    }

    private GraphValue Reduce(OnnxNode node, GraphValue?[] inputs)
    {
        GraphValue x = Input(node, inputs, 0);
        int[] axes = node.Integers("axes") ?? (Optional(inputs, 1) is Constant given ? given.Integers : [.. Enumerable.Range(0, x.Shape.Length)]);
        axes = [.. axes.Select(axis => TensorMoves.Axis(node, axis, x.Shape.Length)).Distinct().Order()];
        if (x is Constant constant && node.Operation is "ReduceProd" or "ReduceSum")
            return ConstantOperators.Reduce(node, (Constant)x);
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
                $"it reduces axes {string.Join(", ", axes)} of {x.Shape.Length}", "Means are known over height and width, maxima over one axis.");
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
