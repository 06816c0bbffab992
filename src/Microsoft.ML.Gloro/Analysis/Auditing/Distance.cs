using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// Distances between float32 inputs, in L2 or in tolerances if there is a metric, rounded up: never less than the true distance.
/// </summary>
internal static class Distance
{
    private const int MostPulls = 64;

    /// <summary>
    /// ‖x − y‖₂ in double, rounded up. Each difference, quotient and square is rounded once; a sum of n terms has a relative error of at
    /// most γ_n (Higham). +∞ if they differ in a feature whose tolerance is 0.
    /// </summary>
    public static double Upper(ReadOnlySpan<float> x, ReadOnlySpan<float> y, InputMetric? metric = null) =>
        Upper(SumOfSquares(x, y, metric), x.Length);

    /// <summary>The square root of a sum of <paramref name="count"/> squares, rounded up.</summary>
    public static double Upper(double squares, int count) =>
        Outward.Sqrt(Outward.Multiply(squares, Outward.Add(1, Outward.Gamma(count + 8L))));

    public static double SumOfSquares(ReadOnlySpan<float> x, ReadOnlySpan<float> y, InputMetric? metric = null)
    {
        double sum = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double difference = (double)x[i] - y[i];
            if (metric is not null && difference != 0)
                difference /= metric.Tolerances[i];
            sum += difference * difference;
        }

        return sum;
    }

    /// <summary>
    /// Moves <paramref name="changed"/> towards <paramref name="center"/> until its distance is below <paramref name="radius"/>; onto the
    /// center if no other float32 point fits.
    /// </summary>
    /// <returns>The distance, rounded up.</returns>
    public static double Pull(ReadOnlySpan<float> center, Span<float> changed, double radius, InputMetric? metric = null)
    {
        // Rounding to float32 may lengthen the change again, so each round shortens it a little more.
        double excess = 1e-9;
        for (int pull = 0; pull < MostPulls; pull++)
        {
            double distance = Upper(center, changed, metric);
            if (distance < radius)
                return distance;
            if (!double.IsFinite(distance))
                break;
            double factor = radius / distance * (1 - Math.Min(0.5, excess));
            for (int i = 0; i < changed.Length; i++)
                changed[i] = (float)(center[i] + (factor * ((double)changed[i] - center[i])));
            excess *= 4;
        }

        center.CopyTo(changed);
        return 0;
    }
}
