using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Tests.Core;

[TestClass]
public sealed class CertificateTests
{
    private static readonly double[,] _ones = { { 0, 1, 1 }, { 1, 0, 1 }, { 1, 1, 0 } };

    [TestMethod]
    public void ComputeRadii_ThreeClasses_AreTheMarginsOverTheConstants()
    {
        var radii = Rows.Radii([1, 4, 3], Rows.Bind(new double[,] { { 0, 6, 4 }, { 6, 0, 2 }, { 4, 2, 0 } }), 2);

        Assert.AreEqual(0.5f, radii[0], 1e-6f);    // (4 − 3) / 2, not (4 − 1) / 6
        Assert.AreEqual(0.5f, radii[1], 1e-6f);    // (4 − 1) / 6 and (3 − 1) / 4
        Assert.IsLessThanOrEqualTo(0.5f, radii.Max());
    }

    [TestMethod]
    [DataRow(float.NaN)]
    [DataRow(float.PositiveInfinity)]
    [DataRow(float.NegativeInfinity)]
    public void ComputeRadii_LogitNotFinite_CertifiesNothing(float value)
    {
        for (var at = 0; at < 3; at++)
        {
            var logits = new float[] { 9, 5, 1 };
            logits[at] = value;

            CollectionAssert.AreEqual(new float[2], Rows.Radii(logits, Rows.Bind(_ones), 2));
            Assert.IsFalse(Certificate.TryOrder(logits, new int[3]));
            Assert.HasCount(3, Rows.Reachable(logits, Rows.Bind(_ones), 0));
        }
    }

    [TestMethod]
    public void ComputeRadii_ZeroConstant_LimitsNothingUnlessTied()
    {
        var constants = Rows.Bind(new double[,] { { 0, 0, 1 }, { 0, 0, 1 }, { 1, 1, 0 } });

        Assert.AreEqual(float.MaxValue, Rows.Radii([5, 4, -1e30f], Rows.Bind(new double[3, 3]), 1)[0]);
        Assert.AreEqual(2f, Rows.Radii([5, 4, 3], constants, 1)[0], 1e-5f);
        Assert.AreEqual(0f, Rows.Radii([4, 4, 3], constants, 2)[0]);
        Assert.AreEqual(1f, Rows.Radii([4, 4, 3], constants, 2)[1], 1e-5f);
        CollectionAssert.AreEqual(new float[2], Rows.Radii([4, 4, 4], constants, 2));
    }

    [TestMethod]
    public void ComputeRadii_TieInsideTheSet_DoesNotMatter()
    {
        var radii = Rows.Radii([3, 3, 1], Rows.Bind(_ones), 2);

        Assert.AreEqual(0f, radii[0]);
        Assert.AreEqual(2f, radii[1], 1e-5f);
    }

    [TestMethod]
    public void ComputeRadii_NegativeZeroBesideZero_IsATie() => Assert.AreEqual(0f, Rows.Radii([-0f, 0f, -1], Rows.Bind(_ones), 1)[0]);

    [TestMethod]
    public void ComputeRadii_ManyClasses_EqualsPlainLoops()
    {
        var random = new Random(6);
        // Lengths with and without a remainder after the vectors, and beyond the memory that the stack gives.
        foreach (var classes in (int[])[2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33, 100, 1023, 1024, 1025, 1500])
        {
            var constants = Rows.Constants(random, classes);
            var logits = Enumerable.Range(0, classes).Select(_ => (float)Rows.Normal(random)).ToArray();
            var count = Math.Min(classes - 1, 12);
            var order = Rows.Order(logits);
            var radii = Rows.Radii(logits, Rows.Bind(constants), count);
            for (var k = 1; k <= count; k++)
            {
                var truth = double.PositiveInfinity;
                foreach (var j in order[..k])
                {
                    foreach (var i in order[k..])
                        truth = Math.Min(
                            truth, constants[i, j] == 0 ? double.PositiveInfinity : ((double)logits[j] - logits[i]) / constants[i, j]);
                }
                truth = Math.Min(truth, float.MaxValue);
                Assert.IsTrue(
                    radii[k - 1] <= truth && radii[k - 1] >= truth * (1 - 1.3e-7), $"{classes} classes, k {k}: {radii[k - 1]} for {truth}");
            }
        }
    }

    [TestMethod]
    public void ComputeRadii_ThousandClasses_AllocatesNothing()
    {
        var random = new Random(7);
        var constants = Rows.Bind(Rows.Constants(random, 1000));
        var logits = Enumerable.Range(0, 1000).Select(_ => (float)Rows.Normal(random)).ToArray();
        var guarantee = Rows.Bind(RobustnessGuarantee.RelaxedTopK(5), 1000);
        var (order, labels, radii) = (new int[1000], new int[1000], new float[5]);
        Score();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var row = 0; row < 20; row++)
            Score();
        Assert.AreEqual(before, GC.GetAllocatedBytesForCurrentThread());

