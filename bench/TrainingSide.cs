using Microsoft.ML.Gloro.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Bench;

/// <summary>A network of its own, with its optimizer, that is trained with one loss.</summary>
internal abstract class TrainingSide(TrainingProblem problem, TrainingContext settings, string name) : IDisposable
{
    public string Name => name;

    protected LipschitzNetwork Network { get; } = problem.CreateNetwork();

    protected TrainingProblem Problem => problem;

    protected TrainingContext Settings => settings;

    protected TrainingState State => field ??= new TrainingState(Network, settings);

    /// <summary>One step on a batch, from the inputs to the new weights.</summary>
    public abstract void Step(Tensor inputs, Tensor labels);

    /// <summary>The loss alone, forwards and backwards, for logits that are there already.</summary>
    public void Loss(Tensor logits, Tensor labels)
    {
        using var scope = NewDisposeScope();
        var leaf = logits.detach().requires_grad_(true);
        using (no_grad())
            Rows ??= Network.Final.Rows().DetachFromDisposeScope();
        Compute(new LossInput(leaf, labels, Rows.detach().requires_grad_(true), ones([]).requires_grad_(true), settings.Options.Epsilon))
            .backward();
    }

    /// <summary>κ alone, forwards and backwards.</summary>
    public virtual void Kappa()
    {
        using var scope = NewDisposeScope();
        Network.EstimateKappa(settings.Options.PowerIterationSteps).backward();
    }

    public void Dispose()
    {
        State.Dispose();
        Network.Dispose();
        Rows?.Dispose();
    }

    protected abstract Tensor Compute(LossInput input);

    private Tensor? Rows { get; set; }
}
