using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;
using Microsoft.ML.Gloro.Training;
using TorchSharp;

namespace Microsoft.ML.Gloro.Tests.Training;

/// <summary>Weights of rows: in the losses against sums over single rows, in training against rows that occur several times.</summary>
[TestClass]
public sealed class RowWeightTests
{
    [ClassInitialize]
    public static void Load(TestContext _) => TorchProcess.Prepare();

    [TestMethod]
    public void RelativeWeights_RandomWeights_HaveMean1AndTheirRatios()
    {
        for (int seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            float[] weights = [.. Enumerable.Range(0, 2 + random.Next(40)).Select(_ => (float)Math.Exp(8 * Rows.Normal(random)))];
            float[] relative = Set(weights).RelativeWeights()!;
            Assert.AreEqual(1, relative.Average(w => (double)w), 1e-6);
            for (int i = 0; i < weights.Length; i++)
                Assert.AreEqual(1, (double)weights[i] / weights[0] * relative[0] / relative[i], 1e-6, $"seed {seed}, row {i}");
        }
    }

    [TestMethod]
    public void RelativeWeights_LargestFloats_StayFinite()
    {
        Assert.AreEqual("1.5 1.5 0", string.Join(' ', Set([float.MaxValue, float.MaxValue, float.Epsilon]).RelativeWeights()!));
    }

    [TestMethod]
    [DataRow(1f)]
    [DataRow(3f)]
    [DataRow(0.1f)]
    public void RelativeWeights_AllEqual_AreNone(float weight)
    {
        Assert.IsNull(Set([weight, weight, weight]).RelativeWeights());
        Assert.IsNull(Set(null).RelativeWeights());
    }

    [TestMethod]
    public void Subset_WeightedRows_KeepTheirWeights()
    {
        Assert.AreEqual("4 2", string.Join(' ', Set([1, 2, 3, 4]).Subset([3, 1]).Weights.ToArray()));
        var images = new ImageTrainingSet(new(1, 1, 1), [[1], [2]], [0, 1], GloroAugmentationOptions.None, [5, 6]);
        Assert.AreEqual("6", string.Join(' ', images.Subset([1]).Weights.ToArray()));
        Assert.IsTrue(Set(null).Subset([1]).Weights.IsEmpty);
    }

    [TestMethod]
    public void Shuffled_WeightedRows_HaveTheirRelativeWeights()
    {
        using var scope = torch.NewDisposeScope();
        var set = Set([.. Enumerable.Range(1, 20).Select(i => (float)i)]);
        foreach (var (rows, _, weights) in new BatchSource(set, 8, torch.CPU).Shuffled(new Random(1)))
            CollectionAssert.AreEqual(rows.Select(r => (float)((r + 1) / 10.5)).ToArray(), weights!.data<float>().ToArray());
    }

    [TestMethod]
    public void Compute_EveryLoss_IsTheWeightedSumOverSingleRows()
    {
        for (int seed = 0; seed < 30; seed++)
        {
            var batch = new Batch(seed);
            float[] weights = Weights(seed, batch.Count);
            foreach (var (name, loss) in Losses(batch.Classes, seed))
            {
                double expected = Enumerable.Range(0, batch.Count).Average(row => weights[row] * Alone(batch, row).Compute(loss));
                using var scope = torch.NewDisposeScope();
                var input = batch.Input(out _, out _, out _) with { Weights = torch.tensor(weights) };
                LossTests.AssertClose(expected, loss.Compute(input).item<float>(), $"{name}, seed {seed}");
            }
        }
    }

