using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// The coverage sets of <see cref="CoverageRule"/> as operators, for a whole batch: which labels have a score of at most the quantile q
/// somewhere within ε. No logarithm is needed, and no tensor of all pairs for the softmax score: label c is in the set if
/// Σ_{i≠c} exp((y_i − y_1)/T)·exp(−ε·K_ic/T) ≤ exp(q + (y_c − y_1 + err)/T), whose left side is one matrix product. y_1 is the highest
/// logit.
/// </summary>
/// <remarks>
/// Everything is rounded towards larger sets: none is smaller than the library's. Margins lose more than the library
/// takes (<see cref="InputChecks"/>), constants are rounded up, and comparisons have a slack of <see cref="Slack"/>. A term that underflows
/// leaves the left side smaller. A comparison with NaN is false, and a label is left out only where one is true.
/// </remarks>
internal sealed class CoverageGraph(GraphOperators ops, CoverageRule rule, GloroModel model)
{
    /// <summary>
    /// Relative to the largest term, as in <see cref="CoverageScore"/>, whose own slack and rounding are less than half of it. The rest
    /// covers the rounding of these operators: a few of relative error 2⁻⁵³, exp, and a sum of one addition for each class.
    /// </summary>
    private const double Slack = 4e-10;

    /// <summary>Where the right side underflows, it is this at least. Far above the numbers that lose digits.</summary>
    private const double Least = 1e-290;

    private readonly int _classes = model.ClassNames.Count;

    // A displacement d of the input moves a margin by K_ic·d: all lose what the largest may.
    private readonly double _largestConstant = Largest(model.Constants);

    /// <summary>Adds the operators and returns the mask, [N, C].</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="epsilon">ε, [1] in single precision. The set holds every class if it is negative, NaN, or too large.</param>
    /// <param name="output">The name of the mask; null for a fresh one.</param>
    public string Append(CertifiedRows rows, string epsilon, string? output = null)
    {
        string logits = ops.Cast(rows.Logits, OnnxType.Double), radius = ops.Cast(epsilon, OnnxType.Double);
        string spread = ops.Cast(ops.Reduce("ReduceMax", ops.Node("Abs", rows.Logits), axis: 1, keep: true), OnnxType.Double);
        string largest = ops.Cast(ops.Slice(rows.Highest, [0], [1], [1], [1]), OnnxType.Double);
        string error = rows.Checks.Displacement is { } distance
            ? ops.Add(rows.Checks.Error, ops.Multiply(distance, ops.Double(_largestConstant)))
            : rows.Checks.Error;
        string margins = ops.Add(ops.Multiply(spread, ops.Double(2)), error); // none is larger in size
        string left = rule.Kind == CoverageScoreKind.Softmax
            ? LeftOutBySoftmax(rows, logits, largest, (error, margins), radius)
            : LeftOutByMargin(logits, (error, margins), radius);

        // In doubt, every class whose logit may be the highest is the top class.
        if (rule.AlwaysTop)
            left = ops.And(left, ops.Less(ops.Add(logits, error), largest));
        string known = ops.And(rows.CanCertify, ops.Not(ops.Greater(epsilon, ops.Single(rows.LargestRadius))));
        known = ops.And(known, ops.Not(ops.Less(epsilon, ops.Single(0)))); // NaN leaves no label out
        return ops.Graph.Node("Not", [ops.And(left, known)], output: output);
    }

    private string LeftOutBySoftmax(
        CertifiedRows rows, string logits, string largest, (string Error, string Margins) of, string radius)
    {
        string temperature = ops.Double(rule.Temperature);
        string loss = ops.Divide(ops.Multiply(ops.Cast(rows.Constants, OnnxType.Double), radius), ops.Double(-rule.Temperature));
        string weights = ops.Multiply(ops.Node("Exp", loss), ops.Cast(IsOther(), OnnxType.Double));
        string places = ops.Divide(ops.Subtract(logits, largest), temperature);
        string sum = ops.Node("MatMul", ops.Node("Exp", places), weights);

        string scale = ops.Divide(ops.Add(of.Margins, ops.Multiply(radius, ops.Double(_largestConstant))), temperature);
        string quantile = ops.Add(ops.Multiply(scale, ops.Double(Slack)), ops.Double(rule.Quantile + Slack));
        string reach = ops.Add(ops.Add(places, ops.Divide(of.Error, temperature)), quantile);
        return ops.Greater(sum, ops.Add(ops.Node("Exp", reach), ops.Double(Least)));
    }

    /// <summary>
    /// Where y_i − (q + ε)·K_ic exceeds y_c + err for an i, from [N, C, C]. The score has exactly these K, so they are not rounded.
    /// </summary>
    private string LeftOutByMargin(string logits, (string Error, string Margins) of, string radius)
    {
        var values = new double[checked(_classes * _classes)];
        for (int i = 0; i < _classes; i++)
            model.Constants.Row(i).CopyTo(values.AsSpan(i * _classes));
        string quantile = ops.Add(radius, ops.Double(rule.Quantile));
        string limits = ops.Multiply(ops.Doubles(values, _classes, _classes), quantile);
        string lowered = ops.Subtract(ops.Unsqueeze(logits, axis: 2), limits);

        string size = ops.Multiply(ops.Add(radius, ops.Double(Math.Abs(rule.Quantile))), ops.Double(_largestConstant));
        string slack = ops.Multiply(ops.Add(of.Margins, size), ops.Double(Slack));
        string raised = ops.Unsqueeze(ops.Add(ops.Add(logits, of.Error), slack), axis: 1);
        string exceeds = ops.Cast(ops.And(ops.Greater(lowered, raised), IsOther()), OnnxType.Single);
        return ops.Greater(ops.Reduce("ReduceMax", exceeds, axis: 1), ops.Single(0.5f));
    }

    /// <summary>Whether i ≠ c, [C, C].</summary>
    private string IsOther()
    {
        float[] numbers = [.. Enumerable.Range(0, _classes).Select(i => (float)i)];
        string row = ops.Singles(numbers, 1, _classes), column = ops.Singles(numbers, _classes, 1);
        return ops.Or(ops.Less(row, column), ops.Greater(row, column));
    }

    private static double Largest(MarginConstants constants)
    {
        double largest = 0;
        for (int i = 0; i < constants.ClassCount; i++)
        {
            foreach (double value in constants.Row(i))
                largest = Math.Max(largest, value);
        }

        return largest * (1 + Slack);
    }
}
