using Microsoft.ML.Gloro.Lipschitz;
using Microsoft.ML.Gloro.Plain;
using Microsoft.ML.Gloro.Scoring;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Scoring;

[TestClass]
public sealed class InputGuardTests
{
    [TestMethod]
    public void Accepts_EverySlotOfEveryLength_FindsTheValueThatIsNotFinite()
    {
        for (int length = 1; length < 40; length++)
        {
            var model = TestModels.Vector(inputs: length);
            var guard = new InputGuard(model.Network, model.Bound);
            var input = new float[length];
            Array.Fill(input, -1000f);
            Assert.IsTrue(guard.Accepts(input));
            for (int slot = 0; slot < length; slot++)
            {
                foreach (float bad in new[] { float.NaN, float.NegativeInfinity, float.PositiveInfinity, float.MaxValue, -1e35f })
                {
                    input[slot] = bad;
                    Assert.IsFalse(guard.Accepts(input), $"{bad} at {slot} of {length}");
                }

                input[slot] = -1000f;
            }
        }
    }

    [TestMethod]
    public void Accepts_InputWhoseOverflowReLUWouldHide_RefusesIt()
    {
        // Row 0 computes ∞ − ∞ and ReLU makes 0 of it: finite logits of an input that nothing is known about.
        var network = new PlainNetwork(PlainShape.Vector(2), [
            new PlainDense([1e30f, 0, 0, 1e30f], [0, 0], 2, 2),
            new PlainDense([1, -1, 0, 0], [0, 1], 2, 2),
            new PlainActivation(PlainActivationKind.ReLU),
            new PlainDense([1, 0, 0, 1], [0, 0], 2, 2)]);
        var guard = new InputGuard(network, RigorousBound.Compute(network));
        Assert.IsFalse(guard.Accepts([1e10f, 1e10f]));
        Assert.IsTrue(guard.Accepts([0.1f, 0.1f]));
    }

    [TestMethod]
    public void Transform_InputWhoseOverflowReLUWouldHide_CertifiesNothing()
    {
        var network = new PlainNetwork(PlainShape.Vector(6), [
            new PlainDense([.. Enumerable.Range(0, 12).Select(i => i is 0 or 7 ? 1e30f : 0)], [0, 0], 6, 2),
            new PlainDense([1, -1, 0, 0], [0, 1], 2, 2),
            new PlainActivation(PlainActivationKind.ReLU),
            new PlainDense([0, 1, 1, 0], [0, 0], 2, 2)]);
        using var transformer = TestModels.Transformer(TestModels.Create(network, RobustnessGuarantee.Local, 0, isImage: false));
        var row = ScoredRow.All(transformer.Transform(VectorRow.View([new VectorRow { Features = [1e10f, 1e10f, 0, 0, 0, 0] }]))).Single();
        Assert.AreEqual((0f, 0u, 2), (row.CertifiedRadius, row.PredictedLabel, row.ReachableLabels.Length));
        Assert.IsTrue(row.Logits.All(float.IsNaN));
    }

    [TestMethod]
    public void Accepts_NetworkWhoseBiasesAloneComeNearOverflow_RefusesEverything()
    {
        var network = new PlainNetwork(PlainShape.Vector(1), [new PlainDense([1], [1e35f], 1, 1), new PlainDense([1, 2], [0, 0], 1, 2)]);
        Assert.IsFalse(new InputGuard(network, RigorousBound.Compute(network)).Accepts([0]));
    }
}
