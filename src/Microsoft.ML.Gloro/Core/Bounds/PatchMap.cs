
namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// The linear part A of a convolution or a dense layer, as it is: with its stride, zeros around the real image, and no bias. The output at
/// a position is the kernel, a matrix, times the patch of the input that the position sees. Applied in double to inputs and outputs whose
/// channels stand together (row, column, channel): an order that changes no norm and makes patches contiguous.
/// </summary>
/// <remarks>
/// Weights are held times 2^−<see cref="Exponent"/>, which brings the largest into [½, 1) exactly, so that no float is too large or too
/// small to be squared. Not safe for concurrent use: it has space for patches. It uses all cores, and every number is computed by one
/// thread in one order.
/// </remarks>
internal sealed class PatchMap
{
    private const int MostPatchValues = 1 << 22; // 32 MB
    private const long ParallelWork = 1 << 17;

    private readonly TensorShape _input;
    private readonly TensorShape _output;
    private readonly DeployedConvolution _layer;
    private readonly ComplexMatrix _kernel;
    private readonly ComplexMatrix _transposed;
    private readonly ComplexMatrix _patches;
    private readonly ComplexMatrix _outputs;
    private readonly int _rowsAtOnce;

    /// <param name="layer">The layer; a dense layer is a convolution over one pixel.</param>
    /// <param name="input">The shape of its input.</param>
    /// <param name="patchValues">How many values of patches there is space for; a layer with more goes in strips of output rows.</param>
    public PatchMap(DeployedConvolution layer, TensorShape input, int patchValues = MostPatchValues)
    {
        (_layer, _input, _output) = (layer, input, layer.GetOutputShape(input));
        Terms = checked(layer.InChannels * layer.KernelHeight * layer.KernelWidth);
        _kernel = new ComplexMatrix(layer.OutChannels, Terms, real: true) { IsReal = true };
        _transposed = new ComplexMatrix(Terms, layer.OutChannels, real: true) { IsReal = true };
        _rowsAtOnce = (int)Math.Clamp(patchValues / ((long)_output.Width * _kernel.Stride), 1, _output.Height);
        _patches = new ComplexMatrix(checked(_rowsAtOnce * _output.Width), Terms, real: true) { IsReal = true };
        _outputs = new ComplexMatrix(checked(_output.Height * _output.Width), layer.OutChannels, real: true) { IsReal = true };
        double largest = layer.Kernel.Max(w => Math.Abs((double)w));
        Exponent = largest == 0 ? 0 : Math.ILogB(largest) + 1;
        FillKernels(Math.ScaleB(1, -Exponent));
        int taps = layer.KernelHeight * layer.KernelWidth;
        AbsoluteNorm = Math.ScaleB(Core.AbsoluteNorm.UpperBound(layer.Kernel, layer.OutChannels, layer.InChannels, taps), -Exponent);
    }

    /// <summary>Values of an input.</summary>
    public int Inputs => _input.Size;

    /// <summary>Values of an output, some of which may be padding that stays zero.</summary>
    public int Outputs => checked(_output.Height * _output.Width * _transposed.Stride);

    /// <summary>The most products that are added up for one output.</summary>
    public int Terms { get; }

    /// <summary>Multiply norms found here by 2 to this power.</summary>
    public int Exponent { get; }

    /// <summary>An upper bound of ‖|A|‖₂, the norm with all weights made positive: 0 only if all are 0, else at least ½.</summary>
    public double AbsoluteNorm { get; }

    /// <summary>A dense layer as a map.</summary>
    public static PatchMap Of(DeployedDense layer) =>
        new(
            new DeployedConvolution(layer.Weights, layer.Bias, layer.Inputs, layer.Outputs, 1, 1, 1, default),
            TensorShape.Vector(layer.Inputs));

    /// <summary>
    /// y ← Ax. Each y_i is a sum of <see cref="Terms"/> products in some order, fused or not: off by at most γ_Terms·(|A||x|)_i.
    /// </summary>
    public void Apply(double[] x, double[] y)
    {
        for (int start = 0; start < _output.Height; start += _rowsAtOnce)
        {
            int from = start;
            Each(Math.Min(_rowsAtOnce, _output.Height - start), row =>
            {
                for (int column = 0; column < _output.Width; column++)
                    CopyPatch(x, from + row, column, PatchOf(row, column));
                Span<double> outputs = y.AsSpan((from + row) * _output.Width * _transposed.Stride, _output.Width * _transposed.Stride);
                Multiply(_kernel, _patches, row * _output.Width, outputs);
            });
        }
    }

