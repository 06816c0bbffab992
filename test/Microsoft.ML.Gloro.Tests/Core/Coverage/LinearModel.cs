using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Tests.Core;

/// <summary>y = Wx, whose margins move by exactly ‖w_i − w_j‖ per unit of distance at worst.</summary>
internal sealed class LinearModel
{
    private readonly double[][] _rows;

    public LinearModel(Random random, int classes, int features)
    {
        _rows = [.. Enumerable.Range(0, classes)
            .Select(_ => Enumerable.Range(0, features).Select(_ => (2 * random.NextDouble()) - 1).ToArray())];
        var constants = new double[classes * classes];
        for (int i = 0; i < classes; i++)
        {
            for (int j = 0; j < classes; j++)
                constants[(i * classes) + j] = Norm(Difference(i, j)) * (1 + 1e-12);
        }

        Constants = new(constants, classes);
    }

    public MarginConstants Constants { get; }

    public double[] Logits(double[] x) => [.. _rows.Select(row => row.Zip(x, (w, v) => w * v).Sum())];

    /// <summary>The score by its definition.</summary>
    public double Score(CoverageScoreKind kind, double temperature, double[] x, int label)
    {
        double[] y = Logits(x);
        var others = Enumerable.Range(0, y.Length).Where(i => i != label);
        return kind == CoverageScoreKind.Margin
            ? others.Max(i => (y[i] - y[label]) / Norm(Difference(i, label)))
            : Math.Log(others.Sum(i => Math.Exp((y[i] - y[label]) / temperature)));
    }

    /// <summary>A random point within <paramref name="distance"/> of <paramref name="x"/>.</summary>
    public static double[] Point(Random random, double[] x, double distance)
    {
        double[] direction = [.. x.Select(_ => random.NextDouble() - 0.5)];
        double length = distance * random.NextDouble() / Norm(direction);
        return [.. x.Zip(direction, (v, d) => v + (length * d))];
    }

    /// <summary>
    /// The point at <paramref name="distance"/> where class <paramref name="to"/> has gained most over <paramref name="from"/>.
    /// </summary>
    public double[] Towards(double[] x, int to, int from, double distance)
    {
        double[] direction = Difference(to, from);
        double norm = Norm(direction);
        return norm == 0 ? x : [.. x.Zip(direction, (v, d) => v + (distance * d / norm))];
    }

    private static double Norm(double[] v) => Math.Sqrt(v.Sum(e => e * e));

    private double[] Difference(int i, int j) => [.. _rows[i].Zip(_rows[j], (a, b) => a - b)];
}
