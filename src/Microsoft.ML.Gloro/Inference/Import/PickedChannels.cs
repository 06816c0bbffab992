using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>Finds the channels of a layer that a tensor is made of.</summary>
internal static class PickedChannels
{
    /// <summary>All channels as they are.</summary>
    public static Channel[] All(TensorShape shape) => [.. Enumerable.Range(0, shape.Channels).Select(c => new Channel(c))];

    /// <summary>Whether these are all channels as they are.</summary>
    public static bool AreAll(Channel[] channels, TensorShape shape) =>
        channels.Length == shape.Channels && channels.Select((channel, i) => channel == new Channel(i)).All(same => same);

    /// <summary>
    /// The distinct channels that a tensor reads, in the layer's order, and for each value of the tensor its place among the outputs of a
    /// layer that works on these channels pixel by pixel; −1 for constants.
    /// </summary>
    public static (Channel[] Channels, int[] Places) Of(Signal signal)
    {
        int pixels = signal.Source.Shape.Height * signal.Source.Shape.Width;
        var found = new Dictionary<Channel, int>();
        var number = new int[signal.Size];
        for (int i = 0; i < signal.Size; i++)
        {
            if (signal.Index[i] < 0)
            {
                number[i] = -1;
                continue;
            }

            var channel = At(signal, i, pixels);
            if (!found.TryGetValue(channel, out number[i]))
                found.Add(channel, number[i] = found.Count);
        }

        Channel[] unordered = [.. found.Keys];
        int[] order = [.. Enumerable.Range(0, unordered.Length).OrderBy(i => unordered[i].Index)]; // stable
        var rank = new int[order.Length];
        for (int i = 0; i < order.Length; i++)
            rank[order[i]] = i;
        return ([.. order.Select(i => unordered[i])],
            [.. number.Select((n, i) => n < 0 ? -1 : (rank[n] * pixels) + (signal.Index[i] % pixels))]);
    }

    /// <summary>The channel that one value belongs to.</summary>
    public static Channel At(Signal signal, int place, int pixels) =>
        new(signal.Index[place] / pixels, signal.ScaleAt(place), signal.ShiftAt(place));
}

/// <summary>The outputs of a linear layer after a factor and a summand for each, as rows of a new layer.</summary>
internal static class PickedRows
{
    public static (double[] Weights, double[] Bias) Of(Channel[] channels, double[] weights, double[] bias)
    {
        int length = weights.Length / bias.Length;
        var rows = new double[(long)channels.Length * length];
        for (int o = 0; o < channels.Length; o++)
        {
            for (int i = 0; i < length; i++)
                rows[(o * length) + i] = channels[o].Scale * weights[(channels[o].Index * length) + i];
        }

        return (rows, [.. channels.Select(channel => (channel.Scale * bias[channel.Index]) + channel.Shift)]);
    }
}
