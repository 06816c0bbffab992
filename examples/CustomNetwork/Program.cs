using CustomNetwork;
using Examples;
using Microsoft.ML;
using Microsoft.ML.Gloro;
using Quickstart.Drawing;

var example = new Example(
    "Trains a custom network, layer by layer, beside the built-in one of about the same size.",
    "--short") { Example.Short };
return example.Run(args, (given, stop) =>
{
    bool isShort = given.GetValue(Example.Short);
    var mlContext = new MLContext(seed: 1);
    IDataView train = mlContext.Data.LoadFromEnumerable(TileSet.Draw(isShort ? 60 : 3000, seed: 1).Select(TileImage.Of));
    IDataView test = mlContext.Data.LoadFromEnumerable(TileSet.Draw(isShort ? 20 : 1000, seed: 2).Select(TileImage.Of));

    // Each layer has a proved bound, so each network has.
    GloroLayer[] activated = [GloroLayer.Centering(), GloroLayer.MinMax()];
    IReadOnlyList<GloroLayer> layers =
    [
        GloroLayer.SpaceToDepth(4),                                                                    // 64 × 64 becomes 16 × 16 at no loss
        GloroLayer.Convolution(24), .. activated,
        .. GloroLayer.Repeat(2, [GloroLayer.ResidualConvolution(), .. activated]),
        GloroLayer.Convolution(48, kernelSize: 4, stride: 2), .. activated,                            // 8 × 8
        GloroLayer.ResidualConvolution(), .. activated,
        GloroLayer.SpaceToDepth(4),                                                                    // 2 × 2
        GloroLayer.Flatten(),
        GloroLayer.OrthogonalDense(96), .. activated,
        .. GloroLayer.Repeat(2, [GloroLayer.OrthogonalResidualDense(), .. activated]),
    ];

    // The same as text, one layer an item, as --layers of examples/EuroSat takes it.
    Show.Line($"The network: {string.Join(", ", layers)}");
    Show.Table(["network", "κ", "clean", "VRA"],
    [
        Row("one's own", new GloroImageClassificationOptions { Layers = layers }),
        Row("LiResNet", new GloroImageClassificationOptions { Depth = 3, Width = 24, TailWidth = 96 }),
    ]);
    return Example.Succeeded;

    string[] Row(string name, GloroImageClassificationOptions options)
    {
        var bar = LiveBar.Training();
        (options.Epochs, options.BatchSize, options.LearningRate) = (isShort ? 1 : 8, isShort ? 32 : 64, 2e-3);
        (options.Augmentation, options.Progress, options.CancellationToken) = (GloroAugmentationOptions.Aerial, bar, stop);
        var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label").Append(mlContext.Gloro.ImageClassification(options));
        var model = bar.Run(() => pipeline.Fit(train));
        GloroMetrics metrics = mlContext.Gloro.Evaluate(model.Transform(test));
        return [name, $"{model.LastTransformer.LipschitzBound:F2}", $"{metrics.CleanAccuracy:P1}", $"{metrics.VerifiedRobustAccuracy:P1}"];
    }
});
