using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.MLNet;
using Microsoft.ML.Gloro.Tests.Analysis;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.MLNet;

[TestClass]
public sealed class TransformerColumnTests
{
    [TestMethod]
    [DataRow("local")]
    [DataRow("rtk:3")]
    [DataRow("affinity:ant+bee,cat+dog")]
    [DataRow("affinity:small=ant+bee,pets=cat+dog,animals=ant+bee+cat+dog,cat+eel")]
    public void Transform_AnyGuarantee_ColumnsAreWhatTheCertificateSays(string guarantee)
    {
        var model = TestModels.Vector(guarantee: RobustnessGuarantee.Parse(guarantee), epsilon: 0.4f);
        var rows = VectorRow.Random(300, scale: 2);
        using var transformer = TestModels.Transformer(model);
        var scored = ScoredRow.All(transformer.Transform(VectorRow.View(rows)));

        Assert.HasCount(rows.Count, scored);
        using var scorer = new Float64Scorer(model.Network);
        int certified = 0, relaxed = 0;
        for (int i = 0; i < rows.Count; i++)
        {
            var expected = Expect(model, scorer, rows[i].Features);
            Assert.AreEqual(expected.ToString(), scored[i].ToString(), $"row {i}");
            certified += scored[i].IsCertified ? 1 : 0;
            relaxed += scored[i].CertifiedK > 1 ? 1 : 0;
        }

        Assert.IsGreaterThan(20, certified, "the test must see certified rows");
        Assert.IsGreaterThan(20, rows.Count - certified, "and rows that are not");
        if (guarantee != "local")
            Assert.IsGreaterThan(1, relaxed, "and sets of several labels");
    }

    [TestMethod]
    public void Transform_Columns_HoldTogether()
    {
        var model = TestModels.Vector();
        using var transformer = TestModels.Transformer(model);
        foreach (var row in ScoredRow.All(transformer.Transform(VectorRow.View(VectorRow.Random(200, scale: 2)))))
        {
            Assert.AreEqual(1, row.Score.Sum(), 1e-5);
            Assert.AreEqual(Array.IndexOf(row.Logits, row.Logits.Max()) + 1, (int)row.PredictedLabel);
            Assert.AreEqual(row.CertifiedRadius > model.Epsilon, row.IsCertified);
            int[] holding = [.. Enumerable.Range(1, 3).Where(k => row.TopKRadii[k - 1] > model.Epsilon)];
            Assert.AreEqual((holding.FirstOrDefault(), holding.LastOrDefault()), (row.CertifiedK, row.LoosestK));
            Assert.AreEqual(row.CertifiedK > 0 ? row.TopKRadii[row.CertifiedK - 1] : row.TopKRadii[..3].Max(), row.CertifiedRadius);
            Assert.HasCount(row.CertifiedK, row.CertifiedLabels);
            Assert.AreEqual(row.PredictedLabel, row.ReachableLabels[0]);
            if (row.IsCertified)
                Assert.AreEqual(row.PredictedLabel, row.CertifiedLabels[0]);
            CollectionAssert.IsSubsetOf(
                row.IsCertified ? row.ReachableLabels.Intersect(row.CertifiedLabels).ToArray() : [], row.CertifiedLabels);
            if (row.IsCertified)
                Assert.IsEmpty(
                    row.ReachableLabels.Except(row.CertifiedLabels), "a class outside the certified set cannot be top-1 within ε");
        }
    }