        void Score()
        {
            Certificate.TryOrder(logits, order);
            Certificate.ComputeRadii(logits, order, constants, 1e-6, radii);
            Certificate.Evaluate(guarantee, order, radii, 0.1f);
            Certificate.ReachableLabels(logits, order, constants, 1e-6, 0.1f, labels);
        }
    }

    [TestMethod]
    public void ComputeRadii_Error_IsTakenFromEveryMargin()
    {
        float[] radii = Rows.Radii([4, 3, 1], Rows.Bind(_ones), 2, error: 0.5);
        Assert.AreEqual(0.5, radii[0], 1e-6);
        Assert.AreEqual(1.5, radii[1], 1e-6);
        Assert.AreEqual(0f, Rows.Radii([4, 3, 1], Rows.Bind(_ones), 1, error: 1)[0]);
    }

    [TestMethod]
    [DataRow(double.PositiveInfinity)]
    [DataRow(double.NaN)]
    [DataRow(-1e-9)]
    public void ComputeRadii_ErrorThatIsNone_CertifiesNothing(double error)
    {
        Assert.AreEqual(0f, Rows.Radii([4, 3, 1], Rows.Bind(_ones), 2, error).Max());
        Assert.HasCount(3, Rows.Reachable([400, 3, 1], Rows.Bind(_ones), 0.1f, error));
    }

    [TestMethod]
    public void ReachableLabels_Error_LetsNearerClassesIn()
    {
        Assert.AreEqual(0, Rows.Reachable([4, 3, 1], Rows.Bind(_ones), 0.9f).Single());
        Assert.AreEqual("0 1", string.Join(' ', Rows.Reachable([4, 3, 1], Rows.Bind(_ones), 0.9f, error: 0.2)));
    }

    [TestMethod]
    public void ComputeRadii_TooManyRadii_SaysHowMany()
    {
        var exception = Assert.ThrowsExactly<ArgumentException>(() => Rows.Radii([1, 2, 3], Rows.Bind(_ones), 3));
        StringAssert.Contains(exception.Message, "at most 2 radii, not 3", StringComparison.Ordinal);
        Assert.ThrowsExactly<ArgumentException>(() => Rows.Radii([1, 2], Rows.Bind(_ones), 1));
    }

    [TestMethod]
    public void TryOrder_AnyRow_SortsLikeAStableSort()
    {
        var random = new Random(8);
        for (var row = 0; row < 5_000; row++)
        {
            var logits = Rows.Logits(random, random.Next(1, 40));
            // LINQ sorts stably, NaN last.
            var expected = Enumerable.Range(0, logits.Length).OrderByDescending(c => logits[c] + 0f).ToArray();
            CollectionAssert.AreEqual(expected, Rows.Order(logits), string.Join(' ', logits));
        }
    }

    [TestMethod]
    public void TryOrder_FewPlaces_GivesTheBeginningOfTheWholeOrder()
    {
        var random = new Random(9);
        for (var row = 0; row < 5_000; row++)
        {
            var logits = Rows.Logits(random, random.Next(1, 120));
            var expected = Rows.Order(logits);
            var order = new int[random.Next(Math.Min(logits.Length, 40) + 1)];
            Assert.AreEqual(logits.All(float.IsFinite), Certificate.TryOrder(logits, order));
            CollectionAssert.AreEqual(expected[..order.Length], order, string.Join(' ', logits));
        }

        Assert.ThrowsExactly<ArgumentException>(() => Certificate.TryOrder([1, 2], new int[3]));
    }

    [TestMethod]
    public void Evaluate_Strictness_EpsilonAtTheRadiusIsNotCertified()
    {
        var guarantee = Rows.Bind(RobustnessGuarantee.RelaxedTopK(2), 3);
        float[] radii = [0.25f, 0.5f];

        Assert.AreEqual(new CertifiedSet(0.25f, 1, 2, 0.5f), Certificate.Evaluate(guarantee, [2, 0, 1], radii, 0.2f));
        Assert.AreEqual(new CertifiedSet(0.5f, 2, 2, 0.5f), Certificate.Evaluate(guarantee, [2, 0, 1], radii, 0.25f));
        Assert.AreEqual(new CertifiedSet(0.5f, 0, 0, 0.5f), Certificate.Evaluate(guarantee, [2, 0, 1], radii, 0.5f));
        Assert.AreEqual(new CertifiedSet(0.5f, 0, 0, 0.5f), Certificate.Evaluate(guarantee, [2, 0, 1], radii, -1));
        Assert.AreEqual(new CertifiedSet(0.5f, 0, 0, 0.5f), Certificate.Evaluate(guarantee, [2, 0, 1], radii, float.NaN));
        Assert.AreEqual(new CertifiedSet(0.25f, 1, 1, 0.25f), Certificate.Evaluate(guarantee, [2, 0, 1], [0.25f], 0));
        Assert.AreEqual(new CertifiedSet(0, 0, 0, 0), Certificate.Evaluate(guarantee, [2, 0, 1], [0, 0], 0));
        Assert.AreEqual(new CertifiedSet(0, 0, 0, 0), Certificate.Evaluate(guarantee, [2, 0, 1], [float.NaN, float.PositiveInfinity], 0));
    }

    [TestMethod]
    public void Evaluate_OtherNumberOfClasses_Throws() =>
        Assert.ThrowsExactly<ArgumentException>(
            () => Certificate.Evaluate(Rows.Bind(RobustnessGuarantee.RelaxedTopK(2), 3), [0], [1f, 1f], 0));

    [TestMethod]
    [DataRow(float.NaN)]
    [DataRow(-0.1f)]
    [DataRow(float.PositiveInfinity)]
    public void ReachableLabels_EpsilonOutOfRange_HoldsAllClasses(float epsilon) =>
        CollectionAssert.AreEqual((int[])[1, 2, 0], Rows.Reachable([1, 4, 3], Rows.Bind(_ones), epsilon));

    [TestMethod]
    public void ReachableLabels_ExactlyReached_IsIncluded()
    {
        CollectionAssert.AreEqual((int[])[1, 2], Rows.Reachable([1, 4, 3], Rows.Bind(_ones), 1));
        CollectionAssert.AreEqual((int[])[1], Rows.Reachable([1, 4, 3], Rows.Bind(_ones), 0.99999f));
        Assert.ThrowsExactly<ArgumentException>(
            () => Certificate.ReachableLabels([1, 4, 3], [1, 2, 0], Rows.Bind(_ones), 0, 1, new int[2]));
    }
}
