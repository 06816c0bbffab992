namespace Microsoft.ML.Gloro;

/// <summary>Where the settings of a sweep's trials come from.</summary>
public enum GloroSweepProposals
{
    /// <summary>
    /// Independent draws, uniform in each range or in its logarithm. With few trials better than a grid, which tries few values of the few options that matter (Bergstra,
    /// Bengio: Random Search for Hyper-Parameter Optimization, JMLR 2012).
    /// </summary>
    Random,

    /// <summary>The points of a grid, in an order that the seed shuffles: all values of a choice, <see cref="GloroSweepOptions.GridSteps"/> of a range.</summary>
    Grid,
}