    [TestMethod]
    [DataRow("affinity:small=ant+bee,pets=cat+dog,animals=ant+bee+cat+dog")]
    [DataRow("affinity:one=ant+bee+cat,two=cat+dog+eel,three=ant+dog+eel")]
    public void Transform_ChangesWithinEpsilon_NeverLeaveTheNamedGroup(string text)
    {
        // The attack takes the steepest direction between the top class and each other one, from the logits' differences, and goes just
        // short of ε: the predicted class must stay in the group of the clean row.
        var guarantee = RobustnessGuarantee.Parse(text);
        var model = TestModels.Vector(guarantee: guarantee, epsilon: 0.4f);
        using var transformer = TestModels.Transformer(model);
        var rows = VectorRow.Random(200, scale: 2);
        var clean = ScoredRow.All(transformer.Transform(VectorRow.View(rows)));
        int[] named = [.. Enumerable.Range(0, rows.Count).Where(i => clean[i].CertifiedK > 1 && clean[i].CertifiedGroup.Length > 0)];
        Assert.IsGreaterThan(5, named.Length, "the test must see rows with the name of a group");
        int changed = 0;
        foreach (int i in named)
        {
            string[] group = Members(text, clean[i].CertifiedGroup);
            var moved = Attack(model, rows[i].Features, clean[i], 0.999f * model.Epsilon);
            foreach (var row in ScoredRow.All(transformer.Transform(VectorRow.View(moved))))
            {
                CollectionAssert.Contains(group, model.ClassNames[(int)row.PredictedLabel - 1], $"row {i}");
                changed += row.PredictedLabel != clean[i].PredictedLabel ? 1 : 0;
            }
        }

        Assert.IsGreaterThan(0, changed, "an attack that changes no class tests nothing");
    }

