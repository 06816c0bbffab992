using Microsoft.ML.Gloro.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Bench;

/// <summary>Training for a guarantee, by the trainer's own step.</summary>
internal sealed class GuaranteedSide(TrainingProblem problem, TrainingContext settings, string name) : TrainingSide(problem, settings, name)
{
    private readonly GloroLoss _loss = GloroLoss.Create(settings);

    private Trainer Trainer => field ??= new Trainer(Settings, Network, Problem.CreateImages(0), null);

    /// <inheritdoc/>
    public override void Step(Tensor inputs, Tensor labels)
    {
        using var scope = NewDisposeScope();
        Trainer.Step(State.Optimizer, inputs, labels, Settings.LearningRate, progress: 1, epoch: 0);
        State.Lookahead?.Step();
    }

    /// <inheritdoc/>
    protected override Tensor Compute(LossInput input) => _loss.Compute(input);
}
