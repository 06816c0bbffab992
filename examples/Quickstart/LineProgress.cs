using Microsoft.ML.Gloro;

namespace Quickstart;

/// <summary>Prints a line an epoch, in order: Progress&lt;T&gt; would hand them to the thread pool.</summary>
internal sealed class LineProgress : IProgress<GloroTrainingProgress>
{
    public void Report(GloroTrainingProgress value) => Console.WriteLine($"  {value}");
}
