using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>One layer, ready to run on values in the order [row, image row, column, channel].</summary>
/// <remarks>Immutable and safe for concurrent use on different buffers.</remarks>
internal abstract class ForwardStep(TensorShape input, TensorShape output)
{
    public TensorShape Input { get; } = input;

    public TensorShape Output { get; } = output;

    /// <summary>Whether the step overwrites its input. Both buffers are then the same.</summary>
    public virtual bool IsInPlace => false;

    /// <summary>The number of zeros that the step needs before its input (see <see cref="ValueBuffer"/>).</summary>
    public virtual int Zeros => 0;

    /// <summary>
    /// Runs the layer on <paramref name="rows"/> rows. At most <paramref name="threads"/> threads share the work; their number does not
    /// change the result.
    /// </summary>
    public abstract void Run(ValueBuffer input, ValueBuffer output, int rows, int threads);
}

/// <summary>scale·x + shift per channel, rounded once.</summary>
internal sealed class ScalingStep(DeployedScaling layer, TensorShape shape) : ForwardStep(shape, shape)
{
    private readonly double[] _scale = Array.ConvertAll(layer.Scale, x => (double)x);
    private readonly double[] _shift = Array.ConvertAll(layer.Shift, x => (double)x);

    public override bool IsInPlace => true;

    public override void Run(ValueBuffer input, ValueBuffer output, int rows, int threads)
    {
        Span<double> values = output.Data[..checked(rows * Input.Size)];
        for (int start = 0; start < values.Length; start += _scale.Length)
        {
            Span<double> pixel = values.Slice(start, _scale.Length);
            for (int i = 0; i < pixel.Length; i++)
                pixel[i] = Math.FusedMultiplyAdd(_scale[i], pixel[i], _shift[i]);
        }
    }
}

/// <summary>
/// Adds the s × s values of a block to 0, one by one and row by row, and multiplies the sum by the double that is nearest to 1/s².
/// </summary>
internal sealed class AveragePoolingStep(DeployedAveragePooling layer, TensorShape input)
    : ForwardStep(input, layer.GetOutputShape(input))
{
    private readonly int _size = layer.Size;
    private readonly double _factor = 1 / ((double)layer.Size * layer.Size);

    public override void Run(ValueBuffer input, ValueBuffer output, int rows, int threads)
    {
        ReadOnlySpan<double> source = input.Data;
        Span<double> target = output.Data;
        for (int row = 0; row < rows; row++)
        {
            for (int i = 0; i < Output.Height; i++)
            {
                for (int j = 0; j < Output.Width; j++)
                {
                    int pixel = (((row * Output.Height) + i) * Output.Width) + j;
                    int corner = (((row * Input.Height) + (i * _size)) * Input.Width) + (j * _size);
                    Average(source, corner, target.Slice(pixel * Output.Channels, Output.Channels));
                }
            }
        }
    }

    private void Average(ReadOnlySpan<double> source, int corner, Span<double> mean)
    {
        mean.Clear();
        for (int row = 0; row < _size; row++)
        {
            for (int column = 0; column < _size; column++)
            {
                ReadOnlySpan<double> pixel = source.Slice((corner + (row * Input.Width) + column) * mean.Length, mean.Length);
                for (int channel = 0; channel < mean.Length; channel++)
                    mean[channel] += pixel[channel];
            }
        }

        foreach (ref double x in mean)
            x *= _factor;
    }
}

/// <summary>
/// Channel halves a, b become the larger and the smaller value. Pairs are swapped or left as they are, so no value is lost; NaN stays in
/// one of the two places.
/// </summary>
internal sealed class MinMaxStep(TensorShape shape) : ForwardStep(shape, shape)
{
    public override bool IsInPlace => true;

    public override void Run(ValueBuffer input, ValueBuffer output, int rows, int threads)
    {
        int half = Input.Channels / 2;
        Span<double> values = output.Data[..checked(rows * Input.Size)];
        for (int start = 0; start < values.Length; start += Input.Channels)
            Sort(values.Slice(start, half), values.Slice(start + half, half));
    }

