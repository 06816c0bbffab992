namespace Microsoft.ML.Gloro.Tests.Inference;

/// <summary>Small networks, one for each form in which exporters write a layer. Names end up in the tests' output.</summary>
internal static class GraphForms
{
    private static readonly (string Name, long[] Input, Func<GraphFile, byte[]> Write)[] s_all =
    [
        ("conv with uneven padding and stride", Image(8, 7), g =>
            g.ToLogits(Conv(g, GraphFile.Input, 3, 6, 3, ("pads", Ints(1, 0, 2, 1)), ("strides", Ints(2, 2))), 6 * 5 * 3)),
        ("conv with groups and dilation", Image(7, 7), g =>
        {
            string x = Conv(g, GraphFile.Input, 3, 4, 1);
            string y = g.Node("Conv", [x, g.Weights(6, 2, 3, 3), g.Weights(6)], ("group", 2L), ("dilations", Ints(2, 2)),
                ("pads", Ints(2, 2, 2, 2)));
            return g.ToLogits(Relu(g, y), 6 * 49);
        }),
        ("conv with auto_pad", Image(7, 6), g =>
            g.ToLogits(Conv(g, GraphFile.Input, 3, 4, 3, ("auto_pad", "SAME_UPPER"), ("strides", Ints(2, 2))), 4 * 4 * 3)),
        ("scaling with summand before padding", Image(6, 6), g =>
        {
            string x = g.Node("Div", [g.Node("Sub", [GraphFile.Input, g.Positive(1, 3, 1, 1)]), g.Positive(3, 1, 1)]);
            return g.ToLogits(Relu(g, Conv(g, x, 3, 4, 3, ("pads", Ints(1, 1, 1, 1)))), 4 * 36);
        }),
        ("batch normalization and relu", Image(6, 6), g =>
        {
            string x = GraphFile.Input;
            foreach (int channels in new[] { 3, 5 })
            {
                x = Conv(g, x, channels, 5, 3, ("pads", Ints(1, 1, 1, 1)));
                x = Relu(g, g.Node("BatchNormalization", [x, g.Weights(5), g.Weights(5), g.Weights(5), g.Positive(5)], ("epsilon", 1e-3f)));
            }

            return g.ToLogits(x, 5 * 36);
        }),
        ("batch normalization after relu", Image(6, 6), g =>
        {
            string x = Relu(g, Conv(g, GraphFile.Input, 3, 5, 3));
            x = g.Node("BatchNormalization", [x, g.Weights(5), g.Weights(5), g.Weights(5), g.Positive(5)]);
            return g.ToLogits(Relu(g, Conv(g, x, 5, 4, 3, ("pads", Ints(1, 1, 1, 1)))), 4 * 16);
        }),
        ("minmax as split, max, min, concat", Image(5, 5), g =>
        {
            string[] halves = g.Nodes("Split", [Conv(g, GraphFile.Input, 3, 6, 3)], 2, ("axis", 1L));
            return g.ToLogits(g.Node("Concat", [g.Node("Max", halves), g.Node("Min", halves)], ("axis", 1L)), 6 * 9);
        }),
        ("minmax as slices, greater, where", Image(5, 5), g =>
        {
            string x = Conv(g, GraphFile.Input, 3, 6, 3);
            string a = Slice(g, x, 0, 3, 1), b = Slice(g, x, 3, long.MaxValue, 1), larger = g.Node("Greater", [a, b]);
            return g.ToLogits(g.Node("Concat", [g.Node("Where", [larger, a, b]), g.Node("Where", [larger, b, a])], ("axis", 1L)), 6 * 9);
        }),
        ("groupsort by reshape, reduce, concat", Vector(6), g =>
        {
            string x = g.Node("Gemm", [GraphFile.Input, g.Weights(8, 6), g.Weights(8)], ("transB", 1L));
            string pairs = g.Node("Reshape", [x, g.Integers(-1, 4, 2)]);
            string least = g.Node("Unsqueeze", [g.Node("ReduceMin", [pairs], ("axes", Ints(2)), ("keepdims", 0L)), g.Integers(2)]);
            string most = g.Node("Unsqueeze", [g.Node("ReduceMax", [pairs], ("axes", Ints(2)), ("keepdims", 0L)), g.Integers(2)]);
            x = g.Node("Reshape", [g.Node("Concat", [least, most], ("axis", 2L)), g.Integers(0, -1)]);
            return g.ToLogits(x, 8);
        }),
        ("groupsort by steps of two", Image(5, 5), g =>
        {
            string x = Conv(g, GraphFile.Input, 3, 6, 3), a = Slice(g, x, 0, 6, 2), b = Slice(g, x, 1, 6, 2);
            string sorted = g.Node("Concat", [Unsqueeze(g, g.Node("Min", [a, b])), Unsqueeze(g, g.Node("Max", [b, a]))], ("axis", 2L));
            return g.ToLogits(Conv(g, g.Node("Reshape", [sorted, g.Integers(-1, 6, 3, 3)]), 6, 4, 3), 4);
        }),
        ("minmax twice", Vector(6), g =>
        {
            string x = g.Node("Gemm", [GraphFile.Input, g.Weights(8, 6)], ("transB", 1L));
            for (int i = 0; i < 2; i++)
            {
                string a = Slice(g, x, 0, 8, 2), b = Slice(g, x, 1, 8, 2);
                x = g.Node("Concat", [g.Node("Max", [a, b]), g.Node("Min", [a, b])], ("axis", 1L));
            }

            return g.ToLogits(x, 8);
        }),
        ("absolute values", Image(5, 5), g => g.ToLogits(g.Node("Abs", [Conv(g, GraphFile.Input, 3, 6, 3)]), 6 * 9)),
        ("half absolute values", Image(5, 5), g =>
        {
            string[] halves = g.Nodes("Split", [Conv(g, GraphFile.Input, 3, 6, 3)], 2, ("axis", 1L));
            string x = g.Node("Concat", [halves[0], g.Node("Abs", [halves[1]])], ("axis", 1L));
            return g.ToLogits(Relu(g, Conv(g, x, 6, 4, 3)), 4);
        }),
        ("half absolute values of vectors, the other way around and scaled", Vector(6), g =>
        {
            string x = g.Node("Gemm", [GraphFile.Input, g.Weights(8, 6), g.Weights(8)], ("transB", 1L));
            string a = g.Node("Abs", [g.Node("Mul", [Slice(g, x, 0, 8, 2), g.Constant([-3])])]);
            return g.ToLogits(g.Node("Concat", [a, g.Node("Add", [Slice(g, x, 1, 8, 2), g.Weights(4)])], ("axis", 1L)), 8);
        }),
        ("absolute values joined", Vector(6), g =>
        {
            string x = g.Node("MatMul", [GraphFile.Input, g.Weights(6, 8)]);
            string a = g.Node("Abs", [Slice(g, x, 3, 8, 1)]), b = g.Node("Abs", [Slice(g, x, 0, 3, 1)]);
            return g.ToLogits(g.Node("Concat", [a, b], ("axis", 1L)), 8);
        }),
        ("rotated absolute values", Image(6, 6), g =>
        {
            string x = Conv(g, GraphFile.Input, 3, 4, 3, ("pads", Ints(1, 1, 1, 1)));
            for (int i = 0; i < 2; i++)
                x = Conv(g, RAbs(g, x), 4, 4, 3, ("pads", Ints(1, 1, 1, 1)));
            x = Relu(g, g.Node("Add", [RAbs(g, x), g.Constant([0.1f, 0.2f, -0.1f, 0.3f], 4, 1, 1)])); // an activation reads the sums
            x = g.Node("Add", [RAbs(g, x), g.Positive(4, 1, 1)]); // summands before padding
            return g.ToLogits(Conv(g, x, 4, 4, 3, ("pads", Ints(1, 1, 1, 1))), 4 * 36);
        }),
        ("rotated absolute values of vectors", Vector(6), g =>
        {
            string x = RAbs(g, g.Node("Gemm", [GraphFile.Input, g.Weights(8, 6), g.Weights(8)], ("transB", 1L)));
            x = g.Node("Add", [x, g.Node("Gemm", [x, g.Weights(8, 8)], ("transB", 1L))]); // a shortcut from the sums
            return g.ToLogits(RAbs(g, x), 8);
        }),
        ("sums of sums beside what they are made of", Vector(6), g =>
        {
            string x = Relu(g, g.Node("MatMul", [GraphFile.Input, g.Weights(6, 4)]));
            string sums = g.Node("Add", [Slice(g, x, 0, 2, 1), Slice(g, x, 2, 4, 1)]);
            string pairs = g.Node("Sub", [Slice(g, sums, 0, 1, 1), Slice(g, x, 1, 2, 1)]);
            return g.ToLogits(g.Node("Concat", [x, pairs, sums, g.Constant([1], 1, 1)], ("axis", 1L)), 8);
        }),
        ("max of x and minus x", Vector(5), g =>
        {
            string x = g.Node("MatMul", [GraphFile.Input, g.Weights(5, 8)]);
            return g.ToLogits(g.Node("Max", [x, g.Node("Neg", [x])]), 8);
        }),
        ("leaky relu of vectors and images", Image(5, 5), g =>
        {
            string x = g.Node("LeakyRelu", [Conv(g, GraphFile.Input, 3, 6, 3)], ("alpha", 0.2f));
            x = g.Node("PRelu", [Conv(g, x, 6, 4, 1), g.Constant([0.1f, -0.2f, 0.3f, 1], 4, 1, 1)]);
            return g.ToLogits(g.Node("LeakyRelu", [x], ("alpha", 0f)), 36);
        }),
        ("pools of reordered channels", Image(8, 8), g =>
        {
            string x = Conv(g, GraphFile.Input, 3, 6, 1), a = Slice(g, x, 0, 6, 2), b = Slice(g, x, 1, 6, 2);
            string sorted = g.Node("Concat", [Unsqueeze(g, g.Node("Min", [a, b])), Unsqueeze(g, g.Node("Max", [b, a]))], ("axis", 2L));
            x = Pool(g, "MaxPool", g.Node("Reshape", [sorted, g.Integers(-1, 6, 8, 8)]), 2);
            x = g.Node("Mul", [Pool(g, "AveragePool", Relu(g, x), 2), g.Constant([2])]);
            return g.ToLogits(Relu(g, Conv(g, x, 6, 4, 1)), 16);
        }),
        ("clip and max with constants", Vector(5), g =>
        {
            string x = g.Node("Add", [g.Weights(8), g.Node("MatMul", [GraphFile.Input, g.Weights(5, 8)])]);
            x = g.Node("Max", [x, g.Weights(8)]);
            x = g.Node("Clip", [x, g.Constant([-0.3f]), g.Constant([0.4f])]);
            return g.ToLogits(x, 8);
        }),
        ("average pool", Image(8, 8), g =>
            g.ToLogits(Pool(g, "AveragePool", Relu(g, Conv(g, GraphFile.Input, 3, 4, 1)), 2), 4 * 16)),
        ("average pool with overlap and counted padding", Image(6, 6), g => g.ToLogits(
            g.Node("AveragePool", [Relu(g, Conv(g, GraphFile.Input, 3, 4, 1))], ("kernel_shape", Ints(3, 3)), ("strides", Ints(2, 2)),
                ("pads", Ints(1, 1, 1, 1)), ("count_include_pad", 1L)), 4 * 9)),
        ("global average pool, then logits from a scaled pool", Image(6, 6), g =>
        {
            string x = g.Node("GlobalAveragePool", [Relu(g, Conv(g, GraphFile.Input, 3, 4, 3))]);
            return g.ToBytes(g.Node("Mul", [g.Node("Flatten", [x]), g.Constant([2])]));
        }),
        ("mean over rows and columns of a wide image", Image(4, 7), g =>
            g.ToLogits(g.Node("ReduceMean", [Relu(g, Conv(g, GraphFile.Input, 3, 4, 1))], ("axes", Ints(-2, -1)), ("keepdims", 0L)), 4)),
        ("max pool without overlap", Image(8, 8), g =>
        {
            string x = Pool(g, "MaxPool", Conv(g, GraphFile.Input, 3, 4, 3, ("pads", Ints(1, 1, 1, 1))), 2);
            return g.ToLogits(Pool(g, "MaxPool", Relu(g, Conv(g, x, 4, 6, 1)), 4), 6);
        }),
        ("space to depth in both orders", Image(8, 8), g =>
        {
            string x = g.Node("SpaceToDepth", [GraphFile.Input], ("blocksize", 2L));
            x = Relu(g, Conv(g, x, 12, 4, 3, ("pads", Ints(1, 1, 1, 1))));
            string split = g.Node("Reshape", [x, g.Integers(-1, 4, 2, 2, 2, 2)]); // pixel_unshuffle
            x = g.Node("Reshape", [g.Node("Transpose", [split], ("perm", Ints(0, 1, 3, 5, 2, 4))), g.Integers(-1, 16, 2, 2)]);
            return g.ToLogits(Relu(g, Conv(g, x, 16, 4, 1)), 16);
        }),
        ("summand, then space to depth, then padding", Image(8, 8), g =>
        {
            string x = g.Node("SpaceToDepth", [g.Node("Sub", [GraphFile.Input, g.Positive(3, 1, 1)])], ("blocksize", 2L));
            return g.ToLogits(Relu(g, Conv(g, x, 12, 4, 3, ("pads", Ints(1, 1, 1, 1)))), 64);
        }),
        ("pad, then convolution", Image(5, 5), g =>
        {
            string x = g.Node("Pad", [GraphFile.Input, g.Integers(0, 0, 1, 0, 0, 0, 2, 1)]);
            return g.ToLogits(Relu(g, Conv(g, x, 3, 4, 3)), 4 * 6 * 4);
        }),
        ("shortcut around a convolution", Image(6, 6), g =>
        {
            string x = Relu(g, Conv(g, GraphFile.Input, 3, 4, 3, ("pads", Ints(1, 1, 1, 1))));
            string y = g.Node("Mul", [Conv(g, x, 4, 4, 3, ("pads", Ints(1, 1, 1, 1))), g.Constant([0.5f])]);
            return g.ToLogits(Relu(g, g.Node("Add", [x, y])), 4 * 36);
        }),
        ("shortcuts around convolutions, one after another", Image(6, 6), g =>
        {
            string x = Conv(g, GraphFile.Input, 3, 4, 3, ("pads", Ints(1, 1, 1, 1)));
            for (int i = 0; i < 2; i++)
                x = g.Node("Add", [Conv(g, x, 4, 4, 3, ("pads", Ints(1, 1, 1, 1))), x]);
            return g.ToLogits(Relu(g, x), 4 * 36);
        }),
        ("strided convolution beside a strided 1 × 1", Image(8, 8), g =>
        {
            string x = Relu(g, Conv(g, GraphFile.Input, 3, 4, 1));
            string y = Conv(g, x, 4, 5, 3, ("pads", Ints(1, 1, 1, 1)), ("strides", Ints(2, 2)));
            return g.ToLogits(Relu(g, g.Node("Add", [y, Conv(g, x, 4, 5, 1, ("strides", Ints(2, 2)))])), 5 * 16);
        }),
        ("shortcut around a dense layer", Vector(6), g =>
        {
            string x = Relu(g, g.Node("MatMul", [GraphFile.Input, g.Weights(6, 8)]));
            string y = g.Node("Gemm", [x, g.Weights(8, 8), g.Weights(8)], ("transB", 1L), ("alpha", 0.5f), ("beta", 2f));
            return g.ToLogits(Relu(g, g.Node("Sub", [x, y])), 8);
        }),
        ("a tensor joined with itself", Vector(6), g =>
        {
            string x = Relu(g, g.Node("MatMul", [GraphFile.Input, g.Weights(6, 8)]));
            return g.ToLogits(g.Node("Concat", [x, x, g.Constant([1, 2], 1, 2)], ("axis", 1L)), 18);
        }),
        ("shapes computed in the graph, identity, dropout", Image(4, 4), g =>
        {
            string x = g.Node("Dropout", [g.Node("Identity", [Relu(g, Conv(g, GraphFile.Input, 3, 4, 1))])]);
            string batch = g.Node("Gather", [g.Node("Shape", [x]), g.Integers(0)], ("axis", 0L));
            string shape = g.Node("Concat", [batch, g.Node("Cast", [g.Node("Mul", [g.Integers(32), g.Integers(2)])], ("to", 7L))],
                ("axis", 0L));
            return g.ToLogits(g.Node("Reshape", [x, shape]), 64);
        }),
        ("squeezed and turned", Vector(6, 1, 1), g =>
        {
            string x = g.Node("Squeeze", [GraphFile.Input, g.Integers(2, 3)]);
            x = g.Node("Transpose", [g.Node("Reshape", [x, g.Integers(-1, 2, 3)])], ("perm", Ints(0, 2, 1)));
            return g.ToLogits(Slice(g, x, 2, long.MinValue, -1), 6);
        }),
        ("one gray image for a convolution", [-1, 1, 6, 6], g =>
            g.ToLogits(Relu(g, Conv(g, GraphFile.Input, 1, 4, 3, ("pads", Ints(1, 1, 1, 1)))), 4 * 36)),
        ("five bands for a convolution", [-1, 5, 4, 4], g => g.ToLogits(Relu(g, Conv(g, GraphFile.Input, 5, 4, 3)), 4 * 4)),
        ("one gray image for a dense layer", [-1, 1, 5, 5], g =>
            g.ToLogits(Relu(g, g.Node("Gemm", [g.Node("Flatten", [GraphFile.Input]), g.Weights(8, 25)], ("transB", 1L))), 8)),
    ];

