using System.Diagnostics;

namespace Microsoft.ML.Gloro.Bench;

/// <summary>Times of repeated work, and what stands for them: medians and quartiles, which one interrupted run does not move.</summary>
internal static class Timing
{
    /// <summary>
    /// Whether the processor's time for this process counts, all threads together, instead of the time that passes: for one thread on a
    /// busy machine.
    /// </summary>
    public static bool OfProcessor { get; set; }

    public static double Milliseconds(Action action)
    {
        TimeSpan start = Now();
        action();
        return (Now() - start).TotalMilliseconds;
    }

    public static double Median(IEnumerable<double> values) => Quantile(values, 0.5);

    /// <summary>The value below which a share of the values lies; between two of them, on the line that joins them.</summary>
    public static double Quantile(IEnumerable<double> values, double share)
    {
        double[] sorted = [.. values.Order()];
        double place = share * (sorted.Length - 1);
        int below = (int)place, above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((place - below) * (sorted[above] - sorted[below]));
    }

    /// <summary>The reading of the clock that counts.</summary>
    public static TimeSpan Now()
    {
        if (!OfProcessor)
            return Stopwatch.GetElapsedTime(0);
        using var process = Process.GetCurrentProcess();
        return process.TotalProcessorTime;
    }
}
