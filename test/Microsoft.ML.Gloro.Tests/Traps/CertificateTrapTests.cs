using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Traps;

/// <summary>
/// Flaws that code has had between the logits and the certificate, each as a network and a row on which it would certify what is false;
/// seen through the public columns.
/// </summary>
[TestClass]
public sealed class CertificateTrapTests
{
    private static readonly float[] Zero = new float[6];

    // Masking the top class by its value ("logits != logits.max()") masks both of two equal top logits, and certifies against the third.
    [TestMethod]
    public void TwoEqualTopLogits_AreNotCertifiedApart()
    {
        ScoredRow row = Score(Identity([5, 5, 1]), Zero, RobustnessGuarantee.RelaxedTopK(2));

        Assert.AreEqual(0f, row.TopKRadii[0]);
        Assert.IsGreaterThan(2, row.TopKRadii[1]);
        Assert.AreEqual(2, row.CertifiedK);
        Assert.AreEqual((0f, false), Certificate(Score(Identity([5, 5, 1]), Zero, RobustnessGuarantee.Local)));
    }

    // The same at the edge of the set: with the second and the third equal, which two are the top two is for the order of an array to say.
    [TestMethod]
    public void EqualLogitsAcrossTheBoundary_AreNotCertifiedAsASet()
    {
        ScoredRow row = Score(Identity([5, 3, 3, 1]), Zero, RobustnessGuarantee.RelaxedTopK(3));

        Assert.AreEqual(0f, row.TopKRadii[1]);
        Assert.AreEqual((1, 3), (row.CertifiedK, row.LoosestK));
        Assert.IsTrue(row.TopKRadii[0] > 0 && row.TopKRadii[2] > 0);
    }

    // Two classes with the same row have K = 0: dividing by it makes an infinite radius of a tie, or NaN that compares as it likes.
    [TestMethod]
    [DataRow(0f, false)]
    [DataRow(0.25f, true)]
    public void DuplicatedRowsInTheLastLayer_AreCertifiedByTheirBiasesAlone(float ahead, bool certified)
    {
        float[] weights = [1, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0];
        var network = new DeployedNetwork(TensorShape.Vector(6), [new DeployedDense(weights, [10 + ahead, 10, 0], 6, 3)]);

        foreach (float[] x in new[] { Zero, [1, 1, 0, 0, 0, 0] })
        {
            ScoredRow row = Score(network, x, RobustnessGuarantee.Local);
            Assert.AreEqual(certified, row.CertifiedRadius > 0);
            Assert.IsFalse(float.IsNaN(row.CertifiedRadius));
        }

        LinearTruth.AssertNoRadiusIsTooLarge(network, Zero, [1, 1, 0, 0, 0, 0]);
    }

    // At ε = 0 "margin ≥ ε·K" certifies every tie. The comparison is strict, everywhere.
    [TestMethod]
    public void EpsilonZero_CertifiesWhatIsNoTieAndNothingElse()
    {
        Assert.AreEqual((0f, false), Certificate(Score(Identity([2, 2, 2]), Zero, RobustnessGuarantee.RelaxedTopK(2), epsilon: 0)));
        Assert.IsTrue(Score(Identity([2.001f, 2, 1]), Zero, RobustnessGuarantee.Local, epsilon: 0).IsCertified);
    }

    // A set of all classes is certified always, and says nothing.
    [TestMethod]
    public void LargestK_IsOneLessThanTheClasses()
    {
        DeployedNetwork network = Identity([4, 3, 2, 1]);

        ScoredRow row = Score(network, Zero, RobustnessGuarantee.RelaxedTopK(3));

        Assert.HasCount(3, row.TopKRadii);
        Assert.AreEqual(3, row.LoosestK);
        Assert.ThrowsExactly<ArgumentException>(() => Score(network, Zero, RobustnessGuarantee.RelaxedTopK(4)));
        Assert.AreEqual((0f, 0), (Score(Identity([4, 4, 4, 4]), Zero, RobustnessGuarantee.RelaxedTopK(3)).CertifiedRadius,
            Score(Identity([4, 4, 4, 4]), Zero, RobustnessGuarantee.RelaxedTopK(3)).CertifiedK));
    }