    private static void Sort(Span<double> first, Span<double> second)
    {
        Span<Vector<double>> firsts = MemoryMarshal.Cast<double, Vector<double>>(first);
        Span<Vector<double>> seconds = MemoryMarshal.Cast<double, Vector<double>>(second)[..firsts.Length];
        for (int i = 0; i < firsts.Length; i++)
        {
            (Vector<double> a, Vector<double> b) = (firsts[i], seconds[i]);
            Vector<long> isSorted = Vector.GreaterThan(a, b);
            firsts[i] = Vector.ConditionalSelect(isSorted, a, b);
            seconds[i] = Vector.ConditionalSelect(isSorted, b, a);
        }

        for (int i = firsts.Length * Vector<double>.Count; i < first.Length; i++)
            (first[i], second[i]) = first[i] > second[i] ? (first[i], second[i]) : (second[i], first[i]);
    }
}

/// <summary>
/// max(x, 0). Values that are not positive become x − x: 0 for a number, and NaN for NaN and −∞. So an overflow cannot vanish here and
/// leave logits that look valid.
/// </summary>
internal sealed class ReluStep(TensorShape shape) : ForwardStep(shape, shape)
{
    public override bool IsInPlace => true;

    public override void Run(ValueBuffer input, ValueBuffer output, int rows, int threads)
    {
        Span<double> values = output.Data[..checked(rows * Input.Size)];
        Span<Vector<double>> vectors = MemoryMarshal.Cast<double, Vector<double>>(values);
        foreach (ref Vector<double> x in vectors)
            x = Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<double>.Zero), x, x - x);
        foreach (ref double x in values[(vectors.Length * Vector<double>.Count)..])
            x = x > 0 ? x : x - x;
    }
}

/// <summary>
/// |x| of all channels but the first few, which are kept: clears the sign, so nothing is rounded and NaN stays NaN.
/// </summary>
internal sealed class AbsoluteStep(TensorShape shape, int kept) : ForwardStep(shape, shape)
{
    public override bool IsInPlace => true;

    public override void Run(ValueBuffer input, ValueBuffer output, int rows, int threads)
    {
        Span<double> values = output.Data[..checked(rows * Input.Size)];
        for (int start = kept; start < values.Length; start += Input.Channels)
        {
            foreach (ref double x in values.Slice(start, Input.Channels - kept))
                x = Math.Abs(x);
        }
    }
}

/// <summary>
/// Moves blocks of pixels into channels, in the order of <see cref="DeployedSpaceToDepth"/>. With channels last, a line of a block is one
/// copy.
/// </summary>
internal sealed class SpaceToDepthStep(DeployedSpaceToDepth layer, TensorShape input) : ForwardStep(input, layer.GetOutputShape(input))
{
    private readonly int _block = layer.Block;

    public override void Run(ValueBuffer input, ValueBuffer output, int rows, int threads)
    {
        for (int row = 0; row < rows; row++)
            Move(input.Data.Slice(row * Input.Size, Input.Size), output.Data.Slice(row * Output.Size, Output.Size));
    }

    private void Move(ReadOnlySpan<double> source, Span<double> target)
    {
        int lineLength = _block * Input.Channels;
        int next = 0;
        for (int i = 0; i < Output.Height; i++)
        {
            for (int j = 0; j < Output.Width; j++)
            {
                for (int by = 0; by < _block; by++, next += lineLength)
                {
                    // Zeros follow the image at the bottom and at the right.
                    Span<double> line = target.Slice(next, lineLength);
                    int y = (i * _block) + by;
                    int x = j * _block;
                    int inside = y < Input.Height ? Math.Min(_block, Input.Width - x) * Input.Channels : 0;
                    if (inside > 0)
                        source.Slice(((y * Input.Width) + x) * Input.Channels, inside).CopyTo(line);
                    line[inside..].Clear();
                }
            }
        }
    }
}

/// <summary>From [image row, column, channel] to a vector in the order channel, image row, column.</summary>
internal sealed class FlattenStep(TensorShape input) : ForwardStep(input, TensorShape.Vector(input.Size))
{
    public override void Run(ValueBuffer input, ValueBuffer output, int rows, int threads)
    {
        int area = Input.Height * Input.Width;
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<double> source = input.Data.Slice(row * Input.Size, Input.Size);
            Span<double> target = output.Data.Slice(row * Input.Size, Input.Size);
            for (int channel = 0; channel < Input.Channels; channel++)
            {
                for (int pixel = 0; pixel < area; pixel++)
                    target[(channel * area) + pixel] = source[(pixel * Input.Channels) + channel];
            }
        }
    }
}
