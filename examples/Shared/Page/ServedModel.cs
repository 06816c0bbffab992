using Microsoft.ML;
using Microsoft.ML.Gloro;
using Microsoft.ML.Transforms.Image;

namespace Examples.Page;

/// <summary>An image classifier as the page shows it.</summary>
internal sealed class ServedModel : IDisposable
{
    private readonly IDisposable? _loaded;

    private ServedModel(IDisposable? loaded, GloroTransformer atZero, ModelCard card) => (_loaded, AtZero, Card) = (loaded, atZero, card);

    /// <summary>What the model proves.</summary>
    public ModelCard Card { get; }

    /// <summary>
    /// The same model at ε = 0, where the certified set is the largest that the guarantee allows at all. What holds at another ε follows from the radii.
    /// </summary>
    public GloroTransformer AtZero { get; }

    /// <summary>Loads a model.</summary>
    /// <param name="mlContext">The context to load and score with.</param>
    /// <param name="path">The saved model.</param>
    /// <param name="guarantee">The guarantee to show; null for the model's own.</param>
    /// <exception cref="IOException">There is no such file.</exception>
    /// <exception cref="FormatException">The file is not a saved model.</exception>
    /// <exception cref="InvalidOperationException">The file holds no image classifier of this library.</exception>
    public static ServedModel Load(MLContext mlContext, string path, RobustnessGuarantee? guarantee = null)
    {
        ITransformer model = SavedModel.Load(mlContext, path);

        // Images come as files in memory, so the steps that load them from paths and map labels are left out: the Gloro transformer decodes them itself.
        var gloro = model as GloroTransformer ?? (model as IEnumerable<ITransformer>)?.OfType<GloroTransformer>().SingleOrDefault()
            ?? throw new InvalidOperationException($"{path} holds no Gloro model.");
        if (gloro.FeatureColumnType is not ImageDataViewType image)
            throw new InvalidOperationException($"{path} classifies feature vectors, not images.");
        if (guarantee is not null)
            gloro = (GloroTransformer)mlContext.Gloro.WithGuarantee(gloro, guarantee);
        if (gloro.Guarantee.Match == AffinityMatch.Exact)
            throw new InvalidOperationException($"{path} certifies whole affinity sets only. The page cannot show them: it knows the largest allowed set, not which sets are allowed.");
        return new(model as IDisposable, (GloroTransformer)mlContext.Gloro.WithGuarantee(gloro, gloro.Guarantee, epsilon: 0), ModelCard.Of(gloro, image));
    }

    public void Dispose()
    {
        AtZero.Dispose();
        _loaded?.Dispose();
    }
}
