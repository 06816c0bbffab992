using System.Text.Json.Serialization;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>A line of a sweep's journal after its first.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record JournalEntry
{
    public const string Began = "began", Ended = "ended", Stopped = "stopped";

    /// <summary>What happened: a training began, it ended, or it was stopped and does not count.</summary>
    public required string Event { get; init; }

    public required int Trial { get; init; }

    public required int Epochs { get; init; }

    public string? Settings { get; init; }

    public double? Seconds { get; init; }

    public TrialMeasures? Measures { get; init; }

    public string? Error { get; init; }
}
