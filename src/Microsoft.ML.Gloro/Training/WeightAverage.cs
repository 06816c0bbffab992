using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>The exponential moving average of a network's whole state.</summary>
/// <remarks>
/// Parameters are averaged, not the weights that layers derive from them, so an orthogonal layer stays orthogonal. Running means and
/// singular vectors are averaged too; power iteration makes unit vectors of the latter again.
/// </remarks>
internal sealed class WeightAverage(IReadOnlyList<Tensor> state, double decay) : IDisposable
{
    private readonly Tensor[] _average = TensorBytes.Copy(state);
    private long _steps;

    /// <summary>Call it after each step of the optimizer.</summary>
    public void Step()
    {
        // A short memory at first, as in TensorFlow's ExponentialMovingAverage, to forget the random first weights.
        double share = 1 - Math.Min(decay, (1.0 + _steps) / (10.0 + _steps));
        _steps++;
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        for (int i = 0; i < _average.Length; i++)
            _average[i].lerp_(state[i], share);
    }

    /// <summary>Exchanges the network's state and the average, bit for bit. A second call undoes it.</summary>
    public void Swap()
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        for (int i = 0; i < _average.Length; i++)
        {
            var live = state[i].detach().clone();
            state[i].copy_(_average[i]);
            _average[i].copy_(live);
        }
    }

    /// <summary>Starts over from the current state.</summary>
    public void Restart()
    {
        _steps = 0;
        TensorBytes.Assign(_average, state);
    }

    /// <summary>Writes the average, for a checkpoint.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(_steps);
        TensorBytes.Write(writer, _average);
    }

    /// <summary>Restores what <see cref="Save"/> wrote.</summary>
    public void Load(BinaryReader reader)
    {
        _steps = reader.ReadInt64();
        TensorBytes.Read(reader, _average);
    }

    public void Dispose()
    {
        foreach (var tensor in _average)
            tensor.Dispose();
    }
}
