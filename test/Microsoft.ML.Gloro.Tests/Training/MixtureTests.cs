using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;
using Microsoft.ML.Gloro.Training;
using TorchSharp;

namespace Microsoft.ML.Gloro.Tests.Training;

/// <summary>Mixup against its formula.</summary>
[TestClass]
public sealed class MixtureTests
{
    [ClassInitialize]
    public static void Load(TestContext _) => TorchProcess.Prepare();

    [TestMethod]
    [DataRow(0.2)]
    [DataRow(1.0)]
    [DataRow(4.0)]
    public void Draw_ManyShares_HaveTheMomentsOfBeta(double alpha)
    {
        var random = new Random(1);
        double[] shares = [.. Enumerable.Range(0, 20_000).Select(_ => Mixture.Draw(alpha, 1, random).Share)];
        Assert.AreEqual(0.5, shares.Average(), 0.01);

        // The second and the fourth moment about the mean of Beta(α, α).
        double second = 1 / (4 * ((2 * alpha) + 1)), fourth = 3 / (16 * ((2 * alpha) + 1) * ((2 * alpha) + 3));
        Assert.AreEqual(second, shares.Average(s => Math.Pow(s - 0.5, 2)), 0.03 * second);
        Assert.AreEqual(fourth, shares.Average(s => Math.Pow(s - 0.5, 4)), 0.06 * fourth);
    }

    [TestMethod]
    [DataRow(1e-9)]
    [DataRow(1e-3)]
    [DataRow(100.0)]
    public void Draw_ExtremeAlpha_StaysFrom0To1(double alpha)
    {
        var random = new Random(2);
        double[] shares = [.. Enumerable.Range(0, 1000).Select(_ => Mixture.Draw(alpha, 1, random).Share)];
        Assert.IsTrue(shares.All(s => s is >= 0 and <= 1));
        Assert.AreEqual(alpha > 1 ? 0 : 1000, shares.Count(s => s is < 0.05 or > 0.95), 20);
    }

    [TestMethod]
    public void Draw_ASeed_RepeatsAPermutation()
    {
        var (first, second) = (Mixture.Draw(0.3, 50, new Random(4)), Mixture.Draw(0.3, 50, new Random(4)));
        Assert.AreEqual(first.Share, second.Share);
        CollectionAssert.AreEqual(first.Partners, second.Partners);
        CollectionAssert.AreEquivalent(Enumerable.Range(0, 50).ToArray(), first.Partners);
        CollectionAssert.AreNotEqual(Enumerable.Range(0, 50).ToArray(), first.Partners);
    }

    [TestMethod]
    public void Mix_Rows_AreSharesOfBoth()
    {
        using var scope = torch.NewDisposeScope();
        var inputs = torch.arange(12, dtype: torch.ScalarType.Float32).reshape(3, 4);
        long before = TorchProcess.LiveTensors();
        float[] mixed = new Mixture(0.75, [2, 0, 1]).Mix(inputs).data<float>().ToArray();
        Assert.AreEqual(before + 1, TorchProcess.LiveTensors());
        float[] expected =
        [
            .. from row in Enumerable.Range(0, 3) from i in Enumerable.Range(0, 4) select (0.75f * ((4 * row) + i))
                + (0.25f * ((4 * ((row + 2) % 3)) + i)),
        ];
        CollectionAssert.AreEqual(expected, mixed);
    }

