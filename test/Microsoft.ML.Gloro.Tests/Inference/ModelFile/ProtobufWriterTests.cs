using Microsoft.ML.Gloro.Inference;

namespace Microsoft.ML.Gloro.Tests.Inference;

[TestClass]
public sealed class ProtobufWriterTests
{
    [TestMethod]
    public void Integer_OfTheSpecificationsExample_GivesItsBytes() =>
        Assert.AreEqual("089601", Hex(new ProtobufWriter().Integer(1, 150)));

    [TestMethod]
    public void Integer_Negative_TakesTenBytes() =>
        Assert.AreEqual("08FFFFFFFFFFFFFFFFFF01", Hex(new ProtobufWriter().Integer(1, -1)));

    [TestMethod]
    public void Text_OfTheSpecificationsExample_GivesItsBytes() =>
        Assert.AreEqual("120774657374696E67", Hex(new ProtobufWriter().Text(2, "testing")));

    [TestMethod]
    public void Message_OfTheSpecificationsExample_GivesItsBytes() =>
        Assert.AreEqual("1A03089601", Hex(new ProtobufWriter().Message(3, new ProtobufWriter().Integer(1, 150))));

    [TestMethod]
    public void Key_OfAFieldAboveFifteen_TakesTwoBytes() =>
        Assert.AreEqual("A00107", Hex(new ProtobufWriter().Integer(20, 7)));

    [TestMethod]
    public void Numbers_AreLittleEndian()
    {
        Assert.AreEqual("4A080000803F000000C0", Hex(new ProtobufWriter().Singles(9, [1f, -2f])));
        Assert.AreEqual("4A08FEFFFFFFFFFFFFFF", Hex(new ProtobufWriter().Integers(9, [-2])));
    }

    private static string Hex(ProtobufWriter writer) => Convert.ToHexString(writer.ToArray());
}
