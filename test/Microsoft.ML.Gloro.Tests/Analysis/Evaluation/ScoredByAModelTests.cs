using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Analysis;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Analysis;

/// <summary>The metrics of a view that a real transformer scored agree with the transformer's own columns.</summary>
[TestClass]
public sealed class ScoredByAModelTests
{
    private const int Rows = 300;

    [TestMethod]
    [DataRow("local")]
    [DataRow("rtk:2")]
    public void Evaluate_ViewOfATransformer_AgreesWithItsColumns(string guarantee)
    {
        var mlContext = new MLContext(seed: 1);
        GloroModel model = TestModels.SmallVector();
        // An ε near the middle of the radii, so that neither everything nor nothing is certified.
        float epsilon = MedianRadius(mlContext, model.With(RobustnessGuarantee.Parse(guarantee), 0));
        model = model.With(RobustnessGuarantee.Parse(guarantee), epsilon);
        using var transformer = new GloroTransformer(mlContext, model, "Features");
        IDataView scored = transformer.Transform(Data(mlContext, model));

        GloroMetrics metrics = GloroEvaluator.Evaluate(mlContext, scored, "Label", null, null);

        Scored[] rows = [.. mlContext.Data.CreateEnumerable<Scored>(scored, reuseRowObject: false)];
        Assert.AreEqual(epsilon, metrics.Epsilon);
        Assert.AreEqual(guarantee, metrics.Guarantee.ToString());
        Assert.AreEqual(rows.Average(r => r.IsCertified ? 1.0 : 0), metrics.CertifiedFraction, 1e-12);
        Assert.AreEqual(rows.Average(r => r.PredictedLabel == r.Label ? 1.0 : 0), metrics.CleanAccuracy, 1e-12);
        Assert.AreEqual(rows.Average(r => r.Loosest.Contains(r.Label) ? 1.0 : 0), metrics.VerifiedRobustAccuracy, 1e-12);
        Assert.AreEqual(rows.Where(r => r.IsCertified).Average(r => (double)r.CertifiedK), metrics.MeanCertifiedSetSize, 1e-12);
        Assert.AreEqual(rows.Where(r => r.IsCertified).Average(r => (double)r.LoosestK), metrics.MeanLoosestSetSize, 1e-12);
        Assert.AreEqual(metrics.CleanAccuracy, metrics.Classification!.MicroAccuracy, 1e-12);
        Assert.IsTrue(
            metrics.CertifiedFraction is > 0.2 and < 0.8, $"The test needs certified and other rows: {metrics.CertifiedFraction}");
    }