    [TestMethod]
    public void NameOf_Classes_IsTheNameOfTheColumn()
    {
        var guarantee = RobustnessGuarantee.Parse("affinity:small=ant+bee,animals=ant+bee+cat+dog");
        using var transformer = TestModels.Transformer(TestModels.Vector(guarantee: guarantee));
        Assert.AreEqual("small animals animals  ant eel ", string.Join(' ', new string[][]
        {
            ["bee", "ant"], ["bee", "cat"], ["dog", "cat", "ant"], ["dog", "eel"], ["ant"], ["eel"], [],
        }.Select(transformer.NameOf)));
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => transformer.NameOf(["ant", "elk"])).Message, "no class 'elk'");
        using var local = TestModels.Transformer(TestModels.Vector(guarantee: RobustnessGuarantee.Local));
        Assert.AreEqual("ant ", string.Join(' ', local.NameOf(["ant"]), local.NameOf(["ant", "bee"])));
    }

    [TestMethod]
    public void Transform_Logits_AreTheReferenceForwardPass()
    {
        var model = TestModels.Vector();
        var rows = VectorRow.Random(50);
        using var transformer = TestModels.Transformer(model);
        var scored = ScoredRow.All(transformer.Transform(VectorRow.View(rows)));
        for (int i = 0; i < rows.Count; i++)
        {
            double[] expected = ReferenceForward.Run(model.Network, rows[i].Features);
            for (int c = 0; c < expected.Length; c++)
                Assert.AreEqual(expected[c], scored[i].Logits[c], 1e-5);
        }
    }

    [TestMethod]
    public void GetOutputSchema_Types_AreThoseOfTheDesign()
    {
        using var transformer = TestModels.Transformer(TestModels.Vector());
        var schema = transformer.GetOutputSchema(VectorRow.View([]).Schema);
        string types = string.Join("; ", schema.Skip(4).Select(c => $"{c.Name}: {c.Type}"));
        Assert.AreEqual(
            "PredictedLabel: Key<UInt32, 0-4>; Score: Vector<Single, 5>; Logits: Vector<Single, 5>; TopKRadii: Vector<Single, 4>; "
                + "CertifiedRadius: Single; IsCertified: Boolean; " +
            "CertifiedK: Int32; CertifiedLabels: Vector<Key<UInt32, 0-4>>; LoosestK: Int32; ReachableLabels: Vector<Key<UInt32, 0-4>>; "
                + "CertifiedGroup: String",
                types);
        foreach (string name in new[] { "PredictedLabel", "CertifiedLabels", "ReachableLabels" })
        {
            VBuffer<ReadOnlyMemory<char>> names = default;
            schema[name].GetKeyValues(ref names);
            Assert.AreEqual("ant bee cat dog eel", string.Join(" ", names.DenseValues()), name);
        }

        foreach (string name in new[] { "Score", "Logits" })
        {
            VBuffer<ReadOnlyMemory<char>> names = default;
            schema[name].GetSlotNames(ref names);
            Assert.AreEqual("ant bee cat dog eel", string.Join(" ", names.DenseValues()), name);
        }
    }

    [TestMethod]
    public void GetOutputSchema_CertifiedRadius_SaysEpsilonAndGuarantee()
    {
        var guarantee = RobustnessGuarantee.Parse("affinity:ant+bee,cat+dog");
        using var transformer = TestModels.Transformer(TestModels.Vector(guarantee: guarantee, epsilon: 0.25f));
        var annotations = transformer.GetOutputSchema(VectorRow.View([]).Schema)["CertifiedRadius"].Annotations;
        float epsilon = 0;
        ReadOnlyMemory<char> text = default;
        annotations.GetValue(OutputColumns.EpsilonAnnotation, ref epsilon);
        annotations.GetValue(OutputColumns.GuaranteeAnnotation, ref text);
        Assert.AreEqual(0.25f, epsilon);
        Assert.AreEqual(guarantee, RobustnessGuarantee.Parse(text.ToString()));
    }

    [TestMethod]
    public void GetOutputSchema_SecondScorer_GetsItsOwnColumnSet()
    {
        using var first = TestModels.Transformer(TestModels.Vector());
        using var second = TestModels.Transformer(TestModels.Vector(), prefix: "Second");
        var schema = second.GetOutputSchema(first.GetOutputSchema(VectorRow.View([]).Schema));
        uint one = 0, two = 0;
        schema["Score"].Annotations.GetValue(OutputColumns.ScoreColumnSetIdAnnotation, ref one);
        schema["SecondScore"].Annotations.GetValue(OutputColumns.ScoreColumnSetIdAnnotation, ref two);
        Assert.AreEqual((1u, 2u), (one, two));
        Assert.IsNotNull(schema.GetColumnOrNull("SecondReachableLabels"));
    }

    [TestMethod]
    [DataRow(float.NaN)]
    [DataRow(float.PositiveInfinity)]
    [DataRow(float.NegativeInfinity)]
    [DataRow(1e38f)]
    public void Transform_ValueThatIsNotFiniteOrOverflows_CertifiesNothing(float bad)
    {
        foreach (var activation in Enum.GetValues<ActivationFunction>())
        {
            using var transformer = TestModels.Transformer(TestModels.Vector(epsilon: 0, activation: activation));
            for (int slot = 0; slot < 6; slot++)
            {
                var rows = VectorRow.Random(3, scale: 5);
                rows[1].Features[slot] = bad;
                var scored = ScoredRow.All(transformer.Transform(VectorRow.View(rows)));
                Assert.IsTrue(scored[0].CertifiedRadius > 0 && scored[2].CertifiedRadius > 0, "its neighbors are certified as ever");

                var row = scored[1];
                Assert.AreEqual(0u, row.PredictedLabel);
                Assert.IsTrue(row.Logits.All(float.IsNaN) && row.Score.All(float.IsNaN));
                Assert.IsTrue(row.TopKRadii.All(r => r == 0));
                Assert.AreEqual((0f, false, 0, 0), (row.CertifiedRadius, row.IsCertified, row.CertifiedK, row.CertifiedLabels.Length));
                CollectionAssert.AreEquivalent(new uint[] { 1, 2, 3, 4, 5 }, row.ReachableLabels);
            }
        }
    }

    [TestMethod]
    public void Transform_SparseFeatures_AreReadAsTheirDenseValues()
    {
        using var transformer = TestModels.Transformer(TestModels.Vector());
        var data = new[]
        {
            new SparseRow { Features = new VBuffer<float>(6, 2, [1.5f, -2], [1, 4]) },
            new SparseRow { Features = new VBuffer<float>(6, [0, 1.5f, 0, 0, -2, 0]) },
        };
        var definition = SchemaDefinition.Create(typeof(SparseRow));
        definition["Features"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, 6);
        var scored = ScoredRow.All(transformer.Transform(new MLContext().Data.LoadFromEnumerable(data, definition)));
        Assert.AreEqual(scored[1].ToString(), scored[0].ToString());
    }

    private static ScoredRow Expect(GloroModel model, Float64Scorer scorer, float[] features)
    {
        int classes = model.ClassNames.Count;
        var logits = new float[classes];
        scorer.Score(features, 1, logits);
        int[] order = [.. Enumerable.Range(0, classes).OrderByDescending(i => logits[i])];
        var radii = new float[Math.Min(classes - 1, Math.Max(10, model.ResolvedGuarantee.MaxK))];
        double error = model.Rounding.MarginError(model.Rounding.SizeOf(features));
        Certificate.ComputeRadii(logits, order, model.Constants, error, radii);
        var certified = Certificate.Evaluate(model.ResolvedGuarantee, order, radii, model.Epsilon);
        var exponentials = logits.Select(y => MathF.Exp(y - logits.Max())).ToArray();
        float sum = 0;
        foreach (float e in exponentials)
            sum += e;
        var reachable =
            order.Where(i => i == order[0] || logits[i] + (model.Epsilon * model.Constants[order[0], i]) + error >= logits[order[0]]);
        return new ScoredRow
        {
            PredictedLabel = (uint)order[0] + 1,
            Score = [.. exponentials.Select(e => e / sum)],
            Logits = logits,
            TopKRadii = radii,
            CertifiedRadius = certified.Radius,
            IsCertified = certified.Radius > model.Epsilon,
            CertifiedK = certified.TightestK,
            CertifiedLabels = [.. order[..certified.TightestK].Select(i => (uint)i + 1)],
            LoosestK = certified.LoosestK,
            ReachableLabels = [.. reachable.Select(i => (uint)i + 1)],
            CertifiedGroup = Name(model.Guarantee, [.. order[..certified.TightestK].Select(i => model.ClassNames[i])]),
        };
    }

    // From the text of the guarantee alone, by trying all groups.
    private static string Name(RobustnessGuarantee guarantee, string[] certified)
    {
        if (certified.Length < 2)
            return certified.SingleOrDefault("");
        string sets = guarantee.Kind == GuaranteeKind.Affinity ? guarantee.ToString()["affinity:".Length..] : "";
        return sets.Split(',').Where(set => set.Contains('=', StringComparison.Ordinal)).Select(set => set.Split('='))
            .Select(parts => (Name: parts[0], Classes: parts[1].Split('+')))
            .Where(group => certified.All(group.Classes.Contains))
            .OrderBy(group => group.Classes.Length).ThenBy(group => group.Name, StringComparer.Ordinal)
            .Select(group => group.Name).FirstOrDefault("");
    }

    private static string[] Members(string guarantee, string group) =>
        guarantee["affinity:".Length..].Split(',').Select(set => set.Split('=')).Single(parts => parts[0] == group)[1].Split('+');

    // Steps of a tenth along the gradient of y_i − y_top, by differences, for each other class i.
    private static IEnumerable<VectorRow> Attack(GloroModel model, float[] features, ScoredRow clean, float radius)
    {
        int top = (int)clean.PredictedLabel - 1;
        for (int other = 0; other < model.ClassNames.Count; other++)
        {
            if (other == top)
                continue;
            float[] moved = [.. features];
            for (int step = 0; step < 10; step++)
            {
                double[] gradient = [.. Enumerable.Range(0, moved.Length).Select(f => Slope(moved, f, other))];
                double length = Math.Sqrt(gradient.Sum(g => g * g));
                for (int f = 0; f < moved.Length; f++)
                    moved[f] += (float)(0.1 * radius * gradient[f] / length);
            }

            yield return new VectorRow { Features = moved };
        }

        double Slope(float[] at, int feature, int other)
        {
            float[] up = [.. at], down = [.. at];
            up[feature] += 1e-3f;
            down[feature] -= 1e-3f;
            double[] high = ReferenceForward.Run(model.Network, up), low = ReferenceForward.Run(model.Network, down);
            return high[other] - high[top] - (low[other] - low[top]);
        }
    }

    private sealed class SparseRow
    {
        public VBuffer<float> Features { get; set; }
    }
}
