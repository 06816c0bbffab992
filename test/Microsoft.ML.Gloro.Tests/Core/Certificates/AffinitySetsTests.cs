namespace Microsoft.ML.Gloro.Tests.Core;

[TestClass]
public sealed class AffinitySetsTests
{
    [TestMethod]
    public void ToString_NamesAndIndices_IsTheShortForm()
    {
        Assert.AreEqual("Highway+River,Forest+Pasture", AffinitySets.FromNames([["Highway", "River"], ["Forest", "Pasture"]]).ToString());
        Assert.AreEqual("#3+#8,#1", AffinitySets.FromIndices([[3, 8], [1]]).ToString());
        Assert.AreEqual(@"a\+b\,\:\\+\#1+C#+\  x y\ ", AffinitySets.FromNames([[@"a+b,:\", "#1", "C#", "  x y "]]).ToString());
    }

    [TestMethod]
    public void Parse_WhiteSpaceAndEscapes_ReadsTheNames()
    {
        Assert.AreEqual(
            AffinitySets.FromNames([["Highway", "Big River"], ["Forest", "Pasture"]]),
            AffinitySets.Parse(" Highway + Big River ,Forest+ Pasture\n"));
        Assert.AreEqual(AffinitySets.FromNames([["tench, Tinca tinca", "#1", " "]]), AffinitySets.Parse(@"tench\, Tinca tinca+\#1+\ "));
        Assert.AreEqual(AffinitySets.FromIndices([[0, 12], [3]]), AffinitySets.Parse("#0+#12, #3"));
    }

    [TestMethod]
    public void Parse_TextOfAnySets_RoundTrips()
    {
        const string Characters = "+,:\\# \t\nabAB\u00e9\u00a0\u2003\ud83d\ude00'\"/;";
        var random = new Random(31);
        for (var round = 0; round < 2_000; round++)
        {
            AffinitySets sets = random.Next(4) == 0
                ? AffinitySets.FromIndices(Enumerable.Range(0, random.Next(1, 4))
                    .Select(_ => Enumerable.Range(0, random.Next(1, 4)).Select(_ => random.Next(100)).Distinct()))
                : AffinitySets.FromNames(Enumerable.Range(0, random.Next(1, 4))
                    .Select(_ => Enumerable.Range(0, random.Next(1, 4)).Select(_ => Name()).Distinct().ToArray()));
            var read = AffinitySets.Parse(sets.ToString());
            Assert.AreEqual(sets, read);
            Assert.AreEqual(sets.ToString(), read.ToString());
            Assert.AreEqual(sets.GetHashCode(), read.GetHashCode());
            Assert.AreEqual(sets.Count, read.Count);

            var guarantee = RobustnessGuarantee.Affinity(sets, (AffinityMatch)random.Next(2), random.Next(2) == 0);
            Assert.AreEqual(guarantee, RobustnessGuarantee.Parse(guarantee.ToString()));
        }

        string Name() => string.Concat(Enumerable.Range(0, random.Next(1, 5)).Select(_ => Characters[random.Next(Characters.Length)]));
    }

    [TestMethod]
    public void Equals_OtherOrder_IsEqualAndOtherSetsAreNot()
    {
        var sets = AffinitySets.Parse("a+b,c+d");
        Assert.AreEqual(sets, AffinitySets.Parse("d+c,b+a"));
        Assert.AreEqual(sets, AffinitySets.Parse("d+c,b+a,c+d"));
        Assert.AreEqual(sets.GetHashCode(), AffinitySets.Parse("d+c,b+a").GetHashCode());
        Assert.AreNotEqual(sets, AffinitySets.Parse("a+c,b+d"));
        Assert.AreNotEqual(sets, AffinitySets.Parse("a+b"));
        Assert.AreNotEqual(AffinitySets.FromNames([["#1"]]), AffinitySets.FromIndices([[1]]));
        Assert.AreNotEqual(AffinitySets.FromNames([["a+b"]]), AffinitySets.FromNames([["a", "b"]]));
        Assert.IsFalse(sets.Equals(null));
    }

    [TestMethod]
    public void FromNames_ListChangedLater_StaysAsItWas()
    {
        List<string> set = ["a", "b"];
        var sets = AffinitySets.FromNames([set]);
        set[0] = "z";
        Assert.AreEqual(AffinitySets.Parse("a+b"), sets);
    }

    [TestMethod]
    public void FromSuperclasses_Map_GroupsTheClasses()
    {
        var sets = AffinitySets.FromSuperclasses(
            new Dictionary<string, string> { ["trout"] = "fish", ["rose"] = "flower", ["ray"] = "fish", ["oak"] = "tree" });
        Assert.AreEqual("ray+trout,rose,oak", sets.ToString());
        Assert.AreEqual(3, sets.Count);
    }

    [TestMethod]
    [DataRow("", "empty class or set")]
    [DataRow("a+,b", "empty class or set")]
    [DataRow("a,,b", "empty class or set")]
    [DataRow("a+ +b", "empty class or set")]
    [DataRow("a+b,c+a+c", "'c' twice")]
    [DataRow("#1+#1", "'1' twice")]
    [DataRow("a+#1", "mix class names and class indices")]
    [DataRow("#x", @"write \#x")]
    [DataRow("#", "no class index")]
    [DataRow("#-1", "no class index")]
    [DataRow("#99999999999", "no class index")]
    [DataRow(@"a+b\", "backslash with nothing after it")]
    [DataRow("a:b", "colon")]
    public void Parse_BadText_SaysWhatIsWrong(string text, string expected)
    {
        var exception = Assert.ThrowsExactly<FormatException>(() => AffinitySets.Parse(text));
        StringAssert.Contains(exception.Message, expected, StringComparison.Ordinal);
        StringAssert.Contains(exception.Message, $"'{text}'", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Factories_BadSets_SayWhatIsWrong()
    {
        Expect("no affinity set", () => AffinitySets.FromNames([]));
        Expect("set 2 is empty", () => AffinitySets.FromNames([["a"], []]));
        Expect("set 2 holds class 'b' twice", () => AffinitySets.FromNames([["a"], ["b", "c", "b"]]));
        Expect("set 1 holds an empty class name", () => AffinitySets.FromNames([["a", ""]]));
        Expect("set 1 holds an empty class name", () => AffinitySets.FromNames([["a", null!]]));
        Expect("set is null", () => AffinitySets.FromNames([null!]));
        Expect("no affinity set", () => AffinitySets.FromIndices([]));
        Expect("set 1 is empty", () => AffinitySets.FromIndices([[]]));
        Expect("set 1 holds class '4' twice", () => AffinitySets.FromIndices([[4, 4]]));
        Expect("class index -1", () => AffinitySets.FromIndices([[0, -1]]));
        Expect("map is empty", () => AffinitySets.FromSuperclasses(new Dictionary<string, string>()));
        Expect("class 'a' to superclass ''", () => AffinitySets.FromSuperclasses(new Dictionary<string, string> { ["a"] = "" }));
        Assert.ThrowsExactly<ArgumentNullException>(() => AffinitySets.FromNames(null!));
        Assert.ThrowsExactly<ArgumentNullException>(() => AffinitySets.FromIndices(null!));
        Assert.ThrowsExactly<ArgumentNullException>(() => AffinitySets.FromSuperclasses(null!));
        Assert.ThrowsExactly<ArgumentNullException>(() => AffinitySets.Parse(null!));

        static void Expect(string message, Func<AffinitySets> factory) =>
            StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => factory()).Message, message, StringComparison.Ordinal);
    }
}
