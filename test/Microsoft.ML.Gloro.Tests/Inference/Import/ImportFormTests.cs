using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Inference;

/// <summary>What is read from a file computes what ONNX Runtime computes.</summary>
[TestClass]
public sealed class ImportFormTests
{
    private static IEnumerable<object[]> Forms => GraphForms.Names;

    [TestMethod]
    [DynamicData(nameof(Forms))]
    public void Import_Form_HasTheLogitsOfOnnxRuntime(string form)
    {
        var (file, shape) = GraphForms.Write(form);

        ImportedNetwork imported = GraphImporter.Import(file);

        Assert.AreEqual(shape is [1, 3, _, _], imported.IsImage);
        AssertSame(file, imported, shape);
    }

    [TestMethod]
    [DynamicData(nameof(Forms))]
    public void Import_FormExportedAgain_IsTheSameNetwork(string form)
    {
        DeployedNetwork network = GraphImporter.Import(GraphForms.Write(form).File).Network;

        DeployedNetwork again = GraphImporter.Import(OnnxGraph.Build(network)).Network;

        float[] row = new RandomNetworks(9).Values(network.InputShape.Size);
        double[] expected = ReferenceForward.Run(network, row), actual = ReferenceForward.Run(again, row);
        for (int i = 0; i < expected.Length; i++)
            Assert.AreEqual(expected[i], actual[i], 1e-5 * expected.Max(Math.Abs));
    }

    [TestMethod]
    public void Import_OwnNetworkOfEveryKind_HasItsLogits()
    {
        DeployedNetwork network = new RandomNetworks(4).Turned().With(GloroImageViews.One);
        byte[] file = OnnxGraph.Build(network);

        DeployedNetwork imported = GraphImporter.Import(file).Network;

        float[] row = new RandomNetworks(5).Values(network.InputShape.Size);
        double[] expected = ReferenceForward.Run(network, row), actual = ReferenceForward.Run(imported, row);
        for (int i = 0; i < expected.Length; i++)
            Assert.AreEqual(expected[i], actual[i], 1e-5);
    }

    [TestMethod]
    public void Import_ShortcutAroundConvolution_IsOneConvolution()
    {
        DeployedNetwork network = GraphImporter.Import(GraphForms.Write("shortcut around a convolution").File).Network;

        Assert.AreEqual(
            "convolution, relu, convolution, relu, flatten, dense", string.Join(", ", network.Layers.Select(layer => layer.Kind)));
    }

    [TestMethod]
    public void Import_BatchNormalizationAfterConvolution_LeavesNoLayerOfItsOwn()
    {
        DeployedNetwork network = GraphImporter.Import(GraphForms.Write("batch normalization and relu").File).Network;

        Assert.AreEqual(
            "convolution, relu, convolution, relu, flatten, dense", string.Join(", ", network.Layers.Select(layer => layer.Kind)));
    }

    [TestMethod]
    public void Import_RotatedAbsoluteValues_GoIntoTheNextLayer()
    {
        DeployedNetwork network = GraphImporter.Import(GraphForms.Write("rotated absolute values of vectors").File).Network;

        Assert.AreEqual("dense, absolute, dense, absolute, dense", string.Join(", ", network.Layers.Select(layer => layer.Kind)));
    }

    [TestMethod]
    public void Import_SumAndDifference_CountTheRootOfTwo()
    {
        // (a, b) ↦ (a + b, a − b) has norm √2, and without the division by √2 that must not be lost.
        var graph = new GraphFile(-1, 2);
        string[] halves = graph.Nodes("Split", [graph.Node("Abs", [GraphFile.Input])], 2, ("axis", 1L));
        string sums = graph.Node("Concat", [graph.Node("Add", halves), graph.Node("Sub", halves)], ("axis", 1L));

        DeployedNetwork network = GraphImporter.Import(graph.ToLogits(graph.Node("Relu", [sums]), 2)).Network;

        LipschitzBound bound = RigorousBound.Compute(network);
        Assert.IsGreaterThanOrEqualTo(Math.Sqrt(2), bound.Value);
        Assert.AreEqual(Math.Sqrt(2), bound.Value, 1e-4);
    }

    [TestMethod]
    public void Import_TensorJoinedWithItself_CountsItTwiceInTheNorm()
    {
        // x ↦ (x, x) has norm √2, which must not be lost: here it is part of the next layer's matrix.
        var graph = new GraphFile(-1, 2);
        string twice = graph.Node("Concat", [GraphFile.Input, GraphFile.Input], ("axis", 1L));
        string hidden = graph.Node("Relu", [graph.Node("MatMul", [twice, graph.Constant([1, 0, 0, 1, 1, 0, 0, 1], 4, 2)])]);
        byte[] file = graph.ToLogits(hidden, 2);

        LipschitzBound bound = RigorousBound.Compute(GraphImporter.Import(file).Network);

        Assert.IsGreaterThanOrEqualTo(2, bound.Value);
        Assert.AreEqual(2, bound.Value, 1e-4);
    }

    [TestMethod]
    public void Import_MeansAndDeviations_ScaleTheInput()
    {
        var (file, shape) = GraphForms.Write("minmax as split, max, min, concat");
        float[] means = [0.4f, 0.5f, 0.6f], deviations = [0.2f, 0.25f, 0.5f];

        DeployedNetwork network = GraphImporter.Import(file, mean: means, deviation: deviations).Network;

        float[] row = new RandomNetworks(6).Values(network.InputShape.Size);
        float[] scaled = [.. row.Select((x, i) => (x - means[i / 25]) / deviations[i / 25])];
        float[] expected = GraphFile.Run(file, scaled, GraphImporter.Import(file).OutputName, shape);
        double[] actual = ReferenceForward.Run(network, row);
        for (int i = 0; i < expected.Length; i++)
            Assert.AreEqual(expected[i], actual[i], 1e-4);
    }

    private static void AssertSame(byte[] file, ImportedNetwork imported, long[] shape)
    {
        for (int seed = 0; seed < 5; seed++)
        {
            float[] row = new RandomNetworks(seed).Values(imported.Network.InputShape.Size);
            float[] expected = GraphFile.Run(file, row, imported.OutputName, shape);
            double[] actual = ReferenceForward.Run(imported.Network, row);
            Assert.HasCount(expected.Length, actual);
            double scale = expected.Max(Math.Abs);
            Assert.IsGreaterThan(0.0, scale);
            for (int i = 0; i < actual.Length; i++)
                Assert.AreEqual(expected[i], actual[i], 1e-5 * scale);
        }
    }
}
