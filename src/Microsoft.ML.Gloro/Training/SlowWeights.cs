using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// Every few steps the weights fall back half-way to where they were (Zhang, Lucas, Hinton, Ba: Lookahead Optimizer, NeurIPS 2019), which calms the
/// optimizer's last steps.
/// </summary>
internal sealed class SlowWeights(IReadOnlyList<Tensor> parameters) : IDisposable
{
    private const int Period = 6;
    private const double Share = 0.5;

    private readonly Tensor[] _slow = TensorBytes.Copy(parameters);
    private int _steps;

    /// <summary>To be called after each step of the inner optimizer.</summary>
    public void Step()
    {
        if (++_steps % Period == 0)
            Synchronize();
    }

    /// <summary>Moves slow and fast weights together, also before the weights are used.</summary>
    public void Synchronize()
    {
        using var scope = NewDisposeScope(); // Operations in place give new handles too.
        using var _ = no_grad();
        for (int i = 0; i < _slow.Length; i++)
        {
            _slow[i].lerp_(parameters[i], Share);
            parameters[i].copy_(_slow[i]);
        }
    }

    /// <summary>Forgets all but the weights as they are.</summary>
    public void Restart()
    {
        _steps = 0;
        TensorBytes.Assign(_slow, parameters);
    }

    /// <summary>Writes the slow weights and the place in the period, for a checkpoint.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(_steps);
        TensorBytes.Write(writer, _slow);
    }

    /// <summary>Goes back to what <see cref="Save"/> wrote.</summary>
    public void Load(BinaryReader reader)
    {
        _steps = reader.ReadInt32();
        TensorBytes.Read(reader, _slow);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _slow)
            tensor.Dispose();
    }
}
