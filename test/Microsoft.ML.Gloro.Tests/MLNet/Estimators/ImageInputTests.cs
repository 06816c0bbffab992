using Microsoft.ML.Gloro.MLNet;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.MLNet;

/// <summary>Images that cannot be trained on as they are, or should not: Fit says what to do.</summary>
[TestClass]
public sealed class ImageInputTests
{
    private readonly MLContext _mlContext = new(seed: 1);

    [TestMethod]
    public void SizeWarning_LargeImagesWithoutImageSize_SaysWhatToSet()
    {
        string? warning = new TrainingInput(new GloroImageClassificationOptions(), null).SizeWarning(InputSpec.Image(1200, 1600));
        StringAssert.Contains(warning, "1200×1600 pixels");
        StringAssert.Contains(warning, "ImageSize = (96, 128)");
    }

    [TestMethod]
    public void SizeWarning_UsualOrChosenSize_IsNull()
    {
        var byDefault = new TrainingInput(new GloroImageClassificationOptions(), null);
        Assert.IsNull(byDefault.SizeWarning(InputSpec.Image(224, 224)));
        Assert.IsNull(byDefault.SizeWarning(InputSpec.Vector(1 << 20)));
        var chosen = new TrainingInput(new GloroImageClassificationOptions { ImageSize = (1200, 1600) }, null);
        Assert.IsNull(chosen.SizeWarning(InputSpec.Image(1200, 1600)));
    }

    [TestMethod]
    public void Fit_CutOffFile_NamesTheRow()
    {
        using var tiles = new ColorTiles();
        string path = Path.Combine(tiles.Folder, tiles.Rows[5].ImagePath);
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..200]);
        var e = Assert.ThrowsExactly<InvalidOperationException>(() => tiles.Pipeline(_mlContext).Fit(tiles.View));
        StringAssert.Contains(e.Message, "Row 5 (counted from 0; ImagePath: '5.png')");
        StringAssert.Contains(e.Message, "is cut off");
    }

    [TestMethod]
    [DataRow(117f, 1 / 255f, "is no pixel scaled to [0, 1]")]
    [DataRow(0f, 1 / 127.5f, "is no pixel scaled to [0, 1]")]
    [DataRow(0f, 1 / 65025f, "scaled twice")]
    public void Fit_PixelsInAnotherRange_SaysHowToScale(float offset, float scale, string expected)
    {
        using var tiles = new ColorTiles();
        var pipeline = _mlContext.Transforms.Conversion.MapValueToKey("Label")
            .Append(_mlContext.Transforms.LoadImages("Loaded", tiles.Folder, "ImagePath"))
            .Append(_mlContext.Transforms.ResizeImages("Small", 16, 16, "Loaded"))
            .Append(_mlContext.Transforms.ExtractPixels("Image", "Small", scaleImage: scale, offsetImage: offset))
            .Append(_mlContext.Gloro.ImageClassification(ColorTiles.Options()));
        var e = Assert.ThrowsExactly<InvalidOperationException>(() => pipeline.Fit(tiles.View));
        StringAssert.Contains(e.Message, expected);
        StringAssert.Contains(e.Message, "scaleImage: 1f / 255f");
    }

    [TestMethod]
    public void Fit_BoundAndCalibration_AreAnnounced()
    {
        using var tiles = new ColorTiles();
        var messages = new List<string>();
        _mlContext.Log += (_, e) => messages.Add(e.RawMessage);
        var options = ColorTiles.Options(epochs: 1);
        options.ValidationFraction = 0.3;
        tiles.Pipeline(_mlContext, options).Fit(tiles.View);
        int bounding = messages.FindIndex(m => m.Contains("Proving the Lipschitz bound of"));
        int calibrating = messages.FindIndex(m => m.Contains("Calibrating the scores on"));
        Assert.IsGreaterThan(0, bounding);
        Assert.IsGreaterThan(bounding, calibrating);
    }
}
