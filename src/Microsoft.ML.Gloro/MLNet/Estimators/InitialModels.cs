using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Training;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>Finds and checks the model that training starts from.</summary>
internal static class InitialModels
{
    /// <summary>The model in <see cref="GloroTrainerOptions.InitialModel"/>; null if there is none.</summary>
    /// <exception cref="ArgumentException">The transformers hold no Gloro model, or more than one.</exception>
    public static GloroModel? Find(GloroTrainerOptions options) =>
        options.InitialModel is { } model ? GloroInChain.Find(model).GloroModel : null;

    /// <summary>Why training cannot start from it, a sentence each.</summary>
    public static IEnumerable<FormattableString> Faults(GloroTrainerOptions options)
    {
        if (options.InitialModel is null)
            yield break;
        GloroModel? initial = null;
        string? fault = null;
        try
        {
            initial = Find(options)!;
            NetworkRestorer.Check(initial.Network);
        }
        catch (ArgumentException e)
        {
            fault = ErrorText.Sentence(e);
        }

        if (initial is { IsImage: false, Network.InputShape: { IsVector: false } shape })
            fault = $"It reads its vectors as {shape}, and training has no layers for that.";
        if (fault is null && options.TrainedLayers == GloroTrainedLayers.Last && !NetworkRestorer.HasBody(initial!.Network))
            fault = $"Its only layer with weights is the last one, so {nameof(GloroTrainerOptions.TrainedLayers)} must be All.";
        if (fault is not null)
            yield return $"{nameof(GloroTrainerOptions.InitialModel)}: {fault}";
        if (initial is not null && initial.IsImage != options.IsImage)
        {
            yield return
                $"{nameof(GloroTrainerOptions.InitialModel)} takes {Inputs(initial.IsImage)}, and this trainer {Inputs(options.IsImage)}.";
        }
    }

    private static string Inputs(bool isImage) => isImage ? "images" : "feature vectors";
}
