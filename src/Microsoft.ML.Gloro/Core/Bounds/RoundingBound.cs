namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// How far the logits that a model computes can be from the true ones. With A at least the <see cref="SizeOf"/> of the input, each computed
/// margin y_j − y_i differs from the network's by at most E(A) = α·A + β. docs/soundness.md, section 4, derives it.
/// </summary>
/// <remarks>
/// Immutable and safe for concurrent use. It takes milliseconds, so model files do not store it: a file could lie.
/// A is measured after the first layer if that is a scaling: features with a large common offset have a large norm, but not after their
/// mean is subtracted. (Images in double precision are measured as they are: there, nothing is gained.)
/// </remarks>
internal sealed class RoundingBound
{
    // Values on the way must not overflow. The gaps to 3·10³⁸ and 2·10³⁰⁸ are for rounding, and for kernels that pass through larger values
    // than the layer's own.
    private const double LargestSingle = 1e30, LargestDouble = 1e300;

    // The center of the images whose first layer does not scale.
    private const float Gray = 0.5f;

    private readonly int _times;

    private RoundingBound(
        AffineBound margin, AffineBound distance, int times, double slope, double largestNorm, DeployedScaling? scaling) =>
        (Margin, Displacement, _times, Slope, LargestNorm, Scaling) = (margin, distance, times, slope, largestNorm, scaling);

    /// <summary>
    /// E: slope α and offset β. In <see cref="CertificateArithmetic.Real"/> without what lies before the last layer, which is
    /// <see cref="Displacement"/>.
    /// </summary>
    public AffineBound Margin { get; }

    /// <summary>
    /// d = D / κ, where D bounds the error of the values that enter the last layer; only in <see cref="CertificateArithmetic.Real"/>. It
    /// changes the margin of classes i and j by at most ‖v_i − v_j‖·D ≤ K_ij·d, as if the row lay d away from where it does.
    /// </summary>
    public AffineBound Displacement { get; }

    /// <summary>
    /// What is added to each K_ij, because E can grow with the distance from the input: α times the norm of the scaling after which A is
    /// measured, times the tolerances if there are any. 0 in <see cref="CertificateArithmetic.Real"/>, which claims nothing of rounding at
    /// other inputs.
    /// </summary>
    public double Slope { get; }

    /// <summary>
    /// Up to this norm of the input no value on the way to the logits overflows, and E holds. Below 0 if there is no such norm.
    /// </summary>
    public double LargestNorm { get; }

    /// <summary>
    /// The map after which A is measured, by channels: the first layer if it scales, or x − ½ for images in single precision whose first
    /// layer does not. Null if A is the norm of the input.
    /// </summary>
    public DeployedScaling? Scaling { get; }

    /// <summary>
    /// What must be subtracted from a computed margin, at an input of size A, before it is divided by K_ij + <see cref="Slope"/>, and from
    /// the quotient. In Float64, E twice: with m̂ for computed and m for true margins, m̂(x′) ≥ m(x′) − E(x′) ≥ m(x) − ρ·K_ij − E(x′) ≥
    /// m̂(x) − 2·E(x) − ρ·(K_ij + slope) for every x′ within ρ of x. In Real, E once: m(x′) ≥ m̂(x) − E(x) − (ρ + d(x))·K_ij.
    /// </summary>
    public RowError ErrorAt(double size) => new(Outward.Multiply(_times, Margin.At(size)), Displacement.At(size));

    /// <summary>A: the norm after <see cref="Scaling"/>. Rounded up.</summary>
    /// <remarks>
    /// The product of two floats is exact in double, so a scaled value is rounded once; it neither overflows nor vanishes, nor does its
    /// square. Squares and sums of n of them err by γ_{n+2}.
    /// </remarks>
    public double SizeOf(ReadOnlySpan<float> input)
    {
        if (Scaling is null)
            return LinearLayerNorms.Norm(input);
        double sum = 0;
        for (int i = 0; i < input.Length; i++)
        {
            int channel = (int)((long)i * Scaling.Scale.Length / input.Length);
            double scaled = ((double)Scaling.Scale[channel] * input[i]) + Scaling.Shift[channel];
            sum += scaled * scaled;
        }

        return Outward.Sqrt(Outward.Multiply(sum, Outward.Add(1, Outward.Gamma(input.Length + 8L))));
    }

