using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>All that changes while a network is trained, and so all that a checkpoint must hold. What else an epoch needs follows from its number and the seed.</summary>
internal sealed class TrainingState(LipschitzNetwork network, TrainingContext context) : IDisposable
{
    private readonly IReadOnlyList<Tensor> _tensors = network.State;

    /// <summary>Completed epochs.</summary>
    public int Epoch { get; set; }

    public OptimizerHelper Optimizer { get; } = context.Options.Optimizer switch
    {
        GloroOptimizer.NAdam => optim.NAdam(network.Parameters, lr: context.Options.LearningRate),
        GloroOptimizer.Adam => optim.Adam(network.Parameters, lr: context.Options.LearningRate),
        _ => throw new ArgumentOutOfRangeException(nameof(context), context.Options.Optimizer, "Unknown optimizer."),
    };

    /// <summary>The slow weights; null if none are wanted.</summary>
    public SlowWeights? Lookahead { get; } = context.Options.Lookahead ? new SlowWeights(network.Parameters) : null;

    /// <summary>The averaged weights; null if none are wanted.</summary>
    public WeightAverage? Average { get; } = context.Options.AveragingDecay > 0 ? new WeightAverage(network.State, context.Options.AveragingDecay) : null;

    public BestWeights Best { get; } = new(network.State, context.KeepBest);

    /// <summary>Leaves in the network what is to be deployed: the best weights if they are kept, else the average if there is one, else the last ones.</summary>
    public void Settle()
    {
        if (!Best.Restore())
            Average?.Swap();
    }

    /// <summary>Writes a checkpoint's content; of a finished training only the network is of use.</summary>
    public void Save(BinaryWriter writer, bool finished)
    {
        TensorBytes.Write(writer, _tensors);
        if (finished)
            return;
        Optimizer.save_state_dict(writer);
        Lookahead?.Save(writer);
        Average?.Save(writer);
        Best.Save(writer);
    }

    /// <summary>Goes back to what <see cref="Save"/> wrote, bit for bit; of a finished training to its weights, with an optimizer that knows nothing yet.</summary>
    public void Load(BinaryReader reader, CheckpointHeader header)
    {
        Epoch = header.Epoch;
        TensorBytes.Read(reader, _tensors);
        if (header.Finished)
        {
            Lookahead?.Restart();
            Average?.Restart();
            return;
        }

        using var scope = NewDisposeScope();
        using var _ = no_grad();
        Optimizer.load_state_dict(reader);
        Lookahead?.Load(reader);
        Average?.Load(reader);
        Best.Load(reader);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Optimizer.Dispose();
        Lookahead?.Dispose();
        Average?.Dispose();
        Best.Dispose();
    }
}
