using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Inference;

/// <summary>The exported coverage sets against the library's: never smaller, and hardly ever larger.</summary>
[TestClass]
public sealed class PortableCoverageTests
{
    private static readonly float[] s_radii = [0, 0.05f, 0.3f, 2];

    [TestMethod]
    [DataRow(CertificateArithmetic.Float64, CoverageScoreKind.Softmax, false)]
    [DataRow(CertificateArithmetic.Float64, CoverageScoreKind.Softmax, true)]
    [DataRow(CertificateArithmetic.Float64, CoverageScoreKind.Margin, false)]
    [DataRow(CertificateArithmetic.Float64, CoverageScoreKind.Margin, true)]
    [DataRow(CertificateArithmetic.Real, CoverageScoreKind.Softmax, false)]
    [DataRow(CertificateArithmetic.Real, CoverageScoreKind.Margin, true)]
    public void Run_ThousandsOfVectorsAtEveryEpsilon_HaveTheLibrarysSetsOrLargerOnes(
        CertificateArithmetic arithmetic, CoverageScoreKind kind, bool alwaysTop)
    {
        int larger = 0, sets = 0;
        var sizes = new HashSet<int>();
        for (int seed = 0; seed < 2; seed++)
        {
            GloroModel model = TestModels.Vector(seed: seed + 1).With(arithmetic);
            float[][] rows = Rows(500, 6, seed);
            model = model.With(Rule(model, kind, rows, .7, alwaysTop));
            using var file = PortableFile.Of(model);
            foreach (float epsilon in s_radii)
            {
                int[][] library = Sets(model.With(model.Guarantee, epsilon), rows);
                larger += AssertNoneIsSmaller(library, file.RunCoverage(rows, epsilon));
                sets += rows.Length;
                sizes.UnionWith(library.Select(set => set.Length));
            }

            AssertNoneIsSmaller(Sets(model, rows), file.RunCoverage(rows));
        }

        Assert.IsLessThanOrEqualTo(sets / 500, larger, $"{larger} of {sets} sets are larger in the file.");
        Assert.IsGreaterThanOrEqualTo(5, sizes.Count, "the comparison says little");
    }

    [TestMethod]
    [DataRow(CertificateArithmetic.Float64, CoverageScoreKind.Softmax)]
    [DataRow(CertificateArithmetic.Float64, CoverageScoreKind.Margin)]
    [DataRow(CertificateArithmetic.Real, CoverageScoreKind.Softmax)]
    [DataRow(CertificateArithmetic.Real, CoverageScoreKind.Margin)]
    public void Run_LabelWhoseScoreIsExactlyTheQuantile_IsInTheMask(CertificateArithmetic arithmetic, CoverageScoreKind kind)
    {
        // The library's comparison holds with equality here: one step of rounding the wrong way would lose the label.
        var random = new Random(4);
        int next = 0;
        for (int trial = 0; trial < 40; trial++)
        {
            float epsilon = s_radii[trial % 4];
            double temperature = kind == CoverageScoreKind.Softmax ? Math.Exp((6 * random.NextDouble()) - 4) : 1;
            GloroModel model = TestModels.Vector(seed: trial + 1, epsilon: epsilon).With(arithmetic);
            float[] row = TestModels.Features(random, 6, MathF.Exp((8 * random.NextSingle()) - 4));
            int label = random.Next(5);
            double quantile = Reach(model, kind, temperature, row, Logits(model, [row])[0], label, epsilon);
            GloroModel at = model.With(new CoverageRule(kind, temperature, .9, 100, quantile, alwaysTop: false));
            Assert.Contains(label, Sets(at, [row])[0]);
            using var file = PortableFile.Of(at);
            Assert.Contains(label, file.RunCoverage([row])[0], $"trial {trial}, T = {temperature}, quantile {quantile}");

            double below = quantile - (1e-2 * (1 + Math.Abs(quantile)));
            using var lower = PortableFile.Of(model.With(new CoverageRule(kind, temperature, .9, 100, below, alwaysTop: false)));
            next += lower.RunCoverage([row])[0].Contains(label) ? 1 : 0;
        }

        Assert.IsLessThan(5, next, "the mask leaves the label out once the quantile is clearly lower");
    }

