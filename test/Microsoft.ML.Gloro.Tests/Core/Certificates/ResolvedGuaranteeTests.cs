using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Tests.Core;

[TestClass]
public sealed class ResolvedGuaranteeTests
{
    private static readonly string[] _classes = ["Forest", "Highway", "Pasture", "River"];

    [TestMethod]
    public void Bind_EachKind_KnowsItsLargestK()
    {
        Assert.AreEqual(1, ResolvedGuarantee.Bind(RobustnessGuarantee.Local, _classes).MaxK);
        Assert.AreEqual(3, ResolvedGuarantee.Bind(RobustnessGuarantee.RelaxedTopK(3), _classes).MaxK);
        Assert.AreEqual(3, ResolvedGuarantee.Bind(RobustnessGuarantee.Parse("affinity:River,Forest+Highway+River"), _classes).MaxK);
        Assert.AreEqual(1, ResolvedGuarantee.Bind(RobustnessGuarantee.Parse("affinity:#3"), _classes).MaxK);
        Assert.AreEqual(4, ResolvedGuarantee.Bind(RobustnessGuarantee.Local, _classes).ClassCount);
        Assert.AreEqual(1, ResolvedGuarantee.Bind(RobustnessGuarantee.Local, ["a", "b"]).MaxK);
    }

    [TestMethod]
    public void Allows_SetsByName_AreResolvedToIndices()
    {
        var subset = ResolvedGuarantee.Bind(RobustnessGuarantee.Parse("affinity:Highway+River"), _classes);
        Assert.IsTrue(subset.Allows([3, 1, 0, 2], 2));
        Assert.IsTrue(subset.Allows([3, 1, 0, 2], 1));
        Assert.IsFalse(subset.Allows([3, 1, 0, 2], 3));
        Assert.IsFalse(subset.Allows([3, 0, 1, 2], 2));
        Assert.IsTrue(subset.Allows([0, 1, 2, 3], 1));
        Assert.IsFalse(subset.Allows([0, 1, 2, 3], 0));

        var exact = ResolvedGuarantee.Bind(RobustnessGuarantee.Parse("affinity:Highway+River:exact:no-singletons"), _classes);
        Assert.IsTrue(exact.Allows([3, 1, 0, 2], 2));
        Assert.IsFalse(exact.Allows([3, 1, 0, 2], 1));
        Assert.IsFalse(exact.Allows([0, 1, 2, 3], 1));
    }

    [TestMethod]
    [DataRow("rtk:4", "Use K ≤ 3")]
    [DataRow("rtk:100", "there are only 4")]
    [DataRow("affinity:River+Lake", "'Lake', which does not exist. The classes are Forest (#0), Highway (#1), Pasture (#2), River (#3)")]
    [DataRow("affinity:river+Forest", "Is 'River' meant?")]
    [DataRow("affinity:#0+#4", "index 4, but indices go from 0 to 3. The classes are Forest (#0)")]
    [DataRow("affinity:River+Forest+Highway+Pasture", "holds all 4 classes")]
    [DataRow("affinity:#0,#0+#1+#2+#3:exact", "holds all 4 classes")]
    public void Bind_GuaranteeThatDoesNotFit_SaysWhatIsWrong(string text, string expected)
    {
        var exception = Assert.ThrowsExactly<ArgumentException>(() => ResolvedGuarantee.Bind(RobustnessGuarantee.Parse(text), _classes));
        StringAssert.Contains(exception.Message, expected, StringComparison.Ordinal);
    }

    [TestMethod]
    public void Bind_OneClassOnly_SaysSo()
    {
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => ResolvedGuarantee.Bind(RobustnessGuarantee.Local, ["cat"])).Message,
            "only one class (cat)",
            StringComparison.Ordinal);
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => ResolvedGuarantee.Bind(RobustnessGuarantee.Local, [])).Message,
            "no class",
            StringComparison.Ordinal);
    }

    [TestMethod]
    public void Bind_NameOfTwoClasses_IsRejectedOnlyWhereItIsUsed()
    {
        var exception = Assert.ThrowsExactly<ArgumentException>(
            () => ResolvedGuarantee.Bind(RobustnessGuarantee.Parse("affinity:a+b"), ["a", "b", "a"]));
        StringAssert.Contains(exception.Message, "two classes have that name", StringComparison.Ordinal);
        Assert.AreEqual(1, ResolvedGuarantee.Bind(RobustnessGuarantee.Parse("affinity:b"), ["a", "b", "a"]).MaxK);
    }

    [TestMethod]
    public void Bind_ManyClasses_NamesOnlyTheFirst()
    {
        var exception = Assert.ThrowsExactly<ArgumentException>(
            () => ResolvedGuarantee.Bind(RobustnessGuarantee.Parse("affinity:x"), [.. Enumerable.Range(0, 1000).Select(c => $"c{c}")]));
        StringAssert.Contains(exception.Message, "c19 (#19) and 980 more", StringComparison.Ordinal);
    }
}
