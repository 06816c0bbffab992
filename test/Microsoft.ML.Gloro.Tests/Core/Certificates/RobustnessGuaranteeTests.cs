namespace Microsoft.ML.Gloro.Tests.Core;

[TestClass]
public sealed class RobustnessGuaranteeTests
{
    private static readonly AffinitySets _sets = AffinitySets.Parse("Highway+River,Forest+Pasture");

    [TestMethod]
    public void Parse_EachKind_ReadsTheGuarantee()
    {
        Assert.AreSame(RobustnessGuarantee.Local, RobustnessGuarantee.Parse(" Local "));
        Assert.AreEqual(RobustnessGuarantee.RelaxedTopK(3), RobustnessGuarantee.Parse("RTK: 3"));
        Assert.AreEqual(RobustnessGuarantee.Affinity(_sets), RobustnessGuarantee.Parse("affinity:Highway+River,Forest+Pasture"));
        Assert.AreEqual(
            RobustnessGuarantee.Affinity(_sets), RobustnessGuarantee.Parse("affinity:Highway+River,Forest+Pasture:subset:singletons"));
        Assert.AreEqual(
            RobustnessGuarantee.Affinity(_sets, AffinityMatch.Exact, false),
            RobustnessGuarantee.Parse("Affinity: Highway+River,Forest+Pasture :No-Singletons: EXACT "));
        Assert.AreEqual(
            RobustnessGuarantee.Affinity(AffinitySets.FromNames([["a:exact", "b"]])), RobustnessGuarantee.Parse(@"affinity:a\:exact+b"));
    }

    [TestMethod]
    public void ToString_EachKind_IsShortAndRoundTrips()
    {
        (string Text, RobustnessGuarantee Guarantee)[] all =
        [
            ("local", RobustnessGuarantee.Local),
            ("rtk:1", RobustnessGuarantee.RelaxedTopK(1)),
            ("rtk:2147483647", RobustnessGuarantee.RelaxedTopK(int.MaxValue)),
            ("affinity:Highway+River,Forest+Pasture", RobustnessGuarantee.Affinity(_sets)),
            ("affinity:Highway+River,Forest+Pasture:exact", RobustnessGuarantee.Affinity(_sets, AffinityMatch.Exact)),
            ("affinity:Highway+River,Forest+Pasture:no-singletons", RobustnessGuarantee.Affinity(_sets, includeSingletons: false)),
            (
                "affinity:#0+#1:exact:no-singletons",
                RobustnessGuarantee.Affinity(AffinitySets.FromIndices([[0, 1]]), AffinityMatch.Exact, false)),
        ];
        foreach (var (text, guarantee) in all)
        {
            Assert.AreEqual(text, guarantee.ToString());
            Assert.AreEqual(guarantee, RobustnessGuarantee.Parse(text));
            Assert.AreEqual(guarantee.GetHashCode(), RobustnessGuarantee.Parse(text).GetHashCode());
        }
        Assert.HasCount(all.Length, all.Select(item => item.Guarantee).Distinct().ToArray());
    }

    [TestMethod]
    public void Properties_EachKind_SayWhatWasAskedFor()
    {
        Assert.AreEqual((GuaranteeKind.Local, 1), (RobustnessGuarantee.Local.Kind, RobustnessGuarantee.Local.K));
        var relaxed = RobustnessGuarantee.RelaxedTopK(5);
        Assert.AreEqual((GuaranteeKind.RelaxedTopK, 5), (relaxed.Kind, relaxed.K));
        Assert.IsNull(relaxed.AffinitySets);
        var affinity = RobustnessGuarantee.Affinity(_sets);
        Assert.AreEqual(
            (GuaranteeKind.Affinity, 0, AffinityMatch.Subset, true),
            (affinity.Kind, affinity.K, affinity.Match, affinity.IncludeSingletons));
        Assert.AreSame(_sets, affinity.AffinitySets);
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("locale")]
    [DataRow("local:1")]
    [DataRow("rtk")]
    [DataRow("rtk:3:exact")]
    [DataRow("affinity")]
    [DataRow("topk:3")]
    public void Parse_UnknownText_SaysWhatCanBeWritten(string text)
    {
        var exception = Assert.ThrowsExactly<FormatException>(() => RobustnessGuarantee.Parse(text));
        StringAssert.Contains(exception.Message, $"'{text}' is no guarantee. Write local, rtk:3 or affinity:", StringComparison.Ordinal);
    }

    [TestMethod]
    [DataRow("rtk:0", "at least 1")]
    [DataRow("rtk:-2", "at least 1")]
    [DataRow("rtk:three", "at least 1")]
    [DataRow("rtk:", "at least 1")]
    [DataRow("affinity:", "empty class or set")]
    [DataRow("affinity:a+b:sometimes", "':sometimes'")]
    [DataRow("affinity:a+b:exact:subset", "':subset'")]
    [DataRow("affinity:a+b:singletons:no-singletons", "':no-singletons'")]
    [DataRow("affinity:a+a", "'a' twice")]
    public void Parse_BadValue_SaysWhatIsWrong(string text, string expected) =>
        StringAssert.Contains(
            Assert.ThrowsExactly<FormatException>(() => RobustnessGuarantee.Parse(text)).Message, expected, StringComparison.Ordinal);

    [TestMethod]
    public void Factories_BadArguments_Throw()
    {
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => RobustnessGuarantee.RelaxedTopK(0));
        Assert.ThrowsExactly<ArgumentNullException>(() => RobustnessGuarantee.Affinity(null!));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => RobustnessGuarantee.Affinity(_sets, (AffinityMatch)2));
        Assert.ThrowsExactly<ArgumentNullException>(() => RobustnessGuarantee.Parse(null!));
    }
}