    [TestMethod]
    [DataRow(CertificateArithmetic.Float64, GloroImageViews.One)]
    [DataRow(CertificateArithmetic.Real, GloroImageViews.One)]
    [DataRow(CertificateArithmetic.Float64, GloroImageViews.Mirrored)]
    public void Run_ImageNetworkWithEveryKindOfLayer_HasTheLibrarysSetsOrLargerOnes(CertificateArithmetic arithmetic, GloroImageViews views)
    {
        DeployedNetwork network = new RandomNetworks(2).EveryKind().With(views);
        var random = new Random(3);
        float[][] rows = [.. Enumerable.Range(0, 500)
            .Select(_ => Enumerable.Range(0, network.InputShape.Size).Select(_ => random.NextSingle()).ToArray())];
        GloroModel model = TestModels.Create(network, RobustnessGuarantee.Local, 1e-4f, isImage: true).With(arithmetic);
        model = model.With(Rule(model, CoverageScoreKind.Softmax, rows, .6, alwaysTop: false));
        using var file = PortableFile.Of(model);
        foreach (float epsilon in new[] { 0, 1e-4f, 1e-2f })
        {
            int larger = AssertNoneIsSmaller(Sets(model.With(model.Guarantee, epsilon), rows), file.RunCoverage(rows, epsilon));
            Assert.IsLessThanOrEqualTo(2, larger);
        }
    }

    [TestMethod]
    public void Run_FortyClasses_HaveTheLibrarysSetsOrLargerOnes()
    {
        foreach (var kind in Enum.GetValues<CoverageScoreKind>())
        {
            GloroModel model = TestModels.Complete(new RandomNetworks(40).Vector(8, 16, 40), RobustnessGuarantee.Local, 0.02f);
            float[][] rows = [.. Enumerable.Range(0, 300).Select(seed => TestModels.Features(new Random(seed), 8, 4))];
            model = model.With(Rule(model, kind, rows, .5, alwaysTop: false));
            using var file = PortableFile.Of(model);
            int[][] library = Sets(model, rows);
            Assert.IsLessThanOrEqualTo(2, AssertNoneIsSmaller(library, file.RunCoverage(rows)));
            Assert.IsTrue(library.Any(set => set.Length > 3) && library.Any(set => set.Length < 38), "the comparison says little");
        }
    }

    [TestMethod]
    [DataRow(CoverageScoreKind.Softmax)]
    [DataRow(CoverageScoreKind.Margin)]
    public void Run_WhereNothingIsKnown_TheMaskHasEveryClass(CoverageScoreKind kind)
    {
        GloroModel model = TestModels.Vector();
        float[][] rows = Rows(50, 6, seed: 1);
        GloroModel calibrated = model.With(new CoverageRule(kind, .5, .9, 100, -1, alwaysTop: false));
        using var file = PortableFile.Of(calibrated);
        Assert.IsTrue(file.RunCoverage(rows).Any(set => set.Length < 5));
        foreach (float none in new[] { -1e-3f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue })
            Assert.IsTrue(file.RunCoverage(rows, none).All(set => set.Length == 5), $"ε = {none}");
        foreach (float odd in new[] { float.NaN, float.PositiveInfinity, 1e38f, 1e-40f })
            Assert.HasCount(5, file.RunCoverage([[odd, 1, 2, 3, 4, 5]])[0], $"{odd}");

        using var all = PortableFile.Of(model.With(new CoverageRule(kind, .5, .9, 100, double.PositiveInfinity, alwaysTop: false)));
        Assert.IsTrue(all.RunCoverage(rows).All(set => set.Length == 5), "no label was ruled out when the model was calibrated");
    }

