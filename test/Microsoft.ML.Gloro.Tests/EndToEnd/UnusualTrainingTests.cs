using Microsoft.ML.Gloro.Tests.Analysis;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.EndToEnd;

/// <summary>Trainings at the edge of what the options and the data allow.</summary>
[TestClass]
public sealed class UnusualTrainingTests
{
    private readonly MLContext _mlContext = new(seed: 1);

    [TestMethod]
    [DataRow(1e12f)]
    [DataRow(1e-12f)]
    public void Fit_FeaturesInOtherUnits_CertifiesAsWellAtThatScale(float unit)
    {
        var options = Blobs.Options();
        options.Epsilon *= unit;
        IDataView Scaled(int seed) => _mlContext.Data.LoadFromEnumerable(Blobs.Rows(seed: seed)
            .ConvertAll(r => new BlobRow { Label = r.Label, Features = [unit * r.Features[0], unit * r.Features[1]] }));
        var metrics = _mlContext.Gloro.Evaluate(Blobs.Pipeline(_mlContext, options).Fit(Scaled(1)).Transform(Scaled(2)));
        Assert.IsGreaterThan(0.9, metrics.VerifiedRobustAccuracy, $"{metrics}");
    }

    [TestMethod]
    [DataRow(GloroLossKind.Emma)]
    [DataRow(GloroLossKind.CrossEntropy)]
    public void Fit_EpsilonZero_TrainsAPlainClassifier(GloroLossKind loss)
    {
        var options = Blobs.Options();
        (options.Epsilon, options.Loss) = (0, loss);
        var metrics = _mlContext.Gloro.Evaluate(Blobs.Pipeline(_mlContext, options).Fit(Blobs.View()).Transform(Blobs.View(60, seed: 2)));
        Assert.IsGreaterThan(0.95, metrics.VerifiedRobustAccuracy, $"{metrics}");
    }

    [TestMethod]
    public void Fit_MixedPrecision_CertifiesAsWell()
    {
        var options = Blobs.Options();
        options.MixedPrecision = true;
        var metrics = _mlContext.Gloro.Evaluate(Blobs.Pipeline(_mlContext, options).Fit(Blobs.View()).Transform(Blobs.View(60, seed: 2)));
        Assert.IsGreaterThan(0.9, metrics.VerifiedRobustAccuracy, $"{metrics}");
    }

    [TestMethod]
    public void Fit_FeaturesThatNeverChange_CertifiesNothingWrong()
    {
        var rows = Blobs.Rows(30).ConvertAll(r => new BlobRow { Label = r.Label, Features = [1, 1] });
        var data = _mlContext.Data.LoadFromEnumerable(rows);
        var model = Blobs.Pipeline(_mlContext, Blobs.Options(epochs: 2)).Fit(data);
        Assert.IsTrue(double.IsFinite(model.LastTransformer.LipschitzBound));
        Assert.IsLessThan(0.5, _mlContext.Gloro.Evaluate(model.Transform(data)).VerifiedRobustAccuracy);
    }

    [TestMethod]
    [DataRow(2)]
    [DataRow(3)]
    [DataRow(17)]
    public void Fit_FewerRowsThanABatch_Trains(int rows)
    {
        var data = Blobs.View(rows);
        var options = Blobs.Options(epochs: 2);
        (options.BatchSize, options.ValidationFraction) = (64, 0);
        var model = Blobs.Pipeline(_mlContext, options).Fit(data);
        Assert.AreEqual(rows, _mlContext.Gloro.Evaluate(model.Transform(data)).RowCount);
    }

    [TestMethod]
    public void Fit_ValidationFraction_CountsTheRowsTrainedOnOnly()
    {
        var options = Blobs.Options(epochs: 1);
        options.ValidationFraction = 0.25;
        var counts = Blobs.Pipeline(_mlContext, options).Fit(Blobs.View()).LastTransformer.GloroModel.TrainingRowCounts;
        Assert.AreEqual(72, counts.Sum());
    }

    [TestMethod]
    public void Fit_TwoThreadsAtOnce_GiveTheModelOfOne()
    {
        var pipeline = Blobs.Pipeline(_mlContext, Blobs.Options(epochs: 3));
        string alone = ModelFiles.GloroPart(pipeline.Fit(Blobs.View()).LastTransformer);
        string[] together = new string[2];
        Parallel.For(0, 2, i => together[i] = ModelFiles.GloroPart(pipeline.Fit(Blobs.View()).LastTransformer));
        Assert.AreEqual(alone, together[0]);
        Assert.AreEqual(alone, together[1]);
    }

    [TestMethod]
    public void Fit_TwoClasses_CertifiesLocally()
    {
        var rows = Blobs.Rows().Where(r => r.Label != "top").ToList();
        var data = _mlContext.Data.LoadFromEnumerable(rows);
        var scored = ScoredRow.All(Blobs.Pipeline(_mlContext).Fit(data).Transform(data));
        Assert.IsTrue(scored.TrueForAll(r => r.TopKRadii.Length == 1 && r.CertifiedK is 0 or 1));
        Assert.IsGreaterThan(0.9, scored.Count(r => r.IsCertified) / (double)scored.Count);
    }
}
