using Microsoft.ML.Gloro.Tests.Analysis;
using Microsoft.ML.Gloro.Tests.TestSupport;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.Gloro.Tests.MLNet;

/// <summary>Data that cannot be trained on: one error each, which says what, where, and what to do.</summary>
[TestClass]
public sealed class InputErrorTests
{
    private readonly MLContext _mlContext = new(seed: 1);

    [TestMethod]
    public void Fit_MissingLabelColumn_NamesTheColumnsThereAre() => AssertBothWays<ArgumentException>(
        o => o.LabelColumnName = "Klass", "no label column 'Klass'", "Features");

    [TestMethod]
    public void Fit_MissingFeatureColumn_NamesTheColumnsThereAre() => AssertBothWays<ArgumentException>(
        o => o.FeatureColumnName = "Vector", "no column 'Vector'", "'Features'");

    [TestMethod]
    public void Fit_FeaturesOfAWrongType_SaysWhichTypeIsWanted() => AssertBothWays<ArgumentException>(
        o => o.FeatureColumnName = "Id", "'Id'", "Int32", "a vector of Single");

    [TestMethod]
    public void Fit_TextLabel_AsksForMapValueToKey()
    {
        foreach (var e in Both<ArgumentException>(_mlContext.Gloro.MulticlassClassification(Blobs.Options()), Blobs.View()))
            AssertSays(e, "label column 'Label'", "String", "must be a key", "MapValueToKey(\"Label\")");
    }

    [TestMethod]
    public void Fit_VectorOfImagesWhereImagesAreWanted_SaysWhatIsAccepted()
    {
        var options = ColorTiles.Options();
        options.FeatureColumnName = "Id";
        var data = Keyed(Blobs.Rows());
        foreach (var e in Both<ArgumentException>(_mlContext.Gloro.ImageClassification(options), data))
            AssertSays(e, "'Id'", "Int32", "LoadImages", "ExtractPixels");
    }

    [TestMethod]
    public void Fit_KeyOfOneValue_SaysThatTwoClassesAreNeeded()
    {
        var rows = Blobs.Rows().Where(r => r.Label == "top").ToList();
        AssertSays(FitError<ArgumentException>(rows), "only one class (top)");
    }

    [TestMethod]
    public void Fit_AllRowsOfOneClass_NamesItAndTheRows()
    {
        var data = Keyed(Blobs.Rows());
        var onlyTop = _mlContext.Data.FilterRowsByKeyColumnFraction(data, "Label", 2.0 / 3);
        AssertSays(Error<InvalidOperationException>(() => Trainer().Fit(onlyTop)), "rows to train on are of one class, 'top'",
            "at least two");
    }

    [TestMethod]
    [DataRow("rtk:3", "3 classes", "K ≤ 2")]
    [DataRow("affinity:left+front", "'front'", "does not exist")]
    [DataRow("affinity:left+right+top", "all 3 classes", "Leave at least one class out")]
    public void Fit_GuaranteeThatDoesNotFit_SaysWhy(string guarantee, string first, string second) => AssertFitSays<ArgumentException>(
        o => o.Guarantee = RobustnessGuarantee.Parse(guarantee), first, second);

    [TestMethod]
    [DataRow(float.NaN)]
    [DataRow(float.NegativeInfinity)]
    public void Fit_FeatureThatIsNotFinite_NamesRowColumnAndFeature(float value)
    {
        var rows = Blobs.Rows();
        rows[17].Features[1] = value;
        AssertSays(FitError<InvalidOperationException>(rows), "Row 17", "'Features'", "feature 1", "ReplaceMissingValues");
    }

