using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Tests.Core;

[TestClass]
public sealed class WeightHashTests
{
    [TestMethod]
    public void Compute_KnownNetwork_IsTheSameForEver()
    {
        // Stored in model files: if this changes, change the format tag and say how old files are read.
        var network = new DeployedNetwork(TensorShape.Vector(2),
        [
            new DeployedScaling([0.5f, 2], [1, -1]),
            new DeployedActivation(ActivationFunction.MinMax),
            new DeployedDense([1, 2, 3, 4], [0, -0f], 2, 2),
        ]);

        Assert.AreEqual("bbc794aa54c0e1e52969b284d0b1508988a6aa885e0cf34220e04cc2974d6c0c", WeightHash.Compute(network));
    }

    [TestMethod]
    public void Compute_EqualNetworks_HaveEqualHashes()
    {
        Assert.AreEqual(WeightHash.Compute(SmallNetworks.Image(3)), WeightHash.Compute(SmallNetworks.Image(3)));
    }

    [TestMethod]
    public void Compute_AnyBitOfAnyFloatFlipped_Changes()
    {
        DeployedNetwork network = SmallNetworks.Image(3);
        string original = WeightHash.Compute(network);
        var seen = new HashSet<string> { original };
        foreach (float[] values in network.Layers.SelectMany(Arrays))
        {
            for (int bit = 0; bit < 32; bit++)
            {
                int at = (bit * 7) % values.Length;
                float before = values[at];
                values[at] = BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(before) ^ (1 << bit));
                Assert.IsTrue(seen.Add(WeightHash.Compute(network)));
                values[at] = before;
            }
        }

        Assert.AreEqual(original, WeightHash.Compute(network));
    }

    [TestMethod]
    public void Compute_SameBitsInAnotherStructure_Changes()
    {
        var image = new TensorShape(4, 4, 4);
        var kernel = new float[16];
        DeployedNetwork[] networks =
        [
            Explicit.Network(image),
            Explicit.Network(new TensorShape(4, 2, 8)),
            Explicit.Network(image, new DeployedFlatten()),
            Explicit.Network(image, new DeployedActivation(ActivationFunction.MinMax)),
            Explicit.Network(image, new DeployedActivation(ActivationFunction.ReLU)),
            Explicit.Network(image, new DeployedActivation(ActivationFunction.ReLU), new DeployedActivation(ActivationFunction.MinMax)),
            Explicit.Network(image, new DeployedActivation(ActivationFunction.MinMax), new DeployedActivation(ActivationFunction.ReLU)),
            Explicit.Network(image, new DeployedSpaceToDepth(2)),
            Explicit.Network(image, new DeployedSpaceToDepth(4)),
            Explicit.Network(image, new DeployedChannelShift(1)),
            Explicit.Network(new TensorShape(8, 2, 4), new DeployedChannelShift(1)),
            Explicit.Network(new TensorShape(8, 2, 4), new DeployedChannelShift(2)),
            Explicit.Network(image, new DeployedAveragePooling(2)),
            Explicit.Network(image, new DeployedAveragePooling(4)),
            Explicit.Network(image, new DeployedConvolution(kernel, new float[4], 4, 4, 1, 1, 1, default)),
            Explicit.Network(image, new DeployedConvolution(kernel, new float[4], 4, 4, 1, 1, 2, default)),
            Explicit.Network(image, new DeployedConvolution(kernel, new float[4], 4, 4, 1, 1, 1, new ZeroPadding(1, 0, 0, 0))),
            Explicit.Network(image, new DeployedConvolution(kernel, new float[4], 4, 4, 1, 1, 1, new ZeroPadding(0, 1, 0, 0))),
            Explicit.Network(image, new DeployedConvolution(kernel, new float[4], 4, 4, 1, 1, 1, new ZeroPadding(0, 0, 1, 0))),
            Explicit.Network(image, new DeployedConvolution(kernel, new float[4], 4, 4, 1, 1, 1, new ZeroPadding(0, 0, 0, 1))),
            Explicit.Network(image, new DeployedConvolution(kernel, new float[1], 4, 1, 2, 2, 1, default)),
            Explicit.Network(image, new DeployedConvolution(kernel, new float[1], 4, 1, 1, 4, 1, default)),
            Explicit.Network(image, new DeployedConvolution(kernel, new float[1], 4, 1, 4, 1, 1, default)),
            Explicit.Network(image, new DeployedScaling(new float[4], new float[4])),
        ];

        Assert.HasCount(networks.Length, networks.Select(WeightHash.Compute).Distinct());
    }

    private static IEnumerable<float[]> Arrays(DeployedLayer layer) => layer switch
    {
        DeployedConvolution c => [c.Kernel, c.Bias],
        DeployedDense d => [d.Weights, d.Bias],
        DeployedScaling s => [s.Scale, s.Shift],
        _ => [],
    };
}