    /// <summary>The bound for a network and the arithmetic that it is scored in.</summary>
    /// <param name="network">The network as deployed.</param>
    /// <param name="bound">Its proven Lipschitz bound, layer by layer.</param>
    /// <param name="arithmetic">
    /// Float64: the library's own forward pass. Real: an engine that computes the operators of OnnxGraph in single precision, each sum in
    /// any order.
    /// </param>
    /// <param name="center">
    /// Norms of the values that enter layers first, first + 1, … when those that enter layer first are all <c>value</c>, computed in double
    /// precision. In Real they replace ‖b‖ + L·‖b‖ + … below, which is many times larger. Null does without.
    /// </param>
    /// <remarks>
    /// Layer by layer, with r ≥ ‖h‖ for the true values and D ≥ ‖ĥ − h‖ for the computed ones, both affine in A:
    /// r ← L·r + ‖b‖ and D ← L·D + γ_n·(M·(r + D) + ‖b‖) + underflow, where L is the layer's proven bound, M ≥ ‖|W|‖ and n from
    /// <see cref="LinearLayerNorms"/> (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., sections 3.1 and 3.5). Activations
    /// compare and move values: they round nothing and stretch nothing.
    /// </remarks>
    /// <exception cref="ArgumentException">The bound lacks a layer, or E is not finite.</exception>
    public static RoundingBound Compute(
        DeployedNetwork network, LipschitzBound bound, CertificateArithmetic arithmetic,
        Func<DeployedNetwork, int, float, double[]>? center = null)
    {
        bool isFloat64 = arithmetic == CertificateArithmetic.Float64;
        FloatFormat format = isFloat64 ? FloatFormat.Double : FloatFormat.Single;
        var values = Propagate(network, bound, format);
        AffineBound logit = Logit(network, values[^1]);
        double largestNorm = values.Min(value => Room(isFloat64 ? LargestDouble : LargestSingle, value.Size + value.Error));
        largestNorm = Math.Min(largestNorm, Room(LargestSingle, logit));

        (values, DeployedScaling? scaling) = Measured(network, bound, format, values, center);

        // With tolerances K_ij need not be κ‖v_i − v_j‖, so the whole error stays with the margins.
        (AffineBound distance, AffineBound inner) =
            isFloat64 || network.Metric is not null ? (default, values[^1].Error) : Apart(values[^1].Error, bound);
        AffineBound margin = 2 * LogitError(network, values[^1], inner, format);
        double slope = isFloat64 ? Outward.Multiply(margin.Slope, Stretch(network, scaling)) : 0;
        return double.IsFinite(margin.Slope) && double.IsFinite(margin.Offset) && double.IsFinite(slope)
            ? new RoundingBound(margin, distance, isFloat64 ? 2 : 1, slope, largestNorm, scaling)
            : throw new ArgumentException(
                "The rounding errors of this network cannot be bounded by a finite number: its weights are far too large. Train with " +
                "smaller weights.", nameof(network));
    }

    /// <summary>r and D once more, affine in A, where A is not the norm of the input.</summary>
    private static ((AffineBound Size, AffineBound Error)[] Values, DeployedScaling? Scaling) Measured(
        DeployedNetwork network, LipschitzBound bound, FloatFormat format, (AffineBound Size, AffineBound Error)[] values,
        Func<DeployedNetwork, int, float, double[]>? center)
    {
        bool isVector = network.InputShape.IsVector;
        if (format == FloatFormat.Double)
        {
            return isVector && FirstScaling(network) is { } features
                ? (Propagate(network, bound, format, 1, new(1, 0), ScalingError(network, features, format), centers: null), features)
                : (values, null);
        }

        if (FirstScaling(network) is { } first)
        {
            double[]? centers = Centers(network, bound, center, first: 1, value: 0);
            return (Propagate(network, bound, format, 1, new(1, 0), ScalingError(network, first, format), centers), first);
        }

        float value = isVector ? 0 : Gray;
        AffineBound size = new(1, Outward.Multiply(value, Outward.Sqrt(network.InputShape.Size))), error = new(0, InputError(network));
        return (
            Propagate(network, bound, format, 0, size, error, Centers(network, bound, center, first: 0, value)),
            isVector ? null : FromGray(network.InputShape.Channels));
    }

    /// <summary>D as a distance, D / κ; or left as it is, if that is not finite.</summary>
    private static (AffineBound Displacement, AffineBound Inner) Apart(AffineBound error, LipschitzBound bound)
    {
        AffineBound distance = bound.Value > 0 ? Outward.Divide(1, bound.Value) * error : new(double.PositiveInfinity, 0);
        return double.IsFinite(distance.Slope) && double.IsFinite(distance.Offset) ? (distance, default) : (default, error);
    }

    /// <summary>r and D of the values that go into each layer, affine in the norm of the input, which is entry 0.</summary>
    internal static (AffineBound Size, AffineBound Error)[] Propagate(DeployedNetwork network, LipschitzBound bound, FloatFormat format) =>
        Propagate(network, bound, format, first: 0, new AffineBound(1, 0), new AffineBound(0, InputError(network)), centers: null);

