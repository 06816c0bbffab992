using Microsoft.ML.Gloro.Training;
using TorchSharp;

namespace Microsoft.ML.Gloro.Tests.Training;

/// <summary>A random batch for a loss, and the losses by their formulas.</summary>
internal sealed record Batch
{
    public Batch(double[][] logits, int[] labels)
    {
        (Logits, Labels) = (logits, labels);
        Rows = RandomRows(new Random(1), Classes);
    }

    /// <param name="seed">Decides everything, the number of classes (2 to 6) too.</param>
    /// <param name="ties">Whether every third batch has logits of few values.</param>
    public Batch(int seed, bool ties = true)
    {
        var random = new Random(seed);
        int classes = 2 + (seed % 5);
        bool tied = ties && seed % 3 == 0;
        Logits =
        [
            .. Enumerable.Range(0, 7)
                .Select(_ => Enumerable.Range(0, classes)
                    .Select(_ => tied ? random.Next(3) : (double)(float)(2 * Core.Rows.Normal(random))).ToArray()),
        ];
        Labels = [.. Logits.Select(_ => random.Next(classes))];
        Rows = RandomRows(random, classes);
        Kappa = 0.5 + (2 * random.NextDouble());
        Epsilon = 0.1 + random.NextDouble();
    }

    public double[][] Logits { get; }

    public int[] Labels { get; }

    public double[][] Rows { get; init; }

    public double Kappa { get; init; } = 1.5;

    public double Epsilon { get; init; } = 0.5;

    /// <summary>The teacher's softmax of each row; null without a teacher.</summary>
    public double[][]? Teacher { get; init; }

    public int Count => Logits.Length;

    public int Classes => Logits[0].Length;

    /// <summary>ε·K_ij.</summary>
    public double Gain(int i, int j) => Epsilon * Kappa * Nets.Distance(Rows[i], Rows[j]);

    public double Compute(GloroLoss loss)
    {
        using var scope = torch.NewDisposeScope();
        return loss.Compute(Input(out _, out _, out _)).item<float>();
    }

    public LossInput Input(out torch.Tensor logits, out torch.Tensor rows, out torch.Tensor kappa)
    {
        logits = Leaf(Logits);
        rows = Leaf(Rows);
        kappa = torch.tensor((float)Kappa).requires_grad_(true);
        return new LossInput(
            logits, torch.tensor(Array.ConvertAll(Labels, label => (long)label)), rows, kappa, Epsilon,
            Teacher: Teacher is null ? null : Leaf(Teacher).requires_grad_(false));
    }

    /// <summary>e_i = clip(−(y_i − y_label) / (ε·K_i,label), 0.01, 1).</summary>
    public double[] Shares(int row)
    {
        int label = Labels[row];
        return
        [
            .. Enumerable.Range(0, Classes)
                .Select(i => i == label ? 0 : Math.Clamp(-(Logits[row][i] - Logits[row][label]) / Gain(i, label), 0.01, 1)),
        ];
    }

    /// <summary>The mean of the cross-entropies of y_i − y_label + e_i·ε·K_i,label.</summary>
    public double Emma(double[][]? shares = null) => Enumerable.Range(0, Count).Average(row =>
    {
        int label = Labels[row];
        double[] e = shares?[row] ?? Shares(row);
        return CrossEntropy(
            [.. Enumerable.Range(0, Classes).Select(i => Logits[row][i] - Logits[row][label] + (i == label ? 0 : e[i] * Gain(i, label)))],
            label);
    });

    /// <summary>The mean of the cross-entropies with y_⊥ = max_i y_i − max over allowed k of m_k as one more class.</summary>
    public double CrossEntropy(RobustnessGuarantee guarantee)
    {
        double[] bottoms = Bottoms(guarantee);
        return Enumerable.Range(0, Count).Average(row => CrossEntropy([.. Logits[row], bottoms[row]], Labels[row]));
    }

    /// <summary>y_⊥ of every row.</summary>
    public double[] Bottoms(RobustnessGuarantee guarantee)
    {
        double[,] gains = new double[Classes, Classes];
        for (int i = 0; i < Classes; i++)
        {
            for (int j = 0; j < Classes; j++)
                gains[i, j] = Gain(i, j);
        }

        var bound = Core.Rows.Bind(guarantee, Classes);
        return [.. Enumerable.Range(0, Count).Select(row => Bottom(row, gains, bound))];
    }

    public static double CrossEntropy(double[] logits, int label)
    {
        double max = logits.Max();
        return max + Math.Log(logits.Sum(y => Math.Exp(y - max))) - logits[label];
    }

    private double Bottom(int row, double[,] gains, Gloro.Core.ResolvedGuarantee guarantee)
    {
        double[] y = Logits[row];
        int[] order = [.. Enumerable.Range(0, Classes).OrderByDescending(c => y[c]).ThenBy(c => c)];
        double[] margins = [.. Enumerable.Range(1, guarantee.MaxK).Where(k => guarantee.Allows(order, k)).Select(Margin)];
        return y.Max() - (margins.Length == 0 ? Margin(1) : margins.Max());

        double Margin(int k) => order[..k].Min(j => y[j] - order[k..].Max(i => y[i] + gains[i, j]));
    }

    private static double[][] RandomRows(Random random, int classes) =>
        [
            .. Enumerable.Range(0, classes)
                .Select(_ => Enumerable.Range(0, 5).Select(_ => (double)(float)Core.Rows.Normal(random)).ToArray()),
        ];

    private static torch.Tensor Leaf(double[][] values) =>
        torch.tensor([.. values.SelectMany(v => v).Select(v => (float)v)], [values.Length, values[0].Length]).requires_grad_(true);
}
