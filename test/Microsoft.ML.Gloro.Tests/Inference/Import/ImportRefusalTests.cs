using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.TestSupport;
using static Microsoft.ML.Gloro.Tests.Inference.GraphForms;

namespace Microsoft.ML.Gloro.Tests.Inference;

/// <summary>What has no layer with a proof is refused with the name of its node; broken files get one clear error.</summary>
[TestClass]
public sealed class ImportRefusalTests
{
    private static readonly (string Name, Func<GraphFile, string> Write, string Words)[] s_refused =
    [
        ("sigmoid", g => g.Node("Sigmoid", [GraphFile.Input]), "Export the network up to its logits"),
        ("unknown operator", g => g.Node("Tanh", [Hidden(g)]), "no layer with a proof"),
        ("product of two tensors", g => g.Node("Mul", [Hidden(g), Hidden(g)]), "not Lipschitz"),
        ("division by a tensor", g => g.Node("Div", [g.Constant([1]), Hidden(g)]), "Only constants"),
        ("overlapping max pool", g => g.Node("MaxPool", [Hidden(g)], ("kernel_shape", Ints(3, 3)), ("strides", Ints(2, 2))), "overlap"),
        ("max pool of 3", g => Pool(g, "MaxPool", Hidden(g), 3), "power of 2"),
        ("average without padding counted", g =>
            g.Node("AveragePool", [Hidden(g)], ("kernel_shape", Ints(2, 2)), ("strides", Ints(2, 2)), ("pads", Ints(1, 1, 1, 1))),
                "out of the count"),
        ("shortcut around an activation", g => { string x = Hidden(g); return g.Node("Add", [x, Relu(g, Conv(g, x, 4, 4, 1))]); }, "1 + L"),
        ("branches joined", g => { string x = Hidden(g); return g.Node("Concat", [x, Relu(g, Conv(g, x, 4, 4, 1))], ("axis", 1L)); },
            "different layers"),
        ("absolute values of a third", g =>
            { string x = Hidden(g); return g.Node("Concat", [x, g.Node("Abs", [First(g, x, 2)])], ("axis", 1L)); }, "Halve the"),
        ("circular padding", g =>
            Conv(g, g.Node("Concat", [GraphFile.Input, First(g, GraphFile.Input, 2, axis: 3)], ("axis", 3L)), 3, 4, 3), "not circular"),
        ("sorting of three", g =>
            g.Node("ReduceMax", [g.Node("Reshape", [Hidden(g), g.Integers(-1, 12, 3, 4)])], ("axes", Ints(2))), "groups of 3"),
        ("mirrored padding", g => g.Node("Pad", [GraphFile.Input, g.Integers(0, 0, 1, 1, 0, 0, 1, 1)], ("mode", "reflect")),
            "Pad with zeros"),
        ("different strides", g => Conv(g, GraphFile.Input, 3, 4, 3, ("strides", Ints(1, 2))), "same stride"),
        ("another choice", g =>
            { string x = Hidden(g); return g.Node("Where", [g.Node("Greater", [x, g.Constant([1])]), x, g.Constant([0])]); }, "max(a, b)"),
        ("pixels multiplied apart", g => Relu(g, g.Node("Mul", [Hidden(g), g.Weights(1, 4, 6, 6)])), "from pixel to pixel"),
        ("weights computed in the graph", g => g.Node("Cholesky", [GraphFile.Input]), "Fold the parametrization"),
        ("cropping before a convolution", g =>
            Conv(g, g.Node("Slice", [Hidden(g), g.Integers(1), g.Integers(5), g.Integers(3)]), 4, 4, 3), "whole channels"),
    ];

    private static IEnumerable<object[]> Refused => s_refused.Select(form => new object[] { form.Name });

    private static IEnumerable<object[]> Forms => GraphForms.Names;

    [TestMethod]
    [DynamicData(nameof(Refused))]
    public void Import_NoLayerWithAProof_NamesTheNodeAndARemedy(string name)
    {
        var (_, write, words) = s_refused.Single(form => form.Name == name);
        var graph = new GraphFile(-1, 3, 6, 6);
        byte[] file = graph.ToLogits(write(graph), 4);

        var fault = Assert.ThrowsExactly<NotSupportedException>(() => GraphImporter.Import(file));

        Assert.Contains("node 'node_", fault.Message);
        Assert.Contains(words, fault.Message);
    }

    [TestMethod]
    public void Import_OwnFileWithShiftedChannels_IsRefused()
    {
        byte[] file = OnnxGraph.Build(new RandomNetworks(1).OtherKinds());

        var fault = Assert.ThrowsExactly<NotSupportedException>(() => GraphImporter.Import(file));

        Assert.Contains("not circular", fault.Message);
    }

