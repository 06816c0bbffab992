using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Gloro.Bench;

/// <summary>
/// ONNX Runtime alone on a network's graph: its own defaults but for the number of threads, inputs and logits in place, no copy. The least
/// that scoring can cost.
/// </summary>
internal sealed class BareSession : IDisposable
{
    private static readonly int[] s_batches = [1, 2, 4, 8, 16, 32, 64];
    private static readonly string[] s_inputs = [OnnxGraph.InputName], s_outputs = [OnnxGraph.OutputName];

    private readonly DeployedNetwork _network;
    private readonly InferenceSession _session;
    private readonly RunOptions _options = new();

    public BareSession(DeployedNetwork network, int threads)
    {
        _network = network;
        using var options = new SessionOptions
        {
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR
        };
        _session = new InferenceSession(OnnxGraph.Build(network), options);
    }

    /// <summary>The batch that is fastest here, and the milliseconds of a row in it.</summary>
    public (int Batch, double Milliseconds) FindBest(float[] inputs, float[] logits)
    {
        int rows = logits.Length / _network.ClassCount;
        var times = s_batches.Where(batch => batch <= rows).ToDictionary(batch => batch, _ => new List<double>());
        for (int round = 0; round < 4; round++)
        {
            foreach (var (batch, list) in times)
                list.Add(Timing.Milliseconds(() => Run(inputs, Math.Min(rows, 64), batch, logits)) / Math.Min(rows, 64));
        }

        var best = times.MinBy(pair => Timing.Median(pair.Value.Skip(1)));
        return (best.Key, Timing.Median(best.Value.Skip(1)));
    }

    /// <summary>All rows, in batches.</summary>
    public void Run(Memory<float> inputs, int rows, int batch, Memory<float> logits)
    {
        for (int start = 0; start < rows; start += batch)
            Run(inputs[(start * _network.InputShape.Size)..], Math.Min(batch, rows - start), logits[(start * _network.ClassCount)..]);
    }

    /// <summary>One batch.</summary>
    public void Run(Memory<float> inputs, int rows, Memory<float> logits)
    {
        TensorShape shape = _network.InputShape;
        using var x = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, inputs[..(rows * shape.Size)], shape.IsVector
            ? [rows, shape.Channels] : [rows, shape.Channels, shape.Height, shape.Width]);
        using var y = OrtValue.CreateTensorValueFromMemory(
            OrtMemoryInfo.DefaultInstance, logits[..(rows * _network.ClassCount)], [rows, _network.ClassCount]);
        _session.Run(_options, s_inputs, [x], s_outputs, [y]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _session.Dispose();
        _options.Dispose();
    }
}
