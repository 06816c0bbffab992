using Microsoft.ML.Gloro.Tests.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;
using Microsoft.ML.Gloro.Training;
using TorchSharp;

namespace Microsoft.ML.Gloro.Tests.Training;

/// <summary>Schedules, the optimizer, lookahead, the split and the validator.</summary>
[TestClass]
public sealed class TrainingPartsTests
{
    [ClassInitialize]
    public static void Load(TestContext _) => TorchProcess.Prepare();

    [TestMethod]
    public void HalfThenFlat_StartHalfAndEnd_RisesToTheHalf()
    {
        var schedule = Schedule.HalfThenFlat(0.1, 2.1);
        Assert.AreEqual(0.1, schedule.At(0), 1e-12);
        Assert.AreEqual(1.1, schedule.At(0.25), 1e-12);
        Assert.AreEqual(2.1, schedule.At(0.5), 1e-12);
        Assert.AreEqual(2.1, schedule.At(1), 1e-12);
    }

    [TestMethod]
    public void WarmUpCosine_StartPeakHalfAndEnd_RisesAndFallsToZero()
    {
        var schedule = Schedule.WarmUpCosine(3, 0.2);
        Assert.AreEqual(0, schedule.At(0), 1e-12);
        Assert.AreEqual(1.5, schedule.At(0.1), 1e-12);
        Assert.AreEqual(3, schedule.At(0.2), 1e-12);
        Assert.AreEqual(1.5, schedule.At(0.6), 1e-12);
        Assert.AreEqual(3 * 0.5 * (1 + Math.Cos(Math.PI * 0.375)), schedule.At(0.5), 1e-12);
        Assert.AreEqual(0, schedule.At(1), 1e-12);
    }

    [TestMethod]
    public void NAdam_FirstSteps_AreThoseOfTheFormula()
    {
        // It is TorchSharp's, whose versions differ: one that starts the product of the momenta at 0 corrects no bias. As PyTorch defines
        // it, after Dozat (2016).
        double[] gradients = [0.5, -0.1, 2, 0, -3, 0.01, 1, 1];
        using var scope = torch.NewDisposeScope();
        var parameter = new TorchSharp.Modules.Parameter(torch.zeros(1));
        using var optimizer = torch.optim.NAdam([parameter], lr: 0.5);
        double x = 0, m = 0, v = 0, product = 1;
        for (int t = 1; t <= gradients.Length; t++)
        {
            double g = gradients[t - 1], rate = 0.1 / t;
            foreach (var group in optimizer.ParamGroups)
                group.LearningRate = rate;
            optimizer.zero_grad();
            (parameter * g).sum().backward();
            optimizer.step();

            double momentum = Momentum(t), next = Momentum(t + 1);
            product *= momentum;
            m = (0.9 * m) + (0.1 * g);
            v = (0.999 * v) + (0.001 * g * g);
            double mean = (next * m / (1 - (product * next))) + ((1 - momentum) * g / (1 - product));
            x -= rate * mean / (Math.Sqrt(v / (1 - Math.Pow(0.999, t))) + 1e-8);
            Assert.AreEqual(x, parameter.item<float>(), 1e-6, $"step {t}");
        }

        static double Momentum(int t) => 0.9 * (1 - (0.5 * Math.Pow(0.96, t * 0.004)));
    }

    [TestMethod]
    public void WarmUpCosine_NoWarmUpOrNothingElse_IsFinite()
    {
        var without = Schedule.WarmUpCosine(3, 0);
        Assert.AreEqual(3, without.At(0), 1e-12);
        Assert.AreEqual(1.5, without.At(0.5), 1e-12);
        var only = Schedule.WarmUpCosine(3, 1);
        Assert.AreEqual(1.5, only.At(0.5), 1e-12);
        Assert.AreEqual(3, only.At(1), 1e-12);
    }

    [TestMethod]
    public void Lookahead_EverySixthStep_FallsHalfWayBack()
    {
        using var scope = torch.NewDisposeScope();
        var weight = torch.zeros(2);
        using var lookahead = new SlowWeights([weight]);
        for (int round = 1; round <= 3; round++)
        {
            for (int step = 1; step <= 6; step++)
            {
                weight.add_(1);
                if (step < 6)
                    Assert.AreEqual((3f * (round - 1)) + step, weight[0].item<float>(), "the fast weights run free");
                lookahead.Step();
            }

            Assert.AreEqual(3f * round, weight[0].item<float>(), "slow weights: 0, 3, 6, 9");
        }

        lookahead.Synchronize();
        Assert.AreEqual(9f, weight[1].item<float>(), "nothing to do after a sixth step");
        weight.add_(2);
        lookahead.Step();
        lookahead.Synchronize();
        Assert.AreEqual(10f, weight[1].item<float>());
    }

    [TestMethod]
    public void Lookahead_SynchronizedAndDisposed_LeavesNoTensor()
    {
        using var weight = torch.zeros(2);
        long before = TorchProcess.LiveTensors();
        using (var lookahead = new SlowWeights([weight]))
            lookahead.Synchronize();
        Assert.AreEqual(before, TorchProcess.LiveTensors());
    }

