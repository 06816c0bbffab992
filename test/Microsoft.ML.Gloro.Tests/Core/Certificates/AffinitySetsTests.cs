namespace Microsoft.ML.Gloro.Tests.Core;

[TestClass]
public sealed class AffinitySetsTests
{
    [TestMethod]
    public void ToString_NamesAndIndices_IsTheShortForm()
    {
        Assert.AreEqual("Highway+River,Forest+Pasture", AffinitySets.FromNames([["Highway", "River"], ["Forest", "Pasture"]]).ToString());
        Assert.AreEqual("#3+#8,#1", AffinitySets.FromIndices([[3, 8], [1]]).ToString());
        Assert.AreEqual("road=Highway,River", AffinitySets.FromNames([["Highway"], ["River"]], ["road", null]).ToString());
        Assert.AreEqual("big trees=#3+#8,#1", AffinitySets.FromIndices([[3, 8], [1]], ["big trees", null]).ToString());
        Assert.AreEqual(@"x\=1+y=2,g=x=1+y", AffinitySets.FromNames([["x=1", "y=2"], ["x=1", "y"]], [null, "g"]).ToString());
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
    public void Parse_Names_AreTheNamesOfTheSets()
    {
        var sets = AffinitySets.Parse(" trees = maple + oak ,rose, big fish=ray+trout");
        Assert.AreEqual("trees, , big fish", string.Join(", ", sets.GroupNames));
        Assert.AreEqual("trees=maple+oak,rose,big fish=ray+trout", sets.ToString());
        Assert.AreEqual(AffinitySets.FromNames([["oak", "maple"], ["ray", "trout"], ["rose"]], ["trees", "big fish", null]), sets);
        Assert.AreEqual("odd", AffinitySets.Parse("odd=#1+#3").GroupNames[0]);
        Assert.AreEqual(AffinitySets.FromIndices([[1, 3]], ["odd"]), AffinitySets.Parse("odd=#1+#3"));
        Assert.AreEqual("affinity:trees=maple+oak:exact", RobustnessGuarantee.Parse("affinity: trees=maple+oak :exact").ToString());
    }

    [TestMethod]
    [DataRow("=+-")]
    [DataRow("y+x=1")]
    [DataRow(@"a\+b=c+d")]
    [DataRow(@"x\=1+y")]
    [DataRow("a+b=c=d,e")]
    public void Parse_EqualsSignThatEndsNoName_IsPartOfAClass(string text)
    {
        // As versions before names read it: at the start, after a + or after a backslash.
        Assert.IsTrue(AffinitySets.Parse(text).GroupNames.All(name => name is null));
        string[][] before = [.. text.Split(',').Select(set => set.Replace(@"\+", "\0", StringComparison.Ordinal).Split('+')
            .Select(part => part.Replace("\0", "+", StringComparison.Ordinal).Replace(@"\", "", StringComparison.Ordinal)).ToArray())];
        Assert.AreEqual(AffinitySets.FromNames(before), AffinitySets.Parse(text));
    }

    [TestMethod]
    public void Parse_TextOfAnySets_RoundTrips()
    {
        const string Characters = "+,:=\\# \t\nabAB\u00e9\u00a0\u2003\ud83d\ude00'\"/;";
        var random = new Random(31);
        for (var round = 0; round < 2_000; round++)
        {
            string?[] groups = [.. Enumerable.Range(0, random.Next(1, 4)).Select(i => random.Next(2) == 0 ? null : Group(i))];
            AffinitySets sets = random.Next(4) == 0
                ? AffinitySets.FromIndices(
                    groups.Select(_ => Enumerable.Range(0, random.Next(1, 4)).Select(_ => random.Next(100)).Distinct()), groups)
                : AffinitySets.FromNames(
                    groups.Select(_ => Enumerable.Range(0, random.Next(1, 4)).Select(_ => Name()).Distinct().ToArray()), groups);
            var read = AffinitySets.Parse(sets.ToString());
            Assert.AreEqual(sets, read);
            Assert.AreEqual(sets.ToString(), read.ToString());
            Assert.AreEqual(sets.GetHashCode(), read.GetHashCode());
            Assert.AreEqual(sets.Count, read.Count);
            CollectionAssert.AreEqual(groups, read.GroupNames.ToArray());

            var guarantee = RobustnessGuarantee.Affinity(sets, (AffinityMatch)random.Next(2), random.Next(2) == 0);
            Assert.AreEqual(guarantee, RobustnessGuarantee.Parse(guarantee.ToString()));
        }

        // A name may hold what separates nothing; its number makes it unique.
        string Group(int i) => $"{"abé"[random.Next(3)]}{"# \taB\u2003;'"[random.Next(8)]}{i}";

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
        Assert.AreNotEqual(sets, AffinitySets.Parse("g=a+b,c+d"));
        Assert.AreEqual(AffinitySets.Parse("g=a+b,h=c+d"), AffinitySets.Parse("h=d+c,g=b+a"));
        Assert.AreNotEqual(AffinitySets.Parse("g=a+b,h=c+d"), AffinitySets.Parse("h=a+b,g=c+d"));
        Assert.AreNotEqual(AffinitySets.FromNames([["g=a", "b"]]), AffinitySets.Parse("g=a+b"));
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
        Assert.AreEqual("fish=ray+trout,flower=rose,tree=oak", sets.ToString());
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
    [DataRow("#1=a+b", "name '#1' of affinity set 1 begins with #")]
    [DataRow("g=a,g=b", "Two affinity sets have the name 'g'")]
    [DataRow("g=", "empty class or set")]
    [DataRow("g=a+#1", "mix class names and class indices")]
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
        Expect("name '' of affinity set 2 is empty", () => AffinitySets.FromNames([["a"], ["b"]], [null, ""]));
        Expect("name '  ' of affinity set 1 is empty", () => AffinitySets.FromIndices([[1]], ["  "]));
        foreach (char separator in "+,:=\\")
            Expect($"of affinity set 1 holds '{separator}'", () => AffinitySets.FromNames([["a"]], [$"x{separator}y"]));
        Expect("begins with # or white space", () => AffinitySets.FromNames([["a"]], ["#x"]));
        Expect("ends with white space", () => AffinitySets.FromNames([["a"]], ["x\t"]));
        Expect("Two affinity sets have the name 'x'", () => AffinitySets.FromNames([["a"], ["b"], ["c"]], ["x", "y", "x"]));
        Expect("2 affinity sets and 1 group names", () => AffinitySets.FromNames([["a"], ["b"]], ["x"]));
        Expect("holds '+'", () => AffinitySets.FromSuperclasses(new Dictionary<string, string> { ["a"] = "x+y" }));
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
