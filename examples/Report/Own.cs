using Examples;
using ImageFolders;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Gloro;
using Quickstart.Drawing;

namespace Report;

/// <summary>Data and models of the example's own, for those who have none at hand.</summary>
internal static class Own
{
    /// <summary>Draws tiles of land use as Quickstart does, and trains on them for a moment.</summary>
    public static (ITransformer Model, IReadOnlyList<ImageRow> Test) Tiles(
        MLContext mlContext, string folder, bool isShort, CancellationToken stop)
    {
        IDataView train = mlContext.Data.LoadFromEnumerable(Draw("train", isShort ? 120 : 2000, seed: 1));
        var bar = LiveBar.Training();
        var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label")
            .Append(mlContext.Transforms.LoadImages("Image", imageFolder: null, "ImagePath"))
            .Append(mlContext.Gloro.ImageClassification(new GloroImageClassificationOptions
            {
                Guarantee = RobustnessGuarantee.RelaxedTopK(3),
                Depth = isShort ? 1 : 2,
                Width = isShort ? 8 : 24,
                TailWidth = isShort ? 16 : 96,
                Epochs = isShort ? 2 : 6,
                LearningRate = 4e-3,
                Augmentation = GloroAugmentationOptions.Aerial,
                Progress = bar,
                CancellationToken = stop,
            }));
        return (bar.Run(() => pipeline.Fit(train)), Draw("test", isShort ? 60 : 600, seed: 2));

        ImageRow[] Draw(string part, int count, int seed)
        {
            var tiles = TileSet.Draw(count, seed);
            var paths = TileFiles.Save(tiles, Path.Combine(folder, part));
            return [.. tiles.Zip(paths, (tile, path) => new ImageRow { Label = tile.Label, ImagePath = Path.Combine(folder, part, path) })];
        }
    }

    /// <summary>Three bands that bend around each other in the plane, and a model of them.</summary>
    public static (ITransformer Model, IDataView Data) Bands(MLContext mlContext, bool isShort, CancellationToken stop)
    {
        var random = new Random(1);
        var rows = new PointRow[isShort ? 300 : 1200];
        string[] names = ["inner", "middle", "outer"];
        for (int i = 0; i < rows.Length; i++)
        {
            int band = i % 3;
            double angle = random.NextDouble() * Math.PI * 1.35, noise = random.NextDouble() + random.NextDouble() - 1;
            double radius = 0.5 + (0.55 * band) + (0.13 * noise) + (0.18 * angle);
            rows[i] = new() { Label = names[band], Features = [(float)(radius * Math.Cos(angle)), (float)(radius * Math.Sin(angle))] };
        }

        var bar = LiveBar.Training();
        IDataView data = mlContext.Data.LoadFromEnumerable(rows);
        var options = new GloroMulticlassClassificationOptions
        {
            Guarantee = RobustnessGuarantee.Affinity(AffinitySets.Parse("inner+middle")),
            Epsilon = 0.12f,
            Epochs = isShort ? 5 : 60,
            Width = isShort ? 16 : 64,
            LearningRate = 5e-3,
            Progress = bar,
            CancellationToken = stop,
        };
        var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label").Append(mlContext.Gloro.MulticlassClassification(options));
        return (bar.Run(() => pipeline.Fit(data)), data);
    }

    private sealed class PointRow
    {
        public string Label { get; set; } = "";

        [VectorType(2)]
        public float[] Features { get; set; } = [];
    }
}