    [TestMethod]
    public void Evaluate_NamedGroups_CountsTheRowsOfTheColumnCertifiedGroup()
    {
        var mlContext = new MLContext(seed: 1);
        var guarantee = RobustnessGuarantee.Parse("affinity:small=ant+bee,cat+eel,pets=cat+dog,animals=ant+bee+cat+dog,never=ant+eel");
        GloroModel model = TestModels.Vector(guarantee: guarantee, epsilon: 0.3f);
        using var transformer = new GloroTransformer(mlContext, model, "Features");
        IDataView scored = transformer.Transform(Data(mlContext, model));
        GloroMetrics metrics = mlContext.Gloro.Evaluate(scored);
        Grouped[] rows = [.. mlContext.Data.CreateEnumerable<Grouped>(scored, reuseRowObject: false)];
        var members = new Dictionary<string, string>
        {
            ["small"] = "ant bee",
            ["pets"] = "cat dog",
            ["animals"] = "ant bee cat dog",
            ["never"] = "ant eel",
        };
        Assert.AreEqual("small pets animals never", string.Join(' ', metrics.PerGroup.Select(group => group.Name)));
        foreach (GloroGroupMetrics group in metrics.PerGroup)
        {
            string[] classes = members[group.Name].Split(' ');
            Grouped[] mine = [.. rows.Where(row => row.CertifiedGroup == group.Name)];
            Assert.AreEqual(classes.Length, group.ClassCount);
            Assert.AreEqual(mine.Length, group.RowCount, group.Name);
            Assert.AreEqual(mine.Count(row => classes.Contains(model.ClassNames[(int)row.Label - 1])), group.CorrectRowCount, group.Name);
            StringAssert.Contains(metrics.ToString(), group.Name);
        }

        Assert.AreEqual(rows.Average(row => members.ContainsKey(row.CertifiedGroup) ? 1.0 : 0), metrics.GroupFraction, 1e-12);
        Assert.IsTrue(rows.Any(row => row.CertifiedGroup == "animals") && rows.Any(row => row.CertifiedGroup == "small"));
        Assert.IsTrue(rows.Any(row => row.CertifiedK == 1 && row.CertifiedGroup == model.ClassNames[(int)row.PredictedLabel - 1]));
        Assert.IsTrue(rows.All(row => row.CertifiedK > 0 || row.CertifiedGroup.Length == 0));
        StringAssert.Contains(metrics.ToString(), "a named group is certified");
        GloroMetrics local = mlContext.Gloro.Evaluate(scored, guarantee: RobustnessGuarantee.Local);
        Assert.IsTrue(local.PerGroup.Count == 0 && local.GroupFraction == 0);
        Assert.DoesNotContain("named group", local.ToString());
    }

    private static float MedianRadius(MLContext mlContext, GloroModel model)
    {
        using var transformer = new GloroTransformer(mlContext, model, "Features");
        float[] radii = [.. mlContext.Data.CreateEnumerable<Scored>(transformer.Transform(Data(mlContext, model)), reuseRowObject: false)
            .Select(r => r.TopKRadii.Take(model.ResolvedGuarantee.MaxK).Max())];
        Array.Sort(radii);
        return radii[Rows / 2];
    }

    private static IDataView Data(MLContext mlContext, GloroModel model)
    {
        var random = new Random(4);
        int size = model.Network.InputShape.Channels;
        var definition = SchemaDefinition.Create(typeof(Row));
        definition[nameof(Row.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, size);
        Row[] rows = [.. Enumerable.Range(0, Rows).Select(_ => new Row
        {
            Class = model.ClassNames[random.Next(model.ClassNames.Count)],
            Features = [.. Enumerable.Range(0, size).Select(_ => (random.NextSingle() * 4) - 2)],
        })];
        IDataView data = mlContext.Data.LoadFromEnumerable(rows, definition);
        // Keys in the model's order, as they are when one pipeline trains and scores; other orders are tested on views made by hand.
        IDataView classes = mlContext.Data.LoadFromEnumerable(model.ClassNames.Select(name => new Known { Class = name }));
        return mlContext.Transforms.Conversion.MapValueToKey("Label", "Class", keyData: classes).Fit(data).Transform(data);
    }

    private sealed class Known
    {
        public string Class { get; set; } = "";
    }

    private sealed class Row
    {
        public string Class { get; set; } = "";

        public float[] Features { get; set; } = [];
    }

    private sealed class Grouped
    {
        public uint Label { get; set; }

        public uint PredictedLabel { get; set; }

        public int CertifiedK { get; set; }

        public string CertifiedGroup { get; set; } = "";
    }

    private sealed class Scored
    {
        public uint Label { get; set; }

        public uint PredictedLabel { get; set; }

        public bool IsCertified { get; set; }

        public int CertifiedK { get; set; }

        public int LoosestK { get; set; }

        public float[] Logits { get; set; } = [];

        public float[] TopKRadii { get; set; } = [];

        /// <summary>The keys of the loosest set that holds.</summary>
        public IEnumerable<uint> Loosest =>
            Enumerable.Range(1, Logits.Length).OrderByDescending(key => Logits[key - 1]).Take(LoosestK).Select(key => (uint)key);
    }
}
