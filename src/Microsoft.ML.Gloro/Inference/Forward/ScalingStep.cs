using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>scale·x + shift per channel, rounded once.</summary>
internal sealed class ScalingStep(DeployedScaling layer, TensorShape shape) : ForwardStep(shape, shape)
{
    private readonly double[] _scale = Array.ConvertAll(layer.Scale, x => (double)x);
    private readonly double[] _shift = Array.ConvertAll(layer.Shift, x => (double)x);

    /// <inheritdoc/>
    public override bool IsInPlace => true;

    /// <inheritdoc/>
    public override void Run(ValueBuffer input, ValueBuffer output, int rows, int threads)
    {
        Span<double> values = output.Data[..checked(rows * Input.Size)];
        for (int start = 0; start < values.Length; start += _scale.Length)
        {
            Span<double> pixel = values.Slice(start, _scale.Length);
            for (int i = 0; i < pixel.Length; i++)
                pixel[i] = Math.FusedMultiplyAdd(_scale[i], pixel[i], _shift[i]);
        }
    }
}
