using Microsoft.ML.Gloro.Tests.Analysis;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.EndToEnd;

/// <summary>The temperature of a trained model's scores: what it is for, and what it leaves alone.</summary>
[TestClass]
public sealed class CalibrationTests
{
    private static readonly MLContext s_mlContext = new(seed: 1);
    private static GloroTransformer s_calibrated = null!, s_plain = null!;

    [ClassInitialize]
    public static void Fit(TestContext _) => (s_calibrated, s_plain) = (Fit(_ => { }), Fit(o => o.CalibrateScores = false));

    [ClassCleanup]
    public static void Clean()
    {
        s_calibrated.Dispose();
        s_plain.Dispose();
    }

    [TestMethod]
    public void Fit_DataThatCannotBeToldApart_LowersLogLossOfNewRows()
    {
        double calibrated = LogLoss(s_calibrated), plain = LogLoss(s_plain);

        Assert.AreEqual(1, s_plain.Temperature);
        Assert.AreEqual(s_calibrated.Temperature, s_calibrated.Model.Temperature);
        Assert.IsLessThan(plain - 0.01, calibrated, $"T = {s_calibrated.Temperature}");
    }

    [TestMethod]
    public void Evaluate_LogLoss_IsThatOfLogitsOverTheTemperature()
    {
        var rows = Noisy(600, seed: 3);
        var scored = ScoredRow.All(s_calibrated.Transform(Keys(rows)));
        double expected = rows.Zip(scored, (row, s) =>
        {
            double[] y = [.. s.Logits.Select(v => v / s_calibrated.Temperature)];
            return Math.Log(y.Sum(Math.Exp)) - y[Array.IndexOf([.. s_calibrated.ClassNames], row.Label)];
        }).Average();

        Assert.AreEqual(expected, LogLoss(s_calibrated), 1e-6);
        Assert.AreEqual(expected, s_mlContext.Gloro.Evaluate(s_calibrated.Transform(Keys(rows))).Classification!.LogLoss, 1e-6);
    }

    [TestMethod]
    public void Transform_WithATemperature_ChangesTheScoreAndNoOtherBit()
    {
        var data = Keys(Noisy(200, seed: 4));
        var (calibrated, plain) = (ScoredRow.All(s_calibrated.Transform(data)), ScoredRow.All(s_plain.Transform(data)));
        Assert.IsTrue(calibrated.Zip(plain).All(p => !p.First.Score.SequenceEqual(p.Second.Score)));
        Assert.IsTrue(calibrated.Any(r => r.IsCertified), "the test must see certificates");
        foreach (var (row, other) in calibrated.Zip(plain))
        {
            Assert.AreEqual(1, row.Score.Sum(), 1e-6);
            row.Score = other.Score;
            Assert.AreEqual(other.ToString(), row.ToString());
        }
    }

    [TestMethod]
    public void Temperature_OfModelsMadeFromIt_IsKept()
    {
        double temperature = s_calibrated.Temperature;
        Assert.AreNotEqual(1, temperature);
        using var relaxed = (GloroTransformer)s_mlContext.Gloro.WithGuarantee(s_calibrated, RobustnessGuarantee.RelaxedTopK(2), 0.25f);
        using var real = (GloroTransformer)s_mlContext.Gloro.WithArithmetic(s_calibrated, CertificateArithmetic.Real);
        var data = Keys(Noisy(20, seed: 5));
        using var loaded = (GloroTransformer)ModelFiles.Load(ModelFiles.Save(s_calibrated, data.Schema));
        foreach (var model in new[] { relaxed, real, loaded })
            Assert.AreEqual(temperature, model.Temperature);
        Assert.AreEqual(ModelFiles.GloroPart(s_calibrated), ModelFiles.GloroPart(loaded));
        var (expected, actual) = (ScoredRow.All(s_calibrated.Transform(data)), ScoredRow.All(loaded.Transform(data)));
        for (int i = 0; i < expected.Count; i++)
            Assert.AreEqual(expected[i].ToString(), actual[i].ToString());
    }

    [TestMethod]
    public void Fit_WithoutValidationRows_LeavesTheTemperatureAtOne()
    {
        using var model = Fit(o => (o.ValidationFraction, o.Epochs) = (0, 1));
        Assert.AreEqual(1, model.Temperature);
    }

    [TestMethod]
    public void Fit_ValidationRowsAllRight_KeepsTheDoubtThatTheyLeave()
    {
        var data = Blobs.View();
        using var model = Blobs.Pipeline(s_mlContext, Blobs.Options()).Fit(data).LastTransformer;
        var scored = s_mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(Blobs.View(300, seed: 2));
        var metrics = s_mlContext.Gloro.Evaluate(model.Transform(scored));

        // Nine rows were validated on, all right: that is no proof of no errors, so scores stay below 1; and with none in new rows log-loss
        // is small.
        Assert.AreEqual(1, metrics.CleanAccuracy);
        Assert.IsTrue(metrics.Classification!.LogLoss is > 1e-4 and < 0.1, $"{metrics.Classification.LogLoss}");
    }

    [TestMethod]
    public void Fit_OfAFinishedCheckpoint_MayCalibrateOrNot()
    {
        using var folder = new TemporaryFolder();
        var recorder = new Recorder();
        using var first = Fit(o => (o.CheckpointFolder, o.Epochs, o.Progress) = (folder.Path, 1, recorder));
        using var second = Fit(o => (o.CheckpointFolder, o.Epochs, o.Progress, o.CalibrateScores) = (folder.Path, 1, recorder, false));
        Assert.HasCount(1, recorder.Seen);
        Assert.AreEqual(first.GloroModel.Bound.WeightHash, second.GloroModel.Bound.WeightHash);
        Assert.AreNotEqual(1, first.Temperature);
        Assert.AreEqual(1, second.Temperature);
    }

    private static GloroTransformer Fit(Action<GloroMulticlassClassificationOptions> change)
    {
        var options = Blobs.Options(epochs: 6);
        (options.Seed, options.ValidationFraction) = (3, 0.5);
        change(options);
        return s_mlContext.Gloro.MulticlassClassification(options).Fit(Keys(Noisy(800, seed: 1)));
    }

    private static double LogLoss(GloroTransformer model) =>
        s_mlContext.MulticlassClassification.Evaluate(model.Transform(Keys(Noisy(600, seed: 3)))).LogLoss;

    private static IDataView Keys(List<BlobRow> rows)
    {
        var data = s_mlContext.Data.LoadFromEnumerable(rows);
        return s_mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data);
    }

    /// <summary>Clouds of which every fifth row has a label at random: no model can be right, and sure, of all.</summary>
    private static List<BlobRow> Noisy(int count, int seed)
    {
        var random = new Random(seed);
        var rows = Blobs.Rows(count, seed);
        foreach (var row in rows.Skip(3).Where(_ => random.Next(5) == 0)) // the first three give the keys their order
            row.Label = Blobs.Names[random.Next(3)];
        return rows;
    }
}
