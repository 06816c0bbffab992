using Microsoft.ML.Gloro.Tests.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;
using Microsoft.ML.Gloro.Training;
using TorchSharp;

namespace Microsoft.ML.Gloro.Tests.Training;

/// <summary>The losses against their formulas, written down once more in double, row by row and class by class.</summary>
[TestClass]
public sealed class LossTests
{
    [ClassInitialize]
    public static void Load(TestContext _) => TorchProcess.Prepare();

    [TestMethod]
    public void Emma_RandomBatches_IsTheFormula()
    {
        for (int seed = 0; seed < 60; seed++)
        {
            var batch = new Batch(seed);
            AssertClose(batch.Emma(), batch.Compute(new EmmaLoss(new LabelMargins())), $"seed {seed}");
        }
    }

    [TestMethod]
    public void CrossEntropy_RandomBatchesAndGuarantees_IsTheFormula()
    {
        for (int seed = 0; seed < 60; seed++)
        {
            var batch = new Batch(seed);
            foreach (var guarantee in Guarantees(batch.Classes, seed))
                AssertClose(
                    batch.CrossEntropy(guarantee),
                    batch.Compute(new GloroCrossEntropyLoss(Rows.Bind(guarantee, batch.Classes))),
                    $"seed {seed}, {guarantee}");
        }
    }

    [TestMethod]
    public void CrossEntropy_Local_HasTheBottomLogitOfGloRo()
    {
        for (int seed = 0; seed < 30; seed++)
        {
            var batch = new Batch(seed);
            double sum = 0;
            for (int row = 0; row < batch.Count; row++)
            {
                double[] y = batch.Logits[row];
                int top = Array.IndexOf(y, y.Max());
                double bottom = Enumerable.Range(0, batch.Classes).Where(i => i != top).Max(i => y[i] + batch.Gain(i, top));
                sum += Batch.CrossEntropy([.. y, bottom], batch.Labels[row]);
            }

            AssertClose(
                sum / batch.Count,
                batch.Compute(new GloroCrossEntropyLoss(Rows.Bind(RobustnessGuarantee.Local, batch.Classes))),
                $"seed {seed}");
        }
    }

    [TestMethod]
    public void CrossEntropy_AffinityWithoutAnAllowedSet_TakesTheLocalMargin()
    {
        // Class 0 is on top and in no set; without singletons nothing can be certified.
        var guarantee = RobustnessGuarantee.Affinity(AffinitySets.FromIndices([[1, 2]]), includeSingletons: false);
        var batch = new Batch([[3, 1, 0, -1], [5, 2, 2, 1]], [0, 1]);
        double local = batch.Compute(new GloroCrossEntropyLoss(Rows.Bind(RobustnessGuarantee.Local, 4)));
        Assert.AreEqual(local, batch.Compute(new GloroCrossEntropyLoss(Rows.Bind(guarantee, 4))));
    }

    [TestMethod]
    public void CrossEntropy_Gradient_IsThatOfDifferences()
    {
        for (int seed = 100; seed < 108; seed++)
        {
            foreach (var guarantee in Guarantees(new Batch(seed, ties: false).Classes, seed))
                AssertGradients(
                    new Batch(seed, ties: false),
                    batch => batch.CrossEntropy(guarantee),
                    c => new GloroCrossEntropyLoss(Rows.Bind(guarantee, c)));
        }
    }

    [TestMethod]
    public void Emma_Gradient_IsThatOfDifferencesWithSharesHeld()
    {
        for (int seed = 100; seed < 108; seed++)
        {
            var batch = new Batch(seed, ties: false);
            double[][] shares = [.. Enumerable.Range(0, batch.Count).Select(batch.Shares)];
            AssertGradients(batch, moved => moved.Emma(shares), _ => new EmmaLoss(new LabelMargins()));
        }
    }

    [TestMethod]
    public void CrossEntropy_KappaIsNaN_GivesNaNThatCanBeDifferentiated()
    {
        using var scope = torch.NewDisposeScope();
        foreach (float kappa in new[] { float.NaN, float.PositiveInfinity })
        {
            var batch = new Batch(1);
            var input = batch.Input(out var logits, out _, out _) with { Kappa = torch.tensor(kappa) };
            var loss = new GloroCrossEntropyLoss(Rows.Bind(RobustnessGuarantee.Local, batch.Classes)).Compute(input);
            Assert.IsTrue(float.IsNaN(loss.item<float>()));
            loss.backward();
            Assert.AreEqual(logits.numel(), logits.grad!.numel());
        }
    }

    [TestMethod]
    public void CrossEntropy_LogitsAreNaN_GivesNaN()
    {
        using var scope = torch.NewDisposeScope();
        var batch = new Batch([[1, double.NaN, 2], [0, 1, 2]], [0, 1]);
        Assert.IsTrue(double.IsNaN(batch.Compute(new GloroCrossEntropyLoss(Rows.Bind(RobustnessGuarantee.Local, 3)))));
        Assert.IsTrue(double.IsNaN(batch.Compute(new EmmaLoss(new LabelMargins()))));
    }

