
namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// ONNX operators as functions from names of tensors to the name of their result: only operators of opsets 12 and 13 that have a kernel
/// in old engines for the types they are used with.
/// </summary>
internal sealed class GraphOperators(IOnnxGraph graph)
{
    /// <summary>The graph that is written to.</summary>
    public IOnnxGraph Graph => graph;

    public string Node(string operation, params string[] inputs) => graph.Node(operation, inputs);

    /// <summary>Elementwise operators, with broadcasting.</summary>
    public string Add(string x, string y) => Node("Add", x, y);

    public string Subtract(string x, string y) => Node("Sub", x, y);

    public string Multiply(string x, string y) => Node("Mul", x, y);

    public string Divide(string x, string y) => Node("Div", x, y);

    public string Less(string x, string y) => Node("Less", x, y);

    public string Greater(string x, string y) => Node("Greater", x, y);

    public string And(string x, string y) => Node("And", x, y);

    public string Or(string x, string y) => Node("Or", x, y);

    public string Not(string x) => Node("Not", x);

    public string Where(string condition, string x, string y, string? output = null) =>
        graph.Node("Where", [condition, x, y], output: output);

    public string Cast(string x, OnnxType type, string? output = null) =>
        graph.Node("Cast", [x], integers: [("to", (int)type)], output: output);

    /// <summary>A reduction over one axis, whose axis is an attribute in opset 13: ReduceMax or ReduceMin.</summary>
    public string Reduce(string operation, string x, int axis, bool keep = false) =>
        graph.Node(operation, [x], [("axes", [axis])], [("keepdims", keep ? 1 : 0)]);

    /// <summary>The sum over one axis, which stays as one of length 1. Its axis is an input since opset 13.</summary>
    public string Sum(string x, int axis) => graph.OpsetVersion < 13
        ? Reduce("ReduceSum", x, axis, keep: true)
        : graph.Node("ReduceSum", [x, graph.Initializer([axis])], integers: [("keepdims", 1)]);

    public string Reshape(string x, params long[] dimensions) => Node("Reshape", x, graph.Initializer(dimensions));

    public string Reshape(string x, long[] dimensions, string output) =>
        graph.Node("Reshape", [x, graph.Initializer(dimensions)], output: output);

    /// <summary>A new axis of length 1. It is an input since opset 13.</summary>
    public string Unsqueeze(string x, int axis) => graph.OpsetVersion < 13
        ? graph.Node("Unsqueeze", [x], [("axes", [axis])])
        : Node("Unsqueeze", x, graph.Initializer([axis]));

    public string Transpose(string x, params long[] permutation) => graph.Node("Transpose", [x], [("perm", permutation)]);

    public string Concat(IReadOnlyList<string> inputs, int axis) => graph.Node("Concat", inputs, integers: [("axis", axis)]);

    public string Gather(string x, string indices, int axis) => graph.Node("Gather", [x, indices], integers: [("axis", axis)]);

    public string GatherElements(string x, string indices, int axis) =>
        graph.Node("GatherElements", [x, indices], integers: [("axis", axis)]);

    public string ScatterElements(string x, string indices, string updates, int axis) =>
        graph.Node("ScatterElements", [x, indices, updates], integers: [("axis", axis)]);

    public string Slice(string x, long[] starts, long[] ends, long[] axes, long[] steps) =>
        Node("Slice", x, graph.Initializer(starts), graph.Initializer(ends), graph.Initializer(axes), graph.Initializer(steps));

    /// <summary>The largest values along an axis, highest first, and their places; of equal values the lower place comes first.</summary>
    public (string Values, string Indices) TopK(string x, int count, int axis) =>
        graph.NodeOfTwo("TopK", [x, graph.Initializer([count])], axis);

    public string Singles(float[] values, params long[] dimensions) => graph.Initializer(values.AsSpan(), dimensions);

    public string Doubles(double[] values, params long[] dimensions) => graph.Initializer(values.AsSpan(), dimensions);

    public string Single(float value) => Singles([value]);

    public string Double(double value) => Doubles([value]);

    /// <summary>
    /// Single-precision numbers as doubles: stored in four bytes each, and widened, which is exact, when an engine loads or runs the graph.
    /// </summary>
    public string Widened(float[] values, params long[] dimensions) => Cast(Singles(values, dimensions), OnnxType.Double);
}
