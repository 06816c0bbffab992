using Microsoft.ML.Gloro.Core;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>The best VRA on the validation rows so far and, if wanted, the weights to take.</summary>
/// <remarks>
/// The best of many epochs is partly luck, and an epoch with a lower learning rate is more likely to be better than it measures. So of all
/// epochs within a standard error of the best the weights of the last are kept. Patience counts from the first epoch that had the best VRA.
/// </remarks>
/// <param name="state">The weights of the network.</param>
/// <param name="rows">The number of validation rows.</param>
/// <param name="keep">Whether to keep weights.</param>
internal sealed class BestWeights(IReadOnlyList<Tensor> state, int rows, bool keep) : IDisposable
{
    private Tensor[]? _kept;

    /// <summary>The best VRA; negative if there was none.</summary>
    public double VerifiedRobustAccuracy { get; private set; } = -1;

    /// <summary>The epoch that first had it, from 1; 0 for none.</summary>
    public int ReachedAt { get; private set; }

    /// <summary>The epoch whose weights are kept, from 1; 0 for none.</summary>
    public int KeptEpoch { get; private set; }

    /// <summary>Compares an epoch, whose weights are in the network now, with the best one. A VRA of NaN is never the best.</summary>
    public void Consider(int epoch, double verifiedRobustAccuracy)
    {
        if (verifiedRobustAccuracy > VerifiedRobustAccuracy)
            (VerifiedRobustAccuracy, ReachedAt) = (verifiedRobustAccuracy, epoch);
        double enough = VerifiedRobustAccuracy - Proportion.StandardError(VerifiedRobustAccuracy, rows);
        if (!keep || !(verifiedRobustAccuracy >= enough))
            return;
        KeptEpoch = epoch;
        if (_kept is null)
            _kept = TensorBytes.Copy(state);
        else
            TensorBytes.Assign(_kept, state);
    }

    /// <summary>Puts the kept weights into the network; false if there are none.</summary>
    public bool Restore()
    {
        if (_kept is null)
            return false;
        TensorBytes.Assign(state, _kept);
        return true;
    }

    /// <summary>Writes the whole state, for a checkpoint.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(VerifiedRobustAccuracy);
        writer.Write(ReachedAt);
        writer.Write(KeptEpoch);
        if (_kept is not null)
            TensorBytes.Write(writer, _kept);
    }

    /// <summary>Restores what <see cref="Save"/> wrote.</summary>
    public void Load(BinaryReader reader)
    {
        VerifiedRobustAccuracy = reader.ReadDouble();
        ReachedAt = reader.ReadInt32();
        KeptEpoch = reader.ReadInt32();
        if (KeptEpoch > 0)
            TensorBytes.Read(reader, _kept ??= TensorBytes.Copy(state));
    }

    public void Dispose()
    {
        foreach (var tensor in _kept ?? [])
            tensor.Dispose();
    }
}
