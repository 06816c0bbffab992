using System.Text.Json.Serialization;

namespace Microsoft.ML.Gloro.Training;

/// <summary>What a checkpoint says of itself before its tensors.</summary>
internal sealed record CheckpointHeader
{
    /// <summary>Completed epochs.</summary>
    public required int Epoch { get; init; }

    /// <summary>Whether training is over: the checkpoint then holds the finished weights and nothing else.</summary>
    public required bool Finished { get; init; }

    /// <summary>The time that training had taken.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>All that decides what a training ends with, by name: options, data, network, versions.</summary>
    public required IReadOnlyDictionary<string, string> Fingerprint { get; init; }
}

/// <summary>Generated serialization, which also works where an application turns reflection off.</summary>
[JsonSerializable(typeof(CheckpointHeader))]
internal sealed partial class CheckpointJson : JsonSerializerContext;
