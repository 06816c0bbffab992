using System.Runtime.CompilerServices;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// Cheap lower bounds of layers' L2 operator norms: what a particular input attains. For plausibility only; nothing is certified with them.
/// </summary>
/// <remarks>
/// Starts are pseudo-random, from a seed that the caller takes from the hash of the weights: weights cannot be chosen to be orthogonal to a
/// start that they decide. Runs once, when a model is loaded, and would be over before the runtime had compiled it well: its loops are
/// compiled well from the start.
/// </remarks>
internal static class NormFromBelow
{
    private const int Steps = 4;

    // Multiplications that a convolution's frequencies may cost beyond the first: to look for good ones, and to iterate at them.
    private const long LookWork = 1 << 22, StepWork = 1 << 18;

    /// <summary>
    /// A lower bound of what a network's layer counts in the bound: its norm. With tolerances the first dense layer counts as its product
    /// with them and the scalings before it, and these count 1.
    /// </summary>
    /// <exception cref="NotSupportedException">The kind of layer is unknown.</exception>
    public static double Of(DeployedNetwork network, int index, int seed)
    {
        if (network.Metric is not { } metric || index > metric.Joined)
            return Of(network.Layers[index], network.Shapes[index], seed);
        if (network.Layers[index] is not DeployedDense dense)
            return 1;
        double[] product = [.. dense.Weights.Select((weight, at) => weight * metric.Factors[at % dense.Inputs])];

        // Products may be so large or small that their squares are not doubles.
        int exponent = product.Max(Math.Abs) is > 0 and var largest ? Math.ILogB(largest) : 0;
        double[] scaled = Array.ConvertAll(product, value => Math.ScaleB(value, -exponent));
        return Math.ScaleB(OfMatrix(scaled, dense.Outputs, dense.Inputs, new Random(seed)), exponent);
    }

    /// <summary>
    /// A lower bound, up to rounding, of the norm of <paramref name="layer"/> on inputs of shape <paramref name="shape"/>.
    /// </summary>
    /// <exception cref="NotSupportedException">The kind of layer is unknown.</exception>
    public static double Of(DeployedLayer layer, TensorShape shape, int seed = 0) => layer switch
    {
        DeployedDense dense => OfMatrix(Array.ConvertAll(dense.Weights, w => (double)w), dense.Outputs, dense.Inputs, new Random(seed)),
        DeployedConvolution convolution => OfConvolution(convolution, shape, new Random(seed)),
        DeployedScaling scaling => scaling.Scale.Max(MathF.Abs),
        DeployedAveragePooling pooling => 1.0 / pooling.Size,
        DeployedActivation or DeployedSpaceToDepth or DeployedChannelShift or DeployedFlatten => 1,
        _ => throw new NotSupportedException($"No lower bound of the norm is known for layers of type {layer.GetType().Name}."),
    };

    private static double OfConvolution(DeployedConvolution layer, TensorShape shape, Random random)
    {
        TensorShape output = layer.GetOutputShape(shape);
        var high = Side.Of(shape.Height, layer.KernelHeight, layer.Stride, layer.Padding.Top, output.Height);
        var wide = Side.Of(shape.Width, layer.KernelWidth, layer.Stride, layer.Padding.Left, output.Width);
        double ofWaves = Math.Sqrt(high.Inside * wide.Inside) * OfWaves(layer, high, wide, random);
        return Math.Max(OfOneWindow(layer, shape, output, random), ofWaves);
    }

    /// <summary>The map from one window of the input, in the middle, to the output at its position.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double OfOneWindow(DeployedConvolution layer, TensorShape shape, TensorShape output, Random random)
    {
        int taps = layer.KernelHeight * layer.KernelWidth;
        int top = (output.Height / 2 * layer.Stride) - layer.Padding.Top, left = (output.Width / 2 * layer.Stride) - layer.Padding.Left;
        double[] window = new double[layer.Kernel.Length];
        for (int tap = 0; tap < taps; tap++)
        {
            int row = top + (tap / layer.KernelWidth), column = left + (tap % layer.KernelWidth);
            if (row < 0 || row >= shape.Height || column < 0 || column >= shape.Width)
                continue;
            for (int i = tap; i < window.Length; i += taps)
                window[i] = layer.Kernel[i];
        }

        return OfMatrix(window, layer.OutChannels, layer.InChannels * taps, random);
    }

