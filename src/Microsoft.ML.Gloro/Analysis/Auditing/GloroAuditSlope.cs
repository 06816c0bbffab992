namespace Microsoft.ML.Gloro;

/// <summary>How steep the margin of two classes was found to be, beside the bound that certificates rest on.</summary>
public sealed record GloroAuditSlope
{
    internal GloroAuditSlope()
    {
    }

    /// <summary>One class.</summary>
    public required string First { get; init; }

    /// <summary>The other.</summary>
    public required string Second { get; init; }

    /// <summary>The largest found |(y_j − y_i)(x) − (y_j − y_i)(x′)| / ‖x − x′‖₂, computed in float64: a lower bound of the margin's Lipschitz constant.</summary>
    public required double Attained { get; init; }

    /// <summary>K_ij, the proved upper bound.</summary>
    public required double Bound { get; init; }

    /// <summary><see cref="Attained"/> / <see cref="Bound"/>; at most 1, or the audit fails. What is missing is what a tighter bound could gain at most, near these rows.</summary>
    public double Fraction => Bound > 0 ? Attained / Bound : 0;
}
