namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// The network and its radii as operators: the part of a graph that our own file and ML.NET's export share. All properties are names of
/// tensors.
/// </summary>
/// <param name="IsScored">False for rows that are not scored. [N, 1].</param>
/// <param name="CanCertify">False for rows that are not certified. [N, 1].</param>
/// <param name="Computed">The logits as computed, [N, C].</param>
/// <param name="Logits">The logits, 0 in rows that are not scored. [N, C].</param>
/// <param name="Scores">The softmax of the logits over the temperature, [N, C].</param>
/// <param name="Highest">The K highest logits in order, [N, K].</param>
/// <param name="Order">Their classes, [N, K].</param>
/// <param name="Checks">What the input allows, and what rounding may have added to margins and radii.</param>
/// <param name="Radii">r_1 … r_K, [N, K]; 0 in rows that are not certified.</param>
/// <param name="Constants">K_ij of double precision in floats, rounded up, [C, C]; 1 on the diagonal.</param>
/// <param name="LargestRadius">No radius is larger, and nothing is known beyond.</param>
internal sealed record CertifiedRows(
    string IsScored, string CanCertify, string Computed, string Logits, string Scores, string Highest, string Order,
    InputChecks.Verdict Checks, string Radii, string Constants, float LargestRadius)
{
    /// <summary>Adds the operators.</summary>
    /// <param name="ops">The graph.</param>
    /// <param name="model">The model.</param>
    /// <param name="input">Its input, in single precision: [N, 3, height, width] for images, and [N, values] for vectors.</param>
    /// <param name="radii">K.</param>
    /// <param name="largestCenter">Rows up to this norm can be certified, and no radius reaches further from them.</param>
    /// <param name="radiiName">The name of the radii; null for a fresh one.</param>
    public static CertifiedRows Append(
        GraphOperators ops, GloroModel model, string input, int radii, float largestCenter, string? radiiName = null)
    {
        // The constants K_ij are those of double precision in either arithmetic: they are the larger ones.
        GloroModel exact = model.With(CertificateArithmetic.Float64);
        if (!model.IsImage && !model.Network.InputShape.IsVector)
            input = ops.Reshape(input, [-1, .. OnnxGraph.InputDimensions(model.Network)]);
        string computed = model.Arithmetic == CertificateArithmetic.Float64
            ? ops.Cast(new Float64Layers(ops).Append(model.Network, input), OnnxType.Single)
            : OnnxGraph.AppendNetwork(ops.Graph, model.Network, input);
        double largestNorm = Math.Min(model.Rounding.LargestNorm, exact.Rounding.LargestNorm);
        var checks = new InputChecks(ops).Append(input, model, largestNorm, largestCenter);

        // Rows that are not scored go on with zeros: the result of comparing or sorting NaN differs between engines.
        string sizes = ops.Node("Abs", ops.Cast(computed, OnnxType.Double));
        string isScored = ops.And(checks.CanScore, ops.Less(ops.Sum(sizes, axis: 1), ops.Double(1e38)));
        string logits = ops.Where(isScored, computed, ops.Single(0));
        string tempered = ops.Multiply(logits, ops.Single((float)(1 / model.Temperature)));
        string scores = ops.Graph.Node("Softmax", [tempered], integers: [("axis", 1)]);

        (string highest, string order) = ops.TopK(logits, radii, axis: 1);
        var certificate = new CertificateGraph(ops, exact.Constants, radii);
        float largestRadius = model.Network.RadiusWithin(largestCenter);
        string all = certificate.Append(logits, highest, order, checks, largestRadius);
        string certifiable = ops.And(isScored, checks.CanCertify);
        string certified = ops.Where(certifiable, all, ops.Single(0), radiiName); // chosen, not multiplied: the norm of NaN is NaN
        return new(isScored, certifiable, computed, logits, scores, highest, order, checks, certified, certificate.Constants,
            largestRadius);
    }
}
