using Microsoft.ML.Gloro.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Bench;

/// <summary>
/// The same network trained with cross-entropy and no guarantee, as one writes it in PyTorch: no κ, no margins, the same optimizer.
/// </summary>
internal sealed class PlainSide(TrainingProblem problem, TrainingContext settings) : TrainingSide(problem, settings, "cross-entropy")
{
    /// <inheritdoc/>
    public override void Step(Tensor inputs, Tensor labels)
    {
        using var scope = NewDisposeScope();
        State.Optimizer.zero_grad();
        var logits = Network.Forward(inputs, training: true, Settings.MixedPrecision ? ScalarType.BFloat16 : ScalarType.Float32);
        var loss = nn.functional.cross_entropy(logits, labels);
        loss.item<float>(); // Every loop looks at it.
        loss.backward();
        nn.utils.clip_grad_norm_(Network.Parameters, Settings.Options.MaximumGradientNorm);
        State.Optimizer.step();
        State.Lookahead?.Step();
    }

    /// <inheritdoc/>
    public override void Kappa()
    {
    }

    /// <inheritdoc/>
    protected override Tensor Compute(LossInput input) => nn.functional.cross_entropy(input.Logits, input.Labels);
}
