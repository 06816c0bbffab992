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
    public readonly record struct Verdict(string CanScore, string CanCertify, string Error);

    /// <summary>Adds the operators.</summary>
    /// <param name="input">The network's input, in single precision.</param>
    /// <param name="model">The model, in the arithmetic of the file.</param>
    /// <param name="exact">The model in double precision.</param>
    /// <param name="largestNorm">Up to this norm nothing overflows.</param>
    /// <param name="largestCenter">Up to this norm rows may be certified.</param>
    public Verdict Append(string input, GloroModel model, GloroModel exact, double largestNorm, double largestCenter)
    {
        int size = model.Network.InputShape.Size;
        string row = ops.Reshape(input, -1, size);
        string wide = ops.Cast(row, OnnxType.Double);

        string norm = Norm(wide, size);
        string scaled = exact.Rounding.Scaling is { } scaling ? Norm(Scaled(wide, scaling), size) : norm;
        string unusual = ops.Cast(Unusual(row, model.IsImage), OnnxType.Single);
        string ordinary = ops.Less(ops.Reduce("ReduceMax", unusual, axis: 1, keep: true), ops.Single(0.5f));

        AffineBound error = Subtracted(model, exact);
        return new Verdict(
            ops.Less(norm, ops.Double(largestNorm * Less)),
            ops.And(ops.Less(norm, ops.Double(largestCenter * Less)), ordinary),
            ops.Add(ops.Multiply(scaled, ops.Double(More * error.Slope)), ops.Double(More * error.Offset)));
    }

    /// <summary>
    /// The library takes 2·E from a margin m̂ of its own in double precision, and E in single precision where E is known. An engine's
    /// margin is within E of the true one, and that within E of the library's. So with 4·E, or 3·E, taken from the engine's margin no
    /// radius can exceed the library's. In single precision on images E is not known: there the E of double precision keeps the differences
    /// between engines from certifying more than the library does.
    /// </summary>
    private static AffineBound Subtracted(GloroModel model, GloroModel exact) =>
        model.Arithmetic == CertificateArithmetic.Float64 || model.Rounding.Margin == default
            ? 4 * exact.Rounding.Margin
            : 3 * model.Rounding.Margin;

    /// <summary>
    /// Squares of floats neither overflow nor vanish in double; NaN and infinities stay in the sum, and compare as false.
    /// </summary>
    private string Norm(string wide, int size) =>
        ops.Multiply(ops.Node("Sqrt", ops.Sum(ops.Multiply(wide, wide), axis: 1)), ops.Double(Outward.Add(1, Outward.Gamma(size + 16L))));

    private string Scaled(string wide, DeployedScaling scaling) =>
        ops.Add(
            ops.Multiply(wide, ops.Widened(scaling.Scale, 1, scaling.Scale.Length)),
            ops.Widened(scaling.Shift, 1, scaling.Shift.Length));

    private string Unusual(string row, bool isImage)
    {
        string size = ops.Node("Abs", row);
        string denormal = ops.And(ops.Less(size, ops.Single(SmallestNormal)), ops.Greater(size, ops.Single(0)));
        return isImage ? ops.Or(denormal, ops.Or(ops.Less(row, ops.Single(0)), ops.Greater(row, ops.Single(1)))) : denormal;
    }
}
