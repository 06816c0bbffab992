using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.EndToEnd;

[TestClass]
public sealed class ValidationTests
{
    private readonly MLContext _mlContext = new(seed: 1);

    [TestMethod]
    public void Fit_ValidationSet_IsMeasuredAndNotTrainedOn()
    {
        // Labels turned round: whoever validates on them must see an accuracy of zero, whoever trains on them could not.
        var wrong = Blobs.Rows(30, seed: 9);
        foreach (var row in wrong)
            row.Label = Blobs.Names[(Array.IndexOf(Blobs.Names, row.Label) + 1) % 3];
        var last = LastProgress(_mlContext.Data.LoadFromEnumerable(wrong));
        Assert.IsLessThan(0.1, last.CleanAccuracy);
    }

    [TestMethod]
    public void Fit_ValidationSetWithKeysInAnotherOrder_IsMatchedByName()
    {
        var reversed = Blobs.Rows(30, seed: 9);
        reversed.Reverse();
        var last = LastProgress(_mlContext.Data.LoadFromEnumerable(reversed));
        Assert.IsGreaterThan(0.9, last.CleanAccuracy);
        Assert.IsGreaterThan(0.9, last.VerifiedRobustAccuracy);
    }

    [TestMethod]
    [DataRow(0.0, 96, 0)]
    [DataRow(0.25, 72, 24)]
    public void Fit_ValidationFraction_SetsThatManyRowsAside(double fraction, int train, int validation)
    {
        var log = new List<string>();
        _mlContext.Log += (_, e) => log.Add(e.Message);
        var progress = new Recorder();
        var options = Blobs.Options(epochs: 1);
        (options.ValidationFraction, options.Progress) = (fraction, progress);
        Blobs.Pipeline(_mlContext, options).Fit(Blobs.View());
        Assert.IsTrue(log.Any(l => l.Contains($"{train} rows to train on, {validation} to validate on", StringComparison.Ordinal)),
            string.Join('\n', log));
        Assert.AreEqual(validation == 0, double.IsNaN(progress.Seen[^1].CleanAccuracy));
    }

    [TestMethod]
    public void Fit_ValidationSetWithAClassOfItsOwn_FailsAndNamesTheClass()
    {
        var rows = Blobs.Rows(30);
        rows[7].Label = "bottom";
        var e = Assert.ThrowsExactly<ArgumentException>(() => LastProgress(_mlContext.Data.LoadFromEnumerable(rows)));
        StringAssert.Contains(e.Message, "ValidationSet");
        StringAssert.Contains(e.Message, "'bottom'");
        StringAssert.Contains(e.Message, "left, right, top");
    }

    [TestMethod]
    public void Fit_ValidationSetThatIsNotTransformed_SaysSo()
    {
        var options = Blobs.Options(epochs: 1);
        options.ValidationSet = Blobs.View(30);
        var e = Assert.ThrowsExactly<ArgumentException>(() => Blobs.Pipeline(_mlContext, options).Fit(Blobs.View()));
        StringAssert.Contains(e.Message, "ValidationSet");
        StringAssert.Contains(e.Message, "MapValueToKey");
    }

    // The validation set gets keys of its own, numbered as its own rows come.
    private GloroTrainingProgress LastProgress(IDataView validation)
    {
        var progress = new Recorder();
        var options = Blobs.Options();
        options.ValidationSet = _mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(validation).Transform(validation);
        options.Progress = progress;
        Blobs.Pipeline(_mlContext, options).Fit(Blobs.View());
        return progress.Seen[^1];
    }
}
