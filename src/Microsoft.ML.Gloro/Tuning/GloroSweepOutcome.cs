namespace Microsoft.ML.Gloro;

/// <summary>Why a sweep ended.</summary>
public enum GloroSweepOutcome
{
    /// <summary>All trials were done.</summary>
    Completed,

    /// <summary><see cref="GloroSweepOptions.TimeBudget"/> was used up.</summary>
    TimeBudget,

    /// <summary>It was cancelled.</summary>
    Cancelled,
}
