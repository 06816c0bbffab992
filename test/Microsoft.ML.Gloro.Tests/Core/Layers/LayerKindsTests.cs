using System.Buffers;
using System.Text.Json;
using Microsoft.ML.Gloro.Analysis;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Core;

/// <summary>A kind of layer that one of the switches over kinds forgets fails here.</summary>
[TestClass]
public sealed class LayerKindsTests
{
    private static readonly DeployedLayer[] Samples =
    [
        new RandomNetworks(1).Convolution(4, 6, 3, 3, 1, ZeroPadding.All(1)),
        new RandomNetworks(2).Dense(144, 5),
        new RandomNetworks(3).Scaling(4),
        new DeployedSpaceToDepth(2),
        new DeployedChannelShift(1),
        new DeployedAveragePooling(2),
        new DeployedFlatten(),
        RandomNetworks.ReLU,
        RandomNetworks.MinMax,
        RandomNetworks.Absolute,
        RandomNetworks.HalfAbsolute,
    ];

    [TestMethod]
    public void All_EveryConcreteLayer_IsRegisteredAndHasASample()
    {
        Type[] types =
        [
            .. typeof(DeployedLayer).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(DeployedLayer)) && !type.IsAbstract),
        ];

        CollectionAssert.AreEquivalent(types, LayerKinds.All.Select(kind => kind.Type).Distinct().ToArray());
        CollectionAssert.AreEquivalent(LayerKinds.All.Select(kind => kind.Name).ToArray(), Samples.Select(layer => layer.Kind).ToArray());
        CollectionAssert.AllItemsAreUnique(LayerKinds.All.Select(kind => kind.Name).ToArray());
    }

    [TestMethod]
    public void Of_EverySample_HasTheNumbersAndTensorsOfItsKind()
    {
        foreach (DeployedLayer layer in Samples)
        {
            LayerKind kind = LayerKinds.Of(layer);

            CollectionAssert.AreEqual(
                kind.Numbers.Select(format => format.Limits.Count).ToArray(), layer.Numbers.Select(numbers => numbers.Length)
                    .ToArray(), layer.Kind);
            CollectionAssert.AreEqual(
                kind.TensorSizes(layer.Numbers).Select(size => size.Aggregate((a, b) => a * b)).ToArray(),
                layer.Tensors.Select(tensor => tensor.Values.Length).ToArray(),
                layer.Kind);
            Assert.IsTrue(kind.Numbers.All(format => format.IsList || format.Limits.Count == 1), layer.Kind);
        }
    }

    [TestMethod]
    public void Create_NumbersAndTensorsOfEverySample_RunsLikeTheOriginal()
    {
        foreach (DeployedLayer layer in Samples)
        {
            DeployedLayer restored = LayerKinds.Of(layer).Create(layer.Numbers, [.. layer.Tensors.Select(tensor => tensor.Values)]);

            Assert.AreEqual(layer.GetType(), restored.GetType());
            CollectionAssert.AreEqual(Outputs(layer), Outputs(restored), layer.Kind);
        }
    }

    [TestMethod]
    public void Write_EverySample_NamesItsKindAndNumbers()
    {
        foreach (DeployedLayer layer in Samples)
        {
            var bytes = new ArrayBufferWriter<byte>();
            using (var json = new Utf8JsonWriter(bytes))
                LayerFormat.Write(json, layer);

            using var document = JsonDocument.Parse(bytes.WrittenMemory);
            string[] names = [.. document.RootElement.EnumerateObject().Select(property => property.Name)];
            string[] expected = ["kind", .. LayerKinds.Of(layer).Numbers.Select(format => format.Name)];
            CollectionAssert.AreEqual(expected, names);
        }
    }

    [TestMethod]
    public void EverySwitch_EverySample_KnowsIt()
    {
        foreach (DeployedLayer layer in Samples)
        {
            DeployedNetwork network = Explicit.Network(
                new TensorShape(4, 6, 6), layer is DeployedDense ? [new DeployedFlatten(), layer] : [layer]);
            LipschitzBound bound = RigorousBound.Compute(network);

            Assert.AreEqual(WeightHash.Compute(network), bound.WeightHash);
            ModelLimits.Check(network);
            RoundingBound.Compute(network, bound, CertificateArithmetic.Float64);
            for (int i = 0; i < network.Layers.Count; i++)
                Assert.IsGreaterThan(0.0, NormFromBelow.Of(network.Layers[i], network.Shapes[i]));
            _ = new ForwardPass(network);
            Assert.IsNotEmpty(OnnxGraph.Build(network));
            Assert.IsNotEmpty(new Float64Layers(new GraphOperators(new OnnxGraphWriter())).Append(network, "input"));
            using var replica = new TorchReplica(network);
        }
    }

    [TestMethod]
    public void ReadBack_ModelOfEveryKind_HasEqualNumbersAndTensors()
    {
        GloroModel[] models = [TestModels.EveryKind(), TestModels.Complete(new RandomNetworks(3).OtherKinds())];

        GloroModel[] read = [.. models.Select(model => ModelFiles.Read(ModelFiles.Write(model)))];

        CollectionAssert.IsSubsetOf(
            LayerKinds.All.Select(kind => kind.Name).ToArray(),
            read.SelectMany(model => model.Network.Layers).Select(layer => layer.Kind).ToArray());
        for (int i = 0; i < models.Length; i++)
            Assert.AreEqual(WeightHash.Compute(models[i].Network), WeightHash.Compute(read[i].Network));
    }

    // The dense layer at the end gives each output of the layer another weight, so that outputs in the wrong order are seen.
    private static float[] Outputs(DeployedLayer layer)
    {
        var input = new TensorShape(4, 6, 6);
        DeployedLayer[] layers = layer is DeployedDense ? [new DeployedFlatten(), layer] : [layer, new DeployedFlatten()];
        TensorShape output = layers.Aggregate(input, (shape, next) => next.GetOutputShape(shape));
        var network = new DeployedNetwork(input, [.. layers, new RandomNetworks(4).Dense(output.Size, 5)]);
        float[] logits = new float[network.ClassCount];
        new ForwardPass(network).Run(new RandomNetworks(5).Values(input.Size), rows: 1, logits, threads: 1);
        return logits;
    }
}