    /// <summary>x ← Aᵀy.</summary>
    public void ApplyTransposed(double[] y, double[] x)
    {
        Array.Clear(x);
        y.CopyTo(_outputs.Re, 0);
        for (int start = 0; start < _output.Height; start += _rowsAtOnce)
        {
            int from = start, count = Math.Min(_rowsAtOnce, _output.Height - start);
            int length = _output.Width * _patches.Stride;
            Each(count, row => Multiply(_transposed, _outputs, (from + row) * _output.Width, _patches.Re.AsSpan(row * length, length)));
            Each(_input.Height, row => AddPatches(row, from, from + count, x));
        }
    }

    /// <summary>Row by row of <paramref name="right"/>, as many as fit into <paramref name="products"/>: left·(row).</summary>
    private static void Multiply(ComplexMatrix left, ComplexMatrix right, int firstRow, Span<double> products)
    {
        int stride = ComplexMatrix.Pad(left.Rows), rows = products.Length / stride;
        Span<double> sums = stackalloc double[8];
        for (int first = 0; first < left.Rows; first += 4)
        {
            for (int row = 0; row < rows; row++)
            {
                RowProducts.Four(left, first, right, firstRow + row, left.Stride, sums);
                sums[..4].CopyTo(products[((row * stride) + first)..]);
            }
        }
    }

    private void CopyPatch(double[] x, int i, int j, Span<double> patch)
    {
        int channels = _layer.InChannels;
        for (int u = 0; u < _layer.KernelHeight; u++)
        {
            for (int v = 0; v < _layer.KernelWidth; v++)
            {
                int row = (i * _layer.Stride) + u - _layer.Padding.Top, column = (j * _layer.Stride) + v - _layer.Padding.Left;
                Span<double> place = patch.Slice(((u * _layer.KernelWidth) + v) * channels, channels);
                if (row < 0 || row >= _input.Height || column < 0 || column >= _input.Width)
                    place.Clear();
                else
                    x.AsSpan(((row * _input.Width) + column) * channels, channels).CopyTo(place);
            }
        }
    }

    /// <summary>
    /// To the pixels of one input row, what the patches of output rows <paramref name="from"/> to <paramref name="end"/> say of them.
    /// </summary>
    private void AddPatches(int row, int from, int end, double[] x)
    {
        int channels = _layer.InChannels;
        for (int u = 0; u < _layer.KernelHeight; u++)
        {
            int i = Output(row, u, _layer.Padding.Top);
            if (i < from || i >= end)
                continue;
            for (int column = 0; column < _input.Width; column++)
            {
                Span<double> pixel = x.AsSpan(((row * _input.Width) + column) * channels, channels);
                for (int v = 0; v < _layer.KernelWidth; v++)
                {
                    int j = Output(column, v, _layer.Padding.Left);
                    if (j >= 0 && j < _output.Width)
                        DoubleVectors.Add(pixel, PatchOf(i - from, j).Slice(((u * _layer.KernelWidth) + v) * channels, channels), 1);
                }
            }
        }
    }

    /// <summary>The output whose tap <paramref name="tap"/> reads pixel <paramref name="at"/>, or −1; it may lie after the last.</summary>
    private int Output(int at, int tap, int padding)
    {
        int first = at + padding - tap;
        return first >= 0 && first % _layer.Stride == 0 ? first / _layer.Stride : -1;
    }

    private Span<double> PatchOf(int row, int column) => _patches.Re.AsSpan(((row * _output.Width) + column) * _patches.Stride, Terms);

    private void Each(int count, Action<int> row)
    {
        if (count > 1 && (long)_layer.OutChannels * Terms * _output.Height * _output.Width >= ParallelWork)
        {
            Parallel.For(0, count, row);
            return;
        }

        for (int i = 0; i < count; i++)
            row(i);
    }

    private void FillKernels(double scale)
    {
        int channels = _layer.InChannels, taps = _layer.KernelHeight * _layer.KernelWidth;
        for (int at = 0; at < _layer.Kernel.Length; at++)
        {
            int o = at / Terms, term = (at % taps * channels) + (at % Terms / taps);
            double weight = _layer.Kernel[at] * scale;
            _kernel.Re[(o * _kernel.Stride) + term] = weight;
            _transposed.Re[(term * _transposed.Stride) + o] = weight;
        }
    }
}
