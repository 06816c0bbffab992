using Microsoft.ML.Gloro.Analysis;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Analysis;

[TestClass]
public sealed class AffinityDiscoveryTests
{
    [TestMethod]
    [DataRow("ab,cde")]
    [DataRow("bf")]
    [DataRow("ac,bd,ef")]
    [DataRow("abcd")]
    public void Discover_PlantedGroups_FindsThemAndNothingElse(string planted)
    {
        foreach (bool allowOverlap in new[] { false, true })
        {
            HandMadeView view = PlantedRows.View(3000, planted.Split(','), seed: 2);

            // At the default price a set of four of six classes is worth less than it leaves open.
            GloroAffinityDiscovery found = AffinityDiscoverer.Run(view.Build(), new() { AllowOverlap = allowOverlap, BitPrice = 0.1 });

            Assert.AreEqual(Sets(planted), found.Sets, $"{found}");
            Assert.IsGreaterThan(0.05, found.Gain);
            Assert.IsLessThan(found.Gain / 3, found.GainStandardError);
            // Every row that is held up is held up by a group.
            Assert.AreEqual(1, found.VerifiedRobustAccuracy, 1e-12);
            Assert.AreEqual(RobustnessGuarantee.Affinity(found.Sets!), found.Guarantee);
            string[] together = [.. found.BlockingPairs.Select(pair => pair.First + pair.Second)];
            CollectionAssert.AreEquivalent(planted.Split(',').SelectMany(Pairs).ToArray(), together);
        }
    }

    [TestMethod]
    public void Discover_RowsThatNothingHoldsUp_ProposesNothing()
    {
        GloroAffinityDiscovery found =
            AffinityDiscoverer.Run(PlantedRows.View(500, [], seed: 1).Build(), new() { MinimumGain = 0, BitPrice = 0 });

        Assert.IsNull(found.Sets);
        Assert.AreEqual(RobustnessGuarantee.Local, found.Guarantee);
        Assert.IsEmpty(found.BlockingPairs);
        Assert.AreEqual(0, found.BlockedFraction);
        Assert.AreEqual(0, found.Gain);
        Assert.AreEqual(1, found.VerifiedRobustAccuracy);
        Assert.Contains("no set is worth proposing", found.ToString());
    }

    [TestMethod]
    public void Discover_ClassesThatAllCrowdEachOtherAlike_ProposesNothing()
    {
        int helped = 0;
        for (int seed = 1; seed <= 10; seed++)
        {
            // Sets would bring something here, the same whichever classes they held: that is no structure.
            GloroAffinityDiscovery found =
                AffinityDiscoverer.Run(PlantedRows.Noise(1000, seed, scale: 3).Build(), new() { MaximumSetSize = 3 });
            Assert.IsNull(found.Sets, $"{seed}: {found}");
            helped += found.HelpedFraction > 0.1 ? 1 : 0;
        }

        Assert.AreEqual(10, helped, "The test needs rows that sets would help.");
    }

