using Microsoft.ML.Gloro.Tests.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;
using Microsoft.ML.Gloro.Training;
using TorchSharp;

namespace Microsoft.ML.Gloro.Tests.Training;

/// <summary>
/// TRADES, fixed margins and the annealed and relaxed kinds of EMMA against <see cref="LossOracle"/>; and what all losses must bear.
/// </summary>
[TestClass]
public sealed class MoreLossTests
{
    private const int Many = LossInput.GramClasses + 20; // So many classes that there is no Gram matrix.

    [ClassInitialize]
    public static void Load(TestContext _) => TorchProcess.Prepare();

    [TestMethod]
    public void Trades_RandomBatchesAndGuarantees_IsCrossEntropyAndTheDivergenceWrittenOut()
    {
        for (int seed = 0; seed < 60; seed++)
        {
            var batch = new Batch(seed);
            foreach (var guarantee in LossTests.Guarantees(batch.Classes, seed))
                LossTests.AssertClose(
                    LossOracle.Trades(batch, guarantee, 1.5), batch.Compute(Trades(guarantee, batch.Classes)), $"seed {seed}, {guarantee}");
        }
    }

    [TestMethod]
    public void Trades_ScheduledWeight_IsThatOfTheProgress()
    {
        using var scope = torch.NewDisposeScope();
        var batch = new Batch(3);
        var loss = new TradesLoss(Bind(RobustnessGuarantee.Local, batch.Classes), new LinearSchedule(0, 4));
        double At(double progress) => loss.Compute(batch.Input(out _, out _, out _) with { Progress = progress }).item<float>();
        double plain = Enumerable.Range(0, batch.Count).Average(row => Batch.CrossEntropy(batch.Logits[row], batch.Labels[row]));
        LossTests.AssertClose(plain, At(0), "no weight yet");
        LossTests.AssertClose(LossOracle.Trades(batch, RobustnessGuarantee.Local, 1), At(0.25), "a quarter");
        LossTests.AssertClose(LossOracle.Trades(batch, RobustnessGuarantee.Local, 4), At(1), "the end");
    }

    [TestMethod]
    public void FixedMarginAndAnnealed_RandomBatches_AreTheFormulas()
    {
        for (int seed = 0; seed < 60; seed++)
        {
            var batch = new Batch(seed);
            LossTests.AssertClose(LossOracle.FixedMargin(batch, 1.25), batch.Compute(new FixedMarginLoss(1.25)), $"fixed, seed {seed}");
            LossTests.AssertClose(
                LossOracle.Annealed(batch, LossOracle.EmmaLogits(batch)),
                batch.Compute(new AnnealedEmmaLoss(new LabelMargins())),
                $"annealed, seed {seed}");
        }
    }

    [TestMethod]
    [DataRow(0.0)]
    [DataRow(0.3)]
    [DataRow(1.0)]
    public void Annealed_WithATeacher_IsTheFormula(double weight)
    {
        for (int seed = 0; seed < 60; seed++)
        {
            var batch = Taught(seed);
            double[][] logits = LossOracle.EmmaLogits(batch);
            double value = batch.Compute(new AnnealedEmmaLoss(new LabelMargins(), weight));
            LossTests.AssertClose(LossOracle.Taught(batch, logits, weight), value, $"seed {seed}");
            if (weight == 0)
                LossTests.AssertClose(LossOracle.Annealed(batch, logits), value, $"the labels alone, seed {seed}");
        }
    }

    [TestMethod]
    public void Annealed_WithATeacher_GradientIsThatOfDifferences()
    {
        for (int seed = 100; seed < 106; seed++)
        {
            var batch = Taught(seed, ties: false);
            double[][] shares = [.. Enumerable.Range(0, batch.Count).Select(batch.Shares)];
            LossTests.AssertGradients(
                batch,
                moved => LossOracle.Taught(moved, LossOracle.EmmaLogits(moved, shares), 0.4),
                _ => new AnnealedEmmaLoss(new LabelMargins(), 0.4));
        }
    }

