namespace Microsoft.ML.Gloro.Scoring;

/// <summary>How <see cref="OnnxScorer"/> uses the machine. Nothing here changes a bit of the logits.</summary>
internal sealed record OnnxScorerOptions
{
    /// <summary>
    /// Threads that share the work inside one operator, the calling thread included. 0, the default, takes every processor that this process may use
    /// (a container's limit is honoured, unlike ONNX Runtime's own default). 1 runs on the calling thread alone.
    /// </summary>
    public int IntraOpThreads { get; init; }
}
