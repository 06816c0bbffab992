using System.Globalization;

namespace Microsoft.ML.Gloro.Bench;

/// <summary>The times of one loss, a row of the table.</summary>
internal sealed class StepTimes
{
    private readonly List<double> _steps = [], _ratios = [], _kappas = [], _losses = [];

    public void Add(double step, double ratio, double kappa, double loss)
    {
        _steps.Add(step);
        _ratios.Add(ratio);
        _kappas.Add(kappa);
        _losses.Add(loss);
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        string quartiles = FormattableString.Invariant($"{Timing.Quantile(_ratios, 0.25):F3}–{Timing.Quantile(_ratios, 0.75):F3}");
        return string.Create(CultureInfo.InvariantCulture, $"{Timing.Median(_steps),8:F0}{Timing.Median(_ratios),8:F3}{quartiles,16}"
            + $"{Timing.Median(_kappas),8:F1}{Timing.Median(_losses),12:F1}");
    }
}
