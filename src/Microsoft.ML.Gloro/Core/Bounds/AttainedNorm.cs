namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// A lower bound of a linear layer's L2 operator norm that a concrete input attains: the gap between it and the
/// proved upper bound is the slack of that bound. It certifies nothing.
/// </summary>
/// <remarks>
/// Finding the input. The locally optimal conjugate gradient method (Knyazev, 2001) climbs ‖Ax‖/‖x‖: every step takes the best combination
/// of the input x, the gradient w and the last step's direction p, found from the 3×3 matrix of the inner products of their images. It
/// costs what a step of power iteration does, and needs about the square root of its steps where the large singular values are close
/// together, as they are in convolutions. The start is pseudo-random without zeros, so that no simple singular vector
/// (a constant, a difference of two pixels) is orthogonal to it.
/// Proving the bound. However the input v was found, one more
/// application gives ŷ = fl(Av) with ‖ŷ − Av‖ ≤ γ_n·‖|A||v|‖ ≤ γ_n·‖|A|‖·‖v‖ for n terms a sum, so ‖A‖ ≥ ‖Av‖/‖v‖ ≥ ‖ŷ‖/‖v‖ − γ_n·‖|A|‖.
/// Both norms are sums of squares, whose relative error is at most γ of their lengths. What underflows is below 2⁻¹⁰⁰⁰, while
/// ‖|A|‖ ≥ ½; taking γ twice covers it.
/// </remarks>
internal static class AttainedNorm
{
    private const int MaxSteps = 400;
    private const int LeastSteps = 12;

    // Of σ².
    private const double Tolerance = 1e-4;

    /// <summary>A lower bound of the norm of <paramref name="map"/>, within about 10⁻⁴ of it; 0 if all weights are 0.</summary>
    public static double LowerBound(PatchMap map, CancellationToken cancellationToken)
    {
        if (map.AbsoluteNorm == 0)
            return 0;
        double[] x = Climb(map, cancellationToken);
        var y = new double[map.Outputs];
        map.Apply(x, y);
        double ratio = Math.Sqrt(DoubleVectors.Dot(y, y) / DoubleVectors.Dot(x, x));
        double error = Outward.Multiply(Outward.Multiply(2, Outward.Gamma(map.Terms + 8L)), map.AbsoluteNorm);
        double proved = (ratio * (1 - Outward.Gamma((long)x.Length + y.Length + 16))) - error;
        return proved > 0 ? Math.ScaleB(Math.BitDecrement(Math.BitDecrement(proved)), map.Exponent) : 0; // NaN too
    }

    /// <summary>
    /// The same for W·diag(<paramref name="factors"/>). Its entries are rounded to floats, each by at most 2⁻²⁴ of itself (or of the
    /// smallest normal float, beside a largest entry of about 1), which moves the norm by at most 2⁻²³ of the Frobenius norm.
    /// </summary>
    public static double LowerBound(DeployedDense layer, double[] factors, CancellationToken cancellationToken)
    {
        double[] product = [.. layer.Weights.Select((weight, at) => weight * factors[at % layer.Inputs])];
        double largest = product.Max(Math.Abs);
        if (largest == 0)
            return 0;
        int exponent = Math.ILogB(largest);
        float[] rounded = Array.ConvertAll(product, value => (float)Math.ScaleB(value, -exponent));
        double found = LowerBound(PatchMap.Of(new DeployedDense(rounded, layer.Bias, layer.Inputs, layer.Outputs)), cancellationToken);
        double proved = found - Outward.Multiply(Math.ScaleB(1, -23), LinearLayerNorms.Norm(rounded));
        return proved > 0 ? Math.ScaleB(Math.BitDecrement(proved), exponent) : 0;
    }

