using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Inference;

/// <summary>ε and the guarantee, overridden at run time.</summary>
[TestClass]
public sealed class PortableParameterTests
{
    private static readonly float[][] s_rows = Rows();

    [TestMethod]
    public void Run_AnotherEpsilon_IsThatOfTheLibrary()
    {
        GloroModel model = TestModels.Vector();
        using var file = PortableFile.Of(model);
        foreach (float epsilon in new[] { 0, 1e-6f, 0.05f, 0.3f, 1, 1e30f })
        {
            PortableRow[] library = LibraryRows.Score(model.With(model.Guarantee, epsilon), s_rows);
            Assert.IsLessThanOrEqualTo(2, LibraryRows.AssertCertifiesNoMore(library, file.Run(s_rows, epsilon)), $"{epsilon}");
        }

        foreach (float none in new[] { -1e-3f, float.NaN, float.PositiveInfinity, float.NegativeInfinity })
            Assert.IsFalse(file.Run(s_rows, none).Any(row => row.IsCertified || row.Mask.Length > 0), $"{none} certifies something.");
    }

    [TestMethod]
    public void Run_EpsilonAsInput_NeedsItAndIsTheSame()
    {
        GloroModel model = TestModels.Vector();
        using PortableFile file = PortableFile.Of(model), required = PortableFile.Of(model, new GloroOnnxOptions { EpsilonAsInput = true });
        Assert.AreEqual("epsilon input", string.Join(' ', required.Session.InputMetadata.Keys.Order()));
        Assert.DoesNotContain("epsilon", required.Session.OverridableInitializerMetadata.Keys);
        Assert.AreEqual("required", required.Session.ModelMetadata.CustomMetadataMap["gloro.epsilon_input"]);
        Assert.AreEqual("optional", file.Session.ModelMetadata.CustomMetadataMap["gloro.epsilon_input"]);
        Assert.Throws<OnnxRuntime.OnnxRuntimeException>(() => required.Run(s_rows));
        foreach (float epsilon in new[] { 0, model.Epsilon, 5, float.NaN })
        {
            foreach (var (first, second) in file.Run(s_rows, epsilon).Zip(required.Run(s_rows, epsilon)))
            {
                Assert.AreEqual((first.Radius, first.IsCertified), (second.Radius, second.IsCertified));
                CollectionAssert.AreEqual(first.Mask, second.Mask);
            }
        }
    }

    [TestMethod]
    public void Run_EpsilonThatIsTheRadius_IsNotCertified()
    {
        using var file = PortableFile.Of(TestModels.Vector());
        PortableRow[] rows = file.Run(s_rows[..50]);
        for (int i = 0; i < rows.Length; i++)
        {
            if (rows[i].Radius == 0)
                continue;
            Assert.IsFalse(file.Run([s_rows[i]], rows[i].Radius)[0].IsCertified, "r > ε is strict.");
            Assert.IsTrue(file.Run([s_rows[i]], MathF.BitDecrement(rows[i].Radius))[0].IsCertified);
        }
    }

    [TestMethod]
    public void Run_AnotherK_IsThatOfTheLibrary()
    {
        GloroModel model = TestModels.Vector(guarantee: RobustnessGuarantee.Local);
        using var file = PortableFile.Of(model);
        for (int k = 1; k <= 4; k++)
            Assert.IsLessThanOrEqualTo(
                2,
                LibraryRows.AssertCertifiesNoMore(
                    LibraryRows.Score(model.With(RobustnessGuarantee.RelaxedTopK(k), model.Epsilon), s_rows), file.Run(s_rows, maxK: k)));
        PortableRow[] most = LibraryRows.Score(model.With(RobustnessGuarantee.RelaxedTopK(4), model.Epsilon), s_rows);
        Assert.IsLessThanOrEqualTo(
            2,
            LibraryRows.AssertCertifiesNoMore(most, file.Run(s_rows, maxK: long.MaxValue)),
            "The set of all classes is never certified.");
        Assert.IsFalse(file.Run(s_rows, maxK: 0).Any(row => row.IsCertified || row.Radius > 0));
        Assert.IsFalse(file.Run(s_rows, maxK: -1).Any(row => row.IsCertified || row.Radius > 0));
    }

