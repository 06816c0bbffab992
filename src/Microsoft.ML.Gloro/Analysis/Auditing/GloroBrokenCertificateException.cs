namespace Microsoft.ML.Gloro;

/// <summary>An audit has refuted a model's promise: a certificate by a counterexample, or a bound that certificates rest on. Do not use the model.</summary>
public sealed class GloroBrokenCertificateException : InvalidOperationException
{
    internal GloroBrokenCertificateException(string message, GloroCounterexample? counterexample = null, Exception? inner = null)
        : base(message, inner) => Counterexample = counterexample;

    /// <summary>The inputs that break a certificate; null if what was refuted is a bound or the weights' hash.</summary>
    public GloroCounterexample? Counterexample { get; }
}