    [TestMethod]
    public void MarginGains_EqualRows_HaveFiniteGradient()
    {
        using var scope = torch.NewDisposeScope();
        var rows = torch.ones(3, 4).div(2).requires_grad_(true);
        LossInput.MarginGains(rows, torch.tensor(2f)).sum().backward();
        Assert.IsTrue(rows.grad!.isfinite().all().item<bool>());
    }

    [TestMethod]
    public void Create_LossKinds_AreTheLosses()
    {
        var settings = Problems.Settings(3);
        Assert.IsInstanceOfType<EmmaLoss>(GloroLoss.Create(settings));
        var expected = new Dictionary<GloroLossKind, Type>
        {
            [GloroLossKind.Emma] = typeof(EmmaLoss),
            [GloroLossKind.CrossEntropy] = typeof(GloroCrossEntropyLoss),
            [GloroLossKind.Trades] = typeof(TradesLoss),
            [GloroLossKind.FixedMargin] = typeof(FixedMarginLoss),
            [GloroLossKind.AnnealedEmma] = typeof(AnnealedEmmaLoss),
            [GloroLossKind.RelaxedEmma] = typeof(EmmaLoss),
        };
        foreach (var kind in Enum.GetValues<GloroLossKind>())
            Assert.AreEqual(expected[kind], GloroLoss.Create(settings.With(o => o.Loss = kind)).GetType(), $"{kind}");
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => GloroLoss.Create(settings.With(o => o.Loss = (GloroLossKind)9)));
    }

    [TestMethod]
    public void Create_LossesWithASetting_UseIt()
    {
        // Trained to the end, so that λ is what it rises to.
        var batch = new Batch(4);
        var guarantee = RobustnessGuarantee.RelaxedTopK(2);
        var settings = Problems.Settings(batch.Classes, guarantee: guarantee)
            .With(o => { o.TradesWeight = 3.5; o.FixedMargin = 0.7; o.CompeteWithinSet = false; });
        AssertClose(
            LossOracle.Trades(batch, guarantee, 3.5),
            batch.Compute(GloroLoss.Create(settings.With(o => o.Loss = GloroLossKind.Trades))),
            "TRADES");
        AssertClose(
            LossOracle.FixedMargin(batch, 0.7),
            batch.Compute(GloroLoss.Create(settings.With(o => o.Loss = GloroLossKind.FixedMargin))),
            "fixed margin");
        AssertClose(
            LossOracle.CrossEntropy(batch, LossOracle.RelaxedLogits(batch, guarantee, competeWithinSet: false)),
            batch.Compute(GloroLoss.Create(settings.With(o => o.Loss = GloroLossKind.RelaxedEmma))),
            "relaxed EMMA");
    }

    internal static IEnumerable<RobustnessGuarantee> Guarantees(int classes, int seed)
    {
        yield return RobustnessGuarantee.Local;
        if (classes < 3)
            yield break;
        yield return RobustnessGuarantee.RelaxedTopK(classes - 1);
        yield return RobustnessGuarantee.RelaxedTopK(2);
        var sets = Rows.Family(classes, Rows.Family(new Random(seed), classes));
        yield return RobustnessGuarantee.Affinity(sets);
        yield return RobustnessGuarantee.Affinity(sets, AffinityMatch.Exact, includeSingletons: false);
    }

    internal static void AssertGradients(Batch batch, Func<Batch, double> formula, Func<int, GloroLoss> loss)
    {
        const double Step = 1e-5;
        using var scope = torch.NewDisposeScope();
        var input = batch.Input(out var logits, out var rows, out var kappa);
        loss(batch.Classes).Compute(input).backward();
        Check(logits, batch.Logits, "logits");
        Check(rows, batch.Rows, "rows");
        double atKappa =
            (formula(batch with { Kappa = batch.Kappa + Step }) - formula(batch with { Kappa = batch.Kappa - Step })) / (2 * Step);
        Assert.AreEqual(atKappa, kappa.grad!.item<float>(), 1e-3 * (1 + Math.Abs(atKappa)), "kappa");

        void Check(torch.Tensor tensor, double[][] values, string name)
        {
            double[][] gradient = Nets.Rows(tensor.grad!);
            for (int r = 0; r < values.Length; r++)
            {
                for (int c = 0; c < values[r].Length; c++)
                {
                    double value = values[r][c];
                    values[r][c] = value + Step;
                    double up = formula(batch);
                    values[r][c] = value - Step;
                    double down = formula(batch);
                    values[r][c] = value;
                    double expected = (up - down) / (2 * Step);
                    Assert.AreEqual(expected, gradient[r][c], 1e-3 * (1 + Math.Abs(expected)), $"{name} {r}, {c}");
                }
            }
        }
    }

    internal static void AssertClose(double expected, double actual, string name) =>
        Assert.AreEqual(expected, actual, 2e-5 * (1 + Math.Abs(expected)), name);
}
