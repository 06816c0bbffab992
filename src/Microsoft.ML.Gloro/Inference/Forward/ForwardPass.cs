using System.Collections.Concurrent;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// Runs a <see cref="DeployedNetwork"/> in IEEE double arithmetic, with exactly the operations listed below. So the rounding bounds of
/// certificates can be proved for it, and it gives the same bits on every machine.
/// </summary>
/// <remarks>
/// <para>Weights, biases and inputs are floats, converted to double exactly. Everything between is double. Rounding is to nearest, ties to
/// even, with gradual underflow.</para>
/// <list type="bullet">
/// <item>Convolution and dense: s = 0; then s = fma(w, x, s), one rounding each, over the kernel's rows, in each row over its columns, in
/// each column over the input channels (dense: over the inputs); then s + bias, one rounding. A tap in the padding has x = 0, whose fma is
/// exact. So n terms take n fused roundings and one rounding of an addition.</item>
/// <item>Scaling: fma(scale, x, shift), one rounding.</item>
/// <item>Average pooling s × s: starting from 0, the values are added row by row, each row from left to right: s² roundings, of which the
/// first is exact. Then the sum is multiplied by the double nearest to 1/s², one rounding.</item>
/// <item>MinMax swaps a pair unless the first value is larger. ReLU is x for x &gt; 0 and otherwise x − x, which is 0. Flatten,
/// space-to-depth and channel shift move values. None of these rounds.</item>
/// <item>With several views (2 or 8), the last sums are added in the order of the views, and the result is divided by their number, which
/// is exact except for underflow.</item>
/// <item>A logit is the result, rounded to the nearest float.</item>
/// </list>
/// <para>The processor, the batch size and the number of threads decide which outputs are computed together, but never the order of the
/// operations of one output. All this requires the floating-point mode that .NET sets. Native code that leaves a thread with another
/// rounding mode, or flushing denormals, would break it.</para>
/// <para>An overflow cannot vanish: infinities and NaN survive every step above (zero weights make NaN of infinities). So a finite logit
/// proves that no value it was computed from overflowed.</para>
/// <para>Safe for concurrent use. Buffers are kept for the next call; no call waits for another.</para>
/// </remarks>
internal sealed class ForwardPass
{
    private const int MaxGroup = 24; // rows that share one reading of the dense layers' weights
    private const int GroupValues = 1 << 18; // the most values of one such buffer, unless a single row has more
    private readonly TensorShape _input;
    private readonly (int Origin, int RowStep, int ColumnStep)[] _views;
    private readonly ForwardStep[] _image;
    private readonly ForwardStep[] _vector;
    private readonly int _group;
    private readonly (int Zeros, int Image, int Vector) _sizes;
    private readonly ConcurrentBag<ForwardScratch> _scratch = [];

    /// <param name="network">The network to run.</param>
    /// <param name="kernels">
    /// The kernels to use, the widest first; the last must take any number of channels. Null for the best ones of this processor.
    /// </param>
    public ForwardPass(DeployedNetwork network, IReadOnlyList<TileKernel>? kernels = null)
    {
        (_input, InputSize, ClassCount) = (network.InputShape, network.InputShape.Size, network.ClassCount);
        _views = [.. ImageView.Of(network.Views).Select(view => view.Steps(_input.Height, _input.Width))];
        ForwardStep[] steps = [.. network.Layers.Select((layer, i) => Compile(layer, network.Shapes[i], kernels ?? TileKernel.Supported))];

        // Images one by one, because one fills a cache. From the first dense layer on in groups, because each of its many weights is used
        // only once per row.
        int dense = network.Layers.TakeWhile(layer => layer is not DeployedDense).Count();
        (_image, _vector) = (steps[..dense], steps[dense..]);
        int imageSize = network.Shapes.Take(dense + 1).Max(shape => shape.Size);
        int vectorSize = network.Shapes.Skip(dense).Max(shape => shape.Size);
        _sizes = (steps.Max(step => step.Zeros), imageSize, vectorSize);
        _group = Math.Max(1, Math.Clamp(GroupValues / _sizes.Vector, 1, MaxGroup) / _views.Length);
    }

    /// <summary>The number of values of one row of input.</summary>
    public int InputSize { get; }

    /// <summary>The number of values of one row of logits.</summary>
    public int ClassCount { get; }

    /// <summary>Computes the logits of some rows. Inputs that are not finite give logits that are not finite.</summary>
    /// <param name="inputs">The rows, one after the other; images as [channel, image row, column].</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="logits">Receives rows × <see cref="ClassCount"/> values.</param>
    /// <param name="threads">The largest number of threads that may share the work, including the calling one.</param>
    public void Run(ReadOnlyMemory<float> inputs, int rows, Memory<float> logits, int threads)
    {
        // Each row goes to one thread. If that left threads idle for more than a fifth of the time, all threads share each layer instead.
        int most = (int)(((long)rows + threads - 1) / threads);
        if (threads == 1 || 4L * most * threads > 5L * rows)
        {
            for (int row = 0; row < rows; row += _group)
                RunGroup(inputs, logits, row, Math.Min(rows, row + _group), threads);
            return;
        }

        RunGroups(inputs, rows, logits, threads);
    }

