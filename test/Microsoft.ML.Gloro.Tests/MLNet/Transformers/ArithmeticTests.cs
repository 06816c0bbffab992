using Microsoft.ML.Gloro.Analysis;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.MLNet;

/// <summary>Which arithmetic a model is scored and certified in, and that it makes the difference it is there for.</summary>
[TestClass]
public sealed class ArithmeticTests
{
    private const int Inputs = 3 * 23 * 29;

    private readonly MLContext _mlContext = new(seed: 1);

    [TestMethod]
    public void Transform_LastBitsNearABoundary_BreakRealCertificatesAndNoneOfFloat64()
    {
        // After Jia and Rinard, "Exploiting verified neural networks via floating point numerical error" (2021): near a boundary, where
        // rounding is larger than the margin, inputs that differ in the last bits of some values differ in their class, although the margin
        // promises a larger radius.
        (int broken, int attacks) = Attack(CertificateArithmetic.Real);
        Assert.IsGreaterThan(
            0, broken, $"Rounding was not exploited in {attacks} attacks: this test says nothing of the other arithmetic either.");
        (broken, attacks) = Attack(CertificateArithmetic.Float64);
        Assert.IsGreaterThan(500, attacks);
        Assert.AreEqual(0, broken);
    }

    [TestMethod]
    public void WithArithmetic_Model_ScoresInItAndSaysSo()
    {
        using var model = TestModels.Transformer(TestModels.Vector());
        using var real = (GloroTransformer)_mlContext.Gloro.WithArithmetic(model, CertificateArithmetic.Real);
        Assert.AreEqual((CertificateArithmetic.Float64, CertificateArithmetic.Real), (model.Arithmetic, real.Model.Arithmetic));

        var data = VectorRow.View(VectorRow.Random(200));
        var (exact, single) = (ScoredRow.All(model.Transform(data)), ScoredRow.All(real.Transform(data)));
        Assert.IsTrue(exact.Zip(single).Any(p => !p.First.Logits.SequenceEqual(p.Second.Logits)), "Both arithmetics gave the same bits.");
        Assert.IsTrue(exact.Zip(single).All(p => Math.Abs(p.First.CertifiedRadius - p.Second.CertifiedRadius) <= 1e-4f));
        Assert.IsGreaterThan(0.4 * single.Count(r => r.CertifiedRadius > 0), exact.Count(r => r.CertifiedRadius > 0),
            "Covering rounding must cost next to nothing.");
        Assert.AreEqual(CertificateArithmetic.Real, new ScoredArithmetic(real.Transform(data)).Value);
        Assert.AreEqual(CertificateArithmetic.Float64, new ScoredArithmetic(model.Transform(data)).Value);
    }

    [TestMethod]
    public void WithArithmetic_SavedAndLoaded_IsKept()
    {
        using var folder = new TemporaryFolder();
        string file = Path.Combine(folder.Path, "model.zip");
        foreach (var arithmetic in Enum.GetValues<CertificateArithmetic>())
        {
            using var model = TestModels.Transformer(TestModels.Vector().With(arithmetic));
            _mlContext.Model.Save(model, VectorRow.View([]).Schema, file);
            using var loaded = (GloroTransformer)_mlContext.Model.Load(file, out _);
            Assert.AreEqual(arithmetic, loaded.Arithmetic);
            using var same = loaded.With(RobustnessGuarantee.Local, 0.5f);
            Assert.AreEqual(arithmetic, same.Arithmetic);
        }
    }

    [TestMethod]
    public void WithArithmetic_UnknownOne_IsRefused()
    {
        using var model = TestModels.Transformer(TestModels.Vector());
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => _mlContext.Gloro.WithArithmetic(model, (CertificateArithmetic)7));
        Assert.AreEqual("model", Assert.ThrowsExactly<ArgumentNullException>(
            () => _mlContext.Gloro.WithArithmetic(null!, CertificateArithmetic.Real)).ParamName);
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => _mlContext.Gloro.MulticlassClassification(
                new GloroMulticlassClassificationOptions { Arithmetic = (CertificateArithmetic)7 })).Message, "Arithmetic is unknown");
    }

    /// <summary>Attacks certified points near the boundary, within their radii, and counts those whose class changes.</summary>
    private static (int Broken, int Attacks) Attack(CertificateArithmetic arithmetic)
    {
        // An image, since Real covers the rounding at the row itself for feature vectors. A sum of positive terms against a constant: it
        // grows to 1,000 and more, where floats are 10⁻⁴ apart, while the margin is next to nothing.
        var random = new Random(1);
        float[] weights = Values(random), x = Values(random);
        double sum = weights.Zip(x, (w, v) => (double)w * v).Sum();
        int broken = 0, attacks = 0;
        for (int trial = 0; trial < 40; trial++)
        {
            float bias = (float)(sum - (0.002 * (random.NextDouble() - 0.5)));
            var network = new DeployedNetwork(new TensorShape(3, 23, 29),
                [new DeployedFlatten(), new DeployedDense([.. weights, .. new float[Inputs]], [0, bias], Inputs, 2)]);
            using var transformer =
                TestModels.Transformer(TestModels.Create(network, RobustnessGuarantee.Local, 0, isImage: true).With(arithmetic));
            (int top, float radius) = Certify(transformer, x);
            for (int attack = 0; attack < 50 && radius > 0; attack++, attacks++)
                broken += Certify(transformer, MoveWithin(radius, x, random)).Top == top ? 0 : 1;
        }

        return (broken, attacks);
    }

    /// <summary>Changes values by one unit in the last place, as many as <paramref name="radius"/> allows.</summary>
    private static float[] MoveWithin(float radius, float[] x, Random random)
    {
        float[] changed = [.. x];
        double squares = 0;
        for (int i = 0; i < x.Length; i++)
        {
            float next = random.Next(2) == 0 ? MathF.BitIncrement(x[i]) : MathF.BitDecrement(x[i]);
            squares += Math.Pow((double)next - x[i], 2);
            if (Math.Sqrt(squares) * (1 + 1e-9) >= radius)
                break;
            changed[i] = next;
        }

        return changed;
    }

    private static (int Top, float Radius) Certify(GloroTransformer transformer, float[] x)
    {
        var logits = new float[2];
        transformer.Score(x, 1, logits);
        var order = new int[2];
        var radii = new float[1];
        Certificate.TryOrder(logits, order);
        Assert.IsTrue(transformer.Guard.TryJudge(x, out double error));
        Certificate.ComputeRadii(logits, order, transformer.GloroModel.Constants, error, radii);
        return (order[0], radii[0]);
    }

    private static float[] Values(Random random) => [.. Enumerable.Range(0, Inputs).Select(_ => (random.NextSingle() + 1) / 2)];

    /// <summary>What the annotation of a scored view says.</summary>
    private sealed class ScoredArithmetic(IDataView scored)
    {
        public CertificateArithmetic? Value { get; } = ScoredColumns.Find(scored, "PredictedLabel", "").ReadArithmetic();
    }
}
