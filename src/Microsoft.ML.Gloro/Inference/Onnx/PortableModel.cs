namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// A model and its certificate as one ONNX graph: opset 13 and IR 7 (ONNX Runtime 1.8 and later), standard operators, and N the only
/// dynamic dimension. The same model and options give the same bytes.
/// </summary>
internal static class PortableModel
{
    private const int UsualSets = 64;

    /// <summary>The bytes of the file.</summary>
    /// <param name="model">The model.</param>
    /// <param name="largestCenter">Rows up to this norm can be certified, and no radius reaches further from them.</param>
    /// <param name="options">Validated options.</param>
    public static byte[] Build(GloroModel model, float largestCenter, GloroOnnxOptions options)
    {
        int classes = model.ClassNames.Count;
        int radii = options.RadiiCount == 0 ? Math.Min(model.RadiiCount, GloroOnnxOptions.MostRadii) : options.RadiiCount;
        int sets = GuaranteeGraph.Sets(model.ResolvedGuarantee).Count;
        int capacity = options.AffinitySetCapacity == 0
            ? Math.Max(sets, Math.Min(classes, UsualSets))
            : options.AffinitySetCapacity;

        var graph = new OnnxGraphWriter();
        var ops = new GraphOperators(graph);
        graph.DeclareInput(
            PortableNames.Input, model.IsImage ? OnnxGraph.InputDimensions(model.Network) : [model.Network.InputShape.Size]);
        string input = options.BytePixels ? ops.Divide(PortableNames.Input, ops.Single(255)) : PortableNames.Input;
        var rows = CertifiedRows.Append(ops, model, input, radii, largestCenter, PortableNames.TopKRadii);
        string nan = ops.Single(float.NaN);
        ops.Where(rows.IsScored, rows.Computed, nan, PortableNames.Logits);
        ops.Where(rows.IsScored, rows.Scores, nan, PortableNames.Probabilities);
        string shown = ops.Where(rows.IsScored, rows.Order, graph.Initializer([-1L]), PortableNames.TopKIndex);
        ops.Reshape(ops.Slice(shown, [0], [1], [1], [1]), [-1], PortableNames.PredictedIndex);
        string epsilon = Epsilon(graph, model, options);
        AppendGuarantee(ops, model, rows, radii, capacity, epsilon);
        Declare(graph, classes, radii);
        if (model.Coverage is { } coverage)
        {
            new CoverageGraph(ops, coverage, model).Append(rows, epsilon, PortableNames.CoverageMask);
            graph.DeclareOutput(PortableNames.CoverageMask, [classes], OnnxType.Boolean);
        }

        return graph.ToModel(OnnxGraph.IrVersion, OnnxGraph.OpsetVersion, PortableMetadata.Of(model, radii, options));
    }

    // An input without a default must be given, which is all that JavaScript's engines can do: they override no default.
    private static string Epsilon(OnnxGraphWriter graph, GloroModel model, GloroOnnxOptions options)
    {
        if (!options.EpsilonAsInput)
            return graph.Parameter(PortableNames.Epsilon, [model.Epsilon], [1]);
        graph.DeclareInput(PortableNames.Epsilon, [1], batch: false);
        return PortableNames.Epsilon;
    }

    /// <summary>What is certified at ε.</summary>
    private static void AppendGuarantee(
        GraphOperators ops, GloroModel model, CertifiedRows row, int radii, int capacity, string epsilon)
    {
        var guarantee = new GuaranteeGraph(ops, radii);
        (string radius, string tightest, string loosest) = guarantee.Evaluate(row, model.ResolvedGuarantee, capacity, epsilon);
        ops.Reshape(radius, [-1], PortableNames.CertifiedRadius);
        Mask(tightest, PortableNames.CertifiedMask);
        Mask(loosest, PortableNames.LoosestMask);
        ops.Graph.Node("Greater", [ops.Reshape(loosest, -1), ops.Single(0.5f)], output: PortableNames.IsCertified);

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
