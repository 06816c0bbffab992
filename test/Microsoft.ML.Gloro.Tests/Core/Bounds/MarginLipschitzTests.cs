using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Tests.Core;

[TestClass]
public sealed class MarginLipschitzTests
{
    [TestMethod]
    public void Compute_SmallIntegers_IsAboveAndWithinRoundingOfTheExactValue()
    {
        // Differences (3, 4) and (5, 12): norms 5 and 13; κ = 2 from a scaling.
        DeployedNetwork network = Network([0, 0, 3, 4, -2, -8]);

        MarginConstants constants = MarginLipschitz.Compute(network, RigorousBound.Compute(network));

        Assert.IsGreaterThanOrEqualTo(10.0, constants[0, 1]);
        Assert.IsGreaterThanOrEqualTo(26.0, constants[1, 2]);
        Assert.AreEqual(10.0, constants[0, 1], 1e-13);
        Assert.AreEqual(26.0, constants[1, 2], 1e-13);
        Assert.AreEqual(constants[0, 1], constants[1, 0]);
    }

    [TestMethod]
    public void Compute_RandomRows_IsAboveTheExactSquaredDistance()
    {
        // In multiples of 2⁻²⁰ the weights and all sums below are exact.
        var random = new Random(4);
        float[] weights = [.. Enumerable.Range(0, 6 * 33).Select(_ => random.Next(-999, 1000) / 1048576f)];
        var network = new DeployedNetwork(TensorShape.Vector(33), [new DeployedDense(weights, new float[6], 33, 6)]);

        MarginConstants constants = MarginLipschitz.Compute(network, RigorousBound.Compute(network));

        for (int i = 0; i < 6; i++)
        {
            for (int j = 0; j < i; j++)
            {
                long exact = Enumerable.Range(0, 33).Sum(k => (long)Math.Pow((weights[(i * 33) + k] - weights[(j * 33) + k]) * 1048576, 2));
                Exact scaled = Exact.Of(constants[i, j] * 1048576);
                Assert.IsTrue(scaled * scaled >= Exact.Of(exact));
                Assert.AreEqual(Math.Sqrt(exact), constants[i, j] * 1048576, Math.Sqrt(exact) * 1e-13);
            }
        }
    }

    [TestMethod]
    public void Compute_DuplicatedRows_AreZeroUpToTheSmallestNumber()
    {
        DeployedNetwork network = Network([0.1f, -7, 0.1f, -7, 1, 1]);

        MarginConstants constants = MarginLipschitz.Compute(network, RigorousBound.Compute(network));

        Assert.IsLessThan(1e-300, constants[0, 1]);
        Assert.IsGreaterThan(1, constants[0, 2]);
    }

    [TestMethod]
    [DataRow(1e-45f)]
    [DataRow(3e38f)]
    public void Compute_ExtremeRows_NeitherVanishNorOverflow(float size)
    {
        DeployedNetwork network = Network([size, 0, -size, 0, 0, 0]);

        MarginConstants constants = MarginLipschitz.Compute(network, RigorousBound.Compute(network));

        Assert.AreEqual(4.0, constants[0, 1] / size, 1e-12);
        Assert.IsGreaterThanOrEqualTo(4.0 * size, constants[0, 1]);
    }

    [TestMethod]
    public void Compute_BoundTakenBeforeTheLastWeightUpdate_IsAnError()
    {
        LipschitzBound stale = RigorousBound.Compute(Network([0, 0, 3, 4, -2, -8]));

        Assert.ThrowsExactly<ArgumentException>(() => MarginLipschitz.Compute(Network([0, 0, 3, 4, -2, -9]), stale));
    }

    [TestMethod]
    public void Compute_BoundTooLargeForTheRows_IsAnError()
    {
        DeployedNetwork network = Network([3e38f, 0, 0, 0, 0, 0]);
        var bound = new LipschitzBound(1e300, [], WeightHash.Compute(network));

        Assert.ThrowsExactly<ArgumentException>(() => MarginLipschitz.Compute(network, bound));
    }

    private static DeployedNetwork Network(float[] rows) =>
        new(TensorShape.Vector(2), [new DeployedScaling([2, 2], new float[2]), new DeployedDense(rows, new float[3], 2, 3)]);
}
