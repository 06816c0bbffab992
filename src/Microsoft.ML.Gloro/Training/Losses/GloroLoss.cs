using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>A loss that knows what a certificate needs.</summary>
internal abstract class GloroLoss
{
    /// <summary>The loss the settings ask for.</summary>
    public static GloroLoss Create(TrainerSettings settings) => settings.Loss switch
    {
        GloroLossKind.Emma => new EmmaLoss(new LabelMargins()),
        GloroLossKind.CrossEntropy => new GloroCrossEntropyLoss(settings.Guarantee),
        GloroLossKind.Trades => new TradesLoss(settings.Guarantee, Schedules.HalfThenFlat(0, settings.TradesWeight)),
        GloroLossKind.FixedMargin => new FixedMarginLoss(settings.FixedMargin),
        GloroLossKind.AnnealedEmma => new AnnealedEmmaLoss(new LabelMargins()),
        GloroLossKind.RelaxedEmma => new EmmaLoss(new RelaxedMargins(settings.Guarantee, settings.CompeteWithinSet)),
        _ => throw new ArgumentOutOfRangeException(nameof(settings), settings.Loss, "Unknown loss."),
    };

    /// <summary>The mean loss of a batch, a scalar.</summary>
    public abstract Tensor Compute(LossInput input);
}
