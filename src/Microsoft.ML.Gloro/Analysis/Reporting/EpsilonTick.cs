namespace Microsoft.ML.Gloro.Analysis;

/// <summary>A mark at an axis of ε.</summary>
/// <param name="Epsilon">Where.</param>
/// <param name="Text">What stands there.</param>
/// <param name="Below">What stands below that; may be empty.</param>
internal sealed record EpsilonTick(double Epsilon, string Text, string Below);
