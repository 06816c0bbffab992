using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// The radii r_1 … r_K of <see cref="Certificate"/> as operators, for a whole batch. The classes are ordered by logit. Let
/// q_ji = (y_j − err − y_i) / K_ji − d, and let M_j be the least q_ji over the classes i outside F^K. Then r_k is the least of M_j for
/// j ≤ k and of q_ji for j ≤ k &lt; i ≤ K.
/// </summary>
/// <remarks>
/// Everything is rounded towards smaller radii. Margins and quotients are in double, where each of the few operations errs by at most
/// u = 2⁻⁵³. K_ji is multiplied by 1 + 2⁻²¹ and rounded up to a float. That covers these operations, and the rounding of a quotient to the
/// nearest float, 2⁻²⁴. A radius below <see cref="LeastRadius"/>, far above where floats lose digits, becomes 0. Negative quotients, which
/// come from err and d alone, become 0 as well.
/// </remarks>
internal sealed class CertificateGraph(GraphOperators ops, MarginConstants constants, int count)
{
    private const double Enlarge = 1 + (1.0 / (1 << 21));
    private const float LeastRadius = 1e-30f;

    private string? _constants;

    /// <summary>
    /// K_ij in floats, rounded up, [C, C]; 1 on the diagonal, whose quotients are masked. None is below the smallest normal float, because
    /// some machines read denormal numbers as 0.
    /// </summary>
    public string Constants => _constants ??= RoundedUp();

    /// <summary>Adds the operators and returns the radii, [N, K] in single precision.</summary>
    /// <param name="logits">y, [N, C] in single precision, all finite.</param>
    /// <param name="highest">The K highest of them, in order.</param>
    /// <param name="order">Their classes.</param>
    /// <param name="checks">What rounding may have added to margins and radii.</param>
    /// <param name="largest">No radius is larger.</param>
    public string Append(string logits, string highest, string order, InputChecks.Verdict checks, float largest)
    {
        // Rows of K for the classes of F^K: [N, K, C].
        string rows = ops.Gather(Constants, order, axis: 0);
        string lowered = ops.Unsqueeze(ops.Subtract(ops.Cast(highest, OnnxType.Double), checks.Error), axis: 2);
        string? distance = checks.Displacement is null ? null : ops.Unsqueeze(checks.Displacement, axis: 2);

        // Masked by index: classes of F^K get a logit so low that their quotients limit nothing. Logits are below 10³⁰.
        string lowest = ops.Add(ops.Multiply(highest, ops.Single(0)), ops.Single(float.MinValue));
        string outside = ops.ScatterElements(logits, order, lowest, axis: 1);
        string nearest = ops.Reduce("ReduceMin", Quotients(lowered, outside, rows, distance), axis: 2, keep: true);

        // Among the classes of F^K: [N, K, K]. Adding zeros makes K copies of the order for any N.
        string copies = ops.Add(ops.Unsqueeze(order, axis: 1), ops.Reshape(ops.Graph.Initializer(new long[count]), count, 1));
        string inside = Quotients(lowered, highest, ops.GatherElements(rows, copies, axis: 2), distance);

        string all = ops.Reshape(ops.Concat([inside, nearest], axis: 2), -1, 1, count * (count + 1));
        string radii = ops.Reshape(ops.Reduce("ReduceMin", ops.Node("Max", all, Mask()), axis: 2), -1, count);
        radii = ops.Node("Min", radii, ops.Single(largest));
        return ops.Multiply(radii, ops.Cast(ops.Greater(radii, ops.Single(LeastRadius)), OnnxType.Single));
    }

    /// <summary>The quotients of the top class and the others, [N, C] in double; K_ji is enlarged, so none exceeds the true one.</summary>
    /// <param name="logits">y, [N, C] in single precision.</param>
    /// <param name="highest">The highest of them, in order.</param>
    /// <param name="top">The top class, [N, 1].</param>
    /// <param name="checks">What rounding may have added to margins and radii.</param>
    public string TopQuotients(string logits, string highest, string top, InputChecks.Verdict checks)
    {
        string row = ops.Cast(ops.Reshape(ops.Gather(Constants, top, axis: 0), -1, constants.ClassCount), OnnxType.Double);
        string lowered = ops.Subtract(ops.Cast(ops.Slice(highest, [0], [1], [1], [1]), OnnxType.Double), checks.Error);
        return Nearer(ops.Divide(ops.Subtract(lowered, ops.Cast(logits, OnnxType.Double)), row), checks.Displacement);
    }

    private string Quotients(string lowered, string others, string rows, string? distance)
    {
        string margins = ops.Subtract(lowered, ops.Cast(ops.Unsqueeze(others, axis: 1), OnnxType.Double));
        return ops.Cast(Nearer(ops.Divide(margins, ops.Cast(rows, OnnxType.Double)), distance), OnnxType.Single);
    }

    private string Nearer(string quotients, string? distance) => distance is null ? quotients : ops.Subtract(quotients, distance);

    private string RoundedUp()
    {
        int classes = constants.ClassCount;
        var values = new float[checked(classes * classes)];
        for (int i = 0; i < classes; i++)
        {
            for (int j = 0; j < classes; j++)
                values[(i * classes) + j] = i == j ? 1 : RoundUp(constants[i, j] * Enlarge);
        }

        return ops.Singles(values, classes, classes);
    }

    private static float RoundUp(double value)
    {
        float rounded = MathF.BitIncrement((float)value);
        return float.IsFinite(rounded)
            ? Math.Max(rounded, 1.17549435E-38f)
            : throw new ArgumentException(
                "A margin Lipschitz constant is beyond the range of single precision, so nothing could be certified in an ONNX file: " +
                "the weights are far too large.");
    }

    /// <summary>
    /// [K, K·(K + 1)]: 0 where the quotient of j and i (or M_j, the last) takes part in r_k, which also raises negative quotients to 0; +∞
    /// where it does not.
    /// </summary>
    private string Mask()
    {
        var mask = new float[count * count * (count + 1)];
        int at = 0;
        for (int k = 1; k <= count; k++)
        {
            for (int j = 1; j <= count; j++)
            {
                for (int i = 1; i <= count + 1; i++)
                    mask[at++] = j <= k && k < i ? 0 : float.PositiveInfinity;
            }
        }

        return ops.Singles(mask, count, count * (count + 1));
    }
}
