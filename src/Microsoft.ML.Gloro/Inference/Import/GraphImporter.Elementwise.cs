namespace Microsoft.ML.Gloro.Inference;

/// <content>Operators that work value by value.</content>
internal sealed partial class GraphImporter
{
    private GraphValue Binary(FileNode node, GraphValue x, GraphValue y)
    {
        if (x is ConstantTensor a && y is ConstantTensor b)
        {
            return ConstantOperators.Binary(node, a, b)
                ?? throw node.Unsupported("it is not known for constants", "Fold constants before the export.");
        }

        return node.Operation switch
        {
            "Add" => Plus(node, x, y),
            "Sub" => Plus(node, x, Times(node, y, -1)),
            "Mul" => Times(node, x, y),
            "Div" when y is ConstantTensor divisor =>
                Times(node, x, divisor with { Values = Array.ConvertAll(divisor.Values, value => 1 / value) }),
            "Pow" when y is ConstantTensor { Values: [1] } => x,
            "Greater" or "GreaterOrEqual" => new Comparison(TensorMoves.Broadcast(node, x.Shape, y.Shape), x, y),
            "Less" or "LessOrEqual" => new Comparison(TensorMoves.Broadcast(node, x.Shape, y.Shape), y, x),
            _ => throw node.Unsupported(
                "two computed tensors are combined so that the result is not Lipschitz, or no layer does it",
                "Only constants may multiply or divide."),
        };
    }

    private GraphValue Plus(FileNode node, GraphValue x, GraphValue y)
    {
        (x, y) = ToCommonShape(node, x, y);
        return (x, y) switch
        {
            (Signal a, ConstantTensor b) => a.Affine(_ => 1, i => b.Values[i]),
            (ConstantTensor a, Signal b) => b.Affine(_ => 1, i => a.Values[i]),
            (Signal a, Signal b) => _sums.Add(node, a, b),
            (ConstantTensor a, ConstantTensor b) =>
                new ConstantTensor(a.Shape, [.. a.Values.Zip(b.Values, (p, q) => p + q)], a.IsInteger && b.IsInteger),
            _ => throw node.Damaged("it adds what cannot be added"),
        };
    }

    private static Signal Times(FileNode node, GraphValue x, GraphValue y)
    {
        (x, y) = ToCommonShape(node, x, y);
        return (x, y) switch
        {
            (Signal a, ConstantTensor b) => a.Affine(i => b.Values[i], _ => 0),
            (ConstantTensor a, Signal b) => b.Affine(i => a.Values[i], _ => 0),
            _ => throw node.Unsupported("it multiplies two computed tensors, which is not Lipschitz", "Only constants may multiply."),
        };
    }

    private GraphValue Extreme(FileNode node, GraphValue x, GraphValue y, bool isMaximum)
    {
        (x, y) = ToCommonShape(node, x, y);
        return (x, y) switch
        {
            (Signal a, ConstantTensor b) => ActivationOperators.WithConstant(node, a, b, isMaximum),
            (ConstantTensor a, Signal b) => ActivationOperators.WithConstant(node, b, a, isMaximum),
            (Signal a, Signal b) => _activations.OfPair(node, a, b, isMaximum),
            (ConstantTensor a, ConstantTensor b) => new ConstantTensor(
                a.Shape, [.. a.Values.Zip(b.Values, (p, q) => isMaximum ? Math.Max(p, q) : Math.Min(p, q))], a.IsInteger && b.IsInteger),
            _ => throw node.Damaged("it compares what cannot be compared"),
        };
    }

    private static (GraphValue X, GraphValue Y) ToCommonShape(FileNode node, GraphValue x, GraphValue y)
    {
        if (x.Shape.AsSpan().SequenceEqual(y.Shape))
            return (x, y);
        int[] shape = TensorMoves.Broadcast(node, x.Shape, y.Shape);
        ImportBudget.Check(shape);
        return (x.Pick(shape, TensorMoves.Repeat(x.Shape, shape)), y.Pick(shape, TensorMoves.Repeat(y.Shape, shape)));
    }

    // Greater and Where are max and min: where(a > b, a, b), where(a > b, b, a).
    private GraphValue Where(FileNode node, GraphValue?[] inputs)
    {
        (GraphValue condition, GraphValue x, GraphValue y) = (Input(node, inputs, 0), Input(node, inputs, 1), Input(node, inputs, 2));
        if (condition is ConstantTensor choice && x is ConstantTensor a && y is ConstantTensor b)
        {
            int[] shape = TensorMoves.Broadcast(node, TensorMoves.Broadcast(node, a.Shape, b.Shape), choice.Shape);
            ImportBudget.Check(shape);
            int[] first = TensorMoves.Repeat(a.Shape, shape), second = TensorMoves.Repeat(b.Shape, shape);
            int[] places = TensorMoves.Repeat(choice.Shape, shape);
            return new ConstantTensor(
                shape, [.. places.Select((p, i) => choice.Values[p] != 0 ? a.Values[first[i]] : b.Values[second[i]])], a.IsInteger
                    && b.IsInteger);
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
        (ConstantTensor a, ConstantTensor b) => a.Values.AsSpan().SequenceEqual(b.Values),
        _ => false,
    };

    private static GraphValue Unary(FileNode node, GraphValue x) => (x, node.Operation) switch
    {
        (ConstantTensor constant, _) => ConstantOperators.Unary(node, constant)!,
        (Signal, "Neg") => Times(node, x, -1),
        (Signal signal, "Relu") => ActivationOperators.ReLU(node, signal),
        (Signal signal, "Abs") => ActivationOperators.Absolute(node, signal),
        _ => throw node.Unsupported("there is no layer with a proof for this operator",
            "Use ReLU, absolute values, MinMax or GroupSort of pairs."),
    };

    private GraphValue Clip(FileNode node, GraphValue?[] inputs)
    {
        GraphValue x = Input(node, inputs, 0);
        GraphValue? least = Optional(inputs, 1), most = Optional(inputs, 2);
        if (inputs.Length == 1 && node.Attributes.ContainsKey("min"))
            least = new ConstantTensor([], [node.Single("min", 0)]);
        if (inputs.Length == 1 && node.Attributes.ContainsKey("max"))
            most = new ConstantTensor([], [node.Single("max", 0)]);
        if (least is not null)
            x = Extreme(node, x, least, isMaximum: true);
        return most is null ? x : Extreme(node, x, most, isMaximum: false);
    }

    // max(x, αx) for α ≤ 1. The pair (x, αx) has the norm √(1 + α²), which the layer before it then has in its bound.
    private GraphValue Leaky(FileNode node, Signal x, ConstantTensor slope)
    {
        if (slope.Values.All(value => value == 0))
            return ActivationOperators.ReLU(node, x);
        return slope.Values.All(value => value <= 1)
            ? Extreme(node, x, Times(node, x, slope), isMaximum: true)
            : throw node.Unsupported("a slope is larger than 1", "Use slopes of at most 1.");
    }
}
