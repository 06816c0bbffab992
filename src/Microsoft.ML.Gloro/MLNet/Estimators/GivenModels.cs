using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Training;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>Finds and checks the trained models in the options: the one that training starts from, and the teacher.</summary>
internal static class GivenModels
{
    /// <summary>The Gloro model in <paramref name="model"/>; null for null.</summary>
    /// <exception cref="ArgumentException">The transformers hold no Gloro model, or more than one.</exception>
    public static GloroModel? Find(ITransformer? model) => model is null ? null : GloroInChain.Find(model).GloroModel;

    /// <summary>Why training cannot use them, a sentence each.</summary>
    public static IEnumerable<FormattableString> Faults(GloroTrainerOptions options) =>
    [
        .. Faults(
            nameof(GloroTrainerOptions.InitialModel), options.InitialModel, options.IsImage,
            needsBody: options.TrainedLayers == GloroTrainedLayers.Last),
        .. Faults(nameof(GloroTrainerOptions.Teacher), options.Teacher, options.IsImage),
    ];

    /// <summary>Refuses a teacher that cannot score the rows or does not know their classes.</summary>
    /// <exception cref="ArgumentException">It does not fit; the message says why.</exception>
    public static void CheckTeacher(GloroModel teacher, InputSpec spec, IReadOnlyList<string> classNames)
    {
        if (teacher.Network.InputShape != spec.Shape)
        {
            var (given, own) = (Inputs(spec.IsImage, spec.Shape), Inputs(teacher.IsImage, teacher.Network.InputShape));
            throw new ArgumentException(
                $"The network takes {given}, and {nameof(GloroTrainerOptions.Teacher)} takes {own}. Both must read the same inputs.");
        }

        int[] rows = LabelMap.Match(classNames, teacher.ClassNames);
        string[] unknown = [.. classNames.Where((_, i) => rows[i] < 0)];
        if (unknown.Length > 0)
        {
            throw new ArgumentException(
                $"{nameof(GloroTrainerOptions.Teacher)} does not know {unknown.Length} of the {classNames.Count} classes: " +
                $"{string.Join(", ", unknown)}. Give a teacher that was trained on all of them, or none.");
        }
    }

    private static IEnumerable<FormattableString> Faults(
        string option, ITransformer? transformer, bool isImage, bool needsBody = false)
    {
        if (transformer is null)
            yield break;
        GloroModel? model = null;
        string? fault = null;
        try
        {
            model = Find(transformer)!;
            NetworkRestorer.Check(model.Network);
        }
        catch (ArgumentException e)
        {
            fault = ErrorText.Sentence(e);
        }

        if (model is { IsImage: false, Network.InputShape: { IsVector: false } shape })
            fault = $"It reads its vectors as {shape}, and training has no layers for that.";
        if (needsBody && fault is null && !NetworkRestorer.HasBody(model!.Network))
            fault = $"Its only layer with weights is the last one, so {nameof(GloroTrainerOptions.TrainedLayers)} must be All.";
        if (fault is not null)
            yield return $"{option}: {fault}";
        if (model is not null && model.IsImage != isImage)
            yield return $"{option} takes {Inputs(model.IsImage)}, and this trainer {Inputs(isImage)}.";
    }

    private static string Inputs(bool isImage) => isImage ? "images" : "feature vectors";

    private static string Inputs(bool isImage, TensorShape shape) =>
        isImage ? $"images of {shape.Height}×{shape.Width} pixels (height × width)" : $"feature vectors of {shape.Size}";
}
