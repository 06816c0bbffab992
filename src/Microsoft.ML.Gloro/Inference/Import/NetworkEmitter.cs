using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// Writes the chain of layers that ends in the logits as a deployed network. Factors and summands of channels go into the linear layer
/// before them. After other layers they become a layer of their own.
/// </summary>
internal sealed class NetworkEmitter(ImportBudget budget)
{
    private readonly List<DeployedLayer> _layers = [];

    /// <summary>The network whose outputs are the values of <paramref name="logits"/>.</summary>
    public static DeployedNetwork Emit(Signal logits, TensorShape input, ImportBudget budget)
    {
        budget.TakeWeights([logits.Size, logits.Source.Shape.Size]);
        var emitter = new NetworkEmitter(budget);
        (Channel[] rows, DenseSource last) = logits.Source is DenseSource dense && logits.Index.All(i => i >= 0)
            ? ([.. Enumerable.Range(0, logits.Size).Select(i => PickedChannels.At(logits, i, pixels: 1))], dense)
            : (PickedChannels.All(TensorShape.Vector(logits.Size)), Selection(logits));
        emitter.Append(last, rows);
        return new DeployedNetwork(input, emitter._layers);
    }

    private static DenseSource Selection(Signal logits)
    {
        int inputs = logits.Source.Shape.Size;
        var weights = new double[(long)logits.Size * inputs];
        for (int o = 0; o < logits.Size; o++)
        {
            if (logits.Index[o] >= 0)
                weights[(o * inputs) + logits.Index[o]] = logits.ScaleAt(o);
        }

        return new DenseSource(logits.Source, weights, [.. Enumerable.Range(0, logits.Size).Select(logits.ShiftAt)]);
    }

    // The layers are a chain that can be long: it is walked to its beginning first, not by recursion.
    private void Append(SourceLayer end, Channel[] channels)
    {
        var chain = new Stack<(SourceLayer Source, Channel[] Channels)>();
        for (var next = (Source: end, Channels: channels); ;)
        {
            chain.Push(next);
            if (Input(next.Source) is not { } before)
                break;
            next = before;
        }

        foreach (var (source, picked) in chain)
            AppendLayer(source, picked);
    }

    private static (SourceLayer Source, Channel[] Channels)? Input(SourceLayer source) => source switch
    {
        ConvolutionSource convolution => (convolution.Of, convolution.Channels),
        DenseSource dense => (dense.Of, PickedChannels.All(dense.Of.Shape)),
        MixtureSource mixture => (mixture.Of, PickedChannels.All(mixture.Of.Shape)),
        ActivationSource activation => (activation.Of, activation.Channels),
        PoolingSource pooling => (pooling.Of, pooling.Channels),
        SpaceToDepthSource blocks => (blocks.Of, blocks.Channels),
        _ => null,
    };

    private void AppendLayer(SourceLayer source, Channel[] channels)
    {
        switch (source)
        {
            case ConvolutionSource convolution:
                if (convolution.Block > 1)
                    _layers.Add(new DeployedSpaceToDepth(convolution.Block));
                budget.TakeWeights([channels.Length, convolution.Kernel.Length / convolution.Bias.Length]);
                var (kernel, bias) = PickedRows.Of(channels, convolution.Kernel, convolution.Bias);
                var window = convolution.Geometry;
                _layers.Add(new DeployedConvolution(
                    Rounded(kernel), Rounded(bias), convolution.Channels.Length * convolution.Block * convolution.Block, channels.Length,
                    window.Height, window.Width, window.Stride, window.Padding));
                return;
            case DenseSource dense:
                if (!dense.Of.Shape.IsVector)
                    _layers.Add(new DeployedFlatten());
                budget.TakeWeights([channels.Length, dense.Of.Shape.Size]);
                var (weights, sums) = PickedRows.Of(channels, dense.Weights, dense.Bias);
                _layers.Add(new DeployedDense(Rounded(weights), Rounded(sums), dense.Of.Shape.Size, channels.Length));
                return;
            case MixtureSource mixture:
                AppendRows(mixture.Of.Shape, channels, mixture);
                return;
            case ActivationSource activation:
                _layers.Add(new DeployedActivation(activation.Function));
                break;
            case PoolingSource pooling:
                _layers.Add(new DeployedAveragePooling(pooling.Size));
                break;
            case SpaceToDepthSource blocks:
                _layers.Add(new DeployedSpaceToDepth(blocks.Block));
                break;
        }

        AppendChannels(source.Shape, channels);
    }

    private void AppendChannels(TensorShape shape, Channel[] channels)
    {
        if (PickedChannels.AreAll(channels, shape))
            return;
        if (channels.Length == shape.Channels && channels.Select((channel, i) => channel.Index == i).All(same => same))
        {
            _layers.Add(new DeployedScaling(
                Rounded([.. channels.Select(channel => channel.Scale)]), Rounded([.. channels.Select(channel => channel.Shift)])));
            return;
        }

        AppendRows(shape, channels, source: null);
    }

    // Sums of channels, as the source says; channels that are picked where there is none.
    private void AppendRows(TensorShape shape, Channel[] channels, MixtureSource? source)
    {
        var weights = new float[budget.TakeWeights([channels.Length, shape.Channels])];
        for (int o = 0; o < channels.Length; o++)
        {
            foreach (Channel term in source is null ? [channels[o]] : Mixtures.Terms(source, channels[o].Index, channels[o].Scale))
                weights[(o * shape.Channels) + term.Index] = (float)term.Scale;
        }

        float[] bias = Rounded([.. channels.Select(channel => channel.Shift)]);
        _layers.Add(shape.IsVector
            ? new DeployedDense(weights, bias, shape.Channels, channels.Length)
            : new DeployedConvolution(weights, bias, shape.Channels, channels.Length, 1, 1, 1, default));
    }

    private static float[] Rounded(double[] values) => Array.ConvertAll(values, value => (float)value);
}
