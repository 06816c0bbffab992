using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <content>Convolutions, dense layers and normalization.</content>
internal sealed partial class GraphImporter
{
    private Signal Convolution(FileNode node, GraphValue?[] inputs)
    {
        Signal x = Moving(node, inputs, 0);
        ConstantTensor weights = Fixed(node, inputs, 1);
        if (weights.Shape is not [var outputs, var perGroup, var height, var width] || x.Shape is not [1, var channels, _, _])
            throw node.Unsupported("it is not a convolution of images", "Only two-dimensional convolutions have a layer.");
        int groups = FileNode.Clamp(node.Integer("group", 1));
        if (groups < 1 || (long)perGroup * groups != channels || outputs % groups != 0 || outputs < 1 || height < 1 || width < 1)
            throw node.Damaged("its groups and channels do not fit");
        int[] dilations = node.Integers("dilations") ?? [1, 1];
        if (dilations is not [> 0 and <= ModelLimits.Side, > 0 and <= ModelLimits.Side])
            throw node.Damaged("its dilations are not two positive numbers");
        (int tall, int wide) = (checked(((height - 1) * dilations[0]) + 1), checked(((width - 1) * dilations[1]) + 1));
        _budget.TakeWeights([outputs, channels, tall, wide]);
        var kernel = new double[(long)outputs * channels * tall * wide];
        for (int i = 0; i < weights.Size; i++)
        {
            (int pair, int tap) = Math.DivRem(i, height * width);
            (int o, int c) = Math.DivRem(pair, perGroup);
            c += o / (outputs / groups) * perGroup;
            int row = tap / width * dilations[0], column = tap % width * dilations[1];
            kernel[(((((o * channels) + c) * tall) + row) * wide) + column] = weights.Values[i];
        }

        double[] bias = Optional(inputs, 2) is null ? new double[outputs] : Fixed(node, inputs, 2).Values;
        if (bias.Length != outputs)
            throw node.Damaged("it has another number of summands than outputs");
        return _linear.Convolution(node, x, kernel, bias, Window(node, x.Shape, (tall, wide)));
    }

    /// <summary>The window of a convolution or a pool on an input of this shape.</summary>
    private static KernelGeometry Window(FileNode node, int[] shape, (int Height, int Width)? kernel)
    {
        if (shape.Length != 4)
            throw node.Unsupported("its input is not an image", "Only two-dimensional images have such a layer.");
        int[] sides = kernel is { } known ? [known.Height, known.Width] : node.Integers("kernel_shape") ?? [];
        int[] strides = node.Integers("strides") ?? [1, 1];
        if (sides is not [> 0, > 0] || strides is not [> 0, > 0])
            throw node.Damaged("its kernel or strides are not two positive numbers");
        if (strides[0] != strides[1])
            throw node.Unsupported("its strides differ", "Use the same stride in both directions.");
        int[] pads = node.Integers("pads") ?? [0, 0, 0, 0];
        string auto = node.Text("auto_pad", "NOTSET");
        if (auto is "SAME_UPPER" or "SAME_LOWER")
        {
            pads = new int[4];
            for (int i = 0; i < 2; i++)
            {
                int outputs = (shape[i + 2] + strides[i] - 1) / strides[i];
                int all = Math.Max(0, ((outputs - 1) * strides[i]) + sides[i] - shape[i + 2]);
                pads[i] = auto == "SAME_UPPER" ? all / 2 : all - (all / 2);
                pads[i + 2] = all - pads[i];
            }
        }

        if (pads is not [>= 0 and <= ModelLimits.Side, >= 0 and <= ModelLimits.Side, >= 0 and <= ModelLimits.Side,
            >= 0 and <= ModelLimits.Side])
            throw node.Damaged("its padding is not four numbers of 0 or more");
        bool isPool = kernel is null;
        if (isPool && node.Integer("ceil_mode", 0) != 0
            && Enumerable.Range(0, 2).Any(i => (shape[i + 2] + pads[i] + pads[i + 2] - sides[i]) % strides[i] != 0))
            throw node.Unsupported("its last windows reach beyond the image", "Use ceil_mode=False.");
        return isPool && node.Integers("dilations") is { } dilations && dilations.Any(d => d != 1)
            ? throw node.Unsupported("its windows are dilated", "Use windows without dilation.")
            : new KernelGeometry(sides[0], sides[1], strides[0], new ZeroPadding(pads[0], pads[1], pads[2], pads[3]));
    }

