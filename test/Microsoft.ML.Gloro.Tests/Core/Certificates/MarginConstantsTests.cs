using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Tests.Core;

[TestClass]
public sealed class MarginConstantsTests
{
    [TestMethod]
    public void Row_Values_AreCopiedAndSymmetric()
    {
        double[] values = [double.NaN, 2, 3, 2, 0, 4, 3, 4, -1];   // the diagonal means nothing
        var constants = new MarginConstants(values, 3);
        values[1] = 99;

        CollectionAssert.AreEqual((double[])[2, 0, 4], constants.Row(1).ToArray());
        Assert.AreEqual(2, constants[0, 1]);
        Assert.AreEqual(3, constants.ClassCount);
    }

    [TestMethod]
    public void Constructor_Zero_IsRaisedToTheSmallestNormalNumber()
    {
        var constants = new MarginConstants([0, 0, 0, 0], 2);
        Assert.AreEqual(MarginConstants.Smallest, constants[0, 1]);
        Assert.IsTrue(double.IsNormal(constants[0, 1]));
        Assert.AreEqual(0, constants[0, 0]);
    }

    [TestMethod]
    [DataRow(double.NaN)]
    [DataRow(double.PositiveInfinity)]
    [DataRow(double.NegativeInfinity)]
    [DataRow(-1e-300)]
    public void Constructor_BadValue_NamesTheClasses(double value)
    {
        var exception = Assert.ThrowsExactly<ArgumentException>(() => new MarginConstants([0, 1, 1, 1, 0, value, 1, value, 0], 3));
        StringAssert.Contains(exception.Message, "classes 1 and 2", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Constructor_BadShape_Throws()
    {
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => new MarginConstants([0, 1, 2, 0], 2)).Message,
            "differ with the order",
            StringComparison.Ordinal);
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => new MarginConstants([0], 1)).Message,
            "at least two classes",
            StringComparison.Ordinal);
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => new MarginConstants(new double[8], 3)).Message,
            "9 margin Lipschitz constants, not 8",
            StringComparison.Ordinal);
        Assert.ThrowsExactly<ArgumentNullException>(() => new MarginConstants(null!, 2));
    }
}
