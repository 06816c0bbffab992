using Microsoft.ML.Data;

namespace Microsoft.ML.Gloro.Tests.TestSupport;

/// <summary>A row of an image data set on disk.</summary>
internal sealed class TileRow
{
    public string Label { get; set; } = "";

    public string ImagePath { get; set; } = "";
}

/// <summary>Noisy red, green and blue PNG files in a folder.</summary>
internal sealed class ColorTiles : IDisposable
{
    public static readonly string[] Names = ["red", "green", "blue"];

    private readonly TemporaryFolder _folder = new();

    public ColorTiles(int count = 36, int height = 16, int width = 16, int seed = 1)
    {
        var random = new Random(seed);
        for (int i = 0; i < count; i++)
            Rows.Add(new TileRow { Label = Names[i % 3], ImagePath = _folder.Write($"{i}.png", Draw(i % 3, height, width, random)) });
    }

    public List<TileRow> Rows { get; } = [];

    public string Folder => _folder.Path;

    public IDataView View => new MLContext().Data.LoadFromEnumerable(Rows);

    /// <summary>Adds a file that is no image.</summary>
    public void AddBroken(string name, string label) =>
        Rows.Add(new TileRow { Label = label, ImagePath = _folder.Write(name, [1, 2, 3, 4, 5]) });

    /// <summary>Options that learn the colors in a moment.</summary>
    public static GloroImageClassificationOptions Options(int epochs = 4) => new()
    {
        Depth = 1,
        Width = 8,
        TailWidth = 16,
        Epochs = epochs,
        BatchSize = 8,
        LearningRate = 0.01,
        MixedPrecision = false,
        ThreadCount = 1,
        Seed = 7,
        Augmentation = new GloroAugmentationOptions { FlipVertically = true, Rotate = true, MaximumShift = 1 },
    };

    /// <summary>MapValueToKey, LoadImages and the trainer.</summary>
    public EstimatorChain<GloroTransformer> Pipeline(MLContext mlContext, GloroImageClassificationOptions? options = null) =>
        mlContext.Transforms.Conversion.MapValueToKey("Label")
            .Append(mlContext.Transforms.LoadImages("Image", Folder, "ImagePath"))
            .Append(mlContext.Gloro.ImageClassification(options ?? Options()));

    public void Dispose() => _folder.Dispose();

    private static byte[] Draw(int channel, int height, int width, Random random)
    {
        int plane = height * width;
        var planes = new byte[3 * plane];
        for (int i = 0; i < planes.Length; i++)
            planes[i] = (byte)((i / plane == channel ? 160 : 40) + random.Next(60));
        return TestImages.Png(planes, height, width);
    }
}