    [TestMethod]
    public void ConvertToOnnx_CalibratedModel_SaysWhatTheMaskIs()
    {
        GloroModel model = TestModels.Vector();
        var rule = new CoverageRule(CoverageScoreKind.Softmax, .25, .9, 321, 1.5, alwaysTop: false);
        using PortableFile plain = PortableFile.Of(model), file = PortableFile.Of(model.With(rule), new() { EpsilonAsInput = true });
        Assert.DoesNotContain("coverage_mask", plain.Session.OutputMetadata.Keys);
        Assert.IsFalse(plain.Session.ModelMetadata.CustomMetadataMap.Keys.Any(key => key.Contains("coverage", StringComparison.Ordinal)));
        CollectionAssert.AreEqual(new[] { -1, 5 }, file.Session.OutputMetadata["coverage_mask"].Dimensions);
        var metadata = file.Session.ModelMetadata.CustomMetadataMap;
        Assert.AreEqual(
            ("0.9", "321", "Softmax", "0.25", "1.5"),
            (metadata["gloro.coverage"], metadata["gloro.coverage_rows"], metadata["gloro.coverage_score"],
                metadata["gloro.coverage_temperature"], metadata["gloro.coverage_quantile"]));
        StringAssert.Contains(metadata["gloro.coverage_claim"], "holds the true label with probability");
        float[][] rows = Rows(20, 6, seed: 1);
        AssertNoneIsSmaller(Sets(model.With(rule).With(model.Guarantee, 0.2f), rows), file.RunCoverage(rows, 0.2f));
    }

    [TestMethod]
    public void ConvertToOnnx_CalibratedInAnotherArithmetic_IsRefused()
    {
        using var transformer = TestModels.Transformer(
            TestModels.Vector().With(new CoverageRule(CoverageScoreKind.Softmax, .25, .9, 100, 1.5, alwaysTop: false)));
        using var stream = new MemoryStream();
        var options = new GloroOnnxOptions { Arithmetic = CertificateArithmetic.Real };
        string message = Assert.ThrowsExactly<ArgumentException>(
            () => new MLContext().Gloro.ConvertToOnnx(transformer, stream, options)).Message;
        StringAssert.Contains(message, "calibrated in Float64, and a file in Real would lose them");
        Assert.AreEqual(0, stream.Length);
    }

    private static float[][] Rows(int count, int size, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => TestModels.Features(random, size, 1.5f))];
    }

    // The quantile of the scores of the middle classes at the model's ε, so that sets have many sizes.
    private static CoverageRule Rule(GloroModel model, CoverageScoreKind kind, float[][] rows, double share, bool alwaysTop)
    {
        double temperature = kind == CoverageScoreKind.Softmax ? .4 : 1;
        float[][] logits = Logits(model, rows);
        int classes = model.ClassNames.Count;
        double[] scores =
            [.. rows.Select((row, i) => Reach(model, kind, temperature, row, logits[i], i % classes, model.Epsilon)).Order()];
        return new(kind, temperature, .9, rows.Length, scores[(int)(share * rows.Length)], alwaysTop);
    }

    private static float[][] Logits(GloroModel model, float[][] rows) => [.. LibraryRows.Score(model, rows).Select(row => row.Logits)];

    private static double Reach(
        GloroModel model, CoverageScoreKind kind, double temperature, float[] row, float[] logits, int label, float epsilon)
    {
        Assert.IsTrue(new InputGuard(model).TryJudge(row, out RowError error));
        return CoverageScore.AtLeast(kind, temperature, logits, label, model.Constants, error, epsilon);
    }

    private static int[][] Sets(GloroModel model, float[][] rows)
    {
        var guard = new InputGuard(model);
        float[][] logits = Logits(model, rows);
        return [.. rows.Select((row, i) =>
        {
            guard.TryJudge(row, out RowError error);
            error = guard.ErrorWithin(model.Epsilon, error);
            var set = new int[model.ClassNames.Count];
            int count = model.Coverage!.Labels(
                logits[i], model.Constants, error, model.Epsilon, set);
            return set.Take(count).Order().ToArray();
        })];
    }

    // Returns how many are larger.
    private static int AssertNoneIsSmaller(int[][] library, int[][] graph)
    {
        Assert.HasCount(library.Length, graph);
        for (int i = 0; i < library.Length; i++)
        {
            string both = $"row {i}: {string.Join(' ', library[i])}, file {string.Join(' ', graph[i])}";
            CollectionAssert.IsSubsetOf(library[i], graph[i], both);
        }

        return library.Zip(graph).Count(pair => pair.First.Length < pair.Second.Length);
    }
}