    [TestMethod]
    public void Transform_FeatureThatIsNotFinite_IsScoredAndNotCertified()
    {
        var model = Blobs.Pipeline(_mlContext, Blobs.Options(epochs: 2)).Fit(Blobs.View());
        var rows = Blobs.Rows(9);
        rows[4].Features[0] = float.NaN;
        var scored = ScoredRow.All(model.Transform(_mlContext.Data.LoadFromEnumerable(rows)));
        Assert.AreEqual((0f, false, 0, 0, 3), (scored[4].CertifiedRadius, scored[4].IsCertified, scored[4].CertifiedK,
            scored[4].CertifiedLabels.Length, scored[4].ReachableLabels.Length));
        Assert.IsTrue(scored.Where((_, i) => i != 4).All(r => r.PredictedLabel > 0));
    }

    [TestMethod]
    public void Fit_NoRows_SaysSo()
    {
        var empty = _mlContext.Data.SkipRows(Keyed(Blobs.Rows()), 96);
        AssertSays(Error<InvalidOperationException>(() => Trainer().Fit(empty)), "The training data has no rows");
    }

    [TestMethod]
    public void Fit_OnlyRowsWithoutLabel_SaysSo()
    {
        // Keys fitted on other values leave all labels missing.
        var keys = _mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(Blobs.View());
        var rows = Blobs.Rows();
        rows.ForEach(r => r.Label = "elsewhere");
        var data = keys.Transform(_mlContext.Data.LoadFromEnumerable(rows));
        AssertSays(Error<InvalidOperationException>(() => Trainer().Fit(data)),
            "None of the 96 training rows has a label in column 'Label'");
    }

    [TestMethod]
    public void Fit_SomeRowsWithoutLabel_LeavesThemOut()
    {
        var keys = _mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(Blobs.View());
        var rows = Blobs.Rows(60);
        rows[3].Label = "elsewhere";
        var log = Log();
        Trainer(o => (o.Epochs, o.ValidationFraction) = (1, 0)).Fit(keys.Transform(_mlContext.Data.LoadFromEnumerable(rows)));
        Assert.Contains(m => m.Contains("59 rows to train on", StringComparison.Ordinal), log);
    }

    [TestMethod]
    public void Fit_ClassWithoutRows_WarnsAndNamesIt()
    {
        var log = Log();
        var without = _mlContext.Data.FilterRowsByKeyColumnFraction(Keyed(Blobs.Rows()), "Label", upperBound: 2.0 / 3);
        using var model = Trainer(o => o.Epochs = 2).Fit(without);
        var warning = log.Single(m => m.Contains("No training row is of class", StringComparison.Ordinal));
        StringAssert.Contains(warning, "top");
        Assert.DoesNotContain("left", warning);
        Assert.HasCount(3, model.ClassNames);
        Assert.AreEqual(0, model.GloroModel.TrainingRowCounts[2]);
    }

    [TestMethod]
    public void Fit_HashedLabel_ExplainsTheKeysSize()
    {
        var hash = _mlContext.Transforms.Conversion.Hash("Label", numberOfBits: 20).Append(Trainer());
        AssertSays(Error<ArgumentException>(() => hash.Fit(Blobs.View())), "'Label'", "1048576", "MapValueToKey");
    }

    [TestMethod]
    public void Fit_ImageThatCannotBeDecoded_NamesTheFile()
    {
        using var tiles = new ColorTiles(count: 9);
        tiles.AddBroken("broken.png", "red");
        AssertSays(Error<InvalidOperationException>(() => tiles.Pipeline(_mlContext).Fit(tiles.View)), "Row 9", "broken.png", "'Image'");

        var bytes = _mlContext.Transforms.Conversion.MapValueToKey("Label")
            .Append(_mlContext.Transforms.LoadRawImageBytes("Image", tiles.Folder, "ImagePath"))
            .Append(_mlContext.Gloro.ImageClassification(ColorTiles.Options()));
        AssertSays(Error<InvalidOperationException>(() => bytes.Fit(tiles.View)), "Row 9", "broken.png", "'Image'");
    }