    /// <summary>
    /// The largest norm that is found among the matrices of a few frequencies. An input that repeats one block with the phases of a
    /// frequency, in all the blocks of s × s pixels that the image fills, gives the matrix times the block wherever a window lies inside.
    /// It is complex; its real or its imaginary part attains as much.
    /// </summary>
    /// <remarks>
    /// A kernel with T taps along a side has a response of degree T − 1, so 2T frequencies come near its peak, wherever it is. All are
    /// looked at with one random combination of the outputs, which costs little; power iteration runs at the best ones. Frequency 0, an
    /// image of one color, is always among them.
    /// </remarks>
    private static double OfWaves(DeployedConvolution layer, Side high, Side wide, Random random)
    {
        if (high.Inside * wide.Inside == 0)
            return 0;
        int terms = layer.InChannels * layer.KernelHeight * layer.KernelWidth;
        int most = (int)Math.Clamp(Math.Sqrt(LookWork / (double)terms), 2, 1 << 10);
        (int countHigh, int countWide) = (Math.Min(high.Frequencies, most), Math.Min(wide.Frequencies, most));
        double[] combined = Combine(layer, terms, random);
        var frequencies = new List<(Wave Wave, double Response)>();
        for (int a = 0; a < countHigh; a++)
        {
            for (int b = 0; b <= countWide / 2; b++) // opposite frequencies have conjugate matrices
            {
                var wave = new Wave(high, wide, (double)a / countHigh, (double)b / countWide);
                frequencies.Add((wave, a + b == 0 ? double.PositiveInfinity : wave.Response(combined, layer.InChannels)));
            }
        }

        int count = 1 + (int)Math.Clamp(StepWork / ((long)layer.OutChannels * terms), 1, frequencies.Count);
        return frequencies.OrderByDescending(f => f.Response).Take(count).Max(f => OfMatrix(layer, f.Wave, random));
    }

    /// <summary>A random combination of the outputs' kernels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double[] Combine(DeployedConvolution layer, int terms, Random random)
    {
        var sum = new double[terms];
        for (int o = 0; o < layer.OutChannels; o++)
        {
            double factor = Coefficient(random);
            ReadOnlySpan<float> kernel = layer.Kernel.AsSpan(o * terms, terms);
            for (int k = 0; k < kernel.Length; k++)
                sum[k] += factor * kernel[k];
        }

        return sum;
    }

    /// <summary>At one frequency. A complex matrix B + iC has the norm of the real matrix [B, −C; C, B].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double OfMatrix(DeployedConvolution layer, Wave wave, Random random)
    {
        int taps = wave.Place.Length, width = layer.InChannels * wave.Places, rows = layer.OutChannels, half = wave.IsReal ? 0 : width;
        var matrix = new double[checked((wave.IsReal ? 1 : 4) * rows * width)];
        for (int o = 0; o < rows; o++)
        {
            Span<double> upper = matrix.AsSpan(o * (width + half), width + half);
            Span<double> lower = wave.IsReal ? default : matrix.AsSpan((rows + o) * (width + half), width + half);
            ReadOnlySpan<float> kernel = layer.Kernel.AsSpan(o * layer.InChannels * taps, layer.InChannels * taps);
            for (int channel = 0; channel < layer.InChannels; channel++)
            {
                for (int tap = 0; tap < taps; tap++)
                {
                    double weight = kernel[(channel * taps) + tap];
                    int at = (channel * wave.Places) + wave.Place[tap];
                    upper[at] += weight * wave.Cos[tap];
                    if (half > 0)
                        lower[at] += weight * wave.Sin[tap];
                }
            }

            for (int at = 0; at < half; at++)
                (upper[half + at], lower[half + at]) = (-lower[at], upper[at]);
        }

        return OfMatrix(matrix, wave.IsReal ? rows : 2 * rows, width + half, random);
    }

    /// <summary>
    /// A few steps of power iteration, from the row of greatest norm, so that at least that norm is found, and a random combination of all
    /// rows.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double OfMatrix(double[] matrix, int rows, int columns, Random random)
    {
        int greatest = 0;
        double largest = 0;
        var input = new double[columns];
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<double> candidate = matrix.AsSpan(row * columns, columns);
            DoubleVectors.Add(input, candidate, Coefficient(random));
            double norm = Norm(candidate);
            if (norm > largest)
                (largest, greatest) = (norm, row);
        }

