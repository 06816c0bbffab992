
namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// The norm of a <see cref="TapKernel"/>: a proven upper bound of the largest singular value over all its frequencies, within about 10⁻⁵ of
/// it.
/// </summary>
/// <remarks>
/// Frequencies are visited in a fixed scattered order, in chunks that double. Within a chunk each frequency is tested against the largest
/// bound of earlier chunks with <see cref="CholeskyProof"/>; only those that exceed it get a bound of their own by
/// <see cref="GramIteration"/>, on average about one a chunk. The result does not depend on threads or timing. For each frequency, with A
/// the computed matrix, K the true one and Ĝ = fl(A·Aᴴ): ‖K‖ ≤ ‖A‖ + δ and ‖A‖² ≤ λ_max(Ĝ) + √2·γ_2n·‖A‖_F², where δ is
/// <see cref="TapKernel.TransformError"/> and ‖A‖_F² ≤ S²(1 + tiny). Both corrections are the same for all frequencies and of the order
/// 10⁻¹⁰ of the result.
/// </remarks>
internal static class SpectralNorm
{
    // Of λ = σ²: the sharpness of Gram iteration, and the margin by which others may exceed the record without an iteration of their own.
    private const double Tolerance = 1e-5;

    /// <summary>The bound; 0 exactly if and only if all weights are 0.</summary>
    public static double UpperBound(TapKernel kernel, CancellationToken cancellationToken)
    {
        if (kernel.AbsoluteSquares == 0)
            return 0;
        double lambda = LargestEigenvalue(kernel, cancellationToken);
        double gramError = Outward.Multiply(Outward.Multiply(2, Outward.Gamma((2L * kernel.Columns) + 8)), kernel.AbsoluteSquares);
        double norm = Outward.Add(Outward.Sqrt(Outward.Add(lambda, gramError)), kernel.TransformError);
        return Math.ScaleB(norm, kernel.Exponent);
    }

    private static double LargestEigenvalue(TapKernel kernel, CancellationToken cancellationToken)
    {
        (int A, int B)[] frequencies = Scatter([.. kernel.Frequencies()]);
        var bounds = new double[frequencies.Length];
        double record = 0, proven = 0;
        var options = new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount };
        for (int start = 0; start < frequencies.Length;)
        {
            int end = Math.Min(frequencies.Length, Math.Max(2, 2 * start));

            // Always from the record that Gram iteration set, never from what a factorization proved: the margins would add up.
            double tau = record * (1 + Tolerance);
            Parallel.For(
                start,
                end,
                options,
                () => new Workspace(kernel, frequencies.Length == 1),
                (i, _, workspace) =>
                {
                    bounds[i] = workspace.BoundIfAbove(frequencies[i], tau, cancellationToken);
                    return workspace;
                },
                _ => { });
            for (int i = start; i < end; i++)
                record = Math.Max(record, bounds[i]);
            proven = Math.Max(proven, CholeskyProof.Proven(tau, kernel.Rows));
            start = end;
        }

        return Math.Max(record, proven);
    }

    // Neighboring frequencies have similar norms. Steps of about the golden section of the whole visit all regions early, so the record
    // settles early.
    private static (int A, int B)[] Scatter((int A, int B)[] frequencies)
    {
        int step = Math.Max(1, (int)(frequencies.Length * 0.618));
        while (System.Numerics.BigInteger.GreatestCommonDivisor(step, frequencies.Length) != 1)
            step++;
        var scattered = new (int A, int B)[frequencies.Length];
        for (int i = 0; i < frequencies.Length; i++)
            scattered[i] = frequencies[(int)((long)i * step % frequencies.Length)];
        return scattered;
    }

    private sealed class Workspace(TapKernel kernel, bool real)
    {
        private readonly ComplexMatrix _matrix = new(kernel.Rows, kernel.Columns, real);
        private readonly ComplexMatrix _gram = new(kernel.Rows, kernel.Rows, real);
        private readonly ComplexMatrix _first = new(kernel.Rows, kernel.Rows, real);
        private readonly ComplexMatrix _second = new(kernel.Rows, kernel.Rows, real);

        /// <summary>0 if <see cref="CholeskyProof.Proven"/> of τ is a bound at this frequency, else a bound of its own.</summary>
        public double BoundIfAbove((int A, int B) frequency, double tau, CancellationToken cancellationToken)
        {
            kernel.Transform(frequency, _matrix);
            _gram.SetGram(_matrix);
            return CholeskyProof.Succeeds(_gram, tau, _first)
                ? 0
                : GramIteration.LargestEigenvalue(_gram, _first, _second, Tolerance, cancellationToken);
        }
    }
}
