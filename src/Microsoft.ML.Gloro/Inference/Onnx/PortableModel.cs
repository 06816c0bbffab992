namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// A model and its certificate as one ONNX graph: opset 13 and IR 7 (ONNX Runtime 1.8 and later), standard operators, and N the only dynamic dimension.
/// The same model and options give the same bytes.
/// </summary>
internal static class PortableModel
{
    private const int UsualSets = 64;

    /// <summary>The bytes of the file.</summary>
    /// <param name="model">The model.</param>
    /// <param name="largestRadius">Up to this norm of the input rows may be certified, and no radius is larger.</param>
    /// <param name="options">Validated options.</param>
    public static byte[] Build(GloroModel model, float largestRadius, GloroOnnxOptions options)
    {
        int classes = model.ClassNames.Count;
        int radii = options.RadiiCount == 0 ? Math.Min(model.RadiiCount, GloroOnnxOptions.MostRadii) : options.RadiiCount;
        int sets = GuaranteeGraph.Sets(model.ResolvedGuarantee).Count;
        int capacity = options.AffinitySetCapacity == 0 ? Math.Max(sets, Math.Min(classes, UsualSets)) : options.AffinitySetCapacity;

        // The certificate is that of double precision in either arithmetic. In Real, where the library takes nothing from margins, what is taken keeps the differences
        // between single-precision engines from certifying more than the library does.
        GloroModel exact = model.With(CertificateArithmetic.Float64);
        var graph = new OnnxGraphWriter();
        var ops = new GraphOperators(graph);
        graph.DeclareInput(PortableNames.Input, OnnxGraph.InputDimensions(model.Network));
        string input = options.BytePixels ? ops.Divide(PortableNames.Input, ops.Single(255)) : PortableNames.Input;
        string computed = model.Arithmetic == CertificateArithmetic.Float64
            ? ops.Cast(new Float64Layers(ops).Append(model.Network, input), OnnxType.Single)
            : OnnxGraph.AppendNetwork(graph, model.Network, input);

        var checks = new InputChecks(ops).Append(input, exact, Math.Min(model.Rounding.LargestNorm, exact.Rounding.LargestNorm), largestRadius);

        // Rows that are not scored go on with zeros: what an engine makes of NaN in a comparison or a sort is not laid down.
        string sizes = ops.Node("Abs", ops.Cast(computed, OnnxType.Double));
        string isScored = ops.And(checks.CanScore, ops.Less(ops.Sum(sizes, axis: 1), ops.Double(1e38)));
        string logits = ops.Where(isScored, computed, ops.Single(0));
        string nan = ops.Single(float.NaN);
        ops.Where(isScored, computed, nan, PortableNames.Logits);
        string softmax = graph.Node("Softmax", [ops.Multiply(logits, ops.Single((float)(1 / model.Temperature)))], integers: [("axis", 1)]);
        ops.Where(isScored, softmax, nan, PortableNames.Probabilities);

        (string highest, string order) = ops.TopK(logits, radii, axis: 1);
        string none = graph.Initializer([-1L]);
        string shown = ops.Where(isScored, order, none, PortableNames.TopKIndex);
        ops.Reshape(ops.Slice(shown, [0], [1], [1], [1]), [-1], PortableNames.PredictedIndex);

        string all = new CertificateGraph(ops, exact.Constants, radii).Append(logits, highest, order, checks.Error, largestRadius);
        string topKRadii = ops.Where(ops.And(isScored, checks.CanCertify), all, ops.Single(0), PortableNames.TopKRadii); // chosen, not multiplied: the norm of NaN is NaN
        AppendGuarantee(ops, model, (logits, highest, order, topKRadii), radii, capacity);

        Declare(graph, classes, radii);
        return graph.ToModel(OnnxGraph.IrVersion, OnnxGraph.OpsetVersion, PortableMetadata.Of(model, radii, options));
    }

    /// <summary>What is certified at ε.</summary>
    private static void AppendGuarantee(GraphOperators ops, GloroModel model, (string Logits, string Highest, string Order, string Radii) row, int radii, int capacity)
    {
        var guarantee = new GuaranteeGraph(ops, radii);
        string epsilon = ops.Graph.Parameter(PortableNames.Epsilon, [model.Epsilon], [1]);
        string allowed = ops.Multiply(row.Radii, guarantee.Allowed(row.Order, model.ResolvedGuarantee, capacity));

        // Strictly larger than ε; a negative ε and NaN certify nothing.
        string certified = ops.And(ops.Greater(allowed, epsilon), ops.Not(ops.Less(epsilon, ops.Single(0))));
        string holds = ops.Cast(certified, OnnxType.Single);
        string loosest = guarantee.Loosest(holds);
        string isCertified = ops.Greater(loosest, ops.Single(0.5f));
        string tightest = ops.Where(isCertified, guarantee.Tightest(holds), ops.Single(0));
        Mask(tightest, PortableNames.CertifiedMask);
        Mask(loosest, PortableNames.LoosestMask);
        ops.Graph.Node("Greater", [ops.Reshape(loosest, -1), ops.Single(0.5f)], output: PortableNames.IsCertified);

        // The tightest set's own radius; without a set, the largest radius that is allowed.
        string own = ops.Reduce("ReduceMax", ops.Multiply(allowed, guarantee.At(tightest)), axis: 1, keep: true);
        string largest = ops.Reduce("ReduceMax", allowed, axis: 1, keep: true);
        ops.Reshape(ops.Where(isCertified, own, largest), [-1], PortableNames.CertifiedRadius);

        void Mask(string k, string output)
        {
            string zeros = ops.Multiply(row.Logits, ops.Single(0));
            string mask = ops.ScatterElements(zeros, row.Order, guarantee.Within(k), axis: 1);
            ops.Graph.Node("Greater", [mask, ops.Single(0.5f)], output: output);
        }
    }

    private static void Declare(OnnxGraphWriter graph, int classes, int radii)
    {
        graph.DeclareOutput(PortableNames.Logits, [classes]);
        graph.DeclareOutput(PortableNames.Probabilities, [classes]);
        graph.DeclareOutput(PortableNames.PredictedIndex, [], OnnxType.Int64);
        graph.DeclareOutput(PortableNames.TopKIndex, [radii], OnnxType.Int64);
        graph.DeclareOutput(PortableNames.TopKRadii, [radii]);
        graph.DeclareOutput(PortableNames.CertifiedRadius, []);
        graph.DeclareOutput(PortableNames.CertifiedMask, [classes], OnnxType.Boolean);
        graph.DeclareOutput(PortableNames.LoosestMask, [classes], OnnxType.Boolean);
        graph.DeclareOutput(PortableNames.IsCertified, [], OnnxType.Boolean);
    }
}