    [TestMethod]
    [DataRow(100, 0.2, 20)]
    [DataRow(7, 0.5, 3)]
    [DataRow(1000, 0.1, 100)]
    public void Split_Fraction_IsDisjointCompleteAndRepeatable(int count, double fraction, int expected)
    {
        var rows = Problems.Clusters(count, 3, 1);
        var (train, validation) = TrainingSplit.Split(rows, fraction, seed: 5);
        Assert.AreEqual(expected, validation!.Count);
        string[] all = Keys(rows), parts = [.. Keys(train), .. Keys(validation)];
        Assert.AreEqual(count, all.Distinct().Count());
        CollectionAssert.AreEquivalent(all, parts);

        CollectionAssert.AreEqual(Keys(validation), Keys(TrainingSplit.Split(rows, fraction, seed: 5).Validation!));
        CollectionAssert.AreNotEqual(Keys(validation), Keys(TrainingSplit.Split(rows, fraction, seed: 6).Validation!));
        Assert.IsGreaterThan(
            1, Enumerable.Range(0, validation.Count).Select(validation.Label).Distinct().Count(), "drawn from all over the rows");
    }

    [TestMethod]
    public void Split_NothingToSetAside_KeepsTheRows()
    {
        var rows = Problems.Blobs(9, 1);
        foreach (double fraction in new[] { 0, 0.1 })
        {
            var (train, validation) = TrainingSplit.Split(rows, fraction, 1);
            Assert.AreSame(rows, train);
            Assert.IsNull(validation);
        }
    }

    [TestMethod]
    [DataRow("local")]
    [DataRow("rtk:2")]
    [DataRow("affinity:c0+c1,c1+c2")]
    public void Measure_SmallSet_IsWhatTheFormulasGive(string text)
    {
        // 300 rows: more than one batch. κ = 1.7 is anybody's guess: the validator takes what it is given.
        const double Kappa = 1.7;
        using var scope = torch.NewDisposeScope();
        using var network = Problems.VectorNetwork(4);
        Nets.Age(network, Nets.Factory(1));
        new Trainer(Problems.Settings(4, 3), network, Problems.Clusters(200, 4, 9), null).Run(null, default);
        var set = Problems.Clusters(300, 4, 2);
        var guarantee = Rows.Bind(RobustnessGuarantee.Parse(text), 4);
        const float Epsilon = 0.15f;

        var (clean, verified, _, _) = Validator.Measure(network, set, guarantee, Epsilon, torch.tensor((float)Kappa), torch.CPU);

        var plain = network.Fold();
        double[][] rows = [.. Enumerable.Range(0, 4).Select(c => plain.Final.Row(c).ToArray().Select(v => (double)v).ToArray())];
        int right = 0, robust = 0;
        float[] x = new float[6];
        for (int n = 0; n < set.Count; n++)
        {
            set.Read(n, x);
            double[] y = ReferenceForward.Run(plain, x);
            int[] order = [.. Enumerable.Range(0, 4).OrderByDescending(c => y[c])];
            right += order[0] == set.Label(n) ? 1 : 0;
            double Radius(int k) =>
                order.Take(k).Min(j => order.Skip(k).Min(i => (y[j] - y[i]) / (Kappa * Nets.Distance(rows[i], rows[j]))));
            int loosest = Enumerable.Range(1, 3).LastOrDefault(k => guarantee.Allows(order, k) && Radius(k) > Epsilon);
            robust += order.Take(loosest).Contains(set.Label(n)) ? 1 : 0;
        }

        Assert.AreEqual(right / 300.0, clean, 1e-9);
        Assert.AreEqual(robust / 300.0, verified, 1e-9);
        Assert.IsTrue(robust is > 30 and < 299, $"{robust} rows are verified: a test of something");
    }

    [TestMethod]
    public void Measure_KappaIsNaN_VerifiesNothing()
    {
        using var scope = torch.NewDisposeScope();
        using var network = Problems.VectorNetwork(4);
        var (clean, verified, _, _) = Validator.Measure(
            network, Problems.Clusters(50, 4, 2), Rows.Bind(RobustnessGuarantee.Local, 4), 0.01f, torch.tensor(float.NaN), torch.CPU);
        Assert.IsGreaterThan(0, clean);
        Assert.AreEqual(0, verified);
    }

    [TestMethod]
    public void Measure_OutsideAScope_LeavesNoTensor()
    {
        using var network = Problems.VectorNetwork(4);
        using var kappa = torch.tensor(1f);
        long before = TorchProcess.LiveTensors();
        Validator.Measure(network, Problems.Clusters(50, 4, 2), Rows.Bind(RobustnessGuarantee.Local, 4), 0.01f, kappa, torch.CPU);
        Assert.AreEqual(before, TorchProcess.LiveTensors());
    }

    [TestMethod]
    public void FromGains_Asymmetric_TakesTheLargerAndNullIfNotFinite()
    {
        using var scope = torch.NewDisposeScope();
        var constants = TrainingMargins.FromGains(torch.tensor([0f, 1f, 1.25f, 0f], [2, 2]))!;
        Assert.AreEqual(1.25, constants[0, 1]);
        Assert.AreEqual(1.25, constants[1, 0]);
        Assert.IsNull(TrainingMargins.FromGains(torch.full(2, 2, float.NaN)));
        Assert.IsNull(TrainingMargins.FromGains(torch.full(2, 2, float.PositiveInfinity)));
    }

    private static string[] Keys(TrainingSet set)
    {
        float[] row = new float[set.Shape.Size];
        return [.. Enumerable.Range(0, set.Count).Select(i =>
        {
            set.Read(i, row);
            return $"{set.Label(i)}: {string.Join(' ', row)}";
        })];
    }
}
