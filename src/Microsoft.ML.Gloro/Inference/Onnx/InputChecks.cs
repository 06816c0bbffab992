using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// What InputGuard decides, as operators: whether a row can be scored, whether it can be certified, and by how much rounding may have
/// raised its margins. All three are stricter than the library's own, because an engine's norms may differ in the last digits.
/// </summary>
internal sealed class InputChecks(GraphOperators ops)
{
    private const float SmallestNormal = 1.17549435E-38f;
    private const double Less = 1 - 1e-6, More = 1 + 1e-6;

    /// <param name="CanScore">False for NaN, infinities, and inputs so large that a value on the way may overflow. [N, 1].</param>
    /// <param name="CanCertify">False also for pixels outside [0, 1] and denormal values. [N, 1].</param>
    /// <param name="Error">What to subtract from margins, [N, 1] in double.</param>
    /// <param name="Displacement">What to subtract from radii, [N, 1] in double; null if nothing.</param>
    public readonly record struct Verdict(string CanScore, string CanCertify, string Error, string? Displacement);

    /// <summary>Adds the operators.</summary>
    /// <param name="input">The network's input, in single precision.</param>
    /// <param name="model">The model, in the arithmetic of the file.</param>
    /// <param name="largestNorm">Up to this norm nothing overflows.</param>
    /// <param name="largestCenter">Up to this norm rows may be certified.</param>
    public Verdict Append(string input, GloroModel model, double largestNorm, double largestCenter)
    {
        int size = model.Network.InputShape.Size;
        string row = ops.Reshape(input, -1, size);
        string wide = ops.Cast(row, OnnxType.Double);

        string norm = Norm(wide, size);
        string scaled = model.Rounding.Scaling is { } scaling ? Norm(Scaled(wide, scaling, size), size) : norm;
        string unusual = ops.Cast(Unusual(row, model.IsImage), OnnxType.Single);
        string ordinary = ops.Less(ops.Reduce("ReduceMax", unusual, axis: 1, keep: true), ops.Single(0.5f));

        int times = Times(model);
        return new Verdict(
            ops.Less(norm, ops.Double(largestNorm * Less)),
            ops.And(ops.Less(norm, ops.Double(largestCenter * Less)), ordinary),
            At(times * model.Rounding.Margin, scaled),
            model.Rounding.Displacement == default ? null : At(times * model.Rounding.Displacement, scaled));
    }

    /// <summary>
    /// The library takes 2·E from a margin m̂ of its own in double precision, and E and d in single precision. An engine's margin is within
    /// E, or E + K_ij·d, of the true one, and that within as much of the library's. So with 4·E, or 3·E and 3·d, taken from the engine's
    /// no radius can exceed the library's.
    /// </summary>
    private static int Times(GloroModel model) => model.Arithmetic == CertificateArithmetic.Float64 ? 4 : 3;

    private string At(AffineBound bound, string size) =>
        ops.Add(ops.Multiply(size, ops.Double(More * bound.Slope)), ops.Double(More * bound.Offset));

    /// <summary>
    /// Squares of floats neither overflow nor vanish in double; NaN and infinities stay in the sum, and compare as false.
    /// </summary>
    private string Norm(string wide, int size) =>
        ops.Multiply(ops.Node("Sqrt", ops.Sum(ops.Multiply(wide, wide), axis: 1)), ops.Double(Outward.Add(1, Outward.Gamma(size + 16L))));

    private string Scaled(string wide, DeployedScaling scaling, int size)
    {
        int channels = scaling.Scale.Length;
        string planes = ops.Reshape(wide, -1, channels, size / channels);
        string product = ops.Multiply(planes, ops.Widened(scaling.Scale, 1, channels, 1));
        return ops.Reshape(ops.Add(product, ops.Widened(scaling.Shift, 1, channels, 1)), -1, size);
    }

    private string Unusual(string row, bool isImage)
    {
        string size = ops.Node("Abs", row);
        string denormal = ops.And(ops.Less(size, ops.Single(SmallestNormal)), ops.Greater(size, ops.Single(0)));
        return isImage ? ops.Or(denormal, ops.Or(ops.Less(row, ops.Single(0)), ops.Greater(row, ops.Single(1)))) : denormal;
    }
}
