
using System.Numerics;

namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// A linear layer as a stride-1 circular convolution on N_h × N_w positions: one real matrix per tap. At frequency (a, b), in half steps,
/// it acts as the complex matrix Σ_taps K_tap·e^{−πi(a·u/N_h + b·v/N_w)}, and the norm of the whole is the largest norm of these (the
/// discrete Fourier transform is unitary and block-diagonalises circular convolutions; Sedghi, Gupta, Long, ICLR 2019). A dense layer is
/// the case of one tap and one frequency.
/// </summary>
/// <remarks>
/// A circle has even frequencies a = 0, 2, …, 2N − 2. Its seam may also change the sign of what crosses it, y_i = Σ_u K_u·x_{i+u}·(−1)^w
/// where the index wraps w times. With D the unitary diagonal matrix of phases e^{−πij/N} at position j, it is D·C·D⁻¹, where C is the
/// circular convolution with the kernel K_u·e^{−πiu/N}. So it has the odd frequencies a = 1, 3, …, 2N − 1.
/// Weights are held times 2^−<see cref="Exponent"/>, which brings the largest into [½, 1): exact for any float32 (denormals and 3·10³⁸
/// alike), so neither underflow nor overflow happens below. The matrices are transposed where that makes them wide; singular values do not
/// care.
/// </remarks>
internal sealed class TapKernel
{
    private readonly double[][] _taps;
    private readonly (int U, int V)[] _positions;
    private readonly (double Cos, double Sin)[] _high;
    private readonly (double Cos, double Sin)[] _wide;

    /// <param name="outputs">Rows of a tap's matrix.</param>
    /// <param name="inputs">Columns of a tap's matrix.</param>
    /// <param name="positions">Places of the taps; all the same in a dimension where only the phase would change.</param>
    /// <param name="high">N_h.</param>
    /// <param name="wide">N_w.</param>
    /// <param name="weight">The finite weight of (tap, output, input).</param>
    public TapKernel(int outputs, int inputs, (int U, int V)[] positions, int high, int wide, Func<int, int, int, double> weight)
    {
        (Rows, Columns, Stride) = (Math.Min(outputs, inputs), Math.Max(outputs, inputs), ComplexMatrix.Pad(Math.Max(outputs, inputs)));
        (_positions, _high, _wide) = (positions, Phases(2 * high), Phases(2 * wide));
        _taps = new double[positions.Length][];
        double largest = 0;
        for (int tap = 0; tap < positions.Length; tap++)
        {
            var matrix = _taps[tap] = new double[checked(Rows * Stride)];
            for (int o = 0; o < outputs; o++)
            {
                for (int i = 0; i < inputs; i++)
                {
                    double value = weight(tap, o, i);
                    matrix[outputs <= inputs ? (o * Stride) + i : (i * Stride) + o] = value;
                    largest = Math.Max(largest, Math.Abs(value));
                }
            }
        }

        Exponent = largest == 0 ? 0 : Math.ILogB(largest) + 1;
        Scale(Math.ScaleB(1, -Exponent));
        AbsoluteSquares = SumAbsoluteSquares();
    }

    public int Rows { get; }

    public int Columns { get; }

    public int TapCount => _taps.Length;

    public int FrequenciesHigh => _high.Length / 2;

    public int FrequenciesWide => _wide.Length / 2;

    /// <summary>Multiply norms found here by 2 to this power.</summary>
    public int Exponent { get; }

    /// <summary>
    /// S², the sum over all entries of (Σ_taps |K_tap|)², rounded up: at least ‖·‖_F² of the matrix at every frequency; 0 only if all
    /// weights are 0.
    /// </summary>
    public double AbsoluteSquares { get; }

    private int Stride { get; }

    /// <summary>
    /// An upper bound of the distance in Frobenius norm between the matrix that <see cref="Transform"/> computes and the true one. Phases
    /// are off by at most 2⁻⁴⁷: an angle in [−π, π] by less than 10u, its cosine and sine by that and the C library's error, together below
    /// 2⁻⁴⁹ with much to spare, and a product of two such numbers by twice as much and a few u. A sum over T taps then errs by (γ_T +
    /// 2⁻⁴⁷)·Σ|K_tap| in either part, √2 times that in modulus.
    /// </summary>
    public double TransformError =>
        Outward.Multiply(Outward.Multiply(2, Outward.Add(Outward.Gamma(TapCount + 4), Math.ScaleB(1, -47))), Outward.Sqrt(AbsoluteSquares));

