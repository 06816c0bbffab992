
namespace Microsoft.ML.Gloro;

/// <summary>The parts of an audit, in their order.</summary>
public enum GloroAuditStage
{
    /// <summary>The bounds are proved anew and compared with those of the model, and the weights' hash with theirs.</summary>
    Bounds,

    /// <summary>Rows are read, scored and certified.</summary>
    Rows,

    /// <summary>Certified rows are attacked within their certified radius.</summary>
    Certificates,

    /// <summary>The decision boundary near some rows is found, and the certificates of points beside it are attacked down to the last bits.</summary>
    Boundary,

    /// <summary>Rows that are right but not certified are attacked at ε.</summary>
    RobustAccuracy,

    /// <summary>Margin Lipschitz constants are sought from below.</summary>
    Lipschitz,
}
