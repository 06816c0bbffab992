using System.Collections.Concurrent;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// A <see cref="DeployedNetwork"/> in IEEE double arithmetic, operation by operation as written here, so that what a certificate says of rounding can be proved of it,
/// and the same bits on every machine.
/// </summary>
/// <remarks>
/// <para>The arithmetic. Weights, biases and inputs are floats, converted to double exactly; everything between is double; rounding is to nearest, ties to even, with gradual underflow.</para>
/// <list type="bullet">
/// <item>Convolution and dense: s = 0; then s = fma(w, x, s), one rounding each, over the kernel's rows, in each over its columns, in each over the input channels
/// (dense: over the inputs); then s + bias, one rounding. A tap in the padding has x = 0, whose fma is exact. So n terms take n fused roundings and one of an addition.</item>
/// <item>Scaling: fma(scale, x, shift), one rounding.</item>
/// <item>Average pooling s × s: from 0, the values added row by row, each row from left to right: s² roundings, the first exact; then times the double nearest to 1/s², one rounding.</item>
/// <item>MinMax exchanges a pair unless the first is larger; ReLU is x for x &gt; 0 and x − x, which is 0, otherwise; flatten and space-to-depth move. None rounds.</item>
/// <item>Of several views (1, 2 or 8), the last sums are added in the order of the views, and the result divided by their number, which is exact but for underflow.</item>
/// <item>A logit is that, rounded to the nearest float.</item>
/// </list>
/// <para>
/// Nothing of that depends on the processor, the size of a batch or the number of threads: they decide which outputs are computed together, never the order within one.
/// It does rest on the floating-point mode that .NET keeps; native code that leaves a thread flushing denormals or rounding otherwise would break it.
/// </para>
/// <para>
/// An overflow cannot vanish: infinities and NaN survive every step above (zero weights make NaN of them). A finite logit therefore proves that no value it was computed from overflowed.
/// </para>
/// <para>Safe for concurrent use. Buffers are kept for the next call; no call waits for another.</para>
/// </remarks>
internal sealed class ForwardPass
{
    private const int MaxGroup = 24; // rows that share one reading of the dense layers' weights
    private const int GroupValues = 1 << 18; // of one such buffer, unless a single row has more
    private readonly TensorShape _input;
    private readonly (int Origin, int RowStep, int ColumnStep)[] _views;
    private readonly ForwardStep[] _image;
    private readonly ForwardStep[] _vector;
    private readonly int _group;
    private readonly (int Zeros, int Image, int Vector) _sizes;
    private readonly ConcurrentBag<ForwardScratch> _scratch = [];

    /// <param name="network">The network to run.</param>
    /// <param name="kernels">The kernels to use, the widest first, the last of them able to take any number of channels; null for the best of this processor.</param>
    public ForwardPass(DeployedNetwork network, IReadOnlyList<TileKernel>? kernels = null)
    {
        (_input, InputSize, ClassCount) = (network.InputShape, network.InputShape.Size, network.ClassCount);
        _views = [.. ImageView.Of(network.Views).Select(view => view.Steps(_input.Height, _input.Width))];
        ForwardStep[] steps = [.. network.Layers.Select((layer, i) => Compile(layer, network.Shapes[i], kernels ?? TileKernel.Supported))];

        // Images one by one, since one fills a cache; from the first dense layer on in groups, since its weights are many and each serves a row once.
        int dense = network.Layers.TakeWhile(layer => layer is not DeployedDense).Count();
        (_image, _vector) = (steps[..dense], steps[dense..]);
        _sizes = (steps.Max(step => step.Zeros), network.Shapes.Take(dense + 1).Max(shape => shape.Size), network.Shapes.Skip(dense).Max(shape => shape.Size));
        _group = Math.Max(1, Math.Clamp(GroupValues / _sizes.Vector, 1, MaxGroup) / _views.Length);
    }

    /// <summary>Values in one row of input.</summary>
    public int InputSize { get; }

    /// <summary>Values in one row of logits.</summary>
    public int ClassCount { get; }

    /// <summary>Computes the logits of some rows. Values that are not finite give logits that are not.</summary>
    /// <param name="inputs">The rows, one after the other, images as [channel, image row, column].</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="logits">Receives rows × <see cref="ClassCount"/> values.</param>
    /// <param name="threads">The most threads that may share the work, the calling one included.</param>
    public void Run(ReadOnlyMemory<float> inputs, int rows, Memory<float> logits, int threads)
    {
        // Rows are shared out whole, unless that would leave threads idle for more than a fifth of the time: then all threads work on each layer together.
        int most = (int)(((long)rows + threads - 1) / threads);
        if (threads == 1 || 4L * most * threads > 5L * rows)
        {
            for (int row = 0; row < rows; row += _group)
                RunGroup(inputs, logits, row, Math.Min(rows, row + _group), threads);
            return;
        }

        RunGroups(inputs, rows, logits, threads);
    }

    private static ForwardStep Compile(DeployedLayer layer, TensorShape shape, IReadOnlyList<TileKernel> kernels) => layer switch
    {
        DeployedConvolution convolution => new LinearStep(convolution, shape, kernels),
        DeployedDense dense => new LinearStep(dense, kernels),
        DeployedActivation { Function: ActivationFunction.ReLU } => new ReluStep(shape),
        DeployedActivation { Function: ActivationFunction.MinMax } => new MinMaxStep(shape),
        DeployedSpaceToDepth depth => new SpaceToDepthStep(depth, shape),
        DeployedAveragePooling pooling => new AveragePoolingStep(pooling, shape),
        DeployedFlatten => new FlattenStep(shape),
        DeployedScaling scaling => new ScalingStep(scaling, shape),
        _ => throw new NotSupportedException($"No arithmetic is written for a layer of kind '{layer.Kind}'."),
    };

    private void RunGroups(ReadOnlyMemory<float> inputs, int rows, Memory<float> logits, int threads)
    {
        // As many groups for each thread, and all of a size.
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
                scratch.Image.Current.Data[..vectorSize].CopyTo(scratch.Vector.Current.Data[(((row * _views.Length) + view) * vectorSize)..]);
            }
        }

        RunSteps(_vector, scratch.Vector, rows * _views.Length, threads);
        for (int row = 0; row < rows; row++)
            Save(scratch.Vector.Current.Data.Slice(row * _views.Length * ClassCount, _views.Length * ClassCount), logits.Span.Slice((first + row) * ClassCount, ClassCount));
        _scratch.Add(scratch);
    }

    private static void RunSteps(ForwardStep[] steps, ForwardScratch.Pair buffers, int rows, int threads)
    {
        foreach (ForwardStep step in steps)
        {
            step.Run(buffers.Current, step.IsInPlace ? buffers.Current : buffers.Other, rows, threads);
            if (!step.IsInPlace)
                buffers.Swap();
        }
    }

    /// <summary>From floats, channels first, to doubles, channels last, as one of the views.</summary>
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
            logits[i] = double.IsNaN(sum) ? float.NaN : (float)sum; // NaN has many bit patterns, and processors differ in the one they make
        }
    }
}
