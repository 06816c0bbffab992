namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// Sums of parts of one tensor, such as (a + b, a − b). They are kept as sums of few channels, so that the linear layer that reads them
/// takes them into its weights, and no matrix of all channels is made.
/// </summary>
internal sealed class Mixtures(ImportBudget budget)
{
    // Sums that differ from pixel to pixel would make a channel of every value.
    private const int MostChannels = 4;

    /// <summary>The layer whose channels a layer's outputs are sums of: the layer itself unless it is a mixture.</summary>
    public static SourceLayer Root(SourceLayer source) => source is MixtureSource mixture ? mixture.Of : source;

    /// <summary>One channel of a layer, times a factor, as channels of its <see cref="Root"/>.</summary>
    public static Channel[] Terms(SourceLayer source, int channel, double scale) => source is MixtureSource mixture
        ? Array.ConvertAll(mixture.Rows[channel], term => term with { Scale = scale * term.Scale })
        : [new Channel(channel, scale)];

    /// <summary>One value of a tensor as outputs of the <see cref="Root"/>.</summary>
    public static (int Place, double Scale)[] Terms(Signal signal, int place)
    {
        if (signal.Index[place] < 0)
            return [];
        int pixels = signal.Source.Shape.Height * signal.Source.Shape.Width;
        (int channel, int pixel) = Math.DivRem(signal.Index[place], pixels);
        return Array.ConvertAll(
            Terms(signal.Source, channel, signal.ScaleAt(place)), term => ((term.Index * pixels) + pixel, term.Scale));
    }

    /// <summary>x + y, where both read the same pixels of one layer; null if they do not.</summary>
    public Signal? Add(Signal x, Signal y)
    {
        SourceLayer root = Root(x.Source);
        if (Root(y.Source) != root || root is ConvolutionSource or DenseSource)
            return null; // a sum of outputs of a linear layer is a linear layer
        int pixels = root.Shape.Height * root.Shape.Width;
        var numbers = new Dictionary<((int, double), (int, double)), int>();
        var rows = new List<Channel[]>();
        var (index, shift) = (new int[x.Size], new double[x.Size]);
        for (int i = 0; i < x.Size; i++)
        {
            shift[i] = x.ShiftAt(i) + y.ShiftAt(i);
            (int first, int second) = (x.Index[i], y.Index[i]);
            if (first >= 0 && second >= 0 && first % pixels != second % pixels)
                return null;
            index[i] = Math.Max(first, second);
            if (index[i] < 0)
                continue;
            (int, double) a = Part(x, i, pixels), b = Part(y, i, pixels);
            if (!numbers.TryGetValue((a, b), out int number))
            {
                if (rows.Count == MostChannels * root.Shape.Channels)
                    return null;
                numbers.Add((a, b), number = rows.Count);
                rows.Add(Sum([.. TermsOf(x.Source, a), .. TermsOf(y.Source, b)]));
            }

            index[i] = (number * pixels) + (index[i] % pixels);
        }

        return rows.Count == 0 ? null : new Signal(x.Shape, new MixtureSource(root, [.. rows]), index, Shift: shift);
    }

    /// <summary>Tensors that are sums of channels of one layer, or its channels, as outputs of one mixture; null if they are not.</summary>
    public Signal[]? Join(Signal[] parts)
    {
        SourceLayer root = Root(parts[0].Source);
        if (parts.Any(part => Root(part.Source) != root))
            return null;
        var firsts = new Dictionary<SourceLayer, int>();
        var rows = new List<Channel[]>();
        foreach (SourceLayer source in parts.Select(part => part.Source).Distinct())
        {
            firsts.Add(source, rows.Count);
            for (int channel = 0; channel < source.Shape.Channels; channel++)
                rows.Add(Sum(Terms(source, channel, 1)));
        }

        int pixels = root.Shape.Height * root.Shape.Width;
        var joined = new MixtureSource(root, [.. rows]);
        return
        [
            .. parts.Select(part => part with
            {
                Source = joined,
                Index = Array.ConvertAll(part.Index, place => place < 0 ? -1 : place + (firsts[part.Source] * pixels)),
            }),
        ];
    }

    private static (int Channel, double Scale) Part(Signal signal, int place, int pixels) =>
        signal.Index[place] < 0 ? (-1, 0) : (signal.Index[place] / pixels, signal.ScaleAt(place));

    private static Channel[] TermsOf(SourceLayer source, (int Channel, double Scale) part) =>
        part.Channel < 0 ? [] : Terms(source, part.Channel, part.Scale);

    /// <summary>Each channel once.</summary>
    private Channel[] Sum(Channel[] terms)
    {
        budget.TakeWeights([terms.Length]);
        return [.. terms.GroupBy(term => term.Index).Select(same => new Channel(same.Key, same.Sum(term => term.Scale)))];
    }
}
