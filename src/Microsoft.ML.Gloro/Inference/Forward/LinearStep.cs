using System.Runtime.CompilerServices;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// A convolution. A dense layer is handled as a convolution with one tap, in which each row of a batch is a pixel.
/// </summary>
/// <remarks>
/// Each output is a sum of products and then a bias, in the fixed order that <see cref="ForwardPass"/> documents. Tiles of pixels and
/// blocks of channels only determine which outputs are computed together.
/// </remarks>
internal sealed class LinearStep : ForwardStep
{
    private const int OffsetCount = 64 * TileKernel.TilePixels; // limits the stack of a call, not the taps of a kernel
    private const long WorthAThread = 1 << 18; // products; below that, waking a thread costs more than it saves
    private readonly WeightBlock[] _blocks;
    private readonly float[] _bias;
    private readonly ZeroPadding _padding;
    private readonly int _kernelHeight;
    private readonly int _kernelWidth;
    private readonly int _stride;

    public LinearStep(DeployedConvolution layer, TensorShape input, IReadOnlyList<TileKernel> kernels)
        : base(input, layer.GetOutputShape(input))
    {
        _blocks = WeightBlock.Pack(layer.Kernel, layer.OutChannels, layer.InChannels, layer.KernelHeight * layer.KernelWidth, kernels);
        (_bias, _padding, _stride) = (layer.Bias, layer.Padding, layer.Stride);
        (_kernelHeight, _kernelWidth) = (layer.KernelHeight, layer.KernelWidth);
    }

    public LinearStep(DeployedDense layer, IReadOnlyList<TileKernel> kernels)
        : base(TensorShape.Vector(layer.Inputs), TensorShape.Vector(layer.Outputs))
    {
        _blocks = WeightBlock.Pack(layer.Weights, layer.Outputs, layer.Inputs, taps: 1, kernels);
        (_bias, _stride, _kernelHeight, _kernelWidth) = (layer.Bias, 1, 1, 1);
    }

    public override int Zeros => _padding == default ? 0 : Input.Channels;

    private int Taps => _kernelHeight * _kernelWidth;

    public override void Run(ValueBuffer input, ValueBuffer output, int rows, int threads)
    {
        int pixels = checked(rows * Output.Height * Output.Width);
        if (threads > 1 && (double)pixels * Output.Channels * Taps * Input.Channels >= WorthAThread)
        {
            RunInPieces(input, output, pixels, threads);
            return;
        }

        foreach (WeightBlock block in _blocks)
            RunBlock(block, input, output, 0, pixels);
    }

    private void RunInPieces(ValueBuffer input, ValueBuffer output, int pixels, int threads)
    {
        // Several pieces per thread, so that no thread waits long for the last one.
        int tiles = (pixels + TileKernel.TilePixels - 1) / TileKernel.TilePixels;
        int pieces = Math.Clamp(((8 * threads) + _blocks.Length - 1) / _blocks.Length, 1, tiles);
        Parallel.For(0, _blocks.Length * pieces, new ParallelOptions { MaxDegreeOfParallelism = threads }, i =>
        {
            int piece = i % pieces;
            int first = (int)((long)tiles * piece / pieces) * TileKernel.TilePixels;
            int end = (int)((long)tiles * (piece + 1) / pieces) * TileKernel.TilePixels;
            RunBlock(_blocks[i / pieces], input, output, first, Math.Min(end, pixels));
        });
    }

    private void RunBlock(WeightBlock block, ValueBuffer input, ValueBuffer output, int first, int end)
    {
        Span<Place> places = stackalloc Place[TileKernel.TilePixels];
        Span<double> sums = stackalloc double[TileKernel.TilePixels * TileKernel.MaxWidth];
        Span<int> offsets = stackalloc int[OffsetCount];
        while (first < end)
        {
            // One or two pixels are faster one by one than as a tile. An incomplete tile repeats its last pixel and drops the copies.
            int count = Math.Min(end - first, TileKernel.TilePixels);
            if (count <= 2)
                count = 1;
            Span<Place> tile = count == 1 ? places[..1] : places;
            for (int i = 0; i < tile.Length; i++)
                tile[i] = PlaceOf(first + Math.Min(i, count - 1), input.Origin);
            Sum(block, input, tile, sums, offsets);
            for (int i = 0; i < count; i++)
            {
                Span<double> target = output.Data.Slice(((first + i) * Output.Channels) + block.First, block.Count);
                AddBias(sums.Slice(i * block.Kernel.Width, block.Count), _bias.AsSpan(block.First, block.Count), target);
            }

            first += count;
        }
    }

    private void Sum(WeightBlock block, ValueBuffer input, ReadOnlySpan<Place> tile, Span<double> sums, Span<int> offsets)
    {
        sums.Clear();
        ref double values = ref input.Values[0];
        int atOnce = offsets.Length / tile.Length;
        for (int tap = 0; tap < Taps; tap += atOnce)
        {
            int taps = Math.Min(atOnce, Taps - tap);
            Span<int> some = offsets[..(taps * tile.Length)];
            FindOffsets(tile, tap, taps, some);
            ref readonly double weights = ref block.Weights(tap * Input.Channels);
            if (tile.Length == 1)
                block.Kernel.AddPixel(ref sums[0], in weights, in values, some, Input.Channels);
            else
                block.Kernel.AddTile(ref sums[0], in weights, in values, some, Input.Channels);
        }
    }

    /// <summary>
    /// Finds where the channels under each tap begin, for each pixel of the tile. Taps in the padding read the zeros at 0.
    /// </summary>
    private void FindOffsets(ReadOnlySpan<Place> tile, int firstTap, int taps, Span<int> offsets)
    {
        (int u, int v) = Math.DivRem(firstTap, _kernelWidth);
        int next = 0;
        for (int tap = 0; tap < taps; tap++)
        {
            foreach (Place place in tile)
            {
                int row = place.Row + u;
                int column = place.Column + v;
                bool inside = (uint)row < (uint)Input.Height && (uint)column < (uint)Input.Width;
                offsets[next++] = inside ? place.Image + (((row * Input.Width) + column) * Input.Channels) : 0;
            }

            if (++v == _kernelWidth)
                (u, v) = (u + 1, 0);
        }
    }

    private Place PlaceOf(int pixel, int origin)
    {
        (int line, int column) = Math.DivRem(pixel, Output.Width);
        (int image, int row) = Math.DivRem(line, Output.Height);
        return new Place(origin + (image * Input.Size), (row * _stride) - _padding.Top, (column * _stride) - _padding.Left);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddBias(ReadOnlySpan<double> sums, ReadOnlySpan<float> bias, Span<double> output)
    {
        for (int i = 0; i < output.Length; i++)
            output[i] = sums[i] + bias[i];
    }

    /// <summary>
    /// The position of the first tap of an output pixel: the offset of its image in the input, a row and a column, which may be in the
    /// padding.
    /// </summary>
    private readonly record struct Place(int Image, int Row, int Column);
}
