using Microsoft.ML.Gloro.Analysis;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Analysis;

[TestClass]
public sealed class GuaranteeSuggestionTests
{
    [TestMethod]
    public void Suggest_EveryGuarantee_HasTheFiguresOfTheEvaluator()
    {
        HandMadeView view = HandMadeView.Random(500, seed: 3);
        RobustnessGuarantee known = RobustnessGuarantee.Parse("affinity:a+b+c,d+e:exact");

        GuaranteeSuggestions all = GuaranteeSuggester.Run(view.Build(), new() { Discovery = null, Guarantees = [known] });

        Assert.AreEqual("local rtk:2 rtk:3 rtk:4 rtk:5 " + known, string.Join(' ', all.All.Select(one => one.Guarantee)));
        Assert.AreEqual(500, all.RowCount);
        Assert.AreEqual(500, view.RowsRead);
        Assert.IsNull(all.Discovery);
        foreach (GuaranteeSuggestion one in all.All)
        {
            GloroMetrics metrics = GloroEvaluator.Evaluate(view.MlContext, view.Build(), "Label", one.Guarantee, null);
            Assert.AreEqual(metrics.VerifiedRobustAccuracy, one.VerifiedRobustAccuracy);
            Assert.AreEqual(metrics.Top1VerifiedRobustAccuracy, one.Top1VerifiedRobustAccuracy);
            Assert.AreEqual(metrics.CertifiedFraction, one.CertifiedFraction);
            Assert.AreEqual(metrics.MeanCertifiedSetSize, one.MeanCertifiedSetSize);
            Assert.AreEqual(metrics.CertifiedKCounts.Select((count, k) => k == 0 ? 0 : count * Math.Log2(k)).Sum() / 500, one.BitsLeftOpen, 1e-12);
            Assert.AreEqual(one.VerifiedRobustAccuracy - (all.BitPrice * one.BitsLeftOpen), one.Worth);
            Assert.AreEqual(Math.Sqrt(one.VerifiedRobustAccuracy * (1 - one.VerifiedRobustAccuracy) / 500), one.StandardError, 1e-12);
        }
    }

    [TestMethod]
    public void Suggest_Price_DecidesBetweenProofAndPrecision()
    {
        HandMadeView view = PlantedRows.View(2000, ["ab", "cde"], seed: 2);
        GuaranteeSuggestions free = Suggest(0), dear = Suggest(100), usual = Suggest(GloroAffinityDiscoveryOptions.DefaultBitPrice);

        Assert.AreEqual(free.All.Max(one => one.VerifiedRobustAccuracy), free.Best.VerifiedRobustAccuracy);
        Assert.AreEqual(RobustnessGuarantee.Local, dear.Best.Guarantee);
        Assert.AreEqual(RobustnessGuarantee.Local, dear.BestTopK.Guarantee);
        // Sets that hold what crowds, and no more, prove as much as RTK and leave less open.
        Assert.IsTrue(usual.Best.IsDiscovered, $"{usual}");
        Assert.AreEqual(usual.Discovery!.Guarantee, usual.Best.Guarantee);
        Assert.AreEqual(usual.Discovery.VerifiedRobustAccuracy, usual.Best.VerifiedRobustAccuracy);
        Assert.AreEqual(usual.Discovery.BitsLeftOpen, usual.Best.BitsLeftOpen);
        Assert.AreEqual(usual.Discovery.HeldOutRowCount, usual.RowCount);
        Assert.Contains("> discovered (2 sets)", usual.ToString());

        GuaranteeSuggestions Suggest(double price) => GuaranteeSuggester.Run(view.Build(), new() { BitPrice = price });
    }

    [TestMethod]
    public void Suggest_Choices_AreBestAndParetoByTheirDefinitions()
    {
        for (int seed = 1; seed <= 5; seed++)
        {
            GuaranteeSuggestions all = GuaranteeSuggester.Run(
                HandMadeView.Random(200, seed).Build(), new() { Discovery = null, Guarantees = [RobustnessGuarantee.Parse("affinity:a+b"), RobustnessGuarantee.Parse("affinity:a+b,c+d+e+f")] });

            Assert.AreEqual(all.All.Max(one => one.Worth), all.Best.Worth);
            Assert.AreEqual(all.All.Take(5).Max(one => one.Worth), all.BestTopK.Worth);
            Assert.IsTrue(all.Best.IsParetoOptimal);
            foreach (GuaranteeSuggestion one in all.All)
            {
                bool isBeaten = all.All.Any(other => (other.VerifiedRobustAccuracy > one.VerifiedRobustAccuracy && other.BitsLeftOpen <= one.BitsLeftOpen)
                    || (other.VerifiedRobustAccuracy == one.VerifiedRobustAccuracy && other.BitsLeftOpen < one.BitsLeftOpen));
                Assert.AreEqual(!isBeaten, one.IsParetoOptimal, $"{seed}: {one.Guarantee}");
            }
        }
    }

    [TestMethod]
    public void Suggest_FewRadii_EndsAtTheLargestKThatTheyTellOf()
    {
        HandMadeView view = HandMadeView.Random(50, seed: 1);
        var few = new HandMadeView { RadiiCount = 2, Rows = [.. view.Rows.Select(row => new HandMadeRow { Label = row.Label, Logits = row.Logits, Score = row.Score, TopKRadii = row.TopKRadii[..2] })] };

        Assert.HasCount(2, GuaranteeSuggester.Run(few.Build(), new() { LargestK = 9, Discovery = null }).All);
        Assert.AreEqual(2, GuaranteeSuggester.Run(few.Build(), new()).Discovery!.MaximumSetSize);
        Assert.Contains("only of sets of up to 2", Assert.ThrowsExactly<ArgumentException>(
            () => GuaranteeSuggester.Run(few.Build(), new() { Guarantees = [RobustnessGuarantee.RelaxedTopK(3)] })).Message);
    }

    [TestMethod]
    public void Suggest_OptionsThatCannotBeUsed_AreAllNamed()
    {
        var options = new GloroSuggestionOptions { LabelColumnName = " ", Epsilon = float.NaN, BitPrice = -1, LargestK = 0, Guarantees = null! };

        string message = Assert.ThrowsExactly<ArgumentException>(() => GuaranteeSuggester.Run(new HandMadeView().Build(), options)).Message;

        foreach (string name in new[] { "LabelColumnName", "Epsilon", "BitPrice", "LargestK", "Guarantees" })
            Assert.Contains(name, message);
    }

    [TestMethod]
    public void Suggest_OfACatalog_IsTheSameTwice()
    {
        HandMadeView view = PlantedRows.View(800, ["ab", "cd"], seed: 5);
        var catalog = new GloroCatalog(view.MlContext);

        GuaranteeSuggestions first = catalog.Suggest(view.Build()), second = catalog.Suggest(view.Build());

        Assert.AreEqual(first.ToString(), second.ToString());
        Assert.AreEqual(first.Discovery!.ToString(), catalog.DiscoverAffinitySets(view.Build()).ToString());
        Assert.Contains("discovered (2 sets)", first.ToString());
    }
}