    private static double[] Climb(PatchMap map, CancellationToken cancellationToken)
    {
        var x = (Input: Start(map.Inputs), Image: new double[map.Outputs]);
        var w = (Input: new double[map.Inputs], Image: new double[map.Outputs]);
        var p = (Input: new double[map.Inputs], Image: new double[map.Outputs]);
        bool hasDirection = false;
        map.Apply(x.Input, x.Image);
        var found = new List<double>();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Normalize(x.Input, x.Image); // it is a unit vector up to rounding, but a deviation would grow: w is measured against it
            found.Add(DoubleVectors.Dot(x.Image, x.Image));
            if (found.Count == MaxSteps || IsSettled(found))
                return x.Input;

            map.ApplyTransposed(x.Image, w.Input);
            DoubleVectors.Add(w.Input, x.Input, -DoubleVectors.Dot(w.Input, x.Input));
            double gradient = Normalize(w.Input, []);
            if (!(gradient > 1e-14 * found[^1]))
                return x.Input; // a singular vector, exactly
            map.Apply(w.Input, w.Image);
            hasDirection = hasDirection && Orthogonalize(p, x, w);
            Step(x, w, p, hasDirection);
            hasDirection = true;
        }
    }

    // Where singular values lie densely the error falls with 1/k² and not geometrically: the gain of the last quarter of all steps is then
    // about the error that is left.
    private static bool IsSettled(List<double> found) =>
        found.Count >= LeastSteps && found[^1] - found[found.Count * 3 / 4] <= Tolerance * found[^1];

    /// <summary>x ← the best unit vector of the span; p ← the step that led there.</summary>
    private static void Step(
        (double[] Input, double[] Image) x, (double[] Input, double[] Image) w, (double[] Input, double[] Image) p, bool hasDirection)
    {
        double[][] images = hasDirection ? [x.Image, w.Image, p.Image] : [x.Image, w.Image];
        var products = new double[images.Length, images.Length];
        for (int i = 0; i < images.Length; i++)
        {
            for (int j = 0; j <= i; j++)
                products[i, j] = products[j, i] = DoubleVectors.Dot(images[i], images[j]);
        }

        double[] best = LargestEigenvector(products);
        Combine(p.Input, w.Input, hasDirection ? best[2] : 0, best[1]);
        Combine(p.Image, w.Image, hasDirection ? best[2] : 0, best[1]);
        Combine(x.Input, p.Input, best[0], 1);
        Combine(x.Image, p.Image, best[0], 1);
    }

    private static void Combine(double[] x, double[] y, double factorX, double factorY)
    {
        DoubleVectors.Scale(x, factorX);
        DoubleVectors.Add(x, y, factorY);
    }

    /// <summary>Makes p a unit vector orthogonal to x and w; false if hardly anything is left of it.</summary>
    private static bool Orthogonalize(
        (double[] Input, double[] Image) p, (double[] Input, double[] Image) x, (double[] Input, double[] Image) w)
    {
        double before = Normalize(p.Input, p.Image);
        foreach ((double[] input, double[] image) in (ReadOnlySpan<(double[], double[])>)[x, w])
        {
            double along = DoubleVectors.Dot(p.Input, input);
            DoubleVectors.Add(p.Input, input, -along);
            DoubleVectors.Add(p.Image, image, -along);
        }

        return before > 0 && Normalize(p.Input, p.Image) > 1e-6;
    }

    /// <summary>Divides both by the norm of the first, and returns it.</summary>
    private static double Normalize(double[] input, double[] image)
    {
        double norm = Math.Sqrt(DoubleVectors.Dot(input, input));
        if (norm > 0)
        {
            DoubleVectors.Scale(input, 1 / norm);
            DoubleVectors.Scale(image, 1 / norm);
        }

        return norm;
    }

    /// <summary>Of a symmetric matrix of two or three rows, by Jacobi rotations.</summary>
    private static double[] LargestEigenvector(double[,] a)
    {
        int n = a.GetLength(0);
        var vectors = new double[n, n];
        for (int i = 0; i < n; i++)
            vectors[i, i] = 1;
        for (int sweep = 0; sweep < 12; sweep++)
        {
            for (int p = 0; p < n - 1; p++)
            {
                for (int q = p + 1; q < n; q++)
                    Rotate(a, vectors, p, q);
            }
        }

        int best = 0;
        for (int i = 1; i < n; i++)
            best = a[i, i] > a[best, best] ? i : best;
        return [.. Enumerable.Range(0, n).Select(i => vectors[i, best])];
    }

    private static void Rotate(double[,] a, double[,] vectors, int p, int q)
    {
        (double sin, double cos) = Math.SinCos(Math.Atan2(2 * a[p, q], a[p, p] - a[q, q]) / 2);
        for (int k = 0; k < a.GetLength(0); k++)
            (a[k, p], a[k, q]) = ((cos * a[k, p]) + (sin * a[k, q]), (cos * a[k, q]) - (sin * a[k, p]));
        for (int k = 0; k < a.GetLength(0); k++)
            (a[p, k], a[q, k]) = ((cos * a[p, k]) + (sin * a[q, k]), (cos * a[q, k]) - (sin * a[p, k]));
        for (int k = 0; k < a.GetLength(0); k++)
            (vectors[k, p], vectors[k, q]) = ((cos * vectors[k, p]) + (sin * vectors[k, q]), (cos * vectors[k, q]) - (sin * vectors[k, p]));
    }

    private static double[] Start(int length)
    {
        var random = new Random(20211); // a seed fixes the numbers on every machine and version
        var x = new double[length];
        for (int i = 0; i < length; i++)
            x[i] = (random.Next(2) == 0 ? -1 : 1) * (1 + random.NextDouble()) / 2;
        Normalize(x, []);
        return x;
    }
}
