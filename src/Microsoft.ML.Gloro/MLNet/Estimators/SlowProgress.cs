using System.Diagnostics;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>Reports the steps of work that takes seconds or minutes, but not each step of work that is quick.</summary>
/// <param name="report">Receives the messages.</param>
internal sealed class SlowProgress(Action<string> report)
{
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(5);

    private long _last = Stopwatch.GetTimestamp();

    /// <summary>Reports in any case.</summary>
    public void Begin(string text)
    {
        report(text);
        _last = Stopwatch.GetTimestamp();
    }

    /// <summary>Reports if nothing was reported for five seconds.</summary>
    public void Step(string text)
    {
        if (Stopwatch.GetElapsedTime(_last) >= s_quiet)
            Begin(text);
    }
}
