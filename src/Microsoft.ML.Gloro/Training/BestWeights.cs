using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>The best VRA on the validation rows so far and, if wanted, the weights that had it.</summary>
/// <remarks>Of epochs with the same VRA the weights of the last are kept, which trained longest. Patience counts from the first.</remarks>
internal sealed class BestWeights(IReadOnlyList<Tensor> state, bool keep) : IDisposable
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
        if (!(verifiedRobustAccuracy >= VerifiedRobustAccuracy))
            return;
        if (verifiedRobustAccuracy > VerifiedRobustAccuracy)
            (VerifiedRobustAccuracy, ReachedAt) = (verifiedRobustAccuracy, epoch);
        if (!keep)
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
