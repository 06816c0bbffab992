using Microsoft.ML.Gloro.Analysis;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;
using TorchSharp;

namespace Microsoft.ML.Gloro.Tests.Analysis;

[TestClass]
public sealed class TorchReplicaTests
{
    [ClassInitialize]
    public static void Prepare(TestContext _) => TorchProcess.Prepare();

    [TestMethod]
    public void Forward_EveryKindOfLayer_IsWhatTheLayersMean()
    {
        AssertIsReference(new RandomNetworks(3).EveryKind());
        AssertIsReference(new RandomNetworks(3).OtherKinds());
        AssertIsReference(new RandomNetworks(4).Vector());
        AssertIsReference(new RandomNetworks(3).EveryKind().With(GloroImageViews.Mirrored));
        AssertIsReference(new RandomNetworks(3).Turned());
    }

    [TestMethod]
    public void Forward_ConvolutionOfAVectorAndSymmetricPadding_IsWhatTheLayersMean()
    {
        var random = new RandomNetworks(5);
        AssertIsReference(new DeployedNetwork(new TensorShape(2, 6, 5),
            [random.Convolution(2, 4, 3, 3, 1, ZeroPadding.All(1)), RandomNetworks.ReLU, new DeployedFlatten(), random.Dense(120, 3)]));
        AssertIsReference(new DeployedNetwork(
            TensorShape.Vector(4), [random.Convolution(4, 6, 1, 1, 1, ZeroPadding.All(0)), RandomNetworks.MinMax, random.Dense(6, 3)]));
    }

    [TestMethod]
    public void Dispose_AfterUse_LeavesNoTensor()
    {
        long before = TorchProcess.LiveTensors();
        using (var replica = new TorchReplica(new RandomNetworks(3).EveryKind()))
        {
            using var scope = torch.NewDisposeScope();
            replica.Forward(replica.ToTensor(new float[2 * replica.InputShape.Size]));
        }

        Assert.AreEqual(before, TorchProcess.LiveTensors());
    }

    private static void AssertIsReference(DeployedNetwork network)
    {
        const int Rows = 3;
        float[] inputs = new RandomNetworks(9).Values(Rows * network.InputShape.Size);
        using var scope = torch.NewDisposeScope();
        using var single = new TorchReplica(network);
        using var exact = new TorchReplica(network, isFloat64: true);
        float[] logits = single.Forward(single.ToTensor(inputs)).data<float>().ToArray();
        double[] exactLogits = exact.Forward(exact.ToTensor(inputs)).data<double>().ToArray();
        Assert.HasCount(Rows * network.ClassCount, logits);
        for (int row = 0; row < Rows; row++)
        {
            double[] expected =
                ReferenceForward.Run(network, inputs[(row * network.InputShape.Size)..((row + 1) * network.InputShape.Size)]);
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.AreEqual(expected[i], logits[(row * network.ClassCount) + i], 1e-5);
                Assert.AreEqual(expected[i], exactLogits[(row * network.ClassCount) + i], 1e-13);
            }
        }
    }
}
