using Microsoft.ML.Gloro;

namespace Sweep;

/// <summary>Prints a line a trial, in order: Progress&lt;T&gt; would hand them to the thread pool.</summary>
internal sealed class SweepLines : IProgress<GloroSweepProgress>
{
    public void Report(GloroSweepProgress value) => Console.WriteLine(value);
}