    private Signal MaxPool(FileNode node, GraphValue?[] inputs)
    {
        Signal x = Moving(node, inputs, 0);
        KernelGeometry window = Window(node, x.Shape, null);
        return window.Height == window.Width && window.Stride == window.Height && !window.HasPadding
            ? _pooling.Maximum(node, x, window.Height)
            : throw node.Unsupported(
                "its windows overlap or are padded, so that a pixel counts in several",
                "Use windows as large as the stride, or average pooling.");
    }

    private GraphValue Gemm(FileNode node, GraphValue?[] inputs)
    {
        Signal x = Moving(node, inputs, 0);
        ConstantTensor weights = Fixed(node, inputs, 1);
        if (x.Shape is not [1, _] || weights.Shape.Length != 2 || node.Integer("transA", 0) != 0)
            throw node.Unsupported("it is not a dense layer on one vector per row", "Flatten the input to [N, features].");
        ConstantTensor matrix = Matrix(weights, isTransposed: node.Integer("transB", 0) == 0);
        double alpha = node.Single("alpha", 1), beta = node.Single("beta", 1);
        GraphValue product = Product(node, x, matrix with { Values = Array.ConvertAll(matrix.Values, value => alpha * value) });
        if (Optional(inputs, 2) is not { } summand)
            return product;
        return Plus(node, product, Times(node, summand, beta));
    }

    private static GraphValue Times(FileNode node, GraphValue x, double factor) => x switch
    {
        ConstantTensor constant => constant with { Values = Array.ConvertAll(constant.Values, value => factor * value) },
        Signal signal => signal.Affine(_ => factor, _ => 0),
        _ => throw node.Damaged("it multiplies what cannot be multiplied"),
    };

    private GraphValue MatMul(FileNode node, GraphValue x, GraphValue y)
    {
        if (x is ConstantTensor a && y is ConstantTensor b)
            return ConstantOperators.Multiply(node, a, b, _budget);
        if (x is not Signal rows || y is not ConstantTensor { Shape.Length: 2 } weights)
            throw node.Unsupported("it multiplies computed tensors, or a constant from the left",
                "Write dense layers as input times constant weights.");
        return Product(node, rows, Matrix(weights, isTransposed: true));
    }

    // [outputs, inputs].
    private static ConstantTensor Matrix(ConstantTensor weights, bool isTransposed)
    {
        if (!isTransposed)
            return weights;
        var (shape, places) = TensorMoves.Transpose(weights.Shape, [1, 0]);
        return weights.Pick(shape, places);
    }

    private Signal Product(FileNode node, Signal x, ConstantTensor matrix)
    {
        if (x.Shape.Length == 0 || x.Shape[^1] != x.Size)
            throw node.Unsupported("it is applied to several vectors of one row",
                "Flatten the input to [N, features], or use a 1 × 1 convolution.");
        if (matrix.Shape[1] != x.Size || matrix.Shape[0] == 0)
            throw node.Damaged($"a matrix for {matrix.Shape[1]} values gets {x.Size}");
        return _linear.Dense(x, matrix.Values, new double[matrix.Shape[0]], [.. x.Shape[..^1], matrix.Shape[0]]);
    }

    private static Signal Normalize(FileNode node, GraphValue?[] inputs)
    {
        Signal x = Moving(node, inputs, 0);
        ConstantTensor[] numbers = [.. Enumerable.Range(1, 4).Select(i => Fixed(node, inputs, i))]; // scale, summand, mean, variance
        if (node.Integer("training_mode", 0) != 0)
            throw node.Unsupported("it is in training mode", "Export the network for inference: model.eval().");
        if (x.Shape.Length < 2 || numbers.Any(number => number.Size != x.Shape[1]))
            throw node.Damaged("it has other than one number per channel");
        double epsilon = node.Single("epsilon", 1e-5f);
        int pixels = x.Shape[2..].Aggregate(1, (size, side) => size * side), channels = x.Shape[1];
        double[] factors = [.. numbers[0].Values.Zip(numbers[3].Values, (scale, variance) => scale / Math.Sqrt(variance + epsilon))];
        return x.Affine(
            i => factors[i / pixels % channels],
            i => numbers[1].Values[i / pixels % channels] - (numbers[2].Values[i / pixels % channels] * factors[i / pixels % channels]));
    }
}
