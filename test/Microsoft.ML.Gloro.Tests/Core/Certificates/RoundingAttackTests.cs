using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Core;

/// <summary>
/// Networks that make rounding errors as large as margins. Each test first shows that a certificate that ignores rounding is wrong there.
/// </summary>
[TestClass]
public sealed class RoundingAttackTests
{
    private static readonly SumOrder[] Orders = Enum.GetValues<SumOrder>();

    [TestMethod]
    [DataRow(4e6, CertificateArithmetic.Real)]
    [DataRow(4e4, CertificateArithmetic.Real)]
    [DataRow(4e6, CertificateArithmetic.Float64)]
    public void ComputeRadii_FeaturesWithALargeOffset_CertifyOnlyTheClassOfTheExactNetwork(double offset, CertificateArithmetic arithmetic)
    {
        const int Features = 8, Rows = 4000;
        var random = new RandomNetworks(11);
        float[] spreads = [.. random.Values(Features).Select(v => 1.5f + v)];
        var scaling = new DeployedScaling([.. spreads.Select(s => 1 / s)], [.. random.Values(Features).Select(v => (float)(-offset + v))]);
        DeployedLayer[] layers = [scaling, random.Dense(Features, 16), RandomNetworks.MinMax, random.Dense(16, 4)];
        var network = new DeployedNetwork(TensorShape.Vector(Features), layers);
        GloroModel model = TestModels.Complete(network).With(arithmetic);
        using INetworkScorer scorer = arithmetic == CertificateArithmetic.Real ? new OnnxScorer(network) : new Float64Scorer(network);
        var (counting, ignoring) = ((Certified: 0, Wrong: 0), (Certified: 0, Wrong: 0)); // rounding
        for (int row = 0; row < Rows; row++)
        {
            float[] x = [.. random.Values(Features, 2).Select((v, i) => (float)((offset + v) * spreads[i]))];
            double[] exact = ReferenceForward.Run(network, x);
            Count(ref counting, Certify(model, scorer, x));
            Count(ref ignoring, Certify(model, scorer, x, countRounding: false));

            void Count(ref (int Certified, int Wrong) counts, (int Top, float Radius) row)
            {
                counts.Certified += row.Radius > 0 ? 1 : 0;
                counts.Wrong += row.Radius > 0 && exact.Max() - exact[row.Top] > 1e-6 ? 1 : 0;
            }
        }

        Assert.AreEqual(0, counting.Wrong);
        if (arithmetic == CertificateArithmetic.Real && offset == 4e6)
            Assert.IsGreaterThan(0, ignoring.Wrong, "Single precision was right everywhere: this test says nothing.");
        else
            Assert.IsGreaterThan(0.9 * ignoring.Certified, counting.Certified, "A proof of the rounding must cost little here.");
    }

    [TestMethod]
    [DataRow(1e6f)]
    [DataRow(1e12f)]
    [DataRow(1e15f)]
    public void ComputeRadii_HugeBiasesThatCancel_HoldForTheExactAndTheComputedNetwork(float bias)
    {
        // Biases that one layer adds and the next removes (after arXiv 2603.13334 v3): in exact arithmetic they do not matter, and a
        // machine loses what they cover.
        const int Width = 6;
        var random = new RandomNetworks(12);
        float large = (float)Math.ScaleB(1, Math.ILogB(bias));
        float[] identity = [.. Enumerable.Range(0, Width * Width).Select(i => i % (Width + 1) == 0 ? 1f : 0f)];
        var network = new DeployedNetwork(TensorShape.Vector(Width), [
            new DeployedDense(random.Values(Width * Width), [.. Enumerable.Repeat(large, Width)], Width, Width), RandomNetworks.MinMax,
            new DeployedDense(identity, [.. Enumerable.Repeat(-large, Width)], Width, Width), random.Dense(Width, 3)]);
        GloroModel model = TestModels.Complete(network);
        using var scorer = new Float64Scorer(network);
        int certified = 0, wrongWithoutError = 0;
        for (int row = 0; row < 60; row++)
        {
            float[] x = random.Values(Width, row % 2 == 0 ? 1 : 0.01);
            int exact = ExactTop(network, x);
            (int top, float radius) = Certify(model, scorer, x, countRounding: false);
            wrongWithoutError += radius > 0 && top != exact ? 1 : 0;
            (top, radius) = Certify(model, scorer, x);
            if (radius == 0)
                continue;
            certified++;
            Assert.AreEqual(exact, top);
            for (int attack = 0; attack < 10; attack++)
            {
                float[] moved = Move(x, radius, random);
                Assert.AreEqual(top, Certify(model, scorer, moved).Top);
                Assert.AreEqual(top, ExactTop(network, moved));
            }
        }

        if (bias < 1e9)
            Assert.IsGreaterThan(5, certified);
        if (bias > 1e14)
            Assert.IsGreaterThan(0, wrongWithoutError, "The biases did no harm: this test says nothing.");
    }

