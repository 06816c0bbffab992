using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// Everything that changes during training, and so everything that a checkpoint must hold. The rest follows from the number of the epoch
/// and the seed.
/// </summary>
/// <param name="network">The network in training.</param>
/// <param name="context">What training needs besides.</param>
/// <param name="validationRows">The number of validation rows.</param>
internal sealed class TrainingState(LipschitzNetwork network, TrainingContext context, int validationRows) : IDisposable
{
    private readonly IReadOnlyList<Tensor> _tensors = network.State;

    /// <summary>Completed epochs.</summary>
    public int Epoch { get; set; }

    public OptimizerHelper Optimizer { get; } = context.Options.Optimizer switch
    {
        GloroOptimizer.NAdam => optim.NAdam(network.Parameters, lr: context.LearningRate),
        GloroOptimizer.Adam => optim.Adam(network.Parameters, lr: context.LearningRate),
        _ => throw new ArgumentOutOfRangeException(nameof(context), context.Options.Optimizer, "Unknown optimizer."),
    };

    /// <summary>The slow weights of Lookahead; null if it is off.</summary>
    public SlowWeights? Lookahead { get; } = context.Options.Lookahead ? new SlowWeights(network.Parameters) : null;

    /// <summary>The averaged weights; null if averaging is off.</summary>
    public WeightAverage? Average { get; } =
        context.Options.AveragingDecay > 0 ? new WeightAverage(network.State, context.Options.AveragingDecay) : null;

    public BestWeights Best { get; } = new(network.State, validationRows, context.KeepBest);

    /// <summary>
    /// Puts the weights to deploy into the network: the best ones if they are kept, else the average if there is one, else the last ones.
    /// </summary>
    public void Settle()
    {
        if (!Best.Restore())
            Average?.Swap();
    }

    /// <summary>Writes the content of a checkpoint. Of a finished training this is the network alone.</summary>
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

    /// <summary>
    /// Restores what <see cref="Save"/> wrote, bit for bit. Of a finished training these are the weights; the optimizer starts over.
    /// </summary>
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

    public void Dispose()
    {
        Optimizer.Dispose();
        Lookahead?.Dispose();
        Average?.Dispose();
        Best.Dispose();
    }
}
