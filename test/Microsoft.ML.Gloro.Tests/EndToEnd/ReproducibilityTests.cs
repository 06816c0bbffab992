using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.EndToEnd;

/// <summary>Same seed, data, options and thread count: the same model file, part by part and byte for byte.</summary>
[TestClass]
public sealed class ReproducibilityTests
{
    [TestMethod]
    public void Fit_SameEstimatorAgain_GivesTheSameFile()
    {
        var data = Blobs.View();
        var pipeline = Blobs.Pipeline(new MLContext(seed: 1), Blobs.Options(epochs: 3));
        var first = ModelFiles.Parts(ModelFiles.Save(pipeline.Fit(data), data.Schema));
        var second = ModelFiles.Parts(ModelFiles.Save(pipeline.Fit(data), data.Schema));
        CollectionAssert.AreEqual(first, second);
        Assert.IsTrue(first.Any(p => p.Contains("Gloro.model", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Fit_TwoContextsOfOneSeed_GiveTheSameFile()
    {
        CollectionAssert.AreEqual(FitVectors(new MLContext(seed: 3)), FitVectors(new MLContext(seed: 3)));
    }

    [TestMethod]
    public void Fit_ImagesInTwoContextsOfOneSeed_GiveTheSameFile()
    {
        using var tiles = new ColorTiles(count: 24);
        var options = ColorTiles.Options(epochs: 2);
        options.Seed = null;
        var fits = Enumerable.Range(0, 2)
            .Select(_ => ModelFiles.Parts(
                ModelFiles.Save(tiles.Pipeline(new MLContext(seed: 4), options).Fit(tiles.View), tiles.View.Schema))).ToArray();
        CollectionAssert.AreEqual(fits[0], fits[1]);
    }

    [TestMethod]
    public void Fit_ContextsOfTwoSeeds_GiveDifferentModels()
    {
        CollectionAssert.AreNotEqual(FitVectors(new MLContext(seed: 3)), FitVectors(new MLContext(seed: 4)));
    }

    [TestMethod]
    public void Fit_SeedOption_GoesBeforeTheContexts()
    {
        CollectionAssert.AreEqual(FitVectors(new MLContext(seed: 3), seed: 11), FitVectors(new MLContext(seed: 4), seed: 11));
        CollectionAssert.AreNotEqual(FitVectors(new MLContext(seed: 3), seed: 11), FitVectors(new MLContext(seed: 3), seed: 12));
    }

    private static List<string> FitVectors(MLContext mlContext, int? seed = null)
    {
        var data = Blobs.View();
        var options = Blobs.Options(epochs: 2);
        options.Seed = seed;
        return ModelFiles.Parts(ModelFiles.Save(Blobs.Pipeline(mlContext, options).Fit(data), data.Schema));
    }
}
