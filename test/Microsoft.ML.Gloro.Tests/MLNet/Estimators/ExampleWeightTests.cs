using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.MLNet;

/// <summary>The column of the rows' weights.</summary>
[TestClass]
public sealed class ExampleWeightTests
{
    private const string Column = nameof(WeightedRow.RowWeight);

    private readonly MLContext _mlContext = new(seed: 1);

    [TestMethod]
    public void Fit_WeightsAllThree_GivesTheNetworkOfNone()
    {
        var rows = WeightedRow.Of(Blobs.Rows(), _ => 3);
        Assert.AreEqual(Hash(rows, null), Hash(rows, Column));
        rows[5].RowWeight = 4;
        Assert.AreNotEqual(Hash(rows, null), Hash(rows, Column));
    }

    [TestMethod]
    public void Fit_RowsOfWeight0_GivesTheNetworkWithoutThem()
    {
        // Their features are not read: they need not even be finite.
        var random = new Random(3);
        var rows = WeightedRow.Of(Blobs.Rows(), i => i % 7 == 6 ? 0 : 0.5f + random.NextSingle());
        rows[6].Features[0] = float.NaN;
        var log = new List<string>();
        _mlContext.Log += (_, e) => log.Add(e.Message);
        string with = Hash(rows, Column);
        Assert.Contains(m => m.Contains("13 rows of weight 0 are left out", StringComparison.Ordinal), log);
        Assert.AreEqual(Hash([.. rows.Where(row => row.RowWeight > 0)], Column), with);
    }

    [TestMethod]
    public void Fit_WeightTwo_IsTheRowTwice()
    {
        // Pairs of opposite rows have mean 0, and entries ±1 have scale 1, however often a pair occurs. All rows are one batch, and
        // own layers have no centering: so the loss is the same sum.
        var random = new Random(8);
        var pairs = Enumerable.Range(0, 12).SelectMany(i =>
        {
            float[] x = [.. Enumerable.Range(0, 6).Select(_ => random.Next(2) == 0 ? -1f : 1f)];
            return new[] { Row(x, x[0] > 0 ? "a" : "b"), Row([.. x.Select(v => -v)], x[1] > 0 ? "b" : "c") }
                .Select(row => { row.RowWeight = 1 + (i % 2); return row; });
        }).ToList();
        var twice = pairs.Concat(pairs.Where(row => row.RowWeight == 2)).ToList();
        float[] weighted = Logits(pairs, Column), repeated = Logits(twice, null), plain = Logits(pairs, null);
        for (int i = 0; i < weighted.Length; i++)
            Assert.AreEqual(repeated[i], weighted[i], 1e-3, $"logit {i}");
        Assert.IsGreaterThan(0.02, weighted.Zip(plain, (a, b) => Math.Abs(a - b)).Max(), "weights make a difference");

        WeightedRow Row(float[] features, string label) => new() { Features = features, Label = label };

        float[] Logits(List<WeightedRow> rows, string? column)
        {
            var options = Options(column);
            (options.Depth, options.Width, options.Layers) = (null, null, [GloroLayer.Dense(8), GloroLayer.MinMax()]);
            (options.BatchSize, options.Epochs, options.ValidationFraction) = (64, 8, 0);
            var data = View(rows, 6);
            using var model = Pipeline(options).Fit(data).LastTransformer;
            var keyed = _mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(View(pairs, 6));
            return [.. model.Transform(keyed).GetColumn<float[]>("Logits").SelectMany(y => y)];
        }
    }

    [TestMethod]
    public void Fit_RowsThatContradict_FollowsTheHeavierOnes()
    {
        foreach (bool left in new[] { true, false })
        {
            // Every row occurs with two labels.
            var rows = WeightedRow.Of([.. Blobs.Rows().Where(row => row.Label != "top")], _ => 1);
            var others = WeightedRow.Of(Blobs.Rows(), _ => 1).Where(row => row.Label != "top").ToList();
            others.ForEach(row => row.Label = row.Label == "left" ? "right" : "left");
            foreach (var row in rows.Concat(others))
                row.RowWeight = (row.Label == "left") == left ? 19 : 1;
            using var model = Pipeline(Options(Column)).Fit(View([.. rows, .. others])).LastTransformer;
            var keys = _mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(View([.. rows, .. others]));
            var predicted = _mlContext.Transforms.Conversion.MapKeyToValue("Name", "PredictedLabel")
                .Fit(model.Transform(keys.Transform(View(rows)))).Transform(model.Transform(keys.Transform(View(rows))));
            Assert.IsTrue(predicted.GetColumn<string>("Name").All(name => name == (left ? "left" : "right")));
        }
    }