    /// <summary>
    /// The same from layer <paramref name="first"/> on, given r and D of what goes into it, and r at the center: of a value h and the one
    /// at the center, h₀, ‖h‖ ≤ ‖h₀‖ + L·…·L·A.
    /// </summary>
    private static (AffineBound Size, AffineBound Error)[] Propagate(
        DeployedNetwork network, LipschitzBound bound, FloatFormat format, int first, AffineBound size, AffineBound error,
        double[]? centers)
    {
        var values = new (AffineBound Size, AffineBound Error)[network.Layers.Count - first];
        values[0] = (size, error);
        for (int i = first; i < network.Layers.Count - 1; i++)
        {
            if (LinearLayerNorms.Of(network.Layers[i], network.Shapes[i + 1], format) is { } layer)
            {
                // With tolerances the bounds of the first layers are for another metric, and ‖W‖ ≤ ‖|W|‖ has to do.
                double factor = network.Metric is { } metric && i <= metric.Joined
                    ? layer.AbsoluteNorm
                    : bound.Layers.FirstOrDefault(b => b.Index == i)?.Bound
                        ?? throw new ArgumentException($"The Lipschitz bound has no factor for layer {i}.", nameof(bound));
                error = (factor * error) + OwnError(layer, size + error, network.Shapes[i + 1].Size, format);
                size = (factor * size) + layer.BiasNorm;
                if (centers is not null)
                    size = size with { Offset = Math.Min(size.Offset, centers[i + 1 - first]) };
            }

            values[i + 1 - first] = (size, error);
        }

        return values;
    }

    /// <summary>
    /// Upper bounds of the norms at the center: those that were computed in double precision, and D of that computation, which begins
    /// without an error at A = 0.
    /// </summary>
    private static double[]? Centers(
        DeployedNetwork network, LipschitzBound bound, Func<DeployedNetwork, int, float, double[]>? center, int first, float value)
    {
        if (center?.Invoke(network, first, value) is not { } norms)
            return null;
        double start = Outward.Multiply(Math.Abs((double)value), Outward.Sqrt(network.Shapes[first].Size));
        var values = Propagate(network, bound, FloatFormat.Double, first, new AffineBound(0, start), default, centers: null);
        return [.. norms.Zip(values, (norm, entering) => Outward.Add(norm, entering.Error.Offset))];
    }

    private static DeployedScaling FromGray(int channels) =>
        new([.. Enumerable.Repeat(1f, channels)], [.. Enumerable.Repeat(-Gray, channels)]);

    /// <summary>Inputs below the normal floats might be read as zero.</summary>
    private static double InputError(DeployedNetwork network) =>
        Outward.Multiply(Outward.Sqrt(network.InputShape.Size), FloatFormat.Single.SmallestNormal);

    /// <summary>
    /// D after a scaling that is the first layer, for a true output z = s·x + b of norm at most A. The product has norm ‖z − b‖ ≤ A + ‖b‖;
    /// it is rounded, and then the sum is. Nothing here grows with the norm of x.
    /// </summary>
    private static AffineBound ScalingError(DeployedNetwork network, DeployedScaling scaling, FloatFormat format)
    {
        LinearLayerNorms layer = LinearLayerNorms.Of(scaling, network.Shapes[1], format)!.Value;
        double input = Outward.Multiply(layer.AbsoluteNorm, InputError(network)), unit = format.Gamma(1);
        AffineBound sum = new AffineBound(1, 0) + input;
        AffineBound product = unit * (sum + layer.BiasNorm);
        double underflow = Outward.Multiply(Outward.Sqrt(network.Shapes[1].Size), Underflow(layer.Terms, layer.AbsoluteNorm, format));
        return product + (unit * (sum + product)) + Outward.Add(input, underflow);
    }

    /// <summary>What the layer itself rounds, when it computes from values of norm <paramref name="input"/>.</summary>
    private static AffineBound OwnError(LinearLayerNorms layer, AffineBound input, int outputs, FloatFormat format)
    {
        double underflow = Outward.Multiply(Outward.Sqrt(outputs), Underflow(layer.Terms, layer.AbsoluteNorm, format));
        AffineBound rounding = format.Gamma(layer.Roundings) * ((layer.AbsoluteNorm * input) + layer.BiasNorm);
        return rounding + (Flushed(layer.Terms, outputs, format) * input) + underflow;
    }

    // At most 2n operations, each losing at most the smallest normal number, which the roundings after it can hardly double; and n operands
    // read as zero, times a weight.
    private static double Underflow(int operations, double largestWeight, FloatFormat format) =>
        Outward.Multiply(4.0 * operations, Outward.Multiply(Outward.Add(1, largestWeight), format.SmallestNormal));

