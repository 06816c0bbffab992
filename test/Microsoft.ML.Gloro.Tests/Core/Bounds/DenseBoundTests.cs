using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Tests.Core;

[TestClass]
public sealed class DenseBoundTests
{
    // The Jacobi SVD errs in its last digits; the promise of sharpness is far better than the 1 % asked for.
    private const double SvdError = 1e-13;
    private const double Sharpness = 2e-5;

    [TestMethod]
    [DataRow(1, 1)]
    [DataRow(1, 7)]
    [DataRow(7, 1)]
    [DataRow(3, 5)]
    [DataRow(30, 20)]
    [DataRow(20, 30)]
    [DataRow(64, 64)]
    [DataRow(10, 300)]
    public void Compute_RandomMatrix_IsAboveAndNearTheLargestSingularValue(int outputs, int inputs)
    {
        for (int seed = 0; seed < 5; seed++)
            AssertSharp(Explicit.Dense(outputs, inputs, Explicit.Normal(seed)));
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(5)]
    public void Compute_LowRank_IsAboveAndNearTheLargestSingularValue(int rank)
    {
        Func<int, double> normal = Explicit.Normal(rank);
        double[][] left = Table(rank, 24, normal), right = Table(rank, 40, normal);
        AssertSharp(Explicit.Dense(24, 40, at => Enumerable.Range(0, rank).Sum(r => left[r][at / 40] * right[r][at % 40])));
    }

    [TestMethod]
    public void Compute_Orthogonal_IsNearOne()
    {
        double bound = AssertSharp(Reflected(48, Enumerable.Repeat(1.0, 48).ToArray()));

        Assert.AreEqual(1, bound, 1e-3);
    }

    [TestMethod]
    public void Compute_ClusteredSingularValues_IsAboveAndNearTheLargest()
    {
        AssertSharp(Reflected(40, [.. Enumerable.Range(0, 40).Select(i => 1 - (1e-4 * i))]));
        AssertSharp(Reflected(40, [.. Enumerable.Range(0, 40).Select(i => i < 20 ? 1 : 0.5)]));
        AssertSharp(Reflected(40, [.. Enumerable.Range(0, 40).Select(i => Math.Pow(10, -i))]));
    }

    [TestMethod]
    public void Compute_StartVectorsOrthogonalToTheSingularVector_StillFindsIt()
    {
        // Rank one with the singular vector (1, −1, 0, …): the vector of ones, a natural start of power iteration, is orthogonal to it, as
        // are most unit vectors.
        AssertSharp(Explicit.Dense(6, 8, at => (at / 8 == 2 ? 3.0 : 0) * (at % 8 == 0 ? 1 : at % 8 == 1 ? -1 : 0)));

        // Two blocks: the largest diagonal entry of WWᵀ (4) is not where its largest eigenvalue (3 + 3) is.
        AssertSharp(Explicit.Dense(3, 3, at => new double[] { 2, 0, 0, 0, 1.5, 1.5, 0, 1.5, 1.5 }[at]));
    }

    [TestMethod]
    [DataRow(1e-45)]
    [DataRow(1e-40)]
    [DataRow(1e-30)]
    [DataRow(1e30)]
    [DataRow(3.4028235e38)]
    public void Compute_ExtremeWeights_ScaleTheBound(double size)
    {
        float unit = (float)size;
        DeployedDense signs = Explicit.Dense(9, 9, at => at * 7 % 3 - 1);
        DeployedDense scaled = Explicit.Dense(9, 9, at => (at * 7 % 3 - 1) * (double)unit);

        // The weights are −1, 0, 1 times one float, so that no weight is rounded.
        Assert.AreEqual((double)unit, AssertBound(scaled) / AssertSharp(signs), unit * 1e-14);
        Assert.IsGreaterThan(0, AssertBound(scaled));
    }

    [TestMethod]
    public void Compute_OneDenormalWeight_DoesNotVanish()
    {
        Assert.IsGreaterThanOrEqualTo(float.Epsilon, AssertBound(Explicit.Dense(3, 4, at => at == 5 ? float.Epsilon : 0)));
    }

    [TestMethod]
    public void Compute_HugeBesideDenormal_IsAboveTheSum()
    {
        double bound = AssertBound(Explicit.Dense(2, 2, at => at == 0 ? float.MaxValue : at == 3 ? float.Epsilon : 0));

        Assert.IsGreaterThanOrEqualTo((double)float.MaxValue, bound);
        Assert.IsLessThan(float.MaxValue * 1.001, bound);
    }

    [TestMethod]
    public void Compute_Zero_IsExactlyZero()
    {
        Assert.AreEqual(0.0, AssertBound(Explicit.Dense(4, 5, _ => 0)));
        Assert.AreEqual(0.0, AssertBound(Explicit.Dense(4, 5, _ => -0.0)));
    }

    [TestMethod]
    public void Compute_WeightsInPowersOfTwo_ScaleExactly()
    {
        double one = AssertBound(Explicit.Dense(8, 5, Explicit.Normal(3)));
        double eighth = AssertBound(Explicit.Dense(8, 5, Explicit.Normal(3, 1 / 8.0)));

        Assert.AreEqual(one, eighth * 8);
    }

    private static double AssertSharp(DeployedDense layer)
    {
        double bound = AssertBound(layer);
        double truth = Explicit.Norm(layer, TensorShape.Vector(layer.Inputs));
        Assert.IsGreaterThanOrEqualTo(truth * (1 - SvdError), bound);
        Assert.IsLessThanOrEqualTo(truth * (1 + Sharpness), bound);
        return bound;
    }

    private static double AssertBound(DeployedDense layer)
    {
        LipschitzBound bound = RigorousBound.Compute(Explicit.Network(TensorShape.Vector(layer.Inputs), layer));
        Assert.IsTrue(double.IsFinite(bound.Value));
        Assert.AreEqual(bound.Layers[0].Bound, bound.Value);
        return bound.Value;
    }

    private static double[][] Table(int rows, int columns, Func<int, double> value) =>
        [.. Enumerable.Range(0, rows).Select(_ => Enumerable.Range(0, columns).Select(value).ToArray())];

    /// <summary>
    /// H₁·diag(values)·H₂ with two Householder reflections: the values are its singular values, up to the rounding to float.
    /// </summary>
    private static DeployedDense Reflected(int size, double[] values)
    {
        Func<int, double> normal = Explicit.Normal(size);
        double[] left = Unit(size, normal), right = Unit(size, normal);
        return Explicit.Dense(
            size,
            size,
            at => Enumerable.Range(0, size).Sum(k => Reflection(left, at / size, k) * values[k] * Reflection(right, k, at % size)));
    }

    private static double Reflection(double[] unit, int i, int j) => (i == j ? 1 : 0) - (2 * unit[i] * unit[j]);

    private static double[] Unit(int size, Func<int, double> normal)
    {
        double[] vector = [.. Enumerable.Range(0, size).Select(normal)];
        double norm = Math.Sqrt(vector.Sum(x => x * x));
        return Array.ConvertAll(vector, x => x / norm);
    }
}
