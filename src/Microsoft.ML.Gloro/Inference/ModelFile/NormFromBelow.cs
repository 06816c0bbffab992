using System.Runtime.CompilerServices;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>Cheap lower bounds of layers' L2 operator norms: what a particular input attains. For plausibility only; nothing is certified with them.</summary>
/// <remarks>Runs once, when a model is loaded, and would be over before the runtime had compiled it well: its loops are compiled well from the start.</remarks>
internal static class NormFromBelow
{
    private const int Steps = 4;

    /// <summary>
    /// A lower bound, up to rounding, of the norm of <paramref name="layer"/> on inputs of shape <paramref name="shape"/>.
    /// </summary>
    /// <exception cref="NotSupportedException">The kind of layer is unknown.</exception>
    public static double Of(DeployedLayer layer, TensorShape shape) => layer switch
    {
        DeployedDense dense => OfMatrix(Array.ConvertAll(dense.Weights, w => (double)w), dense.Outputs, dense.Inputs),
        DeployedConvolution convolution => OfConvolution(convolution, shape),
        DeployedScaling scaling => scaling.Scale.Max(MathF.Abs),
        DeployedAveragePooling pooling => 1.0 / pooling.Size,
        DeployedActivation or DeployedSpaceToDepth or DeployedFlatten => 1,
        _ => throw new NotSupportedException($"No lower bound of the norm is known for layers of type {layer.GetType().Name}."),
    };

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double OfConvolution(DeployedConvolution layer, TensorShape shape)
    {
        TensorShape output = layer.GetOutputShape(shape);
        int taps = layer.KernelHeight * layer.KernelWidth;
        double[] atCenter = new double[layer.Kernel.Length]; // maps one window of the input to the output at its position

        // Maps an image of one color to the output wherever the window is inside.
        double[] summed = new double[layer.OutChannels * layer.InChannels];
        int top = (output.Height / 2 * layer.Stride) - layer.Padding.Top;
        int left = (output.Width / 2 * layer.Stride) - layer.Padding.Left;
        for (int i = 0; i < layer.Kernel.Length; i++)
        {
            int row = top + (i % taps / layer.KernelWidth);
            int column = left + (i % layer.KernelWidth);
            if (row >= 0 && row < shape.Height && column >= 0 && column < shape.Width)
                atCenter[i] = layer.Kernel[i];
            summed[i / taps] += layer.Kernel[i];
        }

        // An image of one color c has norm ‖c‖·√area, and its output at least ‖Σ c‖·√(windows inside).
        double inside = (double)WindowsInside(shape.Height, layer.KernelHeight, layer.Padding.Top, layer.Stride, output.Height)
            * WindowsInside(shape.Width, layer.KernelWidth, layer.Padding.Left, layer.Stride, output.Width);
        double area = (double)shape.Height * shape.Width;
        return Math.Max(
            OfMatrix(atCenter, layer.OutChannels, layer.InChannels * taps),
            Math.Sqrt(inside / area) * OfMatrix(summed, layer.OutChannels, layer.InChannels));
    }

    /// <summary>Output positions whose window lies inside the image, along one side.</summary>
    private static int WindowsInside(int side, int kernel, int padding, int stride, int outputs)
    {
        int first = (padding + stride - 1) / stride;
        int last = side - kernel + padding < 0 ? -1 : Math.Min(outputs - 1, (side - kernel + padding) / stride);
        return Math.Max(0, last - first + 1);
    }

    /// <summary>A few steps of power iteration, from the row of greatest norm, so that at least that norm is found.</summary>
    private static double OfMatrix(double[] matrix, int rows, int columns)
    {
        ReadOnlySpan<double> start = default;
        double largest = 0;
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<double> candidate = matrix.AsSpan(row * columns, columns);
            double norm = Norm(candidate);
            if (norm > largest)
            {
                largest = norm;
                start = candidate;
            }
        }

        if (largest == 0)
            return 0;
        double[] input = start.ToArray();
        var output = new double[rows];
        double found = largest;
        for (int step = 0; step < Steps; step++)
        {
            DoubleVectors.Scale(input, 1 / Norm(input));
            for (int row = 0; row < rows; row++)
                output[row] = DoubleVectors.Dot(matrix.AsSpan(row * columns, columns), input);
            found = Math.Max(found, Norm(output));
            Array.Clear(input);
            for (int row = 0; row < rows; row++)
                DoubleVectors.Add(input, matrix.AsSpan(row * columns, columns), output[row]);
        }

        return found;
    }

    // Squares of floats neither overflow nor vanish in double.
    private static double Norm(ReadOnlySpan<double> values) => Math.Sqrt(DoubleVectors.Dot(values, values));
}