    [TestMethod]
    [DataRow(float.NaN, "NaN")]
    [DataRow(-0.5f, "-0.5")]
    [DataRow(float.PositiveInfinity, "Infinity")]
    public void Fit_WeightThatCannotBeUsed_NamesRowColumnAndValue(float weight, string text)
    {
        var rows = WeightedRow.Of(Blobs.Rows(), _ => 1);
        rows[17].RowWeight = weight;
        var e = Assert.ThrowsExactly<InvalidOperationException>(() => Pipeline(Options(Column)).Fit(View(rows)));
        StringAssert.StartsWith(e.Message, $"Row 17 (counted from 0), column '{Column}': the weight is {text}.");
        StringAssert.Contains(e.Message, "0 or more");
    }

    [TestMethod]
    public void Fit_AllWeights0_SaysSo()
    {
        var rows = WeightedRow.Of(Blobs.Rows(30), _ => 0);
        var e = Assert.ThrowsExactly<InvalidOperationException>(() => Pipeline(Options(Column)).Fit(View(rows)));
        Assert.AreEqual(
            $"Each of the 30 training rows with a label has weight 0 in column '{Column}'. Give the rows to train on a weight above 0.",
            e.Message);
        rows[0].RowWeight = rows[3].RowWeight = 1;
        e = Assert.ThrowsExactly<InvalidOperationException>(() => Pipeline(Options(Column)).Fit(View(rows)));
        StringAssert.Contains(e.Message, "of one class, 'left'");
    }

