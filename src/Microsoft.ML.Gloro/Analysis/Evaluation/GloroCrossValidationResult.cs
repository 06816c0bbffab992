namespace Microsoft.ML.Gloro;

/// <summary>One fold of a cross-validation.</summary>
/// <param name="Fold">The fold's number, from 0.</param>
/// <param name="Model">The pipeline fitted on the other folds.</param>
/// <param name="ScoredHoldOutSet">The fold's rows, scored; a lazy view that scores when it is read.</param>
/// <param name="Metrics">The metrics on the fold's rows.</param>
public sealed record GloroCrossValidationResult(int Fold, ITransformer Model, IDataView ScoredHoldOutSet, GloroMetrics Metrics);
