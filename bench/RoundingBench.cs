using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Bench;

/// <summary>
/// What it costs to cover rounding: VRA and radii of a saved model under its own guarantee, in double precision, in single precision with
/// the proved bound of its error, and with its logits taken as exact, which proves nothing.
/// </summary>
internal static class RoundingBench
{
    /// <param name="model">The model.</param>
    /// <param name="data">A folder with a folder for each class, or CIFAR-100's test.bin.</param>
    /// <param name="most">The most rows, evenly chosen.</param>
    public static void Run(GloroTransformer model, string data, int most)
    {
        Console.WriteLine(FormattableString.Invariant($"{model.GloroModel.Guarantee}, ε = {model.Epsilon:F4}"));
        foreach (var arithmetic in Enum.GetValues<CertificateArithmetic>())
        {
            using GloroTransformer scorer = model.With(arithmetic);
            var rows = CoverageBench.Read(scorer, data, most);
            Measure(scorer, rows, $"{arithmetic}");
            if (arithmetic == CertificateArithmetic.Float64)
                continue;
            double share = rows.Average(row => row.Error.Displacement) / model.Epsilon, margin = rows.Average(row => row.Error.Margin);
            Console.WriteLine(FormattableString.Invariant($"  on average d = {share:F4}·ε, E = {margin:E1}"));
            Measure(scorer, [.. rows.Select(row => row with { Error = default })], "taken as exact");
        }
    }

    private static void Measure(GloroTransformer scorer, List<CoverageBench.Scored> rows, string name)
    {
        var order = new int[scorer.ClassNames.Count];
        var radii = new float[scorer.GloroModel.RadiiCount];
        int verified = 0;
        double sum = 0;
        foreach (var row in rows)
        {
            Certificate.TryOrder(row.Logits, order);
            Certificate.ComputeRadii(row.Logits, order, scorer.GloroModel.Constants, row.Error.Margin, radii);
            for (int k = 0; k < radii.Length; k++)
                radii[k] = row.Error.Shorten(radii[k]);
            CertifiedSet set = Certificate.Evaluate(scorer.GloroModel.ResolvedGuarantee, order, radii, scorer.Epsilon);
            verified += order.AsSpan(0, set.LoosestK).Contains(row.Label) ? 1 : 0;
            sum += set.LargestRadius;
        }

        Console.WriteLine(FormattableString.Invariant(
            $"{name,-14} {rows.Count} rows: VRA {(double)verified / rows.Count:F4}, mean radius {sum / rows.Count:F6}"));
    }
}