    [TestMethod]
    public void Discover_AnySizeAtNoPrice_StaysBelowTheMaximumAndBelowAllClasses()
    {
        // Five of six classes crowd each other, or all of them.
        foreach (string planted in new[] { "abcde", "abcdef" })
        {
            HandMadeView view = PlantedRows.View(5000, [.. Pairs(planted)], seed: 3, crowded: 0.6);
            for (int size = 2; size <= 9; size++)
            {
                foreach (bool allowOverlap in new[] { false, true })
                {
                    GloroAffinityDiscovery found = AffinityDiscoverer.Run(
                        view.Build(), new() { MaximumSetSize = size, BitPrice = 0, MinimumGain = 0, AllowOverlap = allowOverlap });

                    Assert.AreEqual(Math.Min(size, 5), found.MaximumSetSize);
                    foreach (GloroDiscoveredSet set in found.Details)
                        Assert.IsLessThanOrEqualTo(found.MaximumSetSize, set.Classes.Count, $"{found}");
                    if (!allowOverlap)
                        Assert.AreEqual(found.Details.Sum(set => set.Classes.Count), found.Details.SelectMany(set => set.Classes).Distinct()
                            .Count(), $"{found}");
                    if (planted.Length == 5)
                        Assert.IsNotNull(found.Sets, $"{size}");
                }
            }
        }
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Discover_GainsOnHeldOutRows_AreThoseOfTheEvaluatorExactly(bool allowOverlap)
    {
        HandMadeView view = PlantedRows.View(2000, ["ab", "bc", "ef"], seed: 4);
        // Rows that count in their own ways: no logits, no label, a class that the model does not have.
        view.Rows[7].Logits[2] = float.NaN;
        view.Rows[8].Logits[1] = float.PositiveInfinity;
        view = new() { Epsilon = PlantedRows.Epsilon, Rows = view.Rows, LabelNames = [.. HandMadeView.Letters, "unseen"] };
        for (int i = 20; i < 40; i++)
            view.Rows[i].Label = 7;
        var options =
            new GloroAffinityDiscoveryOptions { AllowOverlap = allowOverlap, Seed = 5, HeldOutFraction = 0.4, MaximumSetSize = 2 };

        GloroAffinityDiscovery found = AffinityDiscoverer.Run(view.Build(), options);

        HandMadeView heldOut = view.Where(row => RowSplit.IsHeldOut(row, 5, 0.4)),
            finding = view.Where(row => !RowSplit.IsHeldOut(row, 5, 0.4));
        Assert.AreEqual(heldOut.Rows.Count, found.HeldOutRowCount);
        Assert.AreEqual(finding.Rows.Count, found.FindingRowCount);
        Assert.HasCount(allowOverlap ? 3 : 2, found.Details);
        GloroMetrics with = Evaluate(heldOut, found.Guarantee), local = Evaluate(heldOut, RobustnessGuarantee.Local);
        Assert.AreEqual(with.VerifiedRobustAccuracy, found.VerifiedRobustAccuracy);
        Assert.AreEqual(with.MeanLoosestSetSize, found.MeanLoosestSetSize);
        Assert.AreEqual(local.VerifiedRobustAccuracy, found.LocalVerifiedRobustAccuracy);
        Assert.AreEqual(with.VerifiedRobustAccuracy - local.VerifiedRobustAccuracy, found.Gain);
        foreach (GloroDiscoveredSet set in found.Details)
        {
            RobustnessGuarantee others = Guarantee(found.Details.Where(other => other != set));
            double without = Evaluate(heldOut, others).VerifiedRobustAccuracy;
            Assert.AreEqual(without, set.VerifiedRobustAccuracyWithout);
            Assert.AreEqual(with.VerifiedRobustAccuracy - without, set.Gain);
            Assert.AreEqual(Evaluate(heldOut, Guarantee([set])).VerifiedRobustAccuracy - local.VerifiedRobustAccuracy, set.GainAlone);
            Assert.AreEqual(Evaluate(finding, found.Guarantee).VerifiedRobustAccuracy - Evaluate(finding, others).VerifiedRobustAccuracy,
                set.FindingGain);
        }
    }

    [TestMethod]
    public void Discover_HeldOutView_IsReportedOnAndDecidesNothing()
    {
        HandMadeView view = PlantedRows.View(1500, ["ab", "cde"], seed: 6), other = PlantedRows.View(800, ["ab"], seed: 7);

        GloroAffinityDiscovery found = AffinityDiscoverer.Run(view.Build(), new() { HeldOut = other.Build() });

        Assert.AreEqual(Sets("ab,cde"), found.Sets);
        Assert.AreEqual(1500, found.FindingRowCount);
        Assert.AreEqual(800, found.HeldOutRowCount);
        Assert.AreEqual(Evaluate(other, found.Guarantee).VerifiedRobustAccuracy, found.VerifiedRobustAccuracy);
        Assert.AreEqual(0, found.Details.Single(set => set.Classes.Count == 3).Gain);
        Assert.AreEqual(1500, view.RowsRead);
    }

    [TestMethod]
    public void Discover_ClassesNumberedOtherwise_FindsTheSameSets()
    {
        string[] groups = ["ab", "bc", "de"];
        foreach (bool allowOverlap in new[] { false, true })
        {
            var options = new GloroAffinityDiscoveryOptions { AllowOverlap = allowOverlap };
            string expected = AffinityDiscoverer.Run(PlantedRows.View(1500, groups, seed: 8).Build(), options).ToString();
            foreach (string order in new[] { "fedcba", "cabfed", "bdface" })
            {
                HandMadeView view = PlantedRows.View(1500, groups, seed: 8, classNames: [.. order.Select(letter => letter.ToString())]);
                Assert.AreEqual(expected, AffinityDiscoverer.Run(view.Build(), options).ToString());
            }

            Assert.Contains("a + b", expected);
        }
    }

    [TestMethod]
    public void Discover_ClassWithTwoNeighbors_IsInBothSetsOnlyIfSetsMayOverlap()
    {
        // b has a on one side and c on the other, and a and c never meet.
        HandMadeView view = PlantedRows.View(3000, ["ab", "bc"], seed: 9);

        Assert.AreEqual(Sets("ab,bc"), AffinityDiscoverer.Run(view.Build(), new() { MaximumSetSize = 2, AllowOverlap = true }).Sets);
        GloroAffinityDiscovery disjoint = AffinityDiscoverer.Run(view.Build(), new() { MaximumSetSize = 2 });
        Assert.AreEqual(1, disjoint.Sets!.Count);
        Assert.Contains("b", disjoint.Details[0].Classes);
        Assert.AreEqual(Sets("abc"), AffinityDiscoverer.Run(view.Build(), new() { MaximumSetSize = 3 }).Sets);
    }

    [TestMethod]
    public void Discover_PriceOrMinimumGainBeyondWhatASetBrings_ProposesNothing()
    {
        HandMadeView view = PlantedRows.View(1500, ["ab"], seed: 10);
        GloroDiscoveredSet set = AffinityDiscoverer.Run(view.Build(), new()).Details.Single();

        Assert.IsNotNull(AffinityDiscoverer.Run(view.Build(), new() { MinimumGain = set.FindingGain - 0.0005 }).Sets);
        Assert.IsNull(AffinityDiscoverer.Run(view.Build(), new() { MinimumGain = set.FindingGain + 0.0005 }).Sets);
        // Each row that was blocked leaves one bit open.
        Assert.IsGreaterThan(set.Gain - 1e-9, set.Bits);
        Assert.IsNull(AffinityDiscoverer.Run(view.Build(), new() { BitPrice = 1.01 }).Sets);
    }

    [TestMethod]
    public void Discover_OptionsThatCannotBeUsed_AreAllNamed()
    {
        var options = new GloroAffinityDiscoveryOptions
        {
            LabelColumnName = "",
            OutputColumnPrefix = null!,
            Epsilon = -1,
            MaximumSetSize = 1,
            MinimumGain = -0.1,
            BitPrice = double.NaN,
            HeldOutFraction = 1,
        };

        string message = Assert.ThrowsExactly<ArgumentException>(() => AffinityDiscoverer.Run(new HandMadeView().Build(), options)).Message;

        foreach (string name
            in new[] { "LabelColumnName", "OutputColumnPrefix", "Epsilon", "MaximumSetSize", "MinimumGain", "BitPrice", "HeldOutFraction" })
            Assert.Contains(name, message);
    }

    [TestMethod]
    public void Discover_ViewThatCannotBeUsed_SaysWhatIsWrong()
    {
        HandMadeView good = PlantedRows.View(50, ["ab"], seed: 1);
        Assert.Contains("no column 'TopKRadii'", Fails(new HandMadeView { Without = ["TopKRadii"] }, new()));
        Assert.Contains("no rows", Fails(new HandMadeView(), new()));
        Assert.Contains("does not record the epsilon", Fails(new HandMadeView { Epsilon = null, Rows = good.Rows }, new()));
        Assert.Contains("too few", Fails(good.Where(row => row == 0), new()));
        Assert.Contains(
            "other classes", Fails(good, new() { HeldOut = PlantedRows.View(50, [], seed: 1, classNames: ["a", "b", "c"]).Build() }));
        good.Rows.ForEach(row => row.Label = 0);
        Assert.Contains("None of the 50 rows", Fails(good, new()));

        static string Fails(HandMadeView view, GloroAffinityDiscoveryOptions options) =>
            Assert.ThrowsExactly<ArgumentException>(() => AffinityDiscoverer.Run(view.Build(), options)).Message;
    }

    [TestMethod]
    public void Discover_Cancelled_Stops()
    {
        HandMadeView view = PlantedRows.View(50, ["ab"], seed: 1);
        Assert.ThrowsExactly<OperationCanceledException>(
            () => AffinityDiscoverer.Run(view.Build(), new() { CancellationToken = new(canceled: true) }));
        Assert.IsLessThan(2, view.RowsRead);
    }

    [TestMethod]
    public void IsHeldOut_ManyRows_TakesTheShareAndGoesByTheSeed()
    {
        foreach (double share in new[] { 0.1, 0.5, 0.8 })
            Assert.AreEqual(share, Enumerable.Range(0, 20_000).Average(row => RowSplit.IsHeldOut(row, 1, share) ? 1.0 : 0), 0.015);
        double agree = Enumerable.Range(0, 20_000)
            .Average(row => RowSplit.IsHeldOut(row, 1, 0.5) == RowSplit.IsHeldOut(row, 2, 0.5) ? 1.0 : 0);
        Assert.AreEqual(0.5, agree, 0.02);
    }

    private static AffinitySets Sets(string groups) =>
        AffinitySets.FromNames(groups.Split(',').Select(group => group.Select(letter => letter.ToString())));

    private static IEnumerable<string> Pairs(string set) =>
        from i in Enumerable.Range(0, set.Length) from j in Enumerable.Range(i + 1, set.Length - i - 1) select $"{set[i]}{set[j]}";

    private static RobustnessGuarantee Guarantee(IEnumerable<GloroDiscoveredSet> sets) =>
        sets.Any() ? RobustnessGuarantee.Affinity(AffinitySets.FromNames(sets.Select(set => set.Classes))) : RobustnessGuarantee.Local;

    private static GloroMetrics Evaluate(HandMadeView view, RobustnessGuarantee guarantee) =>
        GloroEvaluator.Evaluate(view.MlContext, view.Build(), "Label", guarantee, PlantedRows.Epsilon);
}
