using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.MLNet;

[TestClass]
public sealed class InputGuardTests
{
    [TestMethod]
    public void TryJudge_EverySlotOfEveryLength_FindsTheValueThatIsNotFinite()
    {
        for (int length = 1; length < 40; length++)
        {
            var guard = new InputGuard(TestModels.Vector(inputs: length));
            var input = new float[length];
            Array.Fill(input, -1000f);
            Assert.IsTrue(guard.TryJudge(input, out double error) && double.IsFinite(error));
            for (int slot = 0; slot < length; slot++)
            {
                foreach (float bad in new[] { float.NaN, float.NegativeInfinity, float.PositiveInfinity, float.MaxValue, -1e35f })
                {
                    input[slot] = bad;
                    Assert.IsFalse(guard.TryJudge(input, out error), $"{bad} at {slot} of {length}");
                    Assert.AreEqual(double.PositiveInfinity, error);
                }

                input[slot] = -1000f;
            }
        }
    }

    [TestMethod]
    public void TryJudge_DenormalInAnySlot_IsScoredButNotCertified()
    {
        var guard = new InputGuard(TestModels.Vector(inputs: 19));
        for (int slot = 0; slot < 19; slot++)
        {
            foreach (float value in new[] { float.Epsilon, -float.Epsilon, 1e-39f, MathF.BitDecrement(1.17549435E-38f) })
            {
                var input = new float[19];
                input[slot] = value;
                Assert.IsTrue(guard.TryJudge(input, out double error));
                Assert.AreEqual(double.PositiveInfinity, error, $"{value} at {slot}");
                input[slot] = 1.17549435E-38f;
                Assert.IsTrue(guard.TryJudge(input, out error) && double.IsFinite(error));
            }
        }
    }

    [TestMethod]
    public void TryJudge_PixelOutOfRangeInAnySlot_IsScoredButNotCertified()
    {
        var guard = new InputGuard(TestModels.Image());
        int size = TestModels.Image().Network.InputShape.Size;
        for (int slot = 0; slot < size; slot++)
        {
            foreach (float value in new[] { -1e-7f, MathF.BitIncrement(1), 255 })
            {
                var input = new float[size];
                input[slot] = value;
                Assert.IsTrue(guard.TryJudge(input, out double error));
                Assert.AreEqual(double.PositiveInfinity, error, $"{value} at {slot}");
            }

            var ordinary = new float[size];
            ordinary[slot] = 1;
            Assert.IsTrue(guard.TryJudge(ordinary, out double small) && double.IsFinite(small));
        }
    }

    [TestMethod]
    public void TryJudge_Real_HasAnErrorForVectorsOnly()
    {
        Assert.IsTrue(new InputGuard(TestModels.Vector().With(CertificateArithmetic.Real)).TryJudge(new float[6], out double error));
        Assert.IsGreaterThan(0, error);
        GloroModel image = TestModels.Image().With(CertificateArithmetic.Real);
        Assert.IsTrue(new InputGuard(image).TryJudge(new float[image.Network.InputShape.Size], out error));
        Assert.AreEqual(0, error);
    }

    [TestMethod]
    public void TryJudge_LargerInput_HasALargerError()
    {
        var guard = new InputGuard(TestModels.Vector());
        Assert.IsTrue(guard.TryJudge([1, 0, 0, 0, 0, 0], out double small));
        Assert.IsTrue(guard.TryJudge([1, 1, 1, 1, 1, 1], out double large));
        Assert.IsGreaterThan(small, large);
        Assert.IsGreaterThan(0, small);
    }

    [TestMethod]
    public void TryJudge_InputWhoseOverflowReLUWouldHide_RefusesIt()
    {
        // In single precision row 0 computes ∞ − ∞ and ReLU makes 0 of it: finite logits of an input that nothing is known about.
        var network = new DeployedNetwork(TensorShape.Vector(2), [
            new DeployedDense([1e30f, 0, 0, 1e30f], [0, 0], 2, 2),
            new DeployedDense([1, -1, 0, 0], [0, 1], 2, 2),
            new DeployedActivation(ActivationFunction.ReLU),
            new DeployedDense([1, 0, 0, 1], [0, 0], 2, 2)]);
        foreach (var arithmetic in Enum.GetValues<CertificateArithmetic>())
        {
            var guard = new InputGuard(TestModels.Create(network, RobustnessGuarantee.Local, 0, isImage: false).With(arithmetic));
            Assert.IsFalse(guard.TryJudge([1e10f, 1e10f], out _));
            Assert.IsTrue(guard.TryJudge([0.1f, 0.1f], out double error) && double.IsFinite(error));
        }
    }

    [TestMethod]
    public void Transform_InputWhoseOverflowReLUWouldHide_CertifiesNothing()
    {
        var network = new DeployedNetwork(TensorShape.Vector(6), [
            new DeployedDense([.. Enumerable.Range(0, 12).Select(i => i is 0 or 7 ? 1e30f : 0)], [0, 0], 6, 2),
            new DeployedDense([1, -1, 0, 0], [0, 1], 2, 2),
            new DeployedActivation(ActivationFunction.ReLU),
            new DeployedDense([0, 1, 1, 0], [0, 0], 2, 2)]);
        using var transformer = TestModels.Transformer(TestModels.Create(network, RobustnessGuarantee.Local, 0, isImage: false));
        var row = ScoredRow.All(transformer.Transform(VectorRow.View([new VectorRow { Features = [1e10f, 1e10f, 0, 0, 0, 0] }]))).Single();
        Assert.AreEqual((0f, 0u, 2), (row.CertifiedRadius, row.PredictedLabel, row.ReachableLabels.Length));
        Assert.IsTrue(row.Logits.All(float.IsNaN));
    }

    [TestMethod]
    public void TryJudge_NetworkWhoseBiasesAloneComeNearOverflow_RefusesEverything()
    {
        var network =
            new DeployedNetwork(TensorShape.Vector(1), [new DeployedDense([1], [1e35f], 1, 1), new DeployedDense([1, 2], [0, 0], 1, 2)]);
        Assert.IsFalse(
            new InputGuard(TestModels.Create(network, RobustnessGuarantee.Local, 0, isImage: false)).TryJudge([0], out double error));
        Assert.AreEqual(double.PositiveInfinity, error);
    }
}
