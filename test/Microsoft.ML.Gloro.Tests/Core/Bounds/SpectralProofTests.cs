using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Tests.Core;

/// <summary>The two proofs by themselves, on complex matrices: Gram iteration and the Cholesky factorization.</summary>
[TestClass]
public sealed class SpectralProofTests
{
    [TestMethod]
    [DataRow(1, 3)]
    [DataRow(2, 2)]
    [DataRow(5, 9)]
    [DataRow(13, 13)]
    [DataRow(32, 40)]
    public void BothProofs_RandomComplexMatrices_AgreeWithTheSingularValue(int rows, int columns)
    {
        for (int seed = 0; seed < 6; seed++)
            AssertProofs(Random(rows, columns, seed, real: seed % 3 == 0));
    }

    [TestMethod]
    public void BothProofs_RankOneAndUnitary_AgreeWithTheSingularValue()
    {
        var rankOne = new ComplexMatrix(6, 6, real: false);
        var unitary = new ComplexMatrix(6, 6, real: false);
        for (int i = 0; i < 6; i++)
        {
            for (int j = 0; j < 6; j++)
            {
                // e^{iθ} patterns: an outer product of phases, and the discrete Fourier transform.
                (rankOne.Im[(i * 8) + j], rankOne.Re[(i * 8) + j]) = Math.SinCos((2.1 * i) - (0.7 * j));
                (unitary.Im[(i * 8) + j], unitary.Re[(i * 8) + j]) = Math.SinCos(2 * Math.PI * i * j / 6);
            }
        }

        Assert.AreEqual(36, AssertProofs(rankOne), 1e-2);
        Assert.AreEqual(6, AssertProofs(unitary), 1e-2);
    }

    [TestMethod]
    public void Gram_OfAnyMatrix_IsExactlyHermitian()
    {
        var gram = new ComplexMatrix(30, 30, real: false);
        gram.SetGram(Random(30, 50, 1, real: false));

        for (int i = 0; i < 30; i++)
        {
            for (int j = 0; j < 30; j++)
            {
                Assert.AreEqual(gram.Re[(i * gram.Stride) + j], gram.Re[(j * gram.Stride) + i]);
                Assert.AreEqual(gram.Im[(i * gram.Stride) + j], -gram.Im[(j * gram.Stride) + i]);
            }
        }
    }

    /// <summary>
    /// λ_max of AAᴴ: Gram iteration is above and within its tolerance; the factorization succeeds just above and fails just below.
    /// </summary>
    private static double AssertProofs(ComplexMatrix a)
    {
        double truth = Math.Pow(JacobiSvd.Largest(RealForm(a)), 2);
        ComplexMatrix gram = Square(a), first = Square(a), second = Square(a);
        gram.SetGram(a);

        double bound = GramIteration.LargestEigenvalue(gram, first, second, 1e-4, default);
        Assert.IsGreaterThanOrEqualTo(truth * (1 - 1e-12), bound);
        Assert.IsLessThanOrEqualTo(truth * (1 + 1.1e-4), bound);
        Assert.IsLessThanOrEqualTo(truth * (1 + 1e-10), GramIteration.LargestEigenvalue(gram, first, second, 0, default));

        Assert.IsTrue(CholeskyProof.Succeeds(gram, truth * (1 + 1e-9), first));
        Assert.IsFalse(CholeskyProof.Succeeds(gram, truth * (1 - 1e-9), first));
        Assert.IsFalse(CholeskyProof.Succeeds(gram, truth / 2, first));
        Assert.IsFalse(CholeskyProof.Succeeds(gram, double.NaN, first));
        Assert.IsFalse(CholeskyProof.Succeeds(gram, 0, first));
        Assert.IsGreaterThan(truth, CholeskyProof.Proven(truth, a.Rows));
        Assert.IsLessThan(truth * (1 + 1e-9), CholeskyProof.Proven(truth, a.Rows));
        return bound;
    }

    private static ComplexMatrix Square(ComplexMatrix a) => new(a.Rows, a.Rows, real: false);

    private static ComplexMatrix Random(int rows, int columns, int seed, bool real)
    {
        var random = new Random(seed);
        var a = new ComplexMatrix(rows, columns, real: false) { IsReal = real };
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                a.Re[(i * a.Stride) + j] = (2 * random.NextDouble()) - 1;
                a.Im[(i * a.Stride) + j] = real ? 0 : (2 * random.NextDouble()) - 1;
            }
        }

        return a;
    }

    /// <summary>X + iY has the singular values of [X, −Y; Y, X], each twice.</summary>
    private static double[][] RealForm(ComplexMatrix a)
    {
        var columns = new double[2 * a.Columns][];
        for (int j = 0; j < a.Columns; j++)
        {
            columns[j] = [.. Column(a.Re, 1), .. Column(a.Im, 1)];
            columns[a.Columns + j] = [.. Column(a.Im, -1), .. Column(a.Re, 1)];

            IEnumerable<double> Column(double[] plane, int sign) =>
                Enumerable.Range(0, a.Rows).Select(i => sign * plane[(i * a.Stride) + j]);
        }

        return columns;
    }
}