    /// <summary>
    /// The circles to choose from. Where one position or one tap is all there is, nothing crosses a seam.
    /// </summary>
    public IEnumerable<Seam> Seams()
    {
        (bool high, bool wide) = (FrequenciesHigh > 1, FrequenciesWide > 1);
        yield return new Seam(high, wide);
        if (high || wide)
            yield return default;
        if (!high || !wide)
            yield break;
        yield return new Seam(true, false);
        yield return new Seam(false, true);
    }

    /// <summary>
    /// Frequencies, in half steps, whose matrices have all the norms there are on this circle: the kernel is real, so (−a, −b) has the
    /// conjugate of the matrix of (a, b).
    /// </summary>
    public IEnumerable<(int A, int B)> Frequencies(Seam seam)
    {
        for (int b = seam.FlipsWide ? 1 : 0; b <= FrequenciesWide; b += 2)
        {
            bool selfConjugate = b == 0 || b == FrequenciesWide;
            for (int a = seam.FlipsHigh ? 1 : 0; a <= (selfConjugate ? FrequenciesHigh : (2 * FrequenciesHigh) - 1); a += 2)
                yield return (a, b);
        }
    }

    /// <summary>Writes the matrix at one frequency.</summary>
    public void Transform((int A, int B) frequency, ComplexMatrix destination)
    {
        destination.Clear();
        destination.IsReal = true;
        for (int tap = 0; tap < _taps.Length; tap++)
        {
            (double c1, double s1) = _high[(int)((long)frequency.A * _positions[tap].U % _high.Length)];
            (double c2, double s2) = _wide[(int)((long)frequency.B * _positions[tap].V % _wide.Length)];
            AddScaled(_taps[tap], (c1 * c2) - (s1 * s2), destination.Re);
            double sine = (s1 * c2) + (c1 * s2);
            if (sine == 0)
                continue;
            destination.IsReal = false;
            AddScaled(_taps[tap], sine, destination.Im);
        }
    }

    private static void AddScaled(double[] source, double factor, double[] destination)
    {
        var factors = new Vector<double>(factor);
        int k = 0;
        for (; k <= source.Length - Vector<double>.Count; k += Vector<double>.Count)
            (new Vector<double>(destination, k) + (new Vector<double>(source, k) * factors)).CopyTo(destination, k);
        for (; k < source.Length; k++)
            destination[k] += source[k] * factor;
    }

    // e^{2πik/N}; the sign of the exponent only conjugates. Multiples of a half turn are exact, so that real matrices are seen to be real.
    private static (double Cos, double Sin)[] Phases(int count)
    {
        var phases = new (double Cos, double Sin)[count];
        for (int k = 0; k < count; k++)
        {
            int centered = 2 * k > count ? k - count : k;
            (double sin, double cos) = Math.SinCos(2 * Math.PI * centered / count);
            phases[k] = k == 0 ? (1, 0) : 2 * k == count ? (-1, 0) : (cos, sin);
        }

        return phases;
    }

    private void Scale(double factor)
    {
        foreach (double[] tap in _taps)
        {
            for (int k = 0; k < tap.Length; k++)
                tap[k] *= factor;
        }
    }

    private double SumAbsoluteSquares()
    {
        double total = 0;
        for (int row = 0; row < Rows; row++)
        {
            double sum = 0;
            for (int k = row * Stride; k < (row + 1) * Stride; k++)
            {
                double entry = 0;
                foreach (double[] tap in _taps)
                    entry += Math.Abs(tap[k]);
                sum += entry * entry;
            }

            total += sum;
        }

        return total == 0 ? 0 : Outward.Multiply(total, Outward.Add(1, Outward.Gamma((2L * TapCount) + Columns + Rows + 8)));
    }
}

/// <summary>What happens to values that cross the seam of a circle in either direction: they may change their sign.</summary>
internal readonly record struct Seam(bool FlipsHigh, bool FlipsWide);