    [TestMethod]
    public void Run_AffinitySetsOfRunTime_AreThoseOfTheLibrary()
    {
        GloroModel model = TestModels.Vector(guarantee: RobustnessGuarantee.Local);
        using var file = PortableFile.Of(model, new GloroOnnxOptions { AffinitySetCapacity = 6 });
        foreach (string text in new[]
        {
            "affinity:#0+#1,#1+#3", "affinity:#0+#1+#2+#3:exact", "affinity:#2+#4:no-singletons",
            "affinity:#0+#1,#2+#3:exact:no-singletons",
        })
        {
            GloroModel other = model.With(RobustnessGuarantee.Parse(text), model.Epsilon);
            var sets = new float[6 * 5];
            foreach (var (set, row) in GuaranteeGraph.Sets(other.ResolvedGuarantee).Select((set, row) => (set, row)))
            {
                foreach (int index in set)
                    sets[(row * 5) + index] = 1;
            }

            PortableRow[] graph = file.Run(
                s_rows, maxK: 4, sets: (sets, [6, 5]), exact: text.Contains("exact", StringComparison.Ordinal) ? 1 : 0);
            PortableRow[] library = LibraryRows.Score(other, s_rows);
            Assert.IsLessThanOrEqualTo(2, LibraryRows.AssertCertifiesNoMore(library, graph), text);
            Assert.IsTrue(library.Any(row => row.IsCertified), text);
        }
    }

    [TestMethod]
    public void Run_OddValuesInAffinitySets_AddNoClass()
    {
        // 2 does not count twice, and NaN, −1 and 0.4 not at all: the set is {0, 1}.
        GloroModel model = TestModels.Vector(guarantee: RobustnessGuarantee.Local);
        using var file = PortableFile.Of(model, new GloroOnnxOptions { AffinitySetCapacity = 1 });
        PortableRow[] odd = file.Run(s_rows, maxK: 4, sets: ([2, 1000, float.NaN, -1, 0.4f], [1, 5]));
        PortableRow[] plain = file.Run(s_rows, maxK: 4, sets: ([1, 1, 0, 0, 0], [1, 5]));
        for (int i = 0; i < odd.Length; i++)
            CollectionAssert.AreEqual(plain[i].Mask, odd[i].Mask);
        Assert.IsTrue(plain.Any(row => row.Mask.Length == 2) && plain.All(row => row.Mask.All(c => c < 2)));
    }

    [TestMethod]
    public void Run_ManyClassesAndRadii_AreThoseOfTheLibrary()
    {
        foreach (var (classes, radii) in new[] { (2, 1), (3, 2), (40, 32), (40, 3) })
        {
            GloroModel model = TestModels.Complete(
                new RandomNetworks(classes).Vector(8, 16, classes),
                RobustnessGuarantee.RelaxedTopK(Math.Min(radii, 3) - (classes == 3 ? 1 : 0)),
                0.05f);
            using var file = PortableFile.Of(model, new GloroOnnxOptions { RadiiCount = radii });
            float[][] rows = [.. Enumerable.Range(0, 300).Select(seed => TestModels.Features(new Random(seed), 8, 4))];
            PortableRow[] library = LibraryRows.Score(model.With(RobustnessGuarantee.RelaxedTopK(radii), 0.05f), rows);
            PortableRow[] graph = file.Run(rows, maxK: radii);
            Assert.HasCount(radii, graph[0].Radii);
            LibraryRows.AssertCertifiesNoMore(library, graph);
            Assert.IsTrue(
                library.Zip(graph).All(pair => pair.Second.Radii.Zip(pair.First.Radii).All(r => r.First >= (r.Second * 0.999f) - 1e-4f)),
                "Hardly anything is lost.");
        }
    }

    private static float[][] Rows()
    {
        var random = new Random(9);
        return [.. Enumerable.Range(0, 1500).Select(_ => TestModels.Features(random, 6, 1.5f))];
    }
}