    [TestMethod]
    public void Fit_FirstImageCannotBeDecoded_NamesTheFile()
    {
        using var tiles = new ColorTiles(count: 0);
        tiles.AddBroken("first.png", "red");
        tiles.AddBroken("second.png", "blue");
        AssertSays(Error<InvalidOperationException>(() => tiles.Pipeline(_mlContext).Fit(tiles.View)), "Row 0", "first.png");
    }

    [TestMethod]
    public void Fit_CacheCheckpointBehindImages_ExplainsWhereTheColumnWent()
    {
        using var tiles = new ColorTiles(count: 6);
        var pipeline = _mlContext.Transforms.Conversion.MapValueToKey("Label")
            .Append(_mlContext.Transforms.LoadImages("Image", tiles.Folder, "ImagePath"))
            .AppendCacheCheckpoint(_mlContext).Append(_mlContext.Gloro.ImageClassification(ColorTiles.Options()));
        AssertSays(Error<ArgumentException>(() => pipeline.Fit(tiles.View)), "no column 'Image'", "AppendCacheCheckpoint");
    }

    [TestMethod]
    public void Fit_ImagesTooSmall_NamesTheSmallestSize()
    {
        using var tiles = new ColorTiles(count: 6, height: 15, width: 32);
        AssertSays(Error<ArgumentException>(() => tiles.Pipeline(_mlContext).Fit(tiles.View)), "16×16", "15×32");
    }

    [TestMethod]
    public void Fit_NullArguments_AreNamed()
    {
        var trainer = Trainer();
        Assert.AreEqual("input", Assert.ThrowsExactly<ArgumentNullException>(() => trainer.Fit(null!)).ParamName);
        Assert.AreEqual("inputSchema", Assert.ThrowsExactly<ArgumentNullException>(() => trainer.GetOutputSchema(null!)).ParamName);
    }

    private GloroEstimator Trainer(Action<GloroMulticlassClassificationOptions>? change = null)
    {
        var options = Blobs.Options();
        change?.Invoke(options);
        return _mlContext.Gloro.MulticlassClassification(options);
    }

    private IDataView Keyed(List<BlobRow> rows)
    {
        var data = _mlContext.Data.LoadFromEnumerable(rows);
        return _mlContext.Transforms.Conversion.MapValueToKey("Label", keyOrdinality: ValueToKeyMappingEstimator.KeyOrdinality.ByOccurrence)
            .Fit(data).Transform(data);
    }

    private List<string> Log()
    {
        var log = new List<string>();
        _mlContext.Log += (_, e) => log.Add(e.Message);
        return log;
    }

    private T FitError<T>(List<BlobRow> rows)
        where T : Exception => Error<T>(() => Blobs.Pipeline(_mlContext).Fit(_mlContext.Data.LoadFromEnumerable(rows)));

    private void AssertFitSays<T>(Action<GloroMulticlassClassificationOptions> change, params string[] words)
        where T : Exception => AssertSays(Error<T>(() => Trainer(change).Fit(Keyed(Blobs.Rows()))), words);

    // In a pipeline the schema is checked before anything is read; a trainer by itself may be given data at once.
    private void AssertBothWays<T>(Action<GloroMulticlassClassificationOptions> change, params string[] words)
        where T : Exception
    {
        foreach (var e in Both<T>(Trainer(change), Keyed(Blobs.Rows())))
            AssertSays(e, words);
    }

    private IEnumerable<T> Both<T>(GloroEstimator trainer, IDataView data)
        where T : Exception
    {
        yield return Error<T>(() => trainer.Fit(data));
        yield return Error<T>(() => _mlContext.Transforms.CopyColumns("Copy", "Id").Append(trainer).Fit(data));
    }

    private static T Error<T>(Action action)
        where T : Exception => Assert.ThrowsExactly<T>(action);

    private static void AssertSays(Exception e, params string[] words)
    {
        foreach (string word in words)
            StringAssert.Contains(e.Message, word);
    }
}
