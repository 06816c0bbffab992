namespace Microsoft.ML.Gloro.Tests.Training;

/// <summary>The losses by their formulas, in double, row by row and set by set.</summary>
internal static class LossOracle
{
    /// <summary>Cross-entropy + λ·KL(p‖q), the divergence written out: p is the softmax without ⊥, q the one with it.</summary>
    public static double Trades(Batch batch, RobustnessGuarantee guarantee, double weight)
    {
        double[] bottoms = batch.Bottoms(guarantee);
        return Enumerable.Range(0, batch.Count).Average(row =>
        {
            double[] y = batch.Logits[row], p = Softmax(y), q = Softmax([.. y, bottoms[row]]);
            return Batch.CrossEntropy(y, batch.Labels[row]) + (weight * p.Zip(q, (a, b) => a * Math.Log(a / b)).Sum());
        });
    }

    public static double FixedMargin(Batch batch, double margin) => Enumerable.Range(0, batch.Count).Average(row =>
    {
        int label = batch.Labels[row];
        return Batch.CrossEntropy([.. batch.Logits[row].Select((y, i) => i == label ? y : y + (margin * batch.Gain(i, label)))], label);
    });

    /// <summary>EMMA's logits.</summary>
    public static double[][] EmmaLogits(Batch batch, double[][]? shares = null) => [.. Enumerable.Range(0, batch.Count).Select(row =>
    {
        int label = batch.Labels[row];
        double[] y = batch.Logits[row], e = shares?[row] ?? batch.Shares(row);
        return y.Select((v, i) => v - y[label] + (i == label ? 0 : e[i] * batch.Gain(i, label))).ToArray();
    })];

    public static double CrossEntropy(Batch batch, double[][] logits) => logits.Zip(batch.Labels, Batch.CrossEntropy).Average();

    /// <summary>z = (y′ − 2·onehot) / 0.75 and p = softmax(z): 0.75·Σ_c q_c·(1 − p_c)⁵·(−ln p_c), q = (1 − w)·onehot + w·teacher.</summary>
    public static double Taught(Batch batch, double[][] logits, double weight) => Enumerable.Range(0, batch.Count).Average(row =>
    {
        int label = batch.Labels[row];
        double[] z = [.. logits[row].Select((v, i) => (v - (i == label ? 2 : 0)) / 0.75)], p = Softmax(z);
        return 0.75 * Enumerable.Range(0, batch.Classes).Sum(c =>
            ((c == label ? 1 - weight : 0) + (weight * batch.Teacher![row][c])) * Math.Pow(1 - p[c], 5) * Batch.CrossEntropy(z, c));
    });

    /// <summary>z = (y′ − 2·onehot) / 0.75, and 0.75·(1 − p_label)⁵·CE(z).</summary>
    public static double Annealed(Batch batch, double[][] logits) => logits.Zip(batch.Labels, (y, label) =>
    {
        double[] z = [.. y.Select((v, i) => (v - (i == label ? 2 : 0)) / 0.75)];
        return 0.75 * Math.Pow(1 - Softmax(z)[label], 5) * Batch.CrossEntropy(z, label);
    }).Average();

    /// <summary>
    /// The logits of the relaxed EMMA; without <paramref name="plans"/>, with the sets and shares that these logits choose themselves.
    /// </summary>
    public static double[][] RelaxedLogits(
        Batch batch, RobustnessGuarantee guarantee, bool competeWithinSet, RelaxedPlan[]? plans = null) =>
        [.. Enumerable.Range(0, batch.Count).Select(row =>
        {
            int label = batch.Labels[row];
            double[] y = batch.Logits[row];
            var plan = plans?[row] ?? Plan(batch, guarantee, row);
            return y.Select((v, i) => !plan.Members.Contains(i) ? v - y[plan.Weakest[i]] + (plan.Shares[i] * batch.Gain(i, plan.Weakest[i]))
                : i == label ? 0 : competeWithinSet ? v - y[label] : double.NegativeInfinity).ToArray();
        })];

    /// <summary>
    /// What the relaxed EMMA treats as constant: the set with the most slack, the member each outside class is closest to, and its share.
    /// </summary>
    public static RelaxedPlan Plan(Batch batch, RobustnessGuarantee guarantee, int row)
    {
        double[] y = batch.Logits[row];
        int[] members = Candidates(batch, guarantee, row).OrderByDescending(Slack).First(); // A stable sort: the first of equal ones.
        int[] weakest = [.. Enumerable.Range(0, batch.Classes).Select(i => members.MaxBy(j => batch.Gain(i, j) - y[j]))];
        return new RelaxedPlan(members, weakest, [.. weakest.Select((j, i) => Math.Clamp(-(y[i] - y[j]) / batch.Gain(i, j), 0.01, 1))]);

        double Slack(int[] set) => set.Min(j => Enumerable.Range(0, batch.Classes).Except(set).Min(i => y[j] - y[i] - batch.Gain(i, j)));
    }

    private static IEnumerable<int[]> Candidates(Batch batch, RobustnessGuarantee guarantee, int row)
    {
        int label = batch.Labels[row];
        int[] With(IEnumerable<int> pool, int k) =>
            [label, .. pool.Where(c => c != label).OrderByDescending(c => batch.Logits[row][c]).ThenBy(c => c).Take(k - 1)];
        if (guarantee.AffinitySets is null)
            return Enumerable.Range(1, guarantee.K).Select(k => With(Enumerable.Range(0, batch.Classes), k));
        int[][] sets = [.. guarantee.AffinitySets.Indices!.Where(set => set.Contains(label))];
        return sets.Length == 0 ? [[label]]
            : sets.SelectMany(set => Enumerable.Range(1, set.Length)
                .Where(k => guarantee.Match == AffinityMatch.Subset || k == set.Length).Select(k => With(set, k)));
    }

    private static double[] Softmax(double[] y)
    {
        double max = y.Max(), sum = y.Sum(v => Math.Exp(v - max));
        return [.. y.Select(v => Math.Exp(v - max) / sum)];
    }
}
