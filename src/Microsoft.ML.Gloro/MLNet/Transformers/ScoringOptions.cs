using Microsoft.ML.Gloro.Inference;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>How a transformer scores.</summary>
internal sealed record ScoringOptions
{
    /// <summary>Put before the name of every output column; "" by default. Saved with the model.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>
    /// The most rows that are scored together; 0, the default, chooses by the size of the network's activations. Not saved, because it
    /// depends on the machine, not on the model.
    /// </summary>
    public int ReadAheadRows { get; init; }

    /// <summary>Threads that score a batch; 0, the default, for every processor that this process may use. Not saved.</summary>
    public int Threads { get; init; }

    /// <summary>Where ONNX Runtime scores a model whose arithmetic is Real; null, the default, for the CPU. Not saved.</summary>
    public ExecutionProvider? Provider { get; init; }
}
