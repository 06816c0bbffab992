namespace Microsoft.ML.Gloro;

/// <summary>Two inputs that break a certificate: nearer to each other than the certified radius of the first, and with different top-k sets.</summary>
/// <remarks>Immutable if its arrays are left alone.</remarks>
public sealed class GloroCounterexample
{
    internal GloroCounterexample()
    {
    }

    /// <summary>The row that the attack began at, counted from 0 in the data that was given.</summary>
    public required long Row { get; init; }

    /// <summary>Whether <see cref="Original"/> is that row itself, rather than a point on the way from it to a decision boundary.</summary>
    public required bool IsRowItself { get; init; }

    /// <summary>The certified input, as the network reads it: pixels in [0, 1] plane by plane, or the features.</summary>
    public required float[] Original { get; init; }

    /// <summary>The input near it that has another top-k set. It need not be an image: values may lie outside [0, 1], since certificates hold there too.</summary>
    public required float[] Changed { get; init; }

    /// <summary>The L2 distance of the two, rounded up.</summary>
    public required double Distance { get; init; }

    /// <summary>The certified radius of <see cref="Original"/>, which is larger.</summary>
    public required float CertifiedRadius { get; init; }

    /// <summary>The top-k set of <see cref="Original"/> that was certified, in the order of the logits.</summary>
    public required IReadOnlyList<string> CertifiedLabels { get; init; }

    /// <summary>The top-k set of <see cref="Changed"/>, for the same k.</summary>
    public required IReadOnlyList<string> LabelsFound { get; init; }
}
