using Microsoft.ML.Gloro.Tests.TestSupport;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Gloro.Tests.MLNet;

/// <summary>
/// Rows that are left out, because they have no label or the keys do not know it, are counted in a warning; no rows at all are an error.
/// </summary>
[TestClass]
public sealed class RowsWithoutLabelTests
{
    private readonly MLContext _mlContext = new(seed: 1);

    [TestMethod]
    public void Fit_RowsWithoutLabel_WarnsWithTheirNumber()
    {
        var options = Blobs.Options(epochs: 1);
        options.ValidationSet = WithStrangers(30, every: 10);
        string[] warnings = OfLabels(Warnings(
            () => _mlContext.Gloro.MulticlassClassification(options).Fit(WithStrangers(60, every: 4)).Dispose()));
        Assert.HasCount(2, warnings);
        StringAssert.StartsWith(warnings[0], "15 of 60 training rows have no label in column 'Label' and are left out.");
        StringAssert.StartsWith(warnings[1], "3 of 30 validation rows have no label in column 'Label' and are left out.");
    }

    [TestMethod]
    public void Fit_EachRowWithLabel_DoesNotWarn()
    {
        var trainer = _mlContext.Gloro.MulticlassClassification(Blobs.Options(epochs: 1));
        Assert.IsEmpty(OfLabels(Warnings(() => trainer.Fit(WithStrangers(60, every: 100)).Dispose())));
    }

    [TestMethod]
    public void Evaluate_RowsWithoutLabel_WarnsWithTheirNumber()
    {
        // Classes of the test set that the model does not have are another thing: they count as wrong.
        HandMadeView view = HandMadeView.Random(40, seed: 1, labelNames: ["f", "e", "d", "c", "b", "a", "other"]);
        view.Rows.Take(8).ToList().ForEach(row => row.Label = 0);
        int others = view.Rows.Count(row => row.Label == 7);
        var context = view.MlContext;
        string[] warnings = Warnings(() => context.Gloro.Evaluate(view.Build()), context);
        Assert.HasCount(2, warnings);
        StringAssert.StartsWith(warnings[0], "8 of 40 rows have no label in column 'Label' and are left out.");
        StringAssert.StartsWith(warnings[1], $"{others} of 32 rows have a label in column 'Label' that is not a class of the model.");
    }

    [TestMethod]
    public void Choosing_RowsWithoutLabel_WarnsWithTheirNumber()
    {
        HandMadeView view = HandMadeView.Random(200, seed: 1);
        view.Rows.Take(20).ToList().ForEach(row => row.Label = 0);
        var context = view.MlContext;
        foreach (Action run in new Action[]
        {
            () => context.Gloro.DiscoverAffinitySets(view.Build()),
            () => context.Gloro.Suggest(view.Build()),
            () => context.Gloro.Suggest(view.Build(), new() { Discovery = null }),
            () => context.Gloro.Report(view.Build()),
        })
        {
            StringAssert.StartsWith(Warnings(run, context).Single(), "20 of 200 rows have no label in column 'Label' and are left out.");
        }
    }

    [TestMethod]
    public void Audit_RowsWithoutLabel_WarnsWithTheirNumber()
    {
        using var model = TestModels.Transformer(TestModels.Vector());
        var rows = VectorRow.Random(10);
        rows[2].Label = 99;
        var options = new GloroAuditOptions { Steps = 1, Restarts = 1, RecomputeBounds = false };
        string[] warnings = Warnings(() => _mlContext.Gloro.Audit(model, VectorRow.View(rows), options));
        StringAssert.StartsWith(warnings.Single(), "1 of 10 audited rows have no label in column 'Label' and are left out.");

        rows.ForEach(row => row.Label = 99);
        GloroAuditReport report = _mlContext.Gloro.Audit(model, VectorRow.View(rows), options);
        Assert.IsNull(report.Accuracy);
        Assert.Contains("not measured: no audited row has a label", report.ToString());
    }

    [TestMethod]
    public void Fit_NoRows_SaysSo()
    {
        var empty = _mlContext.Data.LoadFromEnumerable(new List<BlobRow>());
        AssertNoRows("The training data has no rows", () => Blobs.Pipeline(_mlContext).Fit(empty));
        var options = Blobs.Options();
        options.ValidationSet = _mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(empty).Transform(empty);
        AssertNoRows("The ValidationSet has no rows", () => Blobs.Pipeline(_mlContext, options).Fit(Blobs.View()));

        using var tiles = new ColorTiles(count: 0);
        AssertNoRows("The training data has no rows", () => tiles.Pipeline(_mlContext).Fit(tiles.View));
    }

    [TestMethod]
    public void Analysis_NoRows_SaysSo()
    {
        var empty = _mlContext.Data.LoadFromEnumerable(new List<BlobRow>());
        var full = Blobs.View();
        var pipeline = Blobs.Pipeline(_mlContext, Blobs.Options(epochs: 1));
        var keys = _mlContext.Transforms.Conversion.MapValueToKey("Label");
        using var model = pipeline.Fit(full).LastTransformer;

        // Keys that were fitted on no rows know no class.
        foreach (IDataView keyed in new[] { keys.Fit(empty).Transform(empty), keys.Fit(full).Transform(empty) })
        {
            IDataView scored = model.Transform(keyed);
            AssertNoRows("no rows", () => _mlContext.Gloro.Evaluate(scored));
            AssertNoRows("no rows", () => _mlContext.Gloro.Suggest(scored));
            AssertNoRows("no rows", () => _mlContext.Gloro.DiscoverAffinitySets(scored));
            AssertNoRows("no rows", () => _mlContext.Gloro.Report(scored));
            AssertNoRows("no rows", () => _mlContext.Gloro.Audit(model, keyed));
            AssertNoRows("no rows", () => _mlContext.Gloro.DrawDecisionRegions(model, keyed));
            AssertNoRows("no rows", () => _mlContext.Gloro.Sweep(keys.Fit(full).Transform(full), keyed, new(Blobs.Options())));
        }

        AssertNoRows("no rows", () => _mlContext.Gloro.CrossValidate(empty, pipeline));
        IDataView none = keys.Fit(empty).Transform(empty), some = keys.Fit(full).Transform(full);
        AssertNoRows("no rows", () => _mlContext.Gloro.Sweep(none, some, new(Blobs.Options())));
    }

    private static void AssertNoRows(string text, Action action)
    {
        Exception e = Assert.Throws<Exception>(action);
        Assert.IsTrue(e is ArgumentException or InvalidOperationException, e.GetType().Name);
        StringAssert.Contains(e.Message, text);
    }

    // Keys fitted on the three names, rows of which every so many have another name.
    private IDataView WithStrangers(int count, int every)
    {
        var rows = Blobs.Rows(count);
        for (int i = every - 1; i < count; i += every)
            rows[i].Label = "elsewhere";
        var keys = _mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(Blobs.View());
        return keys.Transform(_mlContext.Data.LoadFromEnumerable(rows));
    }

    private string[] Warnings(Action action, MLContext? context = null)
    {
        var warnings = new List<string>();
        void Keep(object? _, LoggingEventArgs e)
        {
            if (e.Kind == ChannelMessageKind.Warning && e.Source.StartsWith("Gloro", StringComparison.Ordinal))
                warnings.Add(e.RawMessage);
        }

        context ??= _mlContext;
        context.Log += Keep;
        action();
        context.Log -= Keep;
        return [.. warnings];
    }

    // So small a training also warns of its few rows.
    private static string[] OfLabels(string[] warnings) => [.. warnings.Where(w => w.Contains("label", StringComparison.Ordinal))];
}
