using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.EndToEnd;

/// <summary>The same road from image files.</summary>
[TestClass]
public sealed class ImageRoadTests
{
    private static ColorTiles s_train = null!, s_test = null!;

    private readonly MLContext _mlContext = new(seed: 1);

    [ClassInitialize]
    public static void Draw(TestContext _)
    {
        s_train = new ColorTiles();
        s_test = new ColorTiles(count: 15, seed: 2);
    }

    [ClassCleanup]
    public static void Clean()
    {
        s_train.Dispose();
        s_test.Dispose();
    }

    [TestMethod]
    public void Program_OfTheDesign_TrainsCertifiesEvaluatesSavesAndLoads()
    {
        var options = ColorTiles.Options();
        (options.Guarantee, options.Epsilon) = (RobustnessGuarantee.RelaxedTopK(2), 36f / 255f);
        ITransformer model = s_train.Pipeline(_mlContext, options).Fit(s_train.View);
        IDataView scored = Score(model);
        GloroMetrics metrics = _mlContext.Gloro.Evaluate(scored);
        Assert.AreEqual((RobustnessGuarantee.RelaxedTopK(2), 36f / 255f, 15L), (metrics.Guarantee, metrics.Epsilon, metrics.RowCount));
        Assert.IsGreaterThan(0.9, metrics.VerifiedRobustAccuracy, $"{metrics}");

        string file = Path.Combine(s_train.Folder, "model.zip");
        _mlContext.Model.Save(model, s_train.View.Schema, file);
        var loaded = new MLContext().Model.Load(file, out var schema);
        Assert.IsNotNull(schema.GetColumnOrNull("ImagePath"));
        CollectionAssert.AreEqual(Texts(scored), Texts(loaded.Transform(ForLoading())));
        Assert.AreEqual(metrics.ToString(), _mlContext.Gloro.Evaluate(loaded.Transform(ForLoading())).ToString());

        // The loader of images kept the training folder; the test files have the same names, so the folder decides what is read.
        IDataView Score(ITransformer fitted) => fitted.Transform(ForLoading());
        static IDataView ForLoading() => new MLContext().Data.LoadFromEnumerable(
            s_test.Rows.ConvertAll(r => new TileRow { Label = r.Label, ImagePath = Path.Combine(s_test.Folder, r.ImagePath) }));
    }

    [TestMethod]
    public void ImageClassification_ShortForm_TakesTheDesignsArguments()
    {
        var trainer = _mlContext.Gloro.ImageClassification(
            labelColumnName: "Label", featureColumnName: "Image", guarantee: RobustnessGuarantee.RelaxedTopK(3), epsilon: 36f / 255f);
        var pipeline = _mlContext.Transforms.Conversion.MapValueToKey("Label")
            .Append(_mlContext.Transforms.LoadImages("Image", s_train.Folder, "ImagePath")).Append(trainer);

        // Three classes: K = 3 would hold for any prediction, and is refused before anything is trained.
        var e = Assert.ThrowsExactly<ArgumentException>(() => pipeline.Fit(s_train.View));
        StringAssert.Contains(e.Message, "3 classes");
    }

    [TestMethod]
    public void Fit_ImagesBytesOrPixels_GiveTheSameModel()
    {
        var options = ColorTiles.Options(epochs: 2);
        var conversion = _mlContext.Transforms.Conversion.MapValueToKey("Label");
        var trainer = _mlContext.Gloro.ImageClassification(options);
        var image = conversion.Append(_mlContext.Transforms.LoadImages("Image", s_train.Folder, "ImagePath")).Append(trainer)
            .Fit(s_train.View);
        var bytes = conversion.Append(_mlContext.Transforms.LoadRawImageBytes("Image", s_train.Folder, "ImagePath")).Append(trainer)
            .Fit(s_train.View);
        var pixels = conversion.Append(_mlContext.Transforms.LoadImages("File", s_train.Folder, "ImagePath"))
            .Append(_mlContext.Transforms.ResizeImages("Sized", 16, 16, "File"))
            .Append(_mlContext.Transforms.ExtractPixels("Image", "Sized", scaleImage: 1f / 255f))
            .Append(trainer).Fit(s_train.View);

        string expected = ModelFiles.GloroPart(image.LastTransformer);
        Assert.AreEqual(expected, ModelFiles.GloroPart(bytes.LastTransformer));
        Assert.AreEqual(expected, ModelFiles.GloroPart(pixels.LastTransformer));
        CollectionAssert.AreEqual(Texts(image.Transform(s_train.View)), Texts(bytes.Transform(s_train.View)));

        // ExtractPixels multiplies by 1 / 255 where bytes are divided by 255: training rounds back to bytes, scoring reads what it is
        // given, an ulp away.
        foreach (var (one, other) in ScoredRow.All(image.Transform(s_train.View)).Zip(ScoredRow.All(pixels.Transform(s_train.View))))
        {
            Assert.AreEqual(one.PredictedLabel, other.PredictedLabel);
            Assert.AreEqual(one.CertifiedRadius, other.CertifiedRadius, 1e-4f * one.CertifiedRadius);
        }
    }

