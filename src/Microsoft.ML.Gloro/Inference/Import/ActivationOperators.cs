using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// ReLU, absolute values and sorted pairs, in the forms in which exporters write them. A pair is found again when its minimum is computed
/// after its maximum: both are outputs of one layer.
/// </summary>
internal sealed class ActivationOperators
{
    private readonly List<ActivationSource> _pairs = [];
    private readonly List<SpaceToDepthSource> _blocks = [];

    /// <summary>max(x, 0).</summary>
    public static Signal ReLU(FileNode node, Signal x) => Elementwise(node, x, ActivationFunction.ReLU, shift => Math.Max(shift, 0));

    /// <summary>|x|.</summary>
    public static Signal Absolute(FileNode node, Signal x) => Elementwise(node, x, ActivationFunction.Absolute, Math.Abs);

    /// <summary>max(x, c), or min(x, c) = −max(−x, −c), with max(x, c) = max(x − c, 0) + c.</summary>
    public static Signal WithConstant(FileNode node, Signal x, ConstantTensor c, bool isMaximum)
    {
        double sign = isMaximum ? 1 : -1;
        Signal above = ReLU(node, x.Affine(_ => sign, i => -sign * c.Values[i]));
        return above.Affine(_ => sign, i => c.Values[i]);
    }

    /// <summary>max(x, y) or min(x, y), value by value.</summary>
    public Signal OfPair(FileNode node, Signal x, Signal y, bool isMaximum)
    {
        if (x.IsSameAs(y))
            return x;
        if (x.Source != y.Source)
        {
            throw node.Unsupported(
                "it compares outputs of two different layers",
                "Compute both with one layer, with twice the channels, and split its output.");
        }

        if (ArePixelsMixed(x, y))
            (x, y) = InBlocks(x, y) ?? (x, y);
        if (IsNegative(x, y))
            return Absolute(node, x).Affine(_ => isMaximum ? 1 : -1, _ => 0);
        int pixels = x.Source.Shape.Height * x.Source.Shape.Width;
        var places = new Dictionary<(Channel, Channel), int>();
        var pairs = new (Channel First, Channel Second)[x.Size];
        for (int i = 0; i < x.Size; i++)
        {
            if (x.Index[i] < 0 || y.Index[i] < 0 || x.Index[i] % pixels != y.Index[i] % pixels)
            {
                throw node.Unsupported(
                    "it pairs values of different pixels, or constants with values", "Pair channels: MinMax over halves, or GroupSort-2.");
            }

            Channel first = PickedChannels.At(x, i, pixels), second = PickedChannels.At(y, i, pixels);
            pairs[i] = IsAfter(first, second) ? (second, first) : (first, second);
            places.TryAdd(pairs[i], 0);
        }

        (Channel First, Channel Second)[] sorted =
        [
            .. places.Keys.OrderBy(pair => pair.Item1.Index).ThenBy(pair => pair.Item2.Index)
                .ThenBy(pair => pair.Item1.Scale).ThenBy(pair => pair.Item2.Scale)
                .ThenBy(pair => pair.Item1.Shift).ThenBy(pair => pair.Item2.Shift),
        ];
        CheckChannels(node, sorted.Length, x.Source.Shape);
        for (int i = 0; i < sorted.Length; i++)
            places[sorted[i]] = i;
        ActivationSource source = Find(x.Source, [.. sorted.Select(pair => pair.First), .. sorted.Select(pair => pair.Second)]);
        int offset = isMaximum ? 0 : sorted.Length;
        return new Signal(
            x.Shape, source, [.. pairs.Select((pair, i) => ((places[pair] + offset) * pixels) + (x.Index[i] % pixels))]);
    }

