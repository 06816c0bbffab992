using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// The exponential moving average of a network's whole state. It lives in parameters, from which a layer makes what runs: an average of kernels' parameters is a kernel's
/// parameter, and an orthogonal layer stays orthogonal. Running means are averaged likewise; singular vectors too, and power iteration makes unit vectors of them again.
/// </summary>
internal sealed class WeightAverage(IReadOnlyList<Tensor> state, double decay) : IDisposable
{
    private readonly Tensor[] _average = TensorBytes.Copy(state);
    private long _steps;

    /// <summary>To be called after each step of the optimizer.</summary>
    public void Step()
    {
        // A short memory at first, as TensorFlow's ExponentialMovingAverage has it: the random weights of the beginning are to be forgotten.
        double share = 1 - Math.Min(decay, (1.0 + _steps) / (10.0 + _steps));
        _steps++;
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        for (int i = 0; i < _average.Length; i++)
            _average[i].lerp_(state[i], share);
    }

    /// <summary>Exchanges the network's state and the average, bit for bit; a second call takes it back.</summary>
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

    /// <summary>Forgets all but the state as it is.</summary>
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

    /// <summary>Goes back to what <see cref="Save"/> wrote.</summary>
    public void Load(BinaryReader reader)
    {
        _steps = reader.ReadInt64();
        TensorBytes.Read(reader, _average);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _average)
            tensor.Dispose();
    }
}