    /// <summary>The step of one layer.</summary>
    internal static ForwardStep Compile(DeployedLayer layer, TensorShape shape, IReadOnlyList<TileKernel> kernels) => layer switch
    {
        DeployedConvolution convolution => new LinearStep(convolution, shape, kernels),
        DeployedDense dense => new LinearStep(dense, kernels),
        DeployedActivation { Function: ActivationFunction.ReLU } => new ReluStep(shape),
        DeployedActivation { Function: ActivationFunction.MinMax } => new MinMaxStep(shape),
        DeployedActivation { Function: ActivationFunction.Absolute } => new AbsoluteStep(shape, kept: 0),
        DeployedActivation { Function: ActivationFunction.HalfAbsolute } => new AbsoluteStep(shape, kept: shape.Channels / 2),
        DeployedSpaceToDepth depth => new SpaceToDepthStep(depth, shape),
        DeployedChannelShift shift => new ChannelShiftStep(shift, shape),
        DeployedAveragePooling pooling => new AveragePoolingStep(pooling, shape),
        DeployedFlatten => new FlattenStep(shape),
        DeployedScaling scaling => new ScalingStep(scaling, shape),
        _ => throw new NotSupportedException($"No arithmetic is written for a layer of kind '{layer.Kind}'."),
    };

    private void RunGroups(ReadOnlyMemory<float> inputs, int rows, Memory<float> logits, int threads)
    {
        // The same number of groups for each thread, all of about the same size.
        long together = (long)threads * _group;
        int groups = (int)Math.Min((rows + together - 1) / together * threads, rows);
        Parallel.For(0, groups, new ParallelOptions { MaxDegreeOfParallelism = threads }, i =>
            RunGroup(inputs, logits, (int)((long)rows * i / groups), (int)((long)rows * (i + 1) / groups), threads: 1));
    }

    private void RunGroup(ReadOnlyMemory<float> inputs, Memory<float> logits, int first, int end, int threads)
    {
        if (!_scratch.TryTake(out ForwardScratch? scratch))
            scratch = new ForwardScratch(_sizes.Zeros, _sizes.Image, checked(_sizes.Vector * _group * _views.Length));
        int rows = end - first;
        int vectorSize = _vector[0].Input.Size;
        for (int row = 0; row < rows; row++)
        {
            for (int view = 0; view < _views.Length; view++)
            {
                Load(inputs.Span.Slice((first + row) * InputSize, InputSize), _views[view], scratch.Image.Current.Data);
                RunSteps(_image, scratch.Image, 1, threads);
                Span<double> target = scratch.Vector.Current.Data[(((row * _views.Length) + view) * vectorSize)..];
                scratch.Image.Current.Data[..vectorSize].CopyTo(target);
            }
        }

        RunSteps(_vector, scratch.Vector, rows * _views.Length, threads);
        int sums = _views.Length * ClassCount;
        for (int row = 0; row < rows; row++)
            Save(scratch.Vector.Current.Data.Slice(row * sums, sums), logits.Span.Slice((first + row) * ClassCount, ClassCount));
        _scratch.Add(scratch);
    }

    /// <summary>Runs the steps; the result is in the current buffer.</summary>
    internal static void RunSteps(ForwardStep[] steps, ForwardScratch.Pair buffers, int rows, int threads)
    {
        foreach (ForwardStep step in steps)
        {
            step.Run(buffers.Current, step.IsInPlace ? buffers.Current : buffers.Other, rows, threads);
            if (!step.IsInPlace)
                buffers.Swap();
        }
    }

    /// <summary>Converts floats, channels first, to doubles, channels last, as one of the views.</summary>
    private void Load(ReadOnlySpan<float> row, (int Origin, int RowStep, int ColumnStep) view, Span<double> values)
    {
        int area = _input.Height * _input.Width;
        if (area == 1)
        {
            for (int i = 0; i < row.Length; i++)
                values[i] = row[i];
            return;
        }

        for (int channel = 0; channel < _input.Channels; channel++)
        {
            ReadOnlySpan<float> plane = row.Slice(channel * area, area);
            int target = channel;
            for (int i = 0; i < _input.Height; i++)
            {
                for (int j = 0; j < _input.Width; j++, target += _input.Channels)
                    values[target] = plane[view.Origin + (i * view.RowStep) + (j * view.ColumnStep)];
            }
        }
    }

    /// <summary>The logits of one row from the sums of its views.</summary>
    private void Save(ReadOnlySpan<double> sums, Span<float> logits)
    {
        for (int i = 0; i < logits.Length; i++)
        {
            double sum = sums[i];
            for (int view = 1; view < _views.Length; view++)
                sum += sums[(view * logits.Length) + i];
            sum /= _views.Length;
            logits[i] = double.IsNaN(sum) ? float.NaN : (float)sum; // processors produce different bit patterns of NaN
        }
    }
}