    [TestMethod]
    [DataRow("Nowhere", "no column 'Nowhere'", "RowWeight")]
    [DataRow("Id", "'Id' is of type Int32", "ConvertType(\"Id\"")]
    [DataRow("Features", "'Features' is ", "one Single per row")]
    [DataRow("Label", "'Label' is of type", "one Single per row")]
    public void Fit_ColumnThatCannotBeUsed_SaysWhy(string column, string first, string second)
    {
        var data = View(WeightedRow.Of(Blobs.Rows(), _ => 1));
        var keyed = _mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data);
        var trainer = _mlContext.Gloro.MulticlassClassification(Options(column));
        foreach (var fit in new Action[] { () => trainer.Fit(keyed), () => Pipeline(Options(column)).Fit(data) })
        {
            var e = Assert.ThrowsExactly<ArgumentException>(fit);
            StringAssert.Contains(e.Message, first);
            StringAssert.Contains(e.Message, second);
        }
    }

    [TestMethod]
    public void Fit_ValidationSetWithoutTheColumn_IsMeasuredWithoutWeights()
    {
        var options = Options(Column);
        var held = Blobs.View(30, seed: 2);
        options.ValidationSet = _mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(held).Transform(held);
        var seen = new Recorder();
        options.Progress = seen;
        using var model = Pipeline(options).Fit(View(WeightedRow.Of(Blobs.Rows(), i => 1 + (i % 5)))).LastTransformer;
        double vra = _mlContext.Gloro.Evaluate(model.Transform(options.ValidationSet)).VerifiedRobustAccuracy;
        Assert.AreEqual(vra, seen.Seen[^1].VerifiedRobustAccuracy, 0.04);
        StringAssert.Contains(model.GloroModel.Provenance.Training, "weighted rows");
    }

    [TestMethod]
    public void Fit_CheckpointOfOtherWeights_SaysThatTheRowsDiffer()
    {
        using var folder = new TemporaryFolder();
        using var source = new CancellationTokenSource();
        var rows = WeightedRow.Of(Blobs.Rows(), i => 1 + (i % 5));
        Assert.ThrowsExactly<OperationCanceledException>(
            () => Fit(o => (o.CancellationToken, o.Progress) = (source.Token, new Recorder(_ => source.Cancel()))));
        rows[4].RowWeight = 1.5f;
        var e = Assert.ThrowsExactly<InvalidOperationException>(() => Fit(_ => { }));
        StringAssert.Contains(e.Message, "the training rows was 96 (SHA-256");
        rows[4].RowWeight = 5;
        Fit(_ => { });

        void Fit(Action<GloroMulticlassClassificationOptions> change)
        {
            var options = Options(Column);
            (options.CheckpointFolder, options.Seed, options.Epochs, options.ValidationFraction) = (folder.Path, 5, 3, 0);
            change(options);
            Pipeline(options).Fit(View(rows)).LastTransformer.Dispose();
        }
    }

    [TestMethod]
    public void CrossValidateAndSweep_WeightedRows_Work()
    {
        var data = View(WeightedRow.Of(Blobs.Rows(), i => i % 5));
        var folds = _mlContext.Gloro.CrossValidate(data, Pipeline(Options(Column)), numberOfFolds: 2);
        Assert.AreEqual(96, folds.Sum(fold => fold.Metrics.RowCount), "evaluation counts every row, those of weight 0 too");

        var keys = _mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(data);
        var plain = keys.Transform(Blobs.View(30, seed: 2)); // without the column
        using var folder = new TemporaryFolder();
        var sweep = new GloroSweepOptions(Options(Column)) { Trials = 2, JournalPath = Path.Combine(folder.Path, "sweep.jsonl") };
        var result = _mlContext.Gloro.Sweep(keys.Transform(data), plain, sweep);
        Assert.IsTrue(result.Trials.Count >= 2 && result.Trials.All(trial => trial.Error is null));
        Assert.AreEqual(Column, result.BestOptions!.ExampleWeightColumnName);
        result.BestModel?.Dispose();
        var other = keys.Transform(View(WeightedRow.Of(Blobs.Rows(), i => 1 + (i % 5))));
        var e = Assert.ThrowsExactly<InvalidOperationException>(() => _mlContext.Gloro.Sweep(other, plain, sweep));
        StringAssert.Contains(e.Message, "the training rows");
    }

    [TestMethod]
    public void Options_Json_KeepTheColumn()
    {
        // AutoML passes options on as JSON.
        var json = new JsonSerializerOptions { Converters = { new JsonStringEnumConverter() } };
        string text = JsonSerializer.Serialize(Options(Column), json);
        Assert.AreEqual(Column, JsonSerializer.Deserialize<GloroMulticlassClassificationOptions>(text, json)!.ExampleWeightColumnName);
        Assert.IsNull(new GloroImageClassificationOptions().ExampleWeightColumnName);
    }

    [TestMethod]
    public void Catalog_ExampleWeightColumnName_ReachesTheTrainers()
    {
        var data = View(WeightedRow.Of(Blobs.Rows(), _ => 1));
        var keyed = _mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data);
        var trainer = _mlContext.Gloro.MulticlassClassification(exampleWeightColumnName: "Nowhere");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => trainer.Fit(keyed)).Message, "no column 'Nowhere'");
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => _mlContext.Gloro.ImageClassification(exampleWeightColumnName: " ")).Message,
            "ExampleWeightColumnName is empty");
    }

    private static GloroMulticlassClassificationOptions Options(string? column)
    {
        var options = Blobs.Options();
        (options.ExampleWeightColumnName, options.Seed) = (column, 1);
        return options;
    }

    private EstimatorChain<GloroTransformer> Pipeline(GloroMulticlassClassificationOptions options) => Blobs.Pipeline(_mlContext, options);

    private string Hash(List<WeightedRow> rows, string? column)
    {
        using var model = Pipeline(Options(column)).Fit(View(rows)).LastTransformer;
        return WeightHash.Compute(model.GloroModel.Network);
    }

    private IDataView View(List<WeightedRow> rows, int features = 2)
    {
        var schema = SchemaDefinition.Create(typeof(WeightedRow));
        schema[nameof(WeightedRow.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, features);
        return _mlContext.Data.LoadFromEnumerable(rows, schema);
    }

    private sealed class WeightedRow
    {
        public int Id { get; set; }

        public string Label { get; set; } = "";

        public float[] Features { get; set; } = [];

        public float RowWeight { get; set; }

        public static List<WeightedRow> Of(List<BlobRow> rows, Func<int, float> weight) => [.. rows.Select((row, i) =>
            new WeightedRow { Id = row.Id, Label = row.Label, Features = row.Features, RowWeight = weight(i) })];
    }
}
