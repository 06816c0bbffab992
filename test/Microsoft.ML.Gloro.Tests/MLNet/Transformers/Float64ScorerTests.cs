using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.MLNet;

/// <summary>The float64 scorer. What it computes is tested with the engine.</summary>
[TestClass]
public sealed class Float64ScorerTests : NetworkScorerContract
{
    [TestMethod]
    public void Score_NextToOnnxRuntime_DiffersByRoundingOnly()
    {
        DeployedNetwork network = new RandomNetworks(1).EveryKind();
        using var own = new Float64Scorer(network);
        using var other = new OnnxScorer(network);
        float[] inputs = new RandomNetworks(2).Values(20 * own.InputSize);
        var logits = new float[20 * own.ClassCount];
        var expected = new float[20 * other.ClassCount];

        own.Score(inputs, 20, logits);
        other.Score(inputs, 20, expected);

        for (int i = 0; i < logits.Length; i++)
            Assert.AreEqual(expected[i], logits[i], 1e-5f);
        CollectionAssert.AreNotEqual(expected, logits);
    }

    private protected override INetworkScorer Create(DeployedNetwork network, int threads = 0) => new Float64Scorer(network, threads);
}
