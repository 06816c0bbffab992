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
            Assert.AreEqual(metrics.MeanLoosestSetSize, one.MeanLoosestSetSize);
            Assert.AreEqual(
                metrics.LoosestKCounts.Select((count, k) => k == 0 ? 0 : count * Math.Log2(k)).Sum() / 500, one.BitsLeftOpen, 1e-12);
            Assert.AreEqual(one.VerifiedRobustAccuracy - (all.BitPrice * one.BitsLeftOpen), one.Worth);
            Assert.AreEqual(Math.Sqrt(one.VerifiedRobustAccuracy * (1 - one.VerifiedRobustAccuracy) / 500), one.StandardError, 1e-12);
        }
    }

    [TestMethod]
    public void Suggest_Price_DecidesBetweenProofAndPrecision()
    {
        HandMadeView view = PlantedRows.View(2000, ["ab", "cde"], seed: 2);
        GuaranteeSuggestions free = Suggest(0), dear = Suggest(100), usual = Suggest(0.1);

        Assert.AreEqual(free.All.Where(one => !one.IsTooLoose).Max(one => one.VerifiedRobustAccuracy), free.Best.VerifiedRobustAccuracy);
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
                HandMadeView.Random(200, seed).Build(), new()
                {
                    Discovery = null,
                    Guarantees = [RobustnessGuarantee.Parse("affinity:a+b"), RobustnessGuarantee.Parse("affinity:a+b,c+d+e+f")]
                });

            Assert.AreEqual(
                "rtk:4 rtk:5 affinity:a+b,c+d+e+f", string.Join(' ', all.All.Where(one => one.IsTooLoose).Select(one => one.Guarantee)));
            Assert.AreEqual(all.All.Where(one => !one.IsTooLoose).Max(one => one.Worth), all.Best.Worth);
            Assert.AreEqual(all.All.Take(3).Max(one => one.Worth), all.BestTopK.Worth);
            Assert.IsTrue(all.Best.IsParetoOptimal);
            foreach (GuaranteeSuggestion one in all.All)
            {
                bool isBeaten = all.All.Any(
                    other => (other.VerifiedRobustAccuracy > one.VerifiedRobustAccuracy && other.BitsLeftOpen <= one.BitsLeftOpen)
                    || (other.VerifiedRobustAccuracy == one.VerifiedRobustAccuracy && other.BitsLeftOpen < one.BitsLeftOpen));
                Assert.AreEqual(!isBeaten, one.IsParetoOptimal, $"{seed}: {one.Guarantee}");
            }
        }
    }

    [TestMethod]
    [DataRow(2)]
    [DataRow(4)]
    [DataRow(10)]
    [DataRow(100)]
    public void Suggest_AnyNumberOfClasses_NeverSuggestsWhatSaysNoMoreThanAllClasses(int classes)
    {
        foreach (double share in new[] { 0, 0.05, 0.3, 0.6, 0.95 })
        {
            GuaranteeSuggestions all = GuaranteeSuggester.Run(Rows(classes, share).Build(), new() { Discovery = null });

            Assert.AreEqual(1 / Math.Log2(classes), all.BitPrice);
            Assert.AreEqual(0, 1 - (all.BitPrice * Math.Log2(classes)), 1e-12, "what 'all classes, always' is worth");
            Assert.IsGreaterThanOrEqualTo(0, all.Best.Worth);
            Assert.IsLessThanOrEqualTo(Math.Max(1, classes / 2), all.Best.Guarantee.K);
            Assert.Contains($"all {classes} classes, always", all.ToString());
            // RT3 proves all rows and leaves log2 3 bits open: dear where there are few classes, cheap where there are many.
            bool isWorthIt = classes >= 6 && 1 - Math.Log(3, classes) > share;
            Assert.AreEqual(isWorthIt ? 3 : 1, all.Best.Guarantee.K, $"{all}");
        }
    }

    [TestMethod]
    public void Suggest_PriceThatIsTooLow_SaysSo()
    {
        HandMadeView view = Rows(4, 0.3);

        Assert.Contains("the price is too low. 1 / log2 4 = 0.5000",
            GuaranteeSuggester.Run(view.Build(), new() { Discovery = null, BitPrice = 0.1 }).ToString());
        Assert.DoesNotContain("too low", GuaranteeSuggester.Run(view.Build(), new() { Discovery = null }).ToString());
    }

    // The label comes first in a share of the rows, and third (or last, of two classes) in the others. All radii are above ε.
    private static HandMadeView Rows(int classes, double share)
    {
        var view = new HandMadeView
        {
            ClassNames = [.. Enumerable.Range(0, classes).Select(c => $"c{c:00}")],
            RadiiCount = Math.Min(classes - 1, 5)
        };
        for (int row = 0; row < 100; row++)
        {
            float[] logits = [.. Enumerable.Range(0, classes).Select(c => -(float)((c + row) % classes))];
            int place = row < 100 * share ? 0 : Math.Min(2, classes - 1);
            view.Rows.Add(new HandMadeRow
            {
                Label = (uint)Array.IndexOf(logits, -place) + 1,
                PredictedLabel = (uint)Array.IndexOf(logits, 0) + 1,
                Logits = logits,
                Score = [.. logits.Select(_ => 1f / classes)],
                TopKRadii = [.. Enumerable.Repeat(1f, view.RadiiCount)],
            });
        }

        return view;
    }

    [TestMethod]
    public void Suggest_FewRadii_EndsAtTheLargestKThatTheyTellOf()
    {
        HandMadeView view = HandMadeView.Random(50, seed: 1);
        var few = new HandMadeView
        {
            RadiiCount = 2,
            Rows = [.. view.Rows.Select(
                row => new HandMadeRow { Label = row.Label, Logits = row.Logits, Score = row.Score, TopKRadii = row.TopKRadii[..2] })]
        };

        Assert.HasCount(2, GuaranteeSuggester.Run(few.Build(), new() { LargestK = 9, Discovery = null }).All);
        Assert.AreEqual(2, GuaranteeSuggester.Run(few.Build(), new()).Discovery!.MaximumSetSize);
        Assert.Contains("only of sets of up to 2", Assert.ThrowsExactly<ArgumentException>(
            () => GuaranteeSuggester.Run(few.Build(), new() { Guarantees = [RobustnessGuarantee.RelaxedTopK(3)] })).Message);
    }

    [TestMethod]
    public void Suggest_OptionsThatCannotBeUsed_AreAllNamed()
    {
        var options =
            new GloroSuggestionOptions { LabelColumnName = " ", Epsilon = float.NaN, BitPrice = -1, LargestK = 0, Guarantees = null! };

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
