namespace Microsoft.ML.Gloro;

/// <summary>
/// Thrown when an audit refutes a certificate by a counterexample, or a bound that certificates use. Do not use the model.
/// </summary>
public sealed class GloroBrokenCertificateException : InvalidOperationException
{
    internal GloroBrokenCertificateException(string message, GloroCounterexample? counterexample = null, Exception? inner = null)
        : base(message, inner) => Counterexample = counterexample;

    /// <summary>The inputs that break a certificate; null if a bound or the weights' hash was refuted.</summary>
    public GloroCounterexample? Counterexample { get; }
}

/// <summary>
/// Two inputs that break a certificate: nearer to each other than the certified radius of the first, and with different top-k sets; or, of
/// a calibrated model, not farther than ε, and the label that the coverage set provably holds is lost.
/// </summary>
/// <remarks>Immutable as long as its arrays are not modified.</remarks>
public sealed class GloroCounterexample
{
    internal GloroCounterexample()
    {
    }

    /// <summary>The row where the attack started, counted from 0 in the given data.</summary>
    public required long Row { get; init; }

    /// <summary>Whether <see cref="Original"/> is that row, rather than a point between it and a decision boundary.</summary>
    public required bool IsRowItself { get; init; }

    /// <summary>The certified input, as the network reads it: pixels in [0, 1] plane by plane, or the features.</summary>
    public required float[] Original { get; init; }

    /// <summary>The nearby input with another top-k set. Values may lie outside [0, 1], since certificates hold there too.</summary>
    public required float[] Changed { get; init; }

    /// <summary>The distance between the two inputs, in L2 or in the model's tolerances, rounded up.</summary>
    public required double Distance { get; init; }

    /// <summary>
    /// The radius of <see cref="CertifiedLabels"/>, the largest that is certified; larger than <see cref="Distance"/>. Of a coverage set,
    /// ε.
    /// </summary>
    public required float CertifiedRadius { get; init; }

    /// <summary>
    /// The certified top-k set of <see cref="Original"/> that was broken, by descending logit; of a coverage set, the label that is lost.
    /// </summary>
    public required IReadOnlyList<string> CertifiedLabels { get; init; }

    /// <summary>The top-k set of <see cref="Changed"/>, for the same k; empty for a coverage set.</summary>
    public required IReadOnlyList<string> LabelsFound { get; init; }

    /// <summary>The change in a line, in the invariant culture.</summary>
    public override string ToString() => FormattableString.Invariant($"row {Row}: at distance {Distance:R} of {CertifiedRadius:R}, ") +
        (LabelsFound.Count == 0
            ? $"{string.Join(", ", CertifiedLabels)} leaves the coverage set"
            : $"{{{string.Join(", ", CertifiedLabels)}}} becomes {{{string.Join(", ", LabelsFound)}}}");
}
