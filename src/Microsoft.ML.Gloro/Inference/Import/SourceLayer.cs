using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// A layer of the network that is being imported. Each reads exactly one other, so that any of them ends a chain of layers.
/// </summary>
/// <param name="shape">The shape of its outputs.</param>
internal abstract class SourceLayer(TensorShape shape)
{
    public TensorShape Shape { get; } = shape;
}

/// <summary>The input of the network.</summary>
internal sealed class InputSource(TensorShape shape) : SourceLayer(shape);

/// <summary>One channel of a layer, times a factor, plus a summand, at every pixel.</summary>
internal readonly record struct Channel(int Index, double Scale = 1, double Shift = 0);

/// <summary>A convolution of channels of another layer.</summary>
internal sealed class ConvolutionSource(
    SourceLayer of, Channel[] channels, int block, double[] kernel, double[] bias, KernelGeometry geometry, TensorShape shape)
    : SourceLayer(shape)
{
    public SourceLayer Of => of;

    /// <summary>The channels of <see cref="Of"/> that it reads, with what is done to them before padding.</summary>
    public Channel[] Channels => channels;

    /// <summary>The size of the blocks of pixels that become channels first; 1 for none.</summary>
    public int Block => block;

    /// <summary>[outputs, channels · block², height, width].</summary>
    public double[] Kernel => kernel;

    public double[] Bias => bias;

    public KernelGeometry Geometry => geometry;

    /// <summary>Whether it reads its source as it is.</summary>
    public bool IsDirect => block == 1 && PickedChannels.AreAll(channels, of.Shape);
}

/// <summary>The window of a convolution.</summary>
internal readonly record struct KernelGeometry(int Height, int Width, int Stride, ZeroPadding Padding)
{
    public bool HasPadding => Padding != default;
}

/// <summary>A dense layer on all outputs of another layer.</summary>
internal sealed class DenseSource(SourceLayer of, double[] weights, double[] bias) : SourceLayer(TensorShape.Vector(bias.Length))
{
    public SourceLayer Of => of;

    /// <summary>[outputs, values of <see cref="Of"/>].</summary>
    public double[] Weights => weights;

    public double[] Bias => bias;
}

/// <summary>
/// Sums of few channels of another layer, pixel by pixel. A linear layer that reads it takes it into its weights; in front of any other it
/// becomes a 1 × 1 convolution or a dense layer.
/// </summary>
internal sealed class MixtureSource(SourceLayer of, Channel[][] rows) : SourceLayer(of.Shape with { Channels = rows.Length })
{
    public SourceLayer Of => of;

    /// <summary>For each output: the channels of <see cref="Of"/> and their factors.</summary>
    public Channel[][] Rows => rows;
}

/// <summary>An activation. MinMax pairs the first half of the channels with the second; HalfAbs keeps the first half.</summary>
internal sealed class ActivationSource(SourceLayer of, Channel[] channels, ActivationFunction function)
    : SourceLayer(of.Shape with { Channels = channels.Length })
{
    public SourceLayer Of => of;

    public Channel[] Channels => channels;

    public ActivationFunction Function => function;
}

/// <summary>Means of size × size blocks.</summary>
internal sealed class PoolingSource(SourceLayer of, Channel[] channels, int size)
    : SourceLayer(new TensorShape(channels.Length, of.Shape.Height / size, of.Shape.Width / size))
{
    public SourceLayer Of => of;

    public Channel[] Channels => channels;

    public int Size => size;
}

/// <summary>Blocks of pixels as channels.</summary>
internal sealed class SpaceToDepthSource(SourceLayer of, Channel[] channels, int block)
    : SourceLayer(new DeployedSpaceToDepth(block).GetOutputShape(of.Shape with { Channels = channels.Length }))
{
    public SourceLayer Of => of;

    public Channel[] Channels => channels;

    public int Block => block;
}
