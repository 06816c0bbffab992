
namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// The norm of a <see cref="TapKernel"/>: a proven upper bound of the largest singular value over all its frequencies, within about 10⁻⁵ of
/// it.
/// </summary>
/// <remarks>
/// Each circle of <see cref="TapKernel.Seams"/> contains the layer, so the smallest of their norms is a bound. Zero padding keeps a layer
/// from attaining what it does at one frequency; it attains about the norm half a step beside it. Where the largest norm is at frequency 0,
/// as it often is, the circle with both flips has that frequency, and its norm is nearly that of the layer.
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

    // Of λ: how finely Lower looks for a smaller bound.
    private const int LowerSteps = 1024;

    /// <summary>The bound; 0 exactly if and only if all weights are 0.</summary>
    public static double UpperBound(TapKernel kernel, CancellationToken cancellationToken)
    {
        if (kernel.AbsoluteSquares == 0)
            return 0;
        double lambda = double.PositiveInfinity;
        foreach (Seam seam in kernel.Seams())
            lambda = Math.Min(lambda, LargestEigenvalue(kernel, seam, lambda, cancellationToken));
        return Norm(kernel, lambda);
    }

    /// <summary>The norm on one circle.</summary>
    public static double UpperBound(TapKernel kernel, Seam seam, CancellationToken cancellationToken) =>
        kernel.AbsoluteSquares == 0 ? 0 : Norm(kernel, LargestEigenvalue(kernel, seam, double.PositiveInfinity, cancellationToken));

    /// <summary>
    /// A bound of a matrix that is at most <paramref name="bound"/>, and about its norm if that is at most an eighth smaller.
    /// </summary>
    /// <param name="matrix">A kernel with one frequency.</param>
    /// <param name="bound">A bound of the matrix.</param>
    public static double Lower(TapKernel matrix, double bound)
    {
        if (matrix.AbsoluteSquares == 0)
            return 0;
        var values = new ComplexMatrix(matrix.Rows, matrix.Columns, real: true);
        matrix.Transform((0, 0), values);
        ComplexMatrix gram = new(matrix.Rows, matrix.Rows, real: true), factor = new(matrix.Rows, matrix.Rows, real: true);
        gram.SetGram(values);
        double lambda = Math.Pow(Math.ScaleB(bound, -matrix.Exponent), 2);

        // λ·(1 − steps/LowerSteps) is proved for the first number of steps and not for the second. The grid is fixed, so that machines
        // whose roundings differ come to the same bound.
        int proved = 0, open = LowerSteps / 4;
        while (open - proved > 1)
        {
            int middle = (proved + open) / 2;
            (proved, open) = CholeskyProof.Succeeds(gram, Share(middle), factor) ? (middle, open) : (proved, middle);
        }

        return proved == 0 ? bound : Math.Min(bound, Norm(matrix, CholeskyProof.Proven(Share(proved), matrix.Rows)));

        double Share(int steps) => lambda * (1 - ((double)steps / LowerSteps));
    }

    // From an eigenvalue of the computed Gram matrix to the norm.
    private static double Norm(TapKernel kernel, double lambda)
    {
        double gramError = Outward.Multiply(Outward.Multiply(2, Outward.Gamma((2L * kernel.Columns) + 8)), kernel.AbsoluteSquares);
        double norm = Outward.Add(Outward.Sqrt(Outward.Add(lambda, gramError)), kernel.TransformError);
        return Math.ScaleB(norm, kernel.Exponent);
    }

    // On one circle; infinite as soon as it is seen to be above the limit.
    private static double LargestEigenvalue(TapKernel kernel, Seam seam, double limit, CancellationToken cancellationToken)
    {
        (int A, int B)[] frequencies = Scatter([.. kernel.Frequencies(seam)]);
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
                () => new Workspace(kernel, real: kernel.FrequenciesHigh * kernel.FrequenciesWide == 1),
                (i, _, workspace) =>
                {
                    bounds[i] = workspace.BoundIfAbove(frequencies[i], tau, cancellationToken);
                    return workspace;
                },
                _ => { });
            for (int i = start; i < end; i++)
                record = Math.Max(record, bounds[i]);
            if (record > limit)
                return double.PositiveInfinity;
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
