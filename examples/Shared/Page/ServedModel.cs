using ImageFolders;
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
    /// The same model at ε = 0, where LoosestK is the largest set that the guarantee allows at all. What holds at another ε follows from
    /// the radii.
    /// </summary>
    public GloroTransformer AtZero { get; }

    /// <summary>Loads a model.</summary>
    /// <param name="mlContext">The context to load and score with.</param>
    /// <param name="path">The saved model.</param>
    /// <param name="guarantee">The guarantee to show; null for the model's own.</param>
    /// <exception cref="IOException">There is no such file.</exception>
    /// <exception cref="FormatException">The file holds no image classifier of this library.</exception>
    public static ServedModel Load(MLContext mlContext, string path, RobustnessGuarantee? guarantee = null)
    {
        // Images come as files in memory. The Gloro transformer decodes them itself, so steps that load images from paths are left out.
        ITransformer model = ImageModel.Load(mlContext, path, out GloroTransformer gloro);
        if (guarantee is not null)
            gloro = (GloroTransformer)mlContext.Gloro.WithGuarantee(gloro, guarantee);
        if (gloro.Guarantee.Match == AffinityMatch.Exact)
        {
            throw new FormatException(
                $"{path} certifies whole affinity sets only. The page cannot show them: it knows the largest allowed set, not which "
                    + "sets are allowed.");
        }

        return new(model as IDisposable, (GloroTransformer)mlContext.Gloro.WithGuarantee(gloro, gloro.Guarantee, epsilon: 0),
            ModelCard.Of(gloro, (ImageDataViewType)gloro.FeatureColumnType));
    }

    public void Dispose()
    {
        AtZero.Dispose();
        _loaded?.Dispose();
    }
}