    [TestMethod]
    public void RelaxedEmma_RandomBatchesAndGuarantees_IsTheFormula()
    {
        var sizes = new HashSet<int>();
        for (int seed = 0; seed < 120; seed++)
        {
            var batch = new Batch(seed);
            foreach (var guarantee in LossTests.Guarantees(batch.Classes, seed))
            {
                sizes.UnionWith(Enumerable.Range(0, batch.Count).Select(row => LossOracle.Plan(batch, guarantee, row).Members.Length));
                foreach (bool compete in new[] { true, false })
                {
                    double expected = LossOracle.CrossEntropy(batch, LossOracle.RelaxedLogits(batch, guarantee, compete));
                    LossTests.AssertClose(
                        expected, batch.Compute(Relaxed(guarantee, batch.Classes, compete)), $"seed {seed}, {guarantee}, {compete}");
                }
            }
        }

        Assert.IsTrue(sizes.IsSupersetOf([1, 2, 3, 4]), $"sets of {string.Join(", ", sizes)} classes were chosen");
    }

    [TestMethod]
    public void RelaxedEmma_GuaranteesThatHoldOnlyTheLabel_IsEmma()
    {
        using var scope = torch.NewDisposeScope();
        for (int seed = 0; seed < 30; seed++)
        {
            var batch = new Batch(seed);
            var singles = AffinitySets.FromIndices([[0], [1]]);
            foreach (var guarantee in new[]
            {
                RobustnessGuarantee.Local, RobustnessGuarantee.RelaxedTopK(1), RobustnessGuarantee.Affinity(singles),
            })
            {
                foreach (bool compete in new[] { true, false })
                {
                    var (emma, emmaGradients) = Gradients(batch, new EmmaLoss(new LabelMargins()));
                    var (relaxed, relaxedGradients) = Gradients(batch, Relaxed(guarantee, batch.Classes, compete));
                    Assert.AreEqual(emma, relaxed, 1e-6 * (1 + Math.Abs(emma)), $"seed {seed}, {guarantee}");
                    for (int n = 0; n < emmaGradients.Length; n++)
                        Assert.AreEqual(
                            emmaGradients[n],
                            relaxedGradients[n],
                            1e-6 * (1 + Math.Abs(emmaGradients[n])),
                            $"seed {seed}, {guarantee}, gradient {n}");
                }
            }
        }
    }

    [TestMethod]
    public void RelaxedEmma_LabelIsSecondOfThree_PaysNoMarginWithinTheSet()
    {
        // RT2, label 1: the set {1, 0} has far more slack than {1}. Class 0 competes by its plain difference; classes 2 and 3 have to stay
        // away from both.
        var batch = new Batch([[3, 2, -1, -2]], [1]);
        var guarantee = RobustnessGuarantee.RelaxedTopK(2);
        Assert.AreEqual("0, 1", string.Join(", ", LossOracle.Plan(batch, guarantee, 0).Members.Order()));
        double[] z = LossOracle.RelaxedLogits(batch, guarantee, competeWithinSet: true)[0];
        Assert.AreEqual(1, z[0]);
        LossTests.AssertClose(Batch.CrossEntropy(z, 1), batch.Compute(Relaxed(guarantee, 4)), "with class 0");
        LossTests.AssertClose(
            Batch.CrossEntropy(z[1..], 0), batch.Compute(Relaxed(guarantee, 4, competeWithinSet: false)), "without class 0");
    }

    [TestMethod]
    public void Trades_Gradient_IsThatOfDifferences()
    {
        for (int seed = 100; seed < 106; seed++)
        {
            foreach (var guarantee in LossTests.Guarantees(new Batch(seed, ties: false).Classes, seed))
                LossTests.AssertGradients(
                    new Batch(seed, ties: false), batch => LossOracle.Trades(batch, guarantee, 1.5), c => Trades(guarantee, c));
        }
    }

    [TestMethod]
    public void FixedMarginAndAnnealed_Gradient_IsThatOfDifferences()
    {
        for (int seed = 100; seed < 106; seed++)
        {
            var batch = new Batch(seed, ties: false);
            double[][] shares = [.. Enumerable.Range(0, batch.Count).Select(batch.Shares)];
            LossTests.AssertGradients(batch, moved => LossOracle.FixedMargin(moved, 1.25), _ => new FixedMarginLoss(1.25));
            LossTests.AssertGradients(
                batch,
                moved => LossOracle.Annealed(moved, LossOracle.EmmaLogits(moved, shares)),
                _ => new AnnealedEmmaLoss(new LabelMargins()));
        }
    }

    [TestMethod]
    public void RelaxedEmma_Gradient_IsThatOfDifferencesWithSetsAndSharesHeld()
    {
        for (int seed = 100; seed < 106; seed++)
        {
            foreach (var guarantee in LossTests.Guarantees(new Batch(seed, ties: false).Classes, seed))
            {
                foreach (bool compete in new[] { true, false })
                {
                    var batch = new Batch(seed, ties: false);
                    RelaxedPlan[] plans = [.. Enumerable.Range(0, batch.Count).Select(row => LossOracle.Plan(batch, guarantee, row))];
                    LossTests.AssertGradients(
                        batch,
                        moved => LossOracle.CrossEntropy(moved, LossOracle.RelaxedLogits(moved, guarantee, compete, plans)),
                        c => Relaxed(guarantee, c, compete));
                }
            }
        }
    }

