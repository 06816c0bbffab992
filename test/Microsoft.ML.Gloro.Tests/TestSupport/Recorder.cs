namespace Microsoft.ML.Gloro.Tests.TestSupport;

/// <summary>Keeps what it is told, at once: <see cref="Progress{T}"/> would tell on another thread, some time later.</summary>
internal sealed class Recorder(Action<GloroTrainingProgress>? also = null) : IProgress<GloroTrainingProgress>
{
    public List<GloroTrainingProgress> Seen { get; } = [];

    public void Report(GloroTrainingProgress value)
    {
        Seen.Add(value);
        also?.Invoke(value);
    }
}
