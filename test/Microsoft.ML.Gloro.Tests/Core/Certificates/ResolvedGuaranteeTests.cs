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
    public void GroupOf_RandomFamilies_IsTheSmallestNamedSetThatHoldsAll()
    {
        // Sets as bit masks, and every set tried.
        for (int seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            int classes = random.Next(3, 7);
            int[] family = Rows.Family(random, classes);
            string?[] names = [.. family.Select((_, i) => random.Next(3) == 0 ? null : $"{(char)('z' - i)}{seed}")];
            var sets = AffinitySets.FromIndices(family.Select(set => Oracle.Members(classes, set)), names);
            var guarantee = Rows.Bind(RobustnessGuarantee.Affinity(sets), classes);
            for (int certified = 1; certified < 1 << classes; certified++)
            {
                var finest = family.Zip(names).Where(one => one.Second is not null && (one.First & certified) == certified)
                    .OrderBy(one => int.PopCount(one.First)).ThenBy(one => one.Second, StringComparer.Ordinal).ToList();
                int[] members = [.. Oracle.Members(classes, certified).OrderBy(_ => random.Next())];
                Assert.AreEqual(finest.Count == 0 ? null : finest[0].Second, guarantee.GroupOf(members)?.Name, $"seed {seed}");
                string name = members.Length == 1 ? $"c{members[0]}" : finest.Count == 0 ? "" : finest[0].Second!;
                Assert.AreEqual(name, guarantee.NameOf(members), $"seed {seed}");
            }

            Assert.IsNull(guarantee.GroupOf([]));
        }
    }

    [TestMethod]
    public void NameOf_GuaranteesWithoutGroups_IsTheClassOrNothing()
    {
        foreach (string text in new[] { "local", "rtk:3", "affinity:Highway+River" })
        {
            var guarantee = ResolvedGuarantee.Bind(RobustnessGuarantee.Parse(text), _classes);
            Assert.AreEqual("River//", $"{guarantee.NameOf([3])}/{guarantee.NameOf([3, 1])}/{guarantee.NameOf([])}", text);
        }
    }

    [TestMethod]
    public void Bind_TextFromBeforeSetsHadNames_HoldsTheClassWithTheEqualsSign()
    {
        string[] classes = ["x=1", "x = 2", "y", "1 =z"];
        Assert.AreEqual("0 2", Members("x=1+y"));
        Assert.AreEqual("1 2", Members("x=2+y"), "white space around = was kept then, and is dropped now");
        Assert.AreEqual("1 2", Members("x = 2+y"));
        Assert.AreEqual("2 3", Members("1 =z+y"));

        string Members(string text)
        {
            var sets = AffinitySets.Parse(text);
            foreach (var same in new[] { sets, AffinitySets.Parse(sets.ToString()) }) // also once it is written again
            {
                var guarantee = ResolvedGuarantee.Bind(RobustnessGuarantee.Affinity(same), classes);
                Assert.IsNull(guarantee.GroupNames[0], text);
                Assert.AreEqual("", guarantee.NameOf(guarantee.AffinitySets![0]));
            }

            return string.Join(' ', ResolvedGuarantee.Bind(RobustnessGuarantee.Affinity(sets), classes).AffinitySets![0]);
        }
    }

    [TestMethod]
    public void Bind_NamesThatMeanTwoThings_AreRefused()
    {
        Expect("affinity:x=1+y", ["x=1", "1", "y"], "the text 'x=1' can mean either");
        Expect("affinity:y=1+x", ["x", "1", "y"], "has the name 'y', which is the name of a class too");
        Assert.AreEqual("y", ResolvedGuarantee.Bind(RobustnessGuarantee.Parse("affinity:y=y"), ["x", "1", "y"]).NameOf([2]));

        static void Expect(string guarantee, string[] classes, string message) => StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => ResolvedGuarantee.Bind(RobustnessGuarantee.Parse(guarantee), classes)).Message,
            message);
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