    [TestMethod]
    public void AllLosses_ManyClasses_AreTheFormulasAndTheirSlopes()
    {
        var random = new Random(5);
        double[][] logits =
        [
            .. Enumerable.Range(0, 4)
                .Select(_ => Enumerable.Range(0, Many).Select(_ => (double)(float)(2 * Rows.Normal(random))).ToArray()),
        ];
        int[] labels = [.. logits.Select(y => Enumerable.Range(0, Many).OrderByDescending(c => y[c]).ElementAt(random.Next(3)))];
        var batch = new Batch(logits, labels);
        var rtk = RobustnessGuarantee.RelaxedTopK(4);
        var affinity = RobustnessGuarantee.Affinity(
            AffinitySets.FromIndices(labels.Select(label => Enumerable.Range(0, 5).Select(n => (label + (n * 50)) % Many))));
        var overlapping = RobustnessGuarantee.Affinity(AffinitySets.FromIndices(labels.SelectMany(label =>
            Enumerable.Range(5, 2).Select(step => Enumerable.Range(0, 3).Select(n => (label + (n * step)) % Many)))));
        double[][] shares = [.. Enumerable.Range(0, batch.Count).Select(batch.Shares)];

        Check(new EmmaLoss(new LabelMargins()), moved => moved.Emma(shares), "EMMA");
        Check(new FixedMarginLoss(1), moved => LossOracle.FixedMargin(moved, 1), "fixed");
        foreach (var guarantee in new[] { rtk, affinity, overlapping })
        {
            RelaxedPlan[] plans = [.. Enumerable.Range(0, batch.Count).Select(row => LossOracle.Plan(batch, guarantee, row))];
            Check(new GloroCrossEntropyLoss(Bind(guarantee, Many)), moved => moved.CrossEntropy(guarantee), $"⊥ {guarantee.Kind}");
            Check(
                Relaxed(guarantee, Many),
                moved => LossOracle.CrossEntropy(moved, LossOracle.RelaxedLogits(moved, guarantee, true, plans)),
                $"relaxed {guarantee.Kind}");
        }

        void Check(GloroLoss loss, Func<Batch, double> formula, string name)
        {
            const double Step = 1e-4;
            var (value, gradient) = Gradients(batch, loss);
            LossTests.AssertClose(formula(batch), value, name);

            // One direction through all logits, rows and κ: a difference for each of them would take minutes.
            var directions = new Random(8);
            double[] direction = [.. gradient.Select(_ => Rows.Normal(directions))];
            double expected = (formula(Moved(batch, direction, Step)) - formula(Moved(batch, direction, -Step))) / (2 * Step);
            Assert.AreEqual(expected, gradient.Zip(direction, (g, d) => g * d).Sum(), 2e-3 * (1 + Math.Abs(expected)), name);
        }
    }

    [TestMethod]
    public void AllLosses_ExtremeLogitsAndNoGains_AreFiniteWithTheirGradients()
    {
        foreach (var (name, loss) in All(4))
        {
            foreach (double epsilon in new[] { 0, 1, 1000.0 })
            {
                double[][] extremes = [[1e4, -1e4, 0, 1], [-1e4, 1e4, 1e4, 1e4], [0, 0, 0, 0], [-1e4, -1e4, -1e4, -1e4], [1, 2, 3, 1e4]];
                var batch = new Batch(extremes, [0, 0, 1, 2, 0]) { Epsilon = epsilon };
                batch.Rows[1] = batch.Rows[0]; // No gain between these two whatever ε is.
                var (value, gradients) = Gradients(batch, loss);
                Assert.IsTrue(double.IsFinite(value), $"{name}, ε = {epsilon}: {value}");
                Assert.IsTrue(gradients.All(double.IsFinite), $"{name}, ε = {epsilon}: gradients");
            }
        }
    }