    /// <summary>
    /// Parts of a layer's outputs beside absolute values of others, as outputs of one layer: HalfAbs, or absolute values where all are.
    /// Null if the tensors are something else.
    /// </summary>
    public static Signal[]? Join(FileNode node, Signal[] parts)
    {
        SourceLayer[] sources = [.. parts.Select(part => part.Source).Distinct()];
        SourceLayer? of = sources.Concat(sources.Select(AbsoluteOf).OfType<SourceLayer>())
            .FirstOrDefault(common => sources.All(source => source == common || AbsoluteOf(source) == common));
        if (of is null)
            return null;
        int pixels = of.Shape.Height * of.Shape.Width;
        (SourceLayer Source, int Channel)[] read =
        [
            .. parts.SelectMany(part => part.Index.Where(i => i >= 0).Select(i => (part.Source, i / pixels))).Distinct()
                .OrderBy(channel => channel.Source != of),
        ];
        int kept = read.Count(channel => channel.Source == of);
        if (kept > 0 && kept != read.Length - kept)
        {
            throw node.Unsupported(
                $"it joins {kept} channels with the absolute values of {read.Length - kept} others",
                "Halve the channels, as HalfAbs does, or take the absolute values of all.");
        }

        var source = new ActivationSource(
            of,
            [.. read.Select(channel => channel.Source == of
                ? new Channel(channel.Channel)
                : ((ActivationSource)channel.Source).Channels[channel.Channel])],
            kept > 0 ? ActivationFunction.HalfAbsolute : ActivationFunction.Absolute);
        var places = read.Select((channel, i) => (channel, i)).ToDictionary(pair => pair.channel, pair => pair.i);
        return
        [
            .. parts.Select(part => part with
            {
                Source = source,
                Index = Array.ConvertAll(
                    part.Index, i => i < 0 ? -1 : (places[(part.Source, i / pixels)] * pixels) + (i % pixels)),
            }),
        ];
    }

    private static SourceLayer? AbsoluteOf(SourceLayer source) =>
        source is ActivationSource { Function: ActivationFunction.Absolute } absolute ? absolute.Of : null;

    private static bool ArePixelsMixed(Signal x, Signal y)
    {
        int pixels = x.Source.Shape.Height * x.Source.Shape.Width;
        for (int i = 0; i < x.Size; i++)
        {
            if (x.Index[i] % pixels != y.Index[i] % pixels)
                return true;
        }

        return false;
    }

    /// <summary>Both as channels of blocks of pixels; null if they are not.</summary>
    private (Signal X, Signal Y)? InBlocks(Signal x, Signal y)
    {
        if (ImageForm.Of(x) is not { Block: > 1 } first || ImageForm.Of(y) is not { } second || first.Block != second.Block
            || first.Border != default || second.Border != default)
            return null;
        var blocks = _blocks.Find(known => known.Of == x.Source && known.Block == first.Block);
        if (blocks is null)
            _blocks.Add(blocks = new SpaceToDepthSource(x.Source, PickedChannels.All(x.Source.Shape), first.Block));
        return (Read(x, first), Read(y, second));

        Signal Read(Signal signal, ImageForm form)
        {
            int pixels = signal.Shape[2] * signal.Shape[3];
            var channels = form.Channels;
            int[] index =
            [
                .. Enumerable.Range(0, signal.Size)
                    .Select(i => channels[i / pixels] is { } channel ? (channel.Index * pixels) + (i % pixels) : -1),
            ];
            return new Signal(signal.Shape, blocks, index)
                .Affine(i => channels[i / pixels]?.Scale ?? 0, i => channels[i / pixels]?.Shift ?? 0);
        }
    }

    private static Signal Elementwise(FileNode node, Signal x, ActivationFunction function, Func<double, double> ofConstant)
    {
        var (channels, places) = PickedChannels.Of(x);
        if (channels.Length == 0)
            throw node.Unsupported("it does not depend on the input", "Fold constants before the export.");
        CheckChannels(node, channels.Length, x.Source.Shape);
        var source = new ActivationSource(x.Source, channels, function);
        double[]? shift = Array.IndexOf(places, -1) < 0
            ? null
            : [.. places.Select((place, i) => place < 0 ? ofConstant(x.ShiftAt(i)) : 0)];
        return new Signal(x.Shape, source, places, Shift: shift);
    }

    // Factors that differ from pixel to pixel would make a channel of every value.
    private static void CheckChannels(FileNode node, int channels, TensorShape shape)
    {
        if (channels > 4 * shape.Channels)
        {
            throw node.Unsupported(
                "what is multiplied or added in front of it differs from pixel to pixel", "Use one factor and one summand per channel.");
        }
    }

    private static bool IsNegative(Signal x, Signal y)
    {
        if (!x.ReadsAs(y))
            return false;
        for (int i = 0; i < x.Size; i++)
        {
            if (x.ScaleAt(i) != -y.ScaleAt(i) || x.ShiftAt(i) != -y.ShiftAt(i))
                return false;
        }

        return true;
    }

    private static bool IsAfter(Channel a, Channel b) =>
        (a.Index, a.Scale, a.Shift).CompareTo((b.Index, b.Scale, b.Shift)) > 0;

    private ActivationSource Find(SourceLayer of, Channel[] channels)
    {
        foreach (var known in _pairs)
        {
            if (known.Of == of && known.Channels.AsSpan().SequenceEqual(channels))
                return known;
        }

        var source = new ActivationSource(of, channels, ActivationFunction.MinMax);
        _pairs.Add(source);
        return source;
    }
}
