using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// Every few steps the weights return half-way to their earlier values (Zhang, Lucas, Hinton, Ba: Lookahead Optimizer, NeurIPS 2019).
/// This makes the optimizer's steps steadier.
/// </summary>
internal sealed class SlowWeights(IReadOnlyList<Tensor> parameters) : IDisposable
{
    private const int Period = 6;
    private const double Share = 0.5;

    private readonly Tensor[] _slow = TensorBytes.Copy(parameters);
    private int _steps;

    /// <summary>Call it after each step of the inner optimizer.</summary>
    public void Step()
    {
        if (++_steps % Period == 0)
            Synchronize();
    }

    /// <summary>Moves the slow weights half-way to the fast ones, and the fast ones there. Call it before the weights are used.</summary>
    public void Synchronize()
    {
        using var scope = NewDisposeScope(); // in-place operations create handles too
        using var _ = no_grad();
        for (int i = 0; i < _slow.Length; i++)
        {
            _slow[i].lerp_(parameters[i], Share);
            parameters[i].copy_(_slow[i]);
        }
    }

    /// <summary>Starts over from the current weights.</summary>
    public void Restart()
    {
        _steps = 0;
        TensorBytes.Assign(_slow, parameters);
    }

    /// <summary>Writes the slow weights and the number of steps, for a checkpoint.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(_steps);
        TensorBytes.Write(writer, _slow);
    }

    /// <summary>Restores what <see cref="Save"/> wrote.</summary>
    public void Load(BinaryReader reader)
    {
        _steps = reader.ReadInt32();
        TensorBytes.Read(reader, _slow);
    }

    public void Dispose()
    {
        foreach (var tensor in _slow)
            tensor.Dispose();
    }
}