    public static IEnumerable<object[]> Names => s_all.Select(form => new object[] { form.Name });

    /// <summary>The file of a form and the shape of its input.</summary>
    public static (byte[] File, long[] Shape) Write(string name)
    {
        var (_, input, write) = s_all.Single(form => form.Name == name);
        return (write(new GraphFile(input)), [1, .. input[1..]]);
    }

    internal static long[] Image(long height, long width) => [-1, 3, height, width];

    internal static long[] Vector(params long[] sides) => [-1, .. sides];

    internal static long[] Ints(params long[] values) => values;

    internal static string Relu(GraphFile g, string x) => g.Node("Relu", [x]);

    internal static string Conv(GraphFile g, string x, int inputs, int outputs, int side, params (string, object)[] attributes) =>
        g.Node("Conv", [x, g.Weights(outputs, inputs, side, side), g.Weights(outputs)], attributes);

    internal static string Pool(GraphFile g, string operation, string x, long side) =>
        g.Node(operation, [x], ("kernel_shape", Ints(side, side)), ("strides", Ints(side, side)));

    private static string Slice(GraphFile g, string x, long start, long end, long step) =>
        g.Node("Slice", [x, g.Integers(start), g.Integers(end), g.Integers(1), g.Integers(step)]);

    private static string RAbs(GraphFile g, string x)
    {
        string[] halves = g.Nodes("Split", [g.Node("Abs", [x])], 2, ("axis", 1L));
        x = g.Node("Concat", [g.Node("Add", halves), g.Node("Sub", halves)], ("axis", 1L));
        return g.Node("Div", [x, g.Constant([MathF.Sqrt(2)])]);
    }

    private static string Unsqueeze(GraphFile g, string x) => g.Node("Unsqueeze", [x, g.Integers(2)]);
}
