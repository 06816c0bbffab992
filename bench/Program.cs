using Microsoft.ML;
using Microsoft.ML.Gloro;
using Microsoft.ML.Gloro.Bench;

const string Usage = """
    Measures a saved model. Both sides of a ratio run in turns in one process, so that a busy machine slows both.

      dotnet run -c Release --project bench -- arithmetic MODEL.zip     float64 scoring, which covers rounding, against ONNX Runtime's float32
      dotnet run -c Release --project bench -- augmentation             microseconds that augmenting an image takes
    """;
if (args is ["augmentation"])
{
    AugmentationBench.Run();
    return 0;
}

if (args is not ["arithmetic", var path])
{
    Console.Error.WriteLine(Usage);
    return 2;
}

ITransformer model = new MLContext().Model.Load(path, out _);
GloroTransformer gloro = model as GloroTransformer ?? ((IEnumerable<ITransformer>)model).OfType<GloroTransformer>().Single();
ArithmeticBench.Run(gloro.GloroModel.Network);
return 0;