    // The Frobenius norm of weights below the normal numbers, which might be read as zero. In double there are none, since weights are
    // floats.
    private static double Flushed(int operations, int outputs, FloatFormat format) =>
        format == FloatFormat.Double ? 0 : Outward.Multiply(Outward.Sqrt(Outward.Multiply(operations, outputs)), format.SmallestNormal);

    /// <summary>A bound of every logit's size.</summary>
    private static AffineBound Logit(DeployedNetwork network, (AffineBound Size, AffineBound Error) input)
    {
        AffineBound largest = default;
        for (int j = 0; j < network.ClassCount; j++)
            largest = AffineBound.Max(largest, Logit(network.Final, j, LinearLayerNorms.Norm(network.Final.Row(j)), input));
        return largest;
    }

    private static AffineBound Logit(DeployedDense final, int j, double norm, (AffineBound Size, AffineBound Error) input) =>
        (norm * (input.Size + input.Error)) + Math.Abs((double)final.Bias[j]);

    /// <summary>
    /// A bound of every logit's error: ‖w_j‖·D (if <paramref name="inputError"/> is D), the rounding of its own sum, and in double one
    /// rounding to float of relative size 2⁻²⁴. All views of an input have its norm, so what bounds one of them bounds their mean; adding V
    /// of them and dividing is V more roundings.
    /// </summary>
    private static AffineBound LogitError(
        DeployedNetwork network, (AffineBound Size, AffineBound Error) input, AffineBound inputError, FloatFormat format)
    {
        DeployedDense final = network.Final;
        int views = network.ViewCount == 1 ? 0 : network.ViewCount, blocks = format == FloatFormat.Single ? SumBlocks.Of(final) : 1;
        int operations = checked(final.Inputs + 2 + views + (blocks == 1 ? 0 : blocks));
        double gamma = format.Gamma(LinearLayerNorms.RoundingsOf(final.Inputs, blocks) + views);
        double rounding = format == FloatFormat.Single
            ? gamma
            : Outward.Add(gamma, Outward.Multiply(FloatFormat.Single.UnitRoundoff, Outward.Add(1, gamma)));
        AffineBound worst = default;
        for (int j = 0; j < final.Outputs; j++)
        {
            double norm = LinearLayerNorms.Norm(final.Row(j));
            double underflow = Outward.Add(Outward.Multiply(2, Underflow(operations, norm, format)), FloatFormat.Single.SmallestNormal);
            AffineBound flushed = Flushed(operations, 1, format) * (input.Size + input.Error);
            worst = AffineBound.Max(worst, (norm * inputError) + (rounding * Logit(final, j, norm, input)) + flushed + underflow);
        }

        return worst;
    }

    /// <summary>
    /// The first layer if it scales the input. A factor below the normal floats might be read as zero, an error that grows with ‖x‖.
    /// </summary>
    private static DeployedScaling? FirstScaling(DeployedNetwork network) =>
        network.Layers[0] is DeployedScaling scaling && scaling.Scale.All(factor => factor == 0 || float.IsNormal(factor))
            ? scaling
            : null;

    /// <summary>How much faster A can grow than the distance from an input.</summary>
    private static double Stretch(DeployedNetwork network, DeployedScaling? scaling) =>
        network.Metric?.Stretch(scaling) ?? (scaling is null ? 1 : scaling.Scale.Max(factor => Math.Abs((double)factor)));

    /// <summary>
    /// The largest norm of the input for which <paramref name="value"/> stays below <paramref name="limit"/>. The limit has so much room
    /// that its own rounding does not matter.
    /// </summary>
    private static double Room(double limit, AffineBound value) => (limit - value.Offset) / Math.Max(value.Slope, 1);
}

/// <summary>
/// An upper bound of the form slope·R + offset for all inputs of norm at most R. Neither part is negative, and all operations round up.
/// </summary>
internal readonly record struct AffineBound(double Slope, double Offset)
{
    /// <summary>The bound at one R.</summary>
    public double At(double norm) => Outward.Add(Outward.Multiply(Slope, norm), Offset);

    public static AffineBound operator +(AffineBound x, AffineBound y) =>
        new(Outward.Add(x.Slope, y.Slope), Outward.Add(x.Offset, y.Offset));

    public static AffineBound operator +(AffineBound x, double constant) => x with { Offset = Outward.Add(x.Offset, constant) };

    public static AffineBound operator *(double factor, AffineBound x) =>
        new(Outward.Multiply(factor, x.Slope), Outward.Multiply(factor, x.Offset));

    /// <summary>The larger of both in each part, hence a bound wherever either is.</summary>
    public static AffineBound Max(AffineBound x, AffineBound y) => new(Math.Max(x.Slope, y.Slope), Math.Max(x.Offset, y.Offset));
}
