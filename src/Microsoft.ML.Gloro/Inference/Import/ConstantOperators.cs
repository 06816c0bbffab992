namespace Microsoft.ML.Gloro.Inference;

/// <summary>Operators on constants. Exporters compute shapes, paddings and sometimes weights with them.</summary>
internal static class ConstantOperators
{
    /// <summary>An operator of two constants, repeated to a common shape; null if the operator is none.</summary>
    public static ConstantTensor? Binary(FileNode node, ConstantTensor a, ConstantTensor b)
    {
        bool isInteger = a.IsInteger && b.IsInteger;
        Func<double, double, double>? function = node.Operation switch
        {
            "Add" => (x, y) => x + y,
            "Sub" => (x, y) => x - y,
            "Mul" => (x, y) => x * y,
            "Div" when isInteger => (x, y) => y == 0 ? throw node.Damaged("it divides by 0") : Math.Truncate(x / y),
            "Div" => (x, y) => x / y,
            "Mod" when isInteger && node.Integer("fmod", 0) == 0 =>
                (x, y) => y == 0 ? throw node.Damaged("it divides by 0") : x - (Math.Floor(x / y) * y),
            "Pow" => Math.Pow,
            "Max" => Math.Max,
            "Min" => Math.Min,
            "Equal" => (x, y) => x == y ? 1 : 0,
            "Greater" => (x, y) => x > y ? 1 : 0,
            "GreaterOrEqual" => (x, y) => x >= y ? 1 : 0,
            "Less" => (x, y) => x < y ? 1 : 0,
            "LessOrEqual" => (x, y) => x <= y ? 1 : 0,
            "And" => (x, y) => x != 0 && y != 0 ? 1 : 0,
            "Or" => (x, y) => x != 0 || y != 0 ? 1 : 0,
            _ => null,
        };
        if (function is null)
            return null;
        int[] shape = TensorMoves.Broadcast(node, a.Shape, b.Shape);
        ImportBudget.Check(shape);
        int[] left = TensorMoves.Repeat(a.Shape, shape), right = TensorMoves.Repeat(b.Shape, shape);
        bool isLogical = node.Operation is not ("Add" or "Sub" or "Mul" or "Div" or "Mod" or "Pow" or "Max" or "Min");
        return new ConstantTensor(
            shape, [.. left.Select((place, i) => function(a.Values[place], b.Values[right[i]]))], isInteger || isLogical);
    }

    /// <summary>An operator of one constant; null if the operator is none.</summary>
    public static ConstantTensor? Unary(FileNode node, ConstantTensor x)
    {
        Func<double, double>? function = node.Operation switch
        {
            "Neg" => value => -value,
            "Abs" => Math.Abs,
            "Sqrt" => Math.Sqrt,
            "Exp" => Math.Exp,
            "Log" => Math.Log,
            "Reciprocal" => value => 1 / value,
            "Floor" => Math.Floor,
            "Ceil" => Math.Ceiling,
            "Relu" => value => Math.Max(value, 0),
            "Not" => value => value == 0 ? 1 : 0,
            _ => null,
        };
        return function is null ? null : x with { Values = Array.ConvertAll(x.Values, value => function(value)) };
    }

    /// <summary>The product of two matrices.</summary>
    public static ConstantTensor Multiply(FileNode node, ConstantTensor a, ConstantTensor b, ImportBudget budget)
    {
        if (a.Shape is not [var rows, var inner] || b.Shape is not [var depth, var columns] || inner != depth)
            throw node.Unsupported("it multiplies constants that are no matrices of fitting sizes", "Fold constants before the export.");
        budget.Work((long)rows * inner * columns);
        budget.TakeWeights([rows, columns]);
        var product = new double[rows * columns];
        for (int i = 0; i < rows; i++)
        {
            for (int k = 0; k < inner; k++)
            {
                for (int j = 0; j < columns; j++)
                    product[(i * columns) + j] += a.Values[(i * inner) + k] * b.Values[(k * columns) + j];
            }
        }

        return new ConstantTensor([rows, columns], product);
    }

    /// <summary>To another element type: to integers by cutting the fraction.</summary>
    public static ConstantTensor Cast(FileNode node, ConstantTensor x) => node.Integer("to", 0) switch
    {
        1 or 11 or 10 => x with { IsInteger = false },
        6 or 7 => new ConstantTensor(x.Shape, Array.ConvertAll(x.Values, Math.Truncate), IsInteger: true),
        9 => new ConstantTensor(x.Shape, Array.ConvertAll(x.Values, value => value != 0 ? 1.0 : 0), IsInteger: true),
        var type => throw node.Unsupported($"it casts to the element type {type}", "Export the network in float32."),
    };

    /// <summary>The product or sum over all values: what exporters make of shapes.</summary>
    public static ConstantTensor Reduce(FileNode node, ConstantTensor x)
    {
        if (x.Shape.Length != 1)
            throw node.Unsupported("it reduces a constant of several dimensions", "Fold constants before the export.");
        double value = node.Operation == "ReduceProd" ? x.Values.Aggregate(1.0, (a, b) => a * b) : x.Values.Sum();
        return new ConstantTensor(node.Integer("keepdims", 1) != 0 ? [1] : [], [value], x.IsInteger);
    }
}
