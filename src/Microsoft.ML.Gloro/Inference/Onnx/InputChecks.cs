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
    /// <param name="model">The model, in the library's own arithmetic: its rounding error is what margins are lowered by.</param>
    /// <param name="largestNorm">Up to this norm nothing overflows.</param>
    /// <param name="largestRadius">Up to this norm rows may be certified.</param>
    public Verdict Append(string input, GloroModel model, double largestNorm, double largestRadius)
    {
        int size = model.Network.InputShape.Size;
        string row = ops.Reshape(input, -1, size);
        string wide = ops.Cast(row, OnnxType.Double);

        // Squares of floats neither overflow nor vanish in double; NaN and infinities stay in the sum, and compare as false.
        string root = ops.Node("Sqrt", ops.Sum(ops.Multiply(wide, wide), axis: 1));
        string norm = ops.Multiply(root, ops.Double(Outward.Add(1, Outward.Gamma(size + 16L))));
        string unusual = ops.Cast(Unusual(row, model.IsImage), OnnxType.Single);
        string ordinary = ops.Less(ops.Reduce("ReduceMax", unusual, axis: 1, keep: true), ops.Single(0.5f));

        // The library subtracts 2·E from its own margin. An engine's margin is within E of the true one, and that within E of the
        // library's, so if 4·E is subtracted from the engine's margin, no radius exceeds the library's. 2·E would do for the engine's own
        // logits.
        var error = model.Rounding.Margin;
        return new Verdict(
            ops.Less(norm, ops.Double(largestNorm * Less)),
            ops.And(ops.Less(norm, ops.Double(largestRadius * Less)), ordinary),
            ops.Add(ops.Multiply(norm, ops.Double(4 * More * error.Slope)), ops.Double(4 * More * error.Offset)));
    }

    private string Unusual(string row, bool isImage)
    {
        string size = ops.Node("Abs", row);
        string denormal = ops.And(ops.Less(size, ops.Single(SmallestNormal)), ops.Greater(size, ops.Single(0)));
        return isImage ? ops.Or(denormal, ops.Or(ops.Less(row, ops.Single(0)), ops.Greater(row, ops.Single(1)))) : denormal;
    }
}