    [TestMethod]
    public void AllLosses_NaNAnywhere_GiveNoFiniteNumber()
    {
        foreach (var (name, loss) in All(4))
        {
            for (int label = 0; label < 4; label++)
            {
                for (int position = 0; position < 4; position++)
                {
                    double[] y = [3, 2, -1, -2];
                    y[position] = double.NaN;
                    Assert.IsTrue(
                        double.IsNaN(new Batch([y, [1, 2, 3, 4]], [label, 1]).Compute(loss)), $"{name}, label {label}, class {position}");
                }
            }

            foreach (double kappa in new[] { double.NaN, double.PositiveInfinity })
            {
                var batch = new Batch([[3, 2, -1, -2], [1, 2, 3, 4]], [1, 3]) { Kappa = kappa };
                Assert.IsFalse(double.IsFinite(Gradients(batch, loss).Value), $"{name}, κ = {kappa}");
            }
        }
    }

    [TestMethod]
    public void AllLosses_Computed_LeaveNoTensor()
    {
        foreach (var (name, loss) in All(4))
        {
            long before = TorchProcess.LiveTensors();
            new Batch([[3, 2, -1, -2], [1, 2, 3, 4]], [1, 3]).Compute(loss);
            Assert.AreEqual(before, TorchProcess.LiveTensors(), name);
        }
    }

    [TestMethod]
    public void Input_CopyWithAnotherKappa_HasOtherGains()
    {
        using var scope = torch.NewDisposeScope();
        var input = new Batch(1).Input(out _, out _, out _);
        var first = input.GainRows(input.Labels);
        var second = (input with { Kappa = input.Kappa * 2 }).GainRows(input.Labels);
        Assert.AreEqual(2 * first[0, 1].item<float>(), second[0, 1].item<float>(), 1e-5);
    }

    private static IEnumerable<(string Name, GloroLoss Loss)> All(int classes)
    {
        yield return ("EMMA", new EmmaLoss(new LabelMargins()));
        yield return ("annealed", new AnnealedEmmaLoss(new LabelMargins()));
        yield return ("fixed", new FixedMarginLoss(1));
        foreach (string text in new[] { "local", "rtk:2", "rtk:3", "affinity:#0+#1,#1+#2", "affinity:#0+#1,#1+#2:exact:no-singletons" })
        {
            var guarantee = RobustnessGuarantee.Parse(text);
            yield return ($"⊥ {text}", new GloroCrossEntropyLoss(Bind(guarantee, classes)));
            yield return ($"TRADES {text}", Trades(guarantee, classes));
            yield return ($"relaxed {text}", Relaxed(guarantee, classes));
            yield return ($"relaxed, set left out, {text}", Relaxed(guarantee, classes, competeWithinSet: false));
        }
    }

    private static TradesLoss Trades(RobustnessGuarantee guarantee, int classes) =>
        new(Bind(guarantee, classes), new ConstantSchedule(1.5));

    private static EmmaLoss Relaxed(RobustnessGuarantee guarantee, int classes, bool competeWithinSet = true) =>
        new(new RelaxedMargins(Bind(guarantee, classes), competeWithinSet));

    private static Gloro.Core.ResolvedGuarantee Bind(RobustnessGuarantee guarantee, int classes) => Rows.Bind(guarantee, classes);

    // A batch with random targets: some sure of a class, some of none.
    private static Batch Taught(int seed, bool ties = true)
    {
        var (batch, random) = (new Batch(seed, ties), new Random(seed));
        return batch with
        {
            Teacher =
            [
                .. batch.Logits.Select(row =>
                {
                    double[] shares = [.. row.Select(_ => Math.Exp(3 * Rows.Normal(random)))];
                    return shares.Select(share => share / shares.Sum()).ToArray();
                }),
            ],
        };
    }

    // The loss, and its derivatives with respect to all logits, all rows and κ.
    private static (double Value, double[] Gradients) Gradients(Batch batch, GloroLoss loss)
    {
        using var scope = torch.NewDisposeScope();
        var value = loss.Compute(batch.Input(out var logits, out var rows, out var kappa));
        value.backward();
        var gradients = new[] { logits, rows, kappa }
            .SelectMany(t => t.grad is { } g ? g.flatten().data<float>().ToArray() : new float[t.numel()]);
        return (value.item<float>(), [.. gradients.Select(g => (double)g)]);
    }

    private static Batch Moved(Batch batch, double[] direction, double step)
    {
        int next = 0;
        double[][] Move(double[][] values) => [.. values.Select(row => row.Select(v => v + (step * direction[next++])).ToArray())];
        double[][] logits = Move(batch.Logits), rows = Move(batch.Rows);
        return new Batch(logits, batch.Labels) { Rows = rows, Kappa = batch.Kappa + (step * direction[next]), Epsilon = batch.Epsilon };
    }
}