        if (largest == 0)
            return 0;
        DoubleVectors.Add(input, matrix.AsSpan(greatest * columns, columns), Norm(input) / largest);
        var output = new double[rows];
        double found = largest;
        for (int step = 0; step < Steps && Norm(input) is > 0 and var length; step++)
        {
            DoubleVectors.Scale(input, 1 / length);
            for (int row = 0; row < rows; row++)
                output[row] = DoubleVectors.Dot(matrix.AsSpan(row * columns, columns), input);
            found = Math.Max(found, Norm(output));
            Array.Clear(input);
            for (int row = 0; row < rows; row++)
                DoubleVectors.Add(input, matrix.AsSpan(row * columns, columns), output[row]);
        }

        return found;
    }

    // Without values near 0, so that every row takes part.
    private static double Coefficient(Random random) => (random.Next(2) == 0 ? -1 : 1) * (1 + random.NextDouble()) / 2;

    // Squares of floats neither overflow nor vanish in double.
    private static double Norm(ReadOnlySpan<double> values) => Math.Sqrt(DoubleVectors.Dot(values, values));

    /// <summary>One dimension of a convolution, seen as one of stride 1 over blocks of s pixels; see <see cref="TapRange"/>.</summary>
    /// <param name="Blocks">For each tap of the kernel, the block that it reads, counted from the first.</param>
    /// <param name="Places">For each tap, the pixel within the block.</param>
    /// <param name="Stride">s.</param>
    /// <param name="Inside">Windows whose blocks the image fills, for each block that it fills.</param>
    private sealed record Side(int[] Blocks, int[] Places, int Stride, double Inside)
    {
        public int Frequencies => Blocks[^1] == 0 ? 1 : 2 * (Blocks[^1] + 1);

        public static Side Of(int pixels, int kernel, int stride, int padding, int outputs)
        {
            int shift = (padding + stride - 1) / stride; // blocks before the image
            int[] offsets = [.. Enumerable.Range(0, kernel).Select(tap => tap - padding + (shift * stride))];
            int first = offsets[0] / stride, full = pixels / stride;
            int last = offsets[^1] / stride, begin = Math.Max(0, shift - first), end = Math.Min(outputs - 1, full - 1 + shift - last);
            return new Side(
                [.. offsets.Select(offset => (offset / stride) - first)],
                [.. offsets.Select(offset => offset % stride)],
                stride,
                full == 0 ? 0 : Math.Max(0, end - begin + 1) / (double)full);
        }
    }

    /// <summary>The phases of a frequency at every tap of a kernel.</summary>
    private sealed class Wave
    {
        /// <param name="high">The rows.</param>
        /// <param name="wide">The columns.</param>
        /// <param name="turnsHigh">Turns of the phase from one block to the next, along the rows.</param>
        /// <param name="turnsWide">The same along the columns.</param>
        public Wave(Side high, Side wide, double turnsHigh, double turnsWide)
        {
            Places = high.Stride * wide.Stride;
            int width = wide.Blocks.Length, taps = high.Blocks.Length * width;
            (Cos, Sin, Place) = (new double[taps], new double[taps], new int[taps]);
            for (int tap = 0; tap < Place.Length; tap++)
            {
                (int u, int v) = (tap / width, tap % width);
                (Sin[tap], Cos[tap]) = Math.SinCos(2 * Math.PI * ((turnsHigh * high.Blocks[u]) + (turnsWide * wide.Blocks[v])));
                Place[tap] = (high.Places[u] * wide.Stride) + wide.Places[v];
            }

            IsReal = 2 * turnsHigh % 1 == 0 && 2 * turnsWide % 1 == 0;
        }

        public double[] Cos { get; }

        public double[] Sin { get; }

        /// <summary>For each tap, its pixel within the block.</summary>
        public int[] Place { get; }

        /// <summary>Pixels of a block.</summary>
        public int Places { get; }

        /// <summary>Whether all phases are half turns.</summary>
        public bool IsReal { get; }

        /// <summary>The norm of what the matrix at this frequency, transposed, makes of the outputs that were combined.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public double Response(double[] combined, int channels)
        {
            double squares = 0;
            var sums = new (double Re, double Im)[Places];
            for (int channel = 0; channel < channels; channel++)
            {
                Array.Clear(sums);
                for (int tap = 0; tap < Place.Length; tap++)
                {
                    double weight = combined[(channel * Place.Length) + tap];
                    ref (double Re, double Im) sum = ref sums[Place[tap]];
                    sum = (sum.Re + (weight * Cos[tap]), sum.Im + (weight * Sin[tap]));
                }

                foreach ((double re, double im) in sums)
                    squares += (re * re) + (im * im);
            }

            return Math.Sqrt(squares);
        }
    }
}