    [TestMethod]
    [DataRow(GloroLossKind.Emma, "local")]
    [DataRow(GloroLossKind.CrossEntropy, "rtk:2")]
    [DataRow(GloroLossKind.Trades, "local")]
    [DataRow(GloroLossKind.FixedMargin, "local")]
    [DataRow(GloroLossKind.AnnealedEmma, "local")]
    [DataRow(GloroLossKind.RelaxedEmma, "rtk:2")]
    public void Loss_TwoLabelsARow_IsTheShareOfEach(GloroLossKind kind, string guarantee)
    {
        using var scope = torch.NewDisposeScope();
        var batch = new Batch(9, ties: false);
        var loss = GloroLoss.Create(Problems.Settings(batch.Classes, 1, RobustnessGuarantee.Parse(guarantee)).With(o => o.Loss = kind));
        var mixture = new Mixture(0.3, [3, 1, 6, 0, 2, 4, 5]);
        int[] others = [.. mixture.Partners.Select(p => batch.Labels[p])];
        CollectionAssert.AreNotEqual(batch.Labels, others);

        var input = batch.Input(out var logits, out var rows, out var kappa);
        var mixed = mixture.Loss(loss, input);
        mixed.backward();
        var alone = batch.Input(out var logitsAlone, out var rowsAlone, out var kappaAlone);
        var swapped = alone with { Labels = torch.tensor(Array.ConvertAll(others, label => (long)label)) };
        var expected = (0.3 * loss.Compute(alone)) + (0.7 * loss.Compute(swapped));
        expected.backward();
        Assert.AreEqual(expected.item<float>(), mixed.item<float>(), 1e-5f);
        foreach (var (x, y) in new[] { (logits, logitsAlone), (rows, rowsAlone), (kappa, kappaAlone) })
        {
            Assert.IsTrue(x.grad!.isfinite().all().item<bool>());
            Assert.IsTrue(torch.allclose(x.grad!, y.grad!, 1e-4, 1e-5), "gradients too");
        }

        Assert.AreEqual(loss.Compute(alone).item<float>(), new Mixture(1, mixture.Partners).Loss(loss, alone).item<float>(), 1e-6f);
    }

    [TestMethod]
    public void Loss_WithATeacher_TakesEachRowsOwnAnswer()
    {
        // Row n's teacher is sure of class n: one answer for another would show.
        using var scope = torch.NewDisposeScope();
        var batch = new Batch([[2, 1, 0], [0, 2, 1], [1, 0, 2]], [0, 1, 2]) { Teacher = [[1, 0, 0], [0, 1, 0], [0, 0, 1]] };
        var loss = new AnnealedEmmaLoss(new LabelMargins(), 0.5);
        var mixture = new Mixture(0.3, [2, 0, 1]);
        var input = batch.Input(out _, out _, out _);
        var others = torch.tensor([2L, 0, 1]);
        var swapped = input with { Labels = input.Labels.index_select(0, others), Teacher = input.Teacher!.index_select(0, others) };
        double expected = (0.3 * loss.Compute(input).item<float>()) + (0.7 * loss.Compute(swapped).item<float>());
        Assert.AreEqual(expected, mixture.Loss(loss, input).item<float>(), 1e-6);
        Assert.AreNotEqual(expected, (0.3 * loss.Compute(input).item<float>())
            + (0.7 * loss.Compute(input with { Labels = swapped.Labels }).item<float>()), 0.01, "the answers differ");
    }

    [TestMethod]
    public void With_WhatIsRemembered_IsShared()
    {
        using var scope = torch.NewDisposeScope();
        var input = new Batch(4).Input(out _, out _, out _);
        var squares = input.Squares();
        Assert.AreSame(squares, input.With(input.Labels, null, null).Squares());
        Assert.AreNotSame(squares, (input with { Epsilon = 1 }).Squares(), "what depends on something else is not");
    }

    [TestMethod]
    public void Run_WithMixup_LearnsRepeatsAndKeepsNoTensor()
    {
        string Hash(double alpha, out GloroTrainingProgress last)
        {
            using var network = Problems.ImageNetwork(1);
            long before = TorchProcess.LiveTensors();
            var progress = new List<GloroTrainingProgress>();
            var live = new List<long>();
            new Trainer(
                Problems.Settings(3, epochs: 5).With(o => o.Augmentation.MixupAlpha = alpha),
                network,
                Problems.Blobs(160, 1, GloroAugmentationOptions.Photographs),
                Problems.Blobs(60, 2)).Run(
                p =>
                {
                    progress.Add(p);
                    live.Add(TorchProcess.LiveTensors());
                },
                default);
            Assert.HasCount(1, live.Distinct().ToList());
            Assert.AreEqual(before, TorchProcess.LiveTensors());
            last = progress[^1];
            return WeightHash.Compute(network.Fold());
        }

        string first = Hash(0.2, out var mixed);
        Assert.IsGreaterThan(0.9, mixed.CleanAccuracy);
        Assert.IsGreaterThan(0.5, mixed.VerifiedRobustAccuracy);
        Assert.AreEqual(first, Hash(0.2, out _));
        Assert.AreNotEqual(first, Hash(0, out _));
    }
}
