using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;
using Microsoft.ML.Gloro.Training;
using TorchSharp;

namespace Microsoft.ML.Gloro.Tests.Training;

/// <summary>
/// y_⊥ against its definition by subsets, and against the certificate that it stands for; through the losses it is tested with its
/// gradients.
/// </summary>
[TestClass]
public sealed class BottomClassTests
{
    [ClassInitialize]
    public static void Load(TestContext _) => TorchProcess.Prepare();

    [TestMethod]
    public void Logits_EveryGuarantee_EqualOracle()
    {
        int allowed = 0, rows = 0;
        ForEachRow(21, (logits, constants, epsilon, _, allows, actual) =>
        {
            var truth = Oracle.Bottom(logits, constants, epsilon, allows);
            allowed += truth is null ? 0 : 1;
            rows++;
            truth ??= Oracle.Bottom(logits, constants, epsilon, set => int.PopCount(set) == 1); // k = 1 stands in
            Assert.AreEqual(truth!.Value, actual, 1e-5 * (1 + Math.Abs(truth.Value)));
        });
        Assert.IsGreaterThan(1000, allowed);
        Assert.IsGreaterThan(100, rows - allowed);
    }

    [TestMethod]
    public void Logits_BelowTheHighest_ExactlyWhereTheCertificateHolds()
    {
        int certified = 0, others = 0;
        ForEachRow(22, (logits, constants, epsilon, guarantee, allows, actual) =>
        {
            double margin = logits.Max() - actual;
            if (Math.Abs(margin) < 1e-5 || Oracle.Bottom(logits, constants, epsilon, allows) is null)
                return;
            float[] radii = Rows.Radii(logits, Rows.Bind(constants), logits.Length - 1);
            bool holds = Certificate.Evaluate(guarantee, Rows.Order(logits), radii, (float)epsilon).LoosestK > 0;
            Assert.AreEqual(holds, margin > 0, $"margin {margin}");
            _ = holds ? certified++ : others++;
        });
        Assert.IsGreaterThan(200, certified);
        Assert.IsGreaterThan(200, others);
    }

    private static void ForEachRow(int seed, Action<float[], double[,], double, ResolvedGuarantee, Func<int, bool>, double> check)
    {
        var random = new Random(seed);
        for (int n = 0; n < 300; n++)
        {
            using var scope = torch.NewDisposeScope();
            var batch = new Batch(n) { Epsilon = 0.3 * random.NextDouble() };
            var (guarantee, allows) = Guarantee(random, batch.Classes);
            double[,] constants = new double[batch.Classes, batch.Classes];
            for (int i = 0; i < batch.Classes; i++)
            {
                for (int j = 0; j < batch.Classes; j++)
                    constants[i, j] = batch.Gain(i, j) / batch.Epsilon;
            }

            var bound = Rows.Bind(guarantee, batch.Classes);
            float[] bottoms = new BottomClass(bound).Logits(batch.Input(out _, out _, out _)).data<float>().ToArray();
            for (int row = 0; row < batch.Count; row++)
                check(Array.ConvertAll(batch.Logits[row], y => (float)y), constants, batch.Epsilon, bound, allows, bottoms[row]);
        }
    }

    private static (RobustnessGuarantee Guarantee, Func<int, bool> Allows) Guarantee(Random random, int classes)
    {
        if (random.Next(2) == 0)
        {
            int k = random.Next(1, classes);
            return (RobustnessGuarantee.RelaxedTopK(k), set => int.PopCount(set) <= k);
        }

        int[] family = Rows.Family(random, classes);
        bool exact = random.Next(2) == 0, singletons = random.Next(2) == 0;
        return (
            RobustnessGuarantee.Affinity(
                Rows.Family(classes, family), exact ? AffinityMatch.Exact : AffinityMatch.Subset, singletons),
            set => Oracle.Allows(set, family, exact, singletons, classes));
    }
}
