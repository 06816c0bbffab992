using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Inference;

[TestClass]
public sealed class GloroModelTests
{
    [TestMethod]
    public void With_AnotherGuarantee_KeepsEverythingElse()
    {
        GloroModel model = TestModels.SmallVector();

        GloroModel other = model.With(RobustnessGuarantee.RelaxedTopK(2), 0.5f);

        Assert.AreEqual(RobustnessGuarantee.RelaxedTopK(2), other.Guarantee);
        Assert.AreEqual(0.5f, other.Epsilon);
        Assert.AreEqual(2, other.ResolvedGuarantee.MaxK);
        Assert.AreSame(model.Network, other.Network);
        Assert.AreSame(model.Constants, other.Constants);
        Assert.AreSame(model.Bound, other.Bound);
        Assert.AreEqual(RobustnessGuarantee.Local, model.Guarantee);
    }

    [TestMethod]
    public void WithTemperature_AndWithAnythingElse_KeepsIt()
    {
        GloroModel model = TestModels.SmallVector().WithTemperature(0.125);

        Assert.AreEqual(1, TestModels.SmallVector().Temperature);
        Assert.AreEqual(0.125, model.With(RobustnessGuarantee.RelaxedTopK(2), 0.5f).Temperature);
        Assert.AreEqual(0.125, model.With(CertificateArithmetic.Real).Temperature);
    }

    [TestMethod]
    [DataRow(0.0)]
    [DataRow(-1.0)]
    [DataRow(1e-13)]
    [DataRow(1e13)]
    [DataRow(double.NaN)]
    [DataRow(double.PositiveInfinity)]
    public void WithTemperature_OfNoUse_IsRefused(double temperature)
    {
        var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => TestModels.SmallVector().WithTemperature(temperature));

        StringAssert.Contains(error.Message, "from 1E-12 to 1000000000000");
    }

    [TestMethod]
    [DataRow(-0.1f)]
    [DataRow(float.NaN)]
    [DataRow(float.PositiveInfinity)]
    public void With_AnEpsilonThatIsNoRadius_SaysWhatOneIs(float epsilon)
    {
        var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(
            () => TestModels.SmallVector().With(RobustnessGuarantee.Local, epsilon));

        StringAssert.Contains(error.Message, "finite number, 0 or more");
    }

    [TestMethod]
    public void With_AGuaranteeThatDoesNotFitTheClasses_IsRefused()
    {
        GloroModel model = TestModels.SmallVector();

        Assert.ThrowsExactly<ArgumentException>(() => model.With(RobustnessGuarantee.RelaxedTopK(3), 0.1f));
        Assert.ThrowsExactly<ArgumentException>(() => model.With(RobustnessGuarantee.Parse("affinity:class 0+class 9"), 0.1f));
        Assert.ThrowsExactly<ArgumentNullException>(() => model.With(null!, 0.1f));
    }

    [TestMethod]
    [DataRow(3, "local", 2)]
    [DataRow(30, "local", 10)]
    [DataRow(30, "rtk:12", 12)]
    [DataRow(11, "rtk:3", 10)]
    public void RadiiCount_OfClassesAndGuarantee_IsTenOrWhatIsNeeded(int classes, string guarantee, int expected) =>
        Assert.AreEqual(
            expected, TestModels.Complete(new RandomNetworks(1).Vector(classes: classes), RobustnessGuarantee.Parse(guarantee)).RadiiCount);

    [TestMethod]
    public void Constructor_BoundOfOtherWeights_IsRefused()
    {
        DeployedNetwork network = new RandomNetworks(1).Vector();
        LipschitzBound bound = RigorousBound.Compute(new RandomNetworks(2).Vector());

        StringAssert.Contains(Error(network, bound, ["a", "b", "c"]).Message, "proved for other weights");
    }

    [TestMethod]
    public void Constructor_ClassNamesThatCannotBeStored_AreRefused()
    {
        DeployedNetwork network = new RandomNetworks(1).Vector();
        LipschitzBound bound = RigorousBound.Compute(network);

        StringAssert.Contains(Error(network, bound, ["a", "b"]).Message, "3 outputs");
        StringAssert.Contains(Error(network, bound, ["a", "b", "\ud83d"]).Message, "class 2 is not valid Unicode");
        StringAssert.Contains(Error(network, bound, ["a", "b", new string('c', 5000)]).Message, "at most 4096");
    }

    [TestMethod]
    public void Constructor_WeightThatIsNotFinite_NamesLayerAndPlace()
    {
        DeployedNetwork good = new RandomNetworks(1).Vector();
        var network = new DeployedNetwork(
            good.InputShape,
            [
                .. good.Layers.Take(3),
                new DeployedDense([.. good.Final.Weights[..5], float.NaN, .. good.Final.Weights[6..]], good.Final.Bias, 4, 3),
            ]);

        StringAssert.Contains(
            Error(network, RigorousBound.Compute(good), ["a", "b", "c"]).Message, "Layer 3 (dense) holds NaN among its weights (number 5)");
    }

    [TestMethod]
    public void Constructor_InputOfTheWrongKind_IsRefused()
    {
        DeployedNetwork network = new RandomNetworks(2).EveryKind();
        string[] names = ["a", "b", "c", "d", "e"];
        LipschitzBound bound = RigorousBound.Compute(network);

        DeployedNetwork four = new RandomNetworks(2).Vector(inputs: 4, classes: 5);
        LipschitzBound itsBound = RigorousBound.Compute(four);
        Assert.Contains("3 channels", Assert.ThrowsExactly<ArgumentException>(
            () => new GloroModel(four, itsBound, names, RobustnessGuarantee.Local, 0.1f, isImage: true)).Message);
        Assert.ThrowsExactly<ArgumentException>(
            () => new GloroModel(network, bound, names, RobustnessGuarantee.Local, 0.1f, isImage: true, trainingRowCounts: [1, 2]));
    }

    private static ArgumentException Error(DeployedNetwork network, LipschitzBound bound, string[] names) =>
        Assert.ThrowsExactly<ArgumentException>(
            () => new GloroModel(network, bound, names, RobustnessGuarantee.Local, 0.1f, isImage: false));
}
