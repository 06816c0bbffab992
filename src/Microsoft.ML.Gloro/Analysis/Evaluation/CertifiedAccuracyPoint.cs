namespace Microsoft.ML.Gloro;

/// <summary>One step of a <see cref="CertifiedAccuracyCurve"/>: the accuracy that holds from this ε (inclusive) up to the ε of the next step (exclusive).</summary>
/// <param name="Epsilon">L2 radius in the units of the network's input (pixels scaled to [0, 1], or raw features).</param>
/// <param name="VerifiedRobustAccuracy">VRA at that ε, a fraction between 0 and 1.</param>
public readonly record struct CertifiedAccuracyPoint(float Epsilon, double VerifiedRobustAccuracy);