    [TestMethod]
    public void Fit_ImagesOfAnotherSize_AreResizedToTheOneAskedFor()
    {
        using var large = new ColorTiles(count: 12, height: 24, width: 20, seed: 3);
        var options = ColorTiles.Options();
        options.ImageSize = (16, 16);
        var rows = s_train.Rows.ConvertAll(r => new TileRow { Label = r.Label, ImagePath = Path.Combine(s_train.Folder, r.ImagePath) });
        rows.AddRange(large.Rows.Select(r => new TileRow { Label = r.Label, ImagePath = Path.Combine(large.Folder, r.ImagePath) }));
        var data = _mlContext.Data.LoadFromEnumerable(rows);
        var model = s_train.Pipeline(_mlContext, options).Fit(data);
        Assert.AreEqual((16, 16),
            (model.LastTransformer.GloroModel.Network.InputShape.Height, model.LastTransformer.GloroModel.Network.InputShape.Width));
        Assert.IsGreaterThan(0.9, _mlContext.Gloro.Evaluate(model.Transform(data)).VerifiedRobustAccuracy);
    }

    [TestMethod]
    public void Fit_NoSizeAskedFor_TakesTheFirstImages()
    {
        using var oblong = new ColorTiles(count: 12, height: 24, width: 20);
        var model = oblong.Pipeline(_mlContext, ColorTiles.Options(epochs: 1)).Fit(oblong.View);
        Assert.AreEqual((24, 20),
            (model.LastTransformer.GloroModel.Network.InputShape.Height, model.LastTransformer.GloroModel.Network.InputShape.Width));
    }

    [TestMethod]
    public void Fit_WithViews_TrainsTheSameNetworkAndScoresTheirMean()
    {
        using var folder = new TemporaryFolder();
        GloroTransformer Fit(GloroImageViews? views, ITransformer? initial = null)
        {
            var options = initial is null ? ColorTiles.Options(epochs: 2)
                : new() { InitialModel = initial, Epochs = 1, BatchSize = 8, ThreadCount = 1, Seed = 7 };
            (options.Views, options.CheckpointFolder) = (views, initial is null ? folder.Path : null);
            return s_train.Pipeline(_mlContext, options).Fit(s_train.View).LastTransformer;
        }

        using var one = Fit(null);
        using var all = Fit(GloroImageViews.MirroredAndTurned); // from the checkpoint of the finished training, which is the same
        Assert.AreEqual((GloroImageViews.One, GloroImageViews.MirroredAndTurned), (one.Views, all.Views));
        Assert.AreEqual(one.GloroModel.Bound.WeightHash, all.GloroModel.Bound.WeightHash);
        Assert.AreNotEqual(one.Temperature, all.Temperature, "Scores are calibrated as they are made.");

        using var tuned = Fit(null, all);
        using var single = Fit(GloroImageViews.One, all);
        Assert.AreEqual((GloroImageViews.MirroredAndTurned, GloroImageViews.One), (tuned.Views, single.Views));
    }

    [TestMethod]
    public void Fit_ViewsThatTheImagesDoNotHave_AreRefusedBeforeTraining()
    {
        using var oblong = new ColorTiles(count: 12, height: 24, width: 20);
        var options = ColorTiles.Options();
        options.Views = GloroImageViews.MirroredAndTurned;
        options.Augmentation.Rotate = false;
        options.Progress = new Progress<GloroTrainingProgress>(_ => Assert.Fail("It was trained."));
        var e = Assert.ThrowsExactly<ArgumentException>(() => oblong.Pipeline(_mlContext, options).Fit(oblong.View));
        StringAssert.Contains(e.Message, "Views: Only square images can be turned by 90 degrees, and these have 24×20 pixels");
        options.Views = (GloroImageViews)9;
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => _mlContext.Gloro.ImageClassification(options)).Message, "Views is unknown: 9.");
    }

    [TestMethod]
    public void PredictionEngine_OfALoadedModel_ReadsImageFiles()
    {
        var pipeline = s_train.Pipeline(_mlContext)
            .Append(_mlContext.Transforms.Conversion.MapKeyToValue("PredictedName", "PredictedLabel"))
            .Append(_mlContext.Transforms.Conversion.MapKeyToValue("CertifiedNames", "CertifiedLabels"));
        var loaded = ModelFiles.Load(ModelFiles.Save(pipeline.Fit(s_train.View), s_train.View.Schema));
        using var engine = _mlContext.Model.CreatePredictionEngine<TileRow, BlobPrediction>(loaded);
        foreach (var row in s_test.Rows)
        {
            var prediction = engine.Predict(new TileRow { ImagePath = Path.Combine(s_test.Folder, row.ImagePath) });
            Assert.AreEqual(row.Label, prediction.PredictedName);
            CollectionAssert.AreEqual(new[] { row.Label }, prediction.CertifiedNames);
        }
    }

    private static List<string> Texts(IDataView scored) => ScoredRow.All(scored).ConvertAll(r => r.ToString());
}
