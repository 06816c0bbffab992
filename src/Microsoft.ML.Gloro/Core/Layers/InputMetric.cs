namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// How distances between feature vectors are measured where features have tolerances t: x′ = x + D·u with D = diag(t) is at distance ‖u‖₂
/// from x, so that a distance of 1 is one tolerance of one feature. Inputs that differ where t_i = 0 are infinitely far apart.
/// </summary>
/// <remarks>
/// The certificate is that of u ↦ f(x + D·u). Up to the first dense layer such a network only scales and shifts features, so the map from u
/// to that layer's outputs is linear, W·S·D: one matrix, whose columns are those of W times s_i·t_i. Its norm is bounded, not the product
/// of three norms. Immutable and safe for concurrent use.
/// </remarks>
internal sealed class InputMetric
{
    // Products of these with any weight can be squared and summed in double: nothing overflows, and nothing vanishes.
    private const double SmallestFactor = 1e-100, LargestFactor = 1e100;

    private InputMetric(float[] tolerances, int joined, double[] factors) =>
        (Tolerances, Joined, Factors, Largest) = (tolerances, joined, factors, tolerances.Max());

    /// <summary>t, one number of at least 0 for each feature; not all are 0.</summary>
    public float[] Tolerances { get; }

    /// <summary>The largest tolerance: a distance ρ is at most ρ times this in L2.</summary>
    public float Largest { get; }

    /// <summary>The index of the first dense layer, into which scalings and tolerances are multiplied.</summary>
    public int Joined { get; }

    /// <summary>
    /// |s_i|·t_i for each input of that layer, rounded up; 0 exactly where the product is. ‖W·diag(d)‖ only grows with d ≥ 0, because
    /// W·diag(d) = W·diag(d′)·diag(d/d′): what is rounded up bounds the true norm.
    /// </summary>
    public double[] Factors { get; }

    /// <summary>The metric of a network whose layers begin so.</summary>
    /// <param name="tolerances">t.</param>
    /// <param name="input">The shape of one input.</param>
    /// <param name="layers">The network's layers.</param>
    /// <exception cref="ArgumentException">A tolerance cannot be used, or nothing can be proved for such a network.</exception>
    public static InputMetric Create(float[] tolerances, TensorShape input, IReadOnlyList<DeployedLayer> layers)
    {
        if (!input.IsVector)
            throw new ArgumentException("Tolerances are for feature vectors; the network takes images.", nameof(tolerances));
        if (GloroTolerances.FaultsOf(tolerances, input.Size).ToList() is { Count: > 0 } faults)
            throw new ArgumentException(string.Join(' ', faults.Select(FormattableString.Invariant)), nameof(tolerances));
        double[] factors = Array.ConvertAll(tolerances, tolerance => (double)tolerance);
        int joined = 0;
        for (; layers[joined] is not DeployedDense; joined++)
        {
            if (layers[joined] is DeployedScaling scaling)
                factors = [.. factors.Zip(scaling.Scale, (factor, scale) => RoundedUp(factor, Math.Abs((double)scale)))];
            else if (layers[joined] is not DeployedFlatten)
                throw NotLinear(layers[joined].Kind, joined);
        }

        int bad = Array.FindIndex(factors, factor => factor != 0 && !(factor is >= SmallestFactor and <= LargestFactor));
        return bad < 0
            ? new InputMetric([.. tolerances], joined, factors)
            : throw new ArgumentException(FormattableString.Invariant(
                $"The tolerance of feature {bad}, {tolerances[bad]}, times the network's scaling of that feature is {factors[bad]}, ") +
                "too far from 1 to compute with. Give the feature another unit.", nameof(tolerances));
    }

    /// <summary>
    /// The largest factor by which <paramref name="scaling"/>, or nothing if it is null, multiplies distances in this metric. Exact, for a
    /// product of two floats is a double.
    /// </summary>
    public double Stretch(DeployedScaling? scaling) => scaling is null
        ? Largest
        : Tolerances.Zip(scaling.Scale, (tolerance, scale) => tolerance * Math.Abs((double)scale)).Max();

    /// <summary>The largest radius around a point whose points differ from it by at most <paramref name="norm"/> in L2.</summary>
    public float RadiusWithin(float norm) => (float)Math.Min((double)norm / Largest, float.MaxValue / 2);

    // A product that vanishes becomes the smallest double, not 0, and is refused with the others that are too small.
    private static double RoundedUp(double x, double y) => x == 0 || y == 0 ? 0 : Math.BitIncrement(x * y);

    private static ArgumentException NotLinear(string kind, int index) => new(
        $"Tolerances need a network that begins with a dense layer, after scaling at most: layer {index} is of kind '{kind}', and " +
        "nothing is proved through it in other units. Put a dense layer first, or leave tolerances out.");
}