    // A model that was trained for one guarantee and is asked for another must give that other's certificate, not its own under a new name.
    [TestMethod]
    public void GuaranteeChangedAfterTraining_CertifiesAsIfItHadAlwaysBeenSo()
    {
        var mlContext = new MLContext(seed: 1);
        var data = VectorRow.View(VectorRow.Random(100, scale: 2));
        using var trained = TestModels.Transformer(TestModels.Vector(guarantee: RobustnessGuarantee.RelaxedTopK(3), epsilon: 0.1f));
        using var changed = (GloroTransformer)mlContext.Gloro.WithGuarantee(trained, RobustnessGuarantee.Local, 0.3f);
        using var always = TestModels.Transformer(TestModels.Vector(guarantee: RobustnessGuarantee.Local, epsilon: 0.3f));

        List<ScoredRow> rows = ScoredRow.All(changed.Transform(data));

        CollectionAssert.AreEqual(
            ScoredRow.All(always.Transform(data)).ConvertAll(row => row.ToString()), rows.ConvertAll(row => row.ToString()));
        Assert.IsTrue(rows.Any(row => row.IsCertified) && rows.Any(row => !row.IsCertified) && rows.All(row => row.CertifiedK <= 1));
    }

    // max(x, 0) swallows −∞, and in many libraries NaN, so that a row of them comes out with finite logits and a certificate. (Every slot
    // and activation: TransformerColumnTests.)
    [TestMethod]
    [DataRow(float.NaN)]
    [DataRow(float.PositiveInfinity)]
    [DataRow(float.NegativeInfinity)]
    public void InputThatIsNoNumber_CertifiesNothing(float bad)
    {
        var relu = new DeployedNetwork(TensorShape.Vector(6), [new DeployedScaling([.. Enumerable.Repeat(bad > 0 ? -1f : 1, 6)], Zero),
            new DeployedActivation(ActivationFunction.ReLU), .. Identity([5, 1]).Layers]);

        foreach (var arithmetic in Enum.GetValues<CertificateArithmetic>())
            Assert.AreEqual((0f, false), Certificate(Score(relu, [bad, 0, 0, 0, 0, 0], RobustnessGuarantee.Local, epsilon: 0, arithmetic)),
                arithmetic.ToString());
    }

    // Denormals are flushed by some processors and settings and kept by others: nobody can say what arithmetic such a row would see. It is
    // scored, and not certified.
    [TestMethod]
    [DataRow(float.Epsilon)]
    [DataRow(-1e-39f)]
    public void DenormalInput_IsScoredButCertifiesNothing(float denormal)
    {
        ScoredRow row = Score(Identity([5, 1]), [denormal, 0, 0, 0, 0, 0], RobustnessGuarantee.Local, epsilon: 0);

        Assert.AreEqual((0f, false), Certificate(row));
        Assert.AreEqual((1u, 5f), (row.PredictedLabel, row.Logits[0]));
        Assert.HasCount(2, row.ReachableLabels);
        Assert.IsTrue(Score(Identity([5, 1]), Zero, RobustnessGuarantee.Local, epsilon: 0).IsCertified);
    }

    // Pixels of 0 to 255 into a network for [0, 1] give huge margins, and so huge radii that mean nothing.
    [TestMethod]
    [DataRow(-0.01f)]
    [DataRow(1.01f)]
    public void PixelOutsideItsRange_IsScoredButCertifiesNothing(float pixel)
    {
        using var transformer = TestModels.Transformer(TestModels.Image(height: 2, width: 2, epsilon: 0), "Pixels");
        float[] inside = [.. Enumerable.Repeat(0.5f, 12)], outside = [.. inside[..7], pixel, .. inside[8..]];

        List<ScoredRow> rows =
            ScoredRow.All(transformer.Transform(
                new MLContext().Data.LoadFromEnumerable<PixelRow>([new() { Pixels = inside }, new() { Pixels = outside }])));

        Assert.IsGreaterThan(0, rows[0].CertifiedRadius);
        Assert.AreEqual((0f, false), Certificate(rows[1]));
        Assert.IsTrue(rows[1].Logits.All(float.IsFinite) && rows[1].PredictedLabel > 0);
        Assert.HasCount(5, rows[1].ReachableLabels);
    }

    private static (float Radius, bool IsCertified) Certificate(ScoredRow row) => (row.CertifiedRadius, row.IsCertified);

    /// <summary>y_i = x_i + logits_i.</summary>
    private static DeployedNetwork Identity(float[] logits) =>
        new(TensorShape.Vector(6),
            [new DeployedDense([.. Enumerable.Range(0, 6 * logits.Length).Select(i => i % 7 == 0 ? 1f : 0)], logits, 6, logits.Length)]);

    private static ScoredRow Score(DeployedNetwork network, float[] x, RobustnessGuarantee guarantee, float epsilon = 0.1f,
        CertificateArithmetic arithmetic = CertificateArithmetic.Float64)
    {
        using var transformer = TestModels.Transformer(TestModels.Create(network, guarantee, epsilon, isImage: false).With(arithmetic));
        return ScoredRow.All(transformer.Transform(VectorRow.View([new VectorRow { Features = x }]))).Single();
    }

    private sealed class PixelRow
    {
        [Microsoft.ML.Data.VectorType(12)]
        public float[] Pixels { get; set; } = [];
    }
}
