namespace Microsoft.ML.Gloro.Analysis;

/// <summary>What a row comes to at ε under the guarantee that a report is about.</summary>
internal enum RowOutcome
{
    /// <summary>One class is proved, and it is the label, if there are labels.</summary>
    ProvedOneClass,

    /// <summary>A set is proved and holds the label, if there are labels, but one class alone is not proved.</summary>
    ProvedSet,

    /// <summary>A set is proved, and the label is not in it.</summary>
    ProvedWrong,

    /// <summary>Nothing is proved.</summary>
    NotProved,
}