    [TestMethod]
    public void ComputeRadii_NetworkThatDetectsTheOrderOfSummation_HoldsForEveryOrder()
    {
        // ω·1 + 1 − ω·1 is 1 or 0, by the order (after arXiv 2506.01054); the next layers make a class of it.
        int certified = 0, detected = 0;
        for (int exponent = 0; exponent <= 70; exponent++)
        {
            float omega = (float)Math.ScaleB(1, exponent);
            var network = new DeployedNetwork(TensorShape.Vector(3), [
                new DeployedDense([omega, 1, -omega, 0, 0, 0], [0, 0], 3, 2), RandomNetworks.ReLU,
                new DeployedDense([8, 0, 0, 8], [-4, 0], 2, 2), new DeployedDense([1, 0, -1, 0], [0, 0], 2, 2)]);
            GloroModel model = TestModels.Complete(network);
            using var scorer = new Float64Scorer(network);
            float[] x = [1, 1, 1];
            int exact = ExactTop(network, x);
            bool isDetected = Orders.Any(order => MachineTop(network, x, order) != exact);
            detected += isDetected ? 1 : 0;
            (int top, float radius) = Certify(model, scorer, x);
            if (radius == 0)
                continue;
            certified++;
            Assert.IsFalse(isDetected, $"2^{exponent}");
            Assert.AreEqual(exact, top);
            var random = new RandomNetworks(exponent);
            for (int attack = 0; attack < 20; attack++)
            {
                float[] moved = Move(x, radius, random);
                foreach (SumOrder order in Orders)
                    Assert.AreEqual(top, MachineTop(network, moved, order));
            }
        }

        Assert.IsGreaterThan(20, certified);
        Assert.IsGreaterThan(5, detected, "No order changed a class: this test says nothing.");
    }

    private static (int Top, float Radius) Certify(GloroModel model, INetworkScorer scorer, float[] x, bool countRounding = true)
    {
        var logits = new float[scorer.ClassCount];
        var order = new int[scorer.ClassCount];
        var radii = new float[1];
        scorer.Score(x, 1, logits);
        Certificate.TryOrder(logits, order);
        Assert.IsTrue(new InputGuard(model).TryJudge(x, out RowError error));
        Certificate.ComputeRadii(logits, order, model.Constants, countRounding ? error.Margin : 0, radii);
        return (order[0], countRounding ? error.Shorten(radii[0]) : radii[0]);
    }

    /// <summary>A random point within the radius.</summary>
    private static float[] Move(float[] x, float radius, RandomNetworks random)
    {
        float[] direction = random.Values(x.Length);
        double length = LinearLayerNorms.Norm(direction);
        float[] moved = [.. x.Select((v, i) => (float)(v + (0.999 * radius * direction[i] / length)))];
        return LinearLayerNorms.Norm([.. moved.Select((v, i) => v - x[i])]) < radius ? moved : x;
    }

    private static int ExactTop(DeployedNetwork network, float[] x)
    {
        Exact[] logits = ExactForward.Run(network, x)[^1].Values;
        int top = 0;
        for (int i = 1; i < logits.Length; i++)
            top = logits[i] <= logits[top] ? top : i;
        return top;
    }

    private static int MachineTop(DeployedNetwork network, float[] x, SumOrder order)
    {
        double[] logits = MachineForward.Run(network, x, order)[^1];
        return Array.IndexOf(logits, logits.Max());
    }
}
