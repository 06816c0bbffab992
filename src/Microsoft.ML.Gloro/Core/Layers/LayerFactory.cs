using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Core;

/// <summary>Makes a network's first weights with one seeded generator on one device, so that a seed determines the network.</summary>
internal sealed class LayerFactory(Generator generator, Device device)
{
    public Generator Generator { get; } = generator;

    public Device Device { get; } = device;

    /// <summary>A parameter of independent normal values.</summary>
    public Parameter Normal(double standardDeviation, params ReadOnlySpan<long> shape)
    {
        using var _ = NewDisposeScope();
        return AsParameter(randn(shape, generator: Generator) * standardDeviation);
    }

    /// <summary>A parameter filled with one value.</summary>
    public Parameter Constant(double value, params ReadOnlySpan<long> shape)
    {
        using var _ = NewDisposeScope();
        return AsParameter(full(shape, value, dtype: ScalarType.Float32));
    }

    /// <summary>A matrix parameter with orthonormal rows, or columns if there are more rows.</summary>
    public Parameter Orthogonal(long rows, long columns)
    {
        using var _ = NewDisposeScope();
        return AsParameter(OrthogonalMatrix(rows, columns));
    }

    /// <summary>A matrix parameter that is nearly the first columns of the identity.</summary>
    public Parameter NearIdentity(long rows, long columns)
    {
        using var _ = NewDisposeScope();
        return AsParameter(eye(rows, columns) + (randn([rows, columns], generator: Generator) * (0.5 / rows)));
    }

    /// <summary>
    /// A kernel that is an orthogonal matrix at its center and nearly zero elsewhere: at first the convolution is nearly an isometry or a
    /// projection. With stride s the center is the s × s block of pixels that belongs to an output.
    /// </summary>
    public Parameter OrthogonalKernel(long outChannels, long inChannels, ConvolutionGeometry geometry)
    {
        using var _ = NewDisposeScope();
        var (size, stride) = (geometry.KernelSize, geometry.Stride);
        var kernel = zeros([outChannels, inChannels, size, size]);
        var center = geometry.Padding..(geometry.Padding + stride);
        kernel[.., .., center, center] =
            OrthogonalMatrix(outChannels, inChannels * stride * stride).reshape(outChannels, inChannels, stride, stride);
        kernel += randn([outChannels, inChannels, size, size], generator: Generator) * (0.1 / Math.Sqrt(inChannels * size * size));
        return AsParameter(kernel);
    }

    /// <summary>A tensor of zeros that the optimizer does not see.</summary>
    public Tensor Buffer(params ReadOnlySpan<long> shape)
    {
        using var _ = NewDisposeScope();
        return zeros(shape).to(Device).DetachFromDisposeScope();
    }

    /// <summary>The identity matrix, which the optimizer does not see.</summary>
    public Tensor Identity(long width)
    {
        using var _ = NewDisposeScope();
        return eye(width).to(Device).DetachFromDisposeScope();
    }

    /// <summary>The kernel whose convolution is the identity, which the optimizer does not see.</summary>
    public Tensor IdentityKernel(long channels, long kernelSize)
    {
        using var _ = NewDisposeScope();
        var kernel = zeros(channels, channels, kernelSize, kernelSize);
        nn.init.dirac_(kernel);
        return kernel.to(Device).DetachFromDisposeScope();
    }

    private Tensor OrthogonalMatrix(long rows, long columns)
    {
        var (q, r) = linalg.qr(randn([Math.Max(rows, columns), Math.Min(rows, columns)], generator: Generator));
        q = q * r.diagonal().sign();
        return rows >= columns ? q : q.t();
    }

    private Parameter AsParameter(Tensor values)
    {
        var parameter = nn.Parameter(values.to(Device).contiguous().detach());
        parameter.DetachFromDisposeScope();
        return parameter;
    }
}

/// <summary>What a layer must know about its network when it is created.</summary>
/// <param name="ResidualConvolutions">The number of residual convolutions in the network, the depth of its residual part.</param>
/// <param name="ResidualDenseLayers">
/// The number of residual dense layers, orthogonal or not. They are counted separately, as in LiResNet's own code.
/// </param>
/// <param name="Factory">The source of weights.</param>
internal sealed record BuildContext(int ResidualConvolutions, int ResidualDenseLayers, LayerFactory Factory);
