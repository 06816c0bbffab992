using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Core;

/// <summary>The linear part of a LiResNet block as one map: I + depth^(−1/2)·γ·W, γ being a gain for each output.</summary>
/// <param name="identity">I, which this owns.</param>
/// <param name="gain">γ, a parameter of the layer that has W.</param>
/// <param name="depth">How many such blocks follow one another.</param>
internal sealed class ResidualWeight(Tensor identity, Parameter gain, int depth) : IDisposable
{
    private readonly double _scale = 1 / Math.Sqrt(depth);

    public Parameter Gain => gain;

    /// <summary>The map that runs for W as it stands.</summary>
    public Tensor Of(Tensor weight) => identity + (gain * weight * _scale);

    /// <inheritdoc/>
    public void Dispose() => identity.Dispose();
}
