using Examples;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Gloro;
using Microsoft.ML.Transforms.Image;

namespace ImageFolders;

/// <summary>Loads saved models that classify images.</summary>
internal static class ImageModel
{
    /// <summary>Loads a model.</summary>
    /// <param name="mlContext">The context to load it with.</param>
    /// <param name="path">The model file.</param>
    /// <param name="classifier">The model's Gloro transformer.</param>
    /// <exception cref="IOException">There is no such file.</exception>
    /// <exception cref="FormatException">The file is not a model, or the model does not classify images.</exception>
    public static ITransformer Load(MLContext mlContext, string path, out GloroTransformer classifier)
    {
        ITransformer model;
        try
        {
            model = SavedModel.Load(mlContext, path);
        }
        catch (Exception e) when (e is InvalidDataException or ArgumentException or InvalidOperationException)
        {
            throw new FormatException($"{path} is not a model that ML.NET can load: {e.GetBaseException().Message}", e);
        }

        GloroTransformer[] found = model is GloroTransformer own ? [own]
            : [.. (model as IEnumerable<ITransformer> ?? []).OfType<GloroTransformer>()];
        if (found.Length != 1)
            throw new FormatException($"{path} must hold one Gloro model; it holds {found.Length}.");
        classifier = found[0];
        return classifier.FeatureColumnType is ImageDataViewType
            ? model : throw new FormatException($"{path} classifies feature vectors, not images.");
    }

    /// <summary>Loads a model for <see cref="ImageRow"/>s. One that takes images gets the reading of files before it.</summary>
    /// <param name="mlContext">The context to load it with.</param>
    /// <param name="path">The model file.</param>
    /// <exception cref="IOException">There is no such file.</exception>
    /// <exception cref="FormatException">The file is not a model, or the model does not classify images.</exception>
    public static ITransformer LoadForFiles(MLContext mlContext, string path)
    {
        ITransformer model = Load(mlContext, path, out GloroTransformer classifier);
        if (model is IEnumerable<ITransformer> chain && chain.OfType<ImageLoadingTransformer>().Any())
            return model;
        IDataView noRows = mlContext.Data.LoadFromEnumerable(Array.Empty<ImageRow>());
        return mlContext.Transforms.LoadRawImageBytes(classifier.FeatureColumnName, imageFolder: "", nameof(ImageRow.ImagePath))
            .Fit(noRows).Append(model);
    }
}
