using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>A loss that knows what a certificate needs.</summary>
internal abstract class GloroLoss
{
    /// <summary>The loss the options ask for.</summary>
    public static GloroLoss Create(TrainingContext context) => context.Options.Loss switch
    {
        GloroLossKind.Emma => new EmmaLoss(new LabelMargins()),
        GloroLossKind.CrossEntropy => new GloroCrossEntropyLoss(context.Guarantee),
        GloroLossKind.Trades => new TradesLoss(context.Guarantee, Schedules.HalfThenFlat(0, context.Options.TradesWeight)),
        GloroLossKind.FixedMargin => new FixedMarginLoss(context.Options.FixedMargin),
        GloroLossKind.AnnealedEmma => new AnnealedEmmaLoss(new LabelMargins()),
        GloroLossKind.RelaxedEmma => new EmmaLoss(new RelaxedMargins(context.Guarantee, context.Options.CompeteWithinSet)),
        _ => throw new ArgumentOutOfRangeException(nameof(context), context.Options.Loss, "Unknown loss."),
    };

    /// <summary>The mean loss of a batch, a scalar.</summary>
    public abstract Tensor Compute(LossInput input);
}
