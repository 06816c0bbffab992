using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Training;
using TorchSharp;

namespace Microsoft.ML.Gloro.Tests.Training;

/// <summary>
/// Trainable layers and networks that look trained: their weights and running means have left the places where they started.
/// </summary>
internal static class Nets
{
    /// <summary>
    /// A layer's bound as training sees it: of convolutions the norm on the circle without a change of sign, which the proved bound is at
    /// most.
    /// </summary>
    public static double OnCircle(DeployedNetwork plain, LayerBound bound) =>
        plain.Layers[bound.Index] is DeployedConvolution layer && bound.Bound > 0
            ? SpectralNorm.UpperBound(ConvolutionTaps.Of(layer, plain.Shapes[bound.Index])!, default(Seam), default)
            : bound.Bound;

    /// <summary>The name of every case of <see cref="Layer"/>.</summary>
    public static readonly string[] LayerNames =
    [
        "convolution", "wide convolution", "pointwise convolution", "residual convolution", "strided convolution",
        "strided convolution of an odd kernel", "patches", "strided convolution of few pixels", "convolution of few pixels", "dense",
        "tall dense", "residual dense", "orthogonal dense",
        "tall orthogonal dense", "orthogonal residual dense", "minmax", "relu", "orthogonal convolution",
        "tall orthogonal convolution", "channel shift", "halfabs", "reflector dense", "wide reflector dense",
        "tall reflector dense", "space-to-depth",
        "average pooling", "centering", "scaling", "flatten",
    ];

    public static LayerFactory Factory(int seed) => new(new torch.Generator((ulong)seed, torch.CPU), torch.CPU);

    /// <summary>One layer of each sort, with the shape it takes.</summary>
    public static (TensorShape Input, TrainableLayer Layer) Layer(string name, LayerFactory factory)
    {
        var image = new TensorShape(4, 5, 6);
        var few = new TensorShape(4, 2, 3);
        var vector = TensorShape.Vector(12);
        return name switch
        {
            "convolution" => (image, new ConvolutionLayer(image, 6, 3, factory)),
            "wide convolution" => (image, new ConvolutionLayer(image, 3, 5, factory)),
            "pointwise convolution" => (image, new ConvolutionLayer(image, 6, 1, factory)),
            "residual convolution" => (image, new ResidualConvolutionLayer(image, 3, 2, factory)),
            "strided convolution" => (image, new ConvolutionLayer(image, 6, 4, factory, stride: 2)),
            "strided convolution of an odd kernel" => (image, new ConvolutionLayer(image, 10, 5, factory, stride: 2)),
            "patches" => (image, new ConvolutionLayer(image, 20, 3, factory, stride: 3)),
            "strided convolution of few pixels" => (few, new ConvolutionLayer(few, 6, 4, factory, stride: 2)),
            "convolution of few pixels" => (few, new ConvolutionLayer(few, 6, 7, factory)),
            "dense" => (vector, new DenseLayer(12, 7, factory)),
            "tall dense" => (vector, new DenseLayer(12, 20, factory)),
            "residual dense" => (vector, new ResidualDenseLayer(12, 3, factory)),
            "orthogonal dense" => (vector, new OrthogonalDenseLayer(12, 7, factory)),
            "tall orthogonal dense" => (vector, new OrthogonalDenseLayer(12, 20, factory)),
            "orthogonal residual dense" => (vector, new OrthogonalResidualDenseLayer(12, 3, factory)),
            "orthogonal convolution" => (image, new OrthogonalConvolutionLayer(image, 3, factory)),
            "tall orthogonal convolution" => (image, new OrthogonalConvolutionLayer(image, 7, factory)),
            "channel shift" => (image, new ChannelShiftLayer(image, 1)),
            "halfabs" => (image, new ActivationLayer(image, ActivationFunction.HalfAbsolute)),
            "reflector dense" => (vector, new ReflectorDenseLayer(12, 12, 6, factory)),
            "wide reflector dense" => (vector, new ReflectorDenseLayer(12, 7, 4, factory)),
            "tall reflector dense" => (vector, new ReflectorDenseLayer(12, 20, 5, factory)),
            "minmax" => (image, new ActivationLayer(image, ActivationFunction.MinMax)),
            "relu" => (vector, new ActivationLayer(vector, ActivationFunction.ReLU)),
            "space-to-depth" => (image, new SpaceToDepthLayer(image, 2)),
            "average pooling" => (image, new AveragePoolingLayer(image, 2)),
            "centering" => (image, new CenteringLayer(image, factory)),
            "scaling" => (image, new InputScalingLayer(image, [0.5f, -3f, 2f, 1f], [1f, 2f, -3f, 0f], factory)),
            "flatten" => (image, new FlattenLayer(image)),
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, "No such layer."),
        };
    }

    /// <summary>Moves all parameters at random, biases too.</summary>
    public static void Perturb(IEnumerable<torch.Tensor> parameters, LayerFactory factory, double size = 0.15)
    {
        using var scope = torch.NewDisposeScope();
        using var _ = torch.no_grad();
        foreach (var parameter in parameters)
            parameter.add_(torch.randn(parameter.shape, generator: factory.Generator) * size);
    }

    /// <summary>A few rounds of changed weights and batches, as training would have it.</summary>
    public static void Age(LipschitzNetwork network, LayerFactory factory)
    {
        using var scope = torch.NewDisposeScope();
        using var _ = torch.no_grad();
        for (int round = 0; round < 3; round++)
        {
            Perturb(network.Parameters, factory, 0.05);
            network.Forward(Batch(network.InputShape, 5, factory), training: true);
            network.EstimateKappa(2);
        }
    }

    /// <summary>Uniform values in [0, 1).</summary>
    public static torch.Tensor Batch(TensorShape shape, int rows, LayerFactory factory) =>
        torch.rand(Sizes(shape, rows), generator: factory.Generator);

    public static long[] Sizes(TensorShape shape, int rows) =>
        shape.IsVector ? [rows, shape.Channels] : [rows, shape.Channels, shape.Height, shape.Width];

    public static double[][] Rows(torch.Tensor tensor)
    {
        using var flat = tensor.detach().flatten(1).to(torch.ScalarType.Float64).contiguous();
        return [.. flat.data<double>().ToArray().Chunk((int)flat.shape[1])];
    }

    public static double Norm(IEnumerable<double> values) => Math.Sqrt(values.Sum(v => v * v));

    public static double Distance(double[] x, double[] y) => Norm(x.Zip(y, (a, b) => a - b));
}
