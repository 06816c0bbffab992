using Microsoft.ML.Gloro.Core;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>Margin constants as training sees them: estimates, which certify nothing but use the certificate's own code.</summary>
internal static class TrainingMargins
{
    /// <summary>The values of <see cref="LossInput.MarginGains()"/> in the form the guarantees read; null if one is not finite, as when training diverges.</summary>
    public static MarginConstants? FromGains(Tensor gains)
    {
        using var _ = NewDisposeScope();
        int classes = (int)gains.shape[0];

        // A Gram matrix is symmetric but its rounding need not be.
        var symmetric = maximum(gains, gains.t()).detach().to(ScalarType.Float64).cpu().contiguous();
        double[] values = symmetric.data<double>().ToArray();
        return values.All(double.IsFinite) ? new MarginConstants(values, classes) : null;
    }
}