    [TestMethod]
    public void Import_InputOfAnotherKind_IsRefused()
    {
        Assert.Contains("float32", Refuse<NotSupportedException>(new GraphFile(-1, 3) { InputType = 11 }, 3).Message);
        Assert.Contains("batches of 8", Refuse<NotSupportedException>(new GraphFile(8, 3), 3).Message);
        Assert.Contains("only the batch", Refuse<NotSupportedException>(new GraphFile(-1, -1), 3).Message);
        Assert.Contains("no batch dimension", Refuse<NotSupportedException>(new GraphFile(3), 3).Message);
        Assert.Contains("empty", Refuse<FormatException>(new GraphFile(-1, 0), 0).Message);
        Assert.Contains("more than", Refuse<FormatException>(new GraphFile(-1, 1 << 20, 1 << 20), 1).Message);
        var gray = new GraphFile(-1, 1, 6, 6);
        Assert.Contains("three channels", Assert.ThrowsExactly<NotSupportedException>(() => GraphImporter.Import(
            gray.ToLogits(Conv(gray, GraphFile.Input, 1, 4, 3), 64), isImage: true)).Message);
        var old = new GraphFile(-1, 3);
        Assert.Contains("opset", Assert.ThrowsExactly<NotSupportedException>(
            () => GraphImporter.Import(old.ToBytes(old.Node("Identity", [GraphFile.Input]), opset: 3))).Message);
    }

    [TestMethod]
    public void Import_CycleOrUnsortedNodes_IsRefused()
    {
        var graph = new GraphFile(-1, 4);
        graph.AddNode("Add", [GraphFile.Input, "b"], ["a"]);
        graph.AddNode("Relu", ["a"], ["b"]);

        Assert.Contains("cycle", Assert.ThrowsExactly<FormatException>(() => GraphImporter.Import(graph.ToLogits("b", 4))).Message);
    }

    [TestMethod]
    public void Import_TwoTensorsOfOneName_IsRefused()
    {
        var graph = new GraphFile(-1, 4);
        graph.AddNode("Relu", [GraphFile.Input], ["a"]);
        graph.AddNode("Abs", [GraphFile.Input], ["a"]);

        Assert.Contains("'a'", Assert.ThrowsExactly<FormatException>(() => GraphImporter.Import(graph.ToLogits("a", 4))).Message);
    }

    [TestMethod]
    public void Import_HugeSizes_AreRefusedBeforeMemoryIsTaken()
    {
        foreach (Func<GraphFile, string> write in new Func<GraphFile, string>[]
        {
            g => g.Node("ConstantOfShape", [g.Integers(1 << 20, 1 << 20)]),
            g => g.Node("Expand", [GraphFile.Input, g.Integers(1 << 24, 4)]),
            g => g.Node("Pad", [GraphFile.Input, g.Integers(0, 0, 1 << 20, 1 << 30)]),
            g => g.Node("Reshape", [GraphFile.Input, g.Integers(long.MaxValue, long.MaxValue)]),
            g => g.Node("Unsqueeze", [GraphFile.Input, g.Integers(long.MinValue)]),
        })
        {
            var graph = new GraphFile(-1, 4);
            byte[] file = graph.ToLogits(write(graph), 4);
            long before = GC.GetAllocatedBytesForCurrentThread();

            Assert.ThrowsExactly<FormatException>(() => GraphImporter.Import(file));

            Assert.IsLessThan(1L << 24, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }

    [TestMethod]
    public void Import_TruncatedFile_IsRefusedWithOneError()
    {
        byte[] file = GraphForms.Write("minmax as split, max, min, concat").File;
        for (int length = 0; length < file.Length; length += 1 + (length / 97))
            AssertReadOrRefused(file[..length], mayBeRead: false);
    }

    [TestMethod]
    [DynamicData(nameof(Forms))]
    public void Import_DamagedFile_IsReadOrRefusedWithOneError(string form)
    {
        byte[] file = GraphForms.Write(form).File;
        var random = new Random(11);
        for (int i = 0; i < 150; i++)
        {
            byte[] damaged = [.. file];
            for (int k = 0; k <= i % 3; k++)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            AssertReadOrRefused(damaged, mayBeRead: true);
        }
    }

    private static void AssertReadOrRefused(byte[] file, bool mayBeRead)
    {
        try
        {
            GraphImporter.Import(file);
            Assert.IsTrue(mayBeRead);
        }
        catch (Exception e) when (e is FormatException or NotSupportedException)
        {
            Assert.Contains("ONNX model", e.Message);
        }
    }

    private static TFault Refuse<TFault>(GraphFile graph, long size)
        where TFault : Exception => Assert.ThrowsExactly<TFault>(() => GraphImporter.Import(graph.ToLogits(GraphFile.Input, size)));

    private static string First(GraphFile g, string x, long count, long axis = 1) =>
        g.Node("Slice", [x, g.Integers(0), g.Integers(count), g.Integers(axis)]);

    private static string Hidden(GraphFile g) => Relu(g, Conv(g, GraphFile.Input, 3, 4, 1));
}
