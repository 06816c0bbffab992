using Microsoft.ML.Gloro.Core;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>A loss that takes the certificate into account.</summary>
internal abstract class GloroLoss
{
    /// <summary>The loss that the options choose.</summary>
    public static GloroLoss Create(TrainingContext context) => context.Options.Loss switch
    {
        GloroLossKind.Emma => new EmmaLoss(new LabelMargins()),
        GloroLossKind.CrossEntropy => new GloroCrossEntropyLoss(context.Guarantee),
        GloroLossKind.Trades => new TradesLoss(context.Guarantee, Schedule.HalfThenFlat(0, context.Options.TradesWeight)),
        GloroLossKind.FixedMargin => new FixedMarginLoss(context.Options.FixedMargin),
        GloroLossKind.AnnealedEmma => new AnnealedEmmaLoss(new LabelMargins(), context.Options.TeacherWeight),
        GloroLossKind.RelaxedEmma => new EmmaLoss(new RelaxedMargins(context.Guarantee, context.Options.CompeteWithinSet)),
        _ => throw new ArgumentOutOfRangeException(nameof(context), context.Options.Loss, "Unknown loss."),
    };

    /// <summary>The mean loss of a batch, weighted if the input has weights; a scalar.</summary>
    public abstract Tensor Compute(LossInput input);
}

/// <summary>EMMA: the cross-entropy of the logits of a <see cref="MarginPlacement"/>.</summary>
internal sealed class EmmaLoss(MarginPlacement margins) : GloroLoss
{
    public override Tensor Compute(LossInput input) => input.MeanCrossEntropy(margins.Logits(input));
}

/// <summary>
/// Logit annealing (Lai et al., ICML 2025) of EMMA's logits y′: with z = (y′ − 2·onehot(label)) / T and p its softmax, the loss is
/// −T·(1 − p_label)⁵·ln p_label, with T = 0.75. With a teacher it is −T·Σ_c q_c·(1 − p_c)⁵·ln p_c, where the target q is
/// (1 − w)·onehot(label) + w·teacher; for w = 0 this is the same.
/// </summary>
/// <param name="margins">Gives y′.</param>
/// <param name="teacherWeight">w.</param>
/// <remarks>
/// The offset 2 requires a lead beyond the margin. The power 5 makes the loss fade for rows that have this lead, so that the network's
/// limited slope goes to rows that do not.
/// </remarks>
internal sealed class AnnealedEmmaLoss(MarginPlacement margins, double teacherWeight = 0) : GloroLoss
{
    private const double Temperature = 0.75, Offset = 2;
    private const int Power = 5;

    public override Tensor Compute(LossInput input)
    {
        var label = nn.functional.one_hot(input.Labels, input.Logits.shape[1]);
        var logits = (margins.Logits(input) - (label * Offset)) / Temperature;
        var likelihoods = nn.functional.log_softmax(logits, 1);
        if (input.Teacher is null)
            return input.Mean(Annealed(likelihoods.gather(1, input.Labels.unsqueeze(1)))) * Temperature;
        var targets = (label * (1 - teacherWeight)) + (input.Teacher * teacherWeight);
        return input.Mean((Annealed(likelihoods) * targets).sum(1)) * Temperature;
    }

    // −(1 − p)⁵·ln p of ln p, with 1 − p free of cancellation for p close to 1.
    private static Tensor Annealed(Tensor likelihoods) => (-likelihoods.expm1()).pow(Power) * -likelihoods;
}

/// <summary>
/// Cross-entropy after margin·ε·K_i,label is added to every competing class i, whether it needs it or not. With margin 1 this is Lipschitz
/// margin training (Tsuzuku, Sato, Sugiyama, NeurIPS 2018).
/// </summary>
/// <param name="margin">In units of ε·K.</param>
internal sealed class FixedMarginLoss(double margin) : GloroLoss
{
    public override Tensor Compute(LossInput input)
    {
        var competitors = 1 - nn.functional.one_hot(input.Labels, input.Logits.shape[1]).to(input.Logits.dtype);
        return input.MeanCrossEntropy(input.Logits + (input.GainRows(input.Labels) * competitors * margin));
    }
}

/// <summary>Cross-entropy with the bottom class ⊥ of the guarantee as an additional class that is never right.</summary>
internal sealed class GloroCrossEntropyLoss(ResolvedGuarantee guarantee) : GloroLoss
{
    private readonly BottomClass _bottom = new(guarantee);

    public override Tensor Compute(LossInput input) =>
        input.MeanCrossEntropy(cat([input.Logits, _bottom.Logits(input)], 1));
}

/// <summary>
/// TRADES (Zhang et al., ICML 2019) for GloRo networks: cross-entropy of the logits + λ·KL(p‖q), where p is the softmax without the bottom
/// class ⊥ of the guarantee and q the softmax with it.
/// </summary>
/// <param name="guarantee">Determines y_⊥.</param>
/// <param name="weight">λ.</param>
/// <remarks>
/// q_i = p_i·(1 − q_⊥) for every class, and p_⊥ = 0. So KL = Σ_i p_i·ln(p_i / q_i) = −ln(1 − q_⊥)·Σ_i p_i = −ln(1 − q_⊥)
/// = ln(1 + exp(y_⊥ − ln Σ_i exp y_i)). The first term trains accuracy and is the only one that uses the label, the second trains
/// robustness.
/// </remarks>
internal sealed class TradesLoss(ResolvedGuarantee guarantee, Schedule weight) : GloroLoss
{
    private readonly BottomClass _bottom = new(guarantee);

    public override Tensor Compute(LossInput input)
    {
        var divergence = nn.functional.softplus(_bottom.Logits(input) - input.Logits.logsumexp(1, keepdim: true));
        return input.MeanCrossEntropy(input.Logits) + (weight.At(input.Progress) * input.Mean(divergence));
    }
}