    [TestMethod]
    public void Compute_EveryLoss_HasTheGradientsOfRepeatedRows()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var batch = new Batch(seed, ties: false);
            var random = new Random(seed);
            int[] times = [1, .. Enumerable.Range(1, batch.Count - 1).Select(_ => 1 + random.Next(3))];
            int[] repeated = [.. times.SelectMany((n, row) => Enumerable.Repeat(row, n))];
            float[] relative = [.. times.Select(n => (float)n * batch.Count / repeated.Length)];
            foreach (var (name, loss) in Losses(batch.Classes, seed))
            {
                using var scope = torch.NewDisposeScope();
                var weighted = batch.Input(out _, out var rows, out var kappa) with { Weights = torch.tensor(relative) };
                loss.Compute(weighted).backward();
                var plain = Alone(batch, repeated).Input(out _, out var sameRows, out var sameKappa);
                loss.Compute(plain).backward();
                Assert.IsTrue(torch.allclose(rows.grad!, sameRows.grad!, 1e-4, 1e-5), $"{name}, seed {seed}");
                Assert.IsTrue(torch.allclose(kappa.grad!, sameKappa.grad!, 1e-4, 1e-5), $"{name}, seed {seed}");
            }
        }
    }

    [TestMethod]
    public void Loss_Mixture_GivesEachLabelTheWeightOfItsRow()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var batch = new Batch(seed);
            float[] weights = Weights(seed, batch.Count);
            var mixture = Mixture.Draw(0.4, batch.Count, new Random(seed));
            foreach (var (name, loss) in Losses(batch.Classes, seed))
            {
                double expected = Enumerable.Range(0, batch.Count).Average(row =>
                {
                    int partner = mixture.Partners[row];
                    var other = new Batch([batch.Logits[row]], [batch.Labels[partner]])
                    {
                        Rows = batch.Rows,
                        Kappa = batch.Kappa,
                        Epsilon = batch.Epsilon,
                    };
                    return (mixture.Share * weights[row] * Alone(batch, row).Compute(loss))
                        + ((1 - mixture.Share) * weights[partner] * other.Compute(loss));
                });
                using var scope = torch.NewDisposeScope();
                var input = batch.Input(out _, out _, out _) with { Weights = torch.tensor(weights) };
                LossTests.AssertClose(expected, mixture.Loss(loss, input).item<float>(), $"{name}, seed {seed}");
            }
        }
    }

    [TestMethod]
    [DataRow(GloroLossKind.Emma)]
    [DataRow(GloroLossKind.CrossEntropy)]
    [DataRow(GloroLossKind.Trades)]
    public void Run_WeightedRows_TrainAsRepeatedRowsDo(GloroLossKind loss)
    {
        // One batch has all rows, and no layer has a mean over the batch, so the order of rows changes last bits only.
        var random = new Random(5);
        int[] times = [.. Enumerable.Range(0, 24).Select(_ => random.Next(1, 4))];
        var set = Problems.Clusters(times.Length, 4, 1);
        var weighted = Copy(set, [.. Enumerable.Range(0, set.Count)], [.. times.Select(n => n * 0.7f)]);
        var repeated = Copy(set, [.. times.SelectMany((n, row) => Enumerable.Repeat(row, n))], null);
        var (few, fewLogits) = Train(weighted, set);
        var (many, manyLogits) = Train(repeated, set);
        for (int epoch = 0; epoch < few.Length; epoch++)
            Assert.AreEqual(many[epoch], few[epoch], 1e-4, $"epoch {epoch + 1}");
        for (int i = 0; i < fewLogits.Length; i++)
            Assert.AreEqual(manyLogits[i], fewLogits[i], 1e-3, $"logit {i}");
        var (_, plainLogits) = Train(Copy(set, [.. Enumerable.Range(0, set.Count)], null), set);
        Assert.IsGreaterThan(0.02, fewLogits.Zip(plainLogits, (a, b) => Math.Abs(a - b)).Max(), "weights make a difference");

        (double[] Losses, float[] Logits) Train(TrainingSet rows, TrainingSet measured)
        {
            var layers = new[] { GloroLayer.Dense(16), GloroLayer.MinMax() };
            using var network = NetworkBuilder.Build(rows.Shape, 4, layers, new float[6], 0.5f, Nets.Factory(3));
            var losses = new List<double>();
            new Trainer(Problems.Settings(4, epochs: 8).With(o => (o.BatchSize, o.Loss) = (128, loss)), network, rows, null)
                .Run(progress => losses.Add(progress.Loss), default);
            using var scope = torch.NewDisposeScope();
            using var _ = torch.no_grad();
            var inputs = new BatchSource(measured, 128, torch.CPU).Read(0, measured.Count);
            return ([.. losses], network.Forward(inputs, training: false).data<float>().ToArray());
        }
    }

    [TestMethod]
    public void Run_EqualWeights_GiveTheBitsOfNone()
    {
        string Hash(float? weight)
        {
            var set = Problems.Clusters(60, 4, 1);
            float[]? weights = weight is { } w ? [.. Enumerable.Repeat(w, set.Count)] : null;
            using var network = Problems.VectorNetwork(1);
            new Trainer(Problems.Settings(4), network, Copy(set, [.. Enumerable.Range(0, set.Count)], weights), null).Run(null, default);
            return WeightHash.Compute(network.Fold());
        }

        Assert.AreEqual(Hash(null), Hash(3));
        Assert.AreEqual(Hash(null), Hash(0.1f));
    }

    private static VectorTrainingSet Set(float[]? weights)
    {
        int count = weights?.Length ?? 3;
        return new(TensorShape.Vector(1), [.. Enumerable.Range(0, count).Select(i => new[] { (float)i })], new int[count], weights);
    }

    private static VectorTrainingSet Copy(TrainingSet set, int[] rows, float[]? weights)
    {
        float[][] values = [.. rows.Select(row =>
        {
            float[] copy = new float[set.Shape.Size];
            set.Read(row, copy);
            return copy;
        })];
        return new(set.Shape, values, [.. rows.Select(set.Label)], weights);
    }

    private static Batch Alone(Batch batch, params int[] rows) =>
        new([.. rows.Select(row => batch.Logits[row])], [.. rows.Select(row => batch.Labels[row])])
        {
            Rows = batch.Rows,
            Kappa = batch.Kappa,
            Epsilon = batch.Epsilon,
        };

    private static float[] Weights(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => 3 * random.NextSingle())];
    }

    private static IEnumerable<(string Name, GloroLoss Loss)> Losses(int classes, int seed)
    {
        foreach (var guarantee in LossTests.Guarantees(classes, seed))
        {
            var context = Problems.Settings(classes, guarantee: guarantee);
            foreach (var kind in Enum.GetValues<GloroLossKind>())
                yield return ($"{kind}, {guarantee}", GloroLoss.Create(context.With(o => o.Loss = kind)));
        }
    }
}
