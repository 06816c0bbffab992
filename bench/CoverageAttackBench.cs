using Microsoft.ML.Gloro.Analysis;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Torch;

namespace Microsoft.ML.Gloro.Bench;

/// <summary>
/// Coverage before and after an attack of real images: some of the rows, evenly spaced, are attacked at ε = 36/255 as in an audit; all
/// others calibrate the model.
/// </summary>
internal static class CoverageAttackBench
{
    private const float Epsilon = 36f / 255f;
    private const int Batch = 32;

    /// <param name="model">The model.</param>
    /// <param name="data">A folder with a folder for each class, or CIFAR-100's test.bin.</param>
    /// <param name="coverage">1 − α.</param>
    /// <param name="attacked">How many rows are attacked.</param>
    public static void Run(GloroTransformer model, string data, double coverage, int attacked)
    {
        TorchRuntime.EnsureLoaded();
        var scored = CoverageBench.Read(model, data);
        var reader = new RowReader(model.GloroModel, CoverageBench.View(model, data), model.FeatureColumnName, "Label");
        HashSet<long> chosen = [.. RowReader.Choose(scored.Count, attacked)];
        CoverageBench.Scored[] others = [.. scored.Where((_, i) => !chosen.Contains(i))];
        foreach (CoverageScoreKind kind in Enum.GetValues<CoverageScoreKind>())
        {
            double temperature = kind == CoverageScoreKind.Softmax ? model.Temperature / 2 : 1;
            double[] scores = [.. others.Select(row =>
                CoverageScore.AtMost(
                    kind, temperature, row.Logits, row.Label, model.GloroModel.Constants, row.Error, epsilon: 0)).Order()];
            double quantile = scores[CoverageRule.Rank(scores.Length, coverage) - 1];
            var rule = new CoverageRule(kind, temperature, coverage, scores.Length, quantile, alwaysTop: false);
            using GloroTransformer calibrated = model.With(rule);
            using GloroTransformer at = calibrated.With(model.Guarantee, Epsilon);
            Print(kind, Attack(at, reader, scored.Count, attacked, rule));
        }
    }

    private static GloroAuditCoverage Attack(GloroTransformer model, RowReader reader, int count, int attacked, CoverageRule rule)
    {
        using var judge = new Judge(model, Batch);
        using var replica = new TorchReplica(model.GloroModel.Network);
        var attack = new CoverageAttack(judge, replica, reader.Describe, new GloroAuditOptions { Restarts = 1 });
        var outcomes = new List<CoverageOutcome>();
        foreach (var batch in reader.Read(count, attacked).Chunk(Batch))
        {
            CertifiedPoint[] points = judge.Certify([.. batch.Select(row => row.Input)]);
            outcomes.AddRange(attack.Run([.. batch.Zip(points, (row, point) => new AuditRow(row.Number, row.Label, point))]));
        }

        return GloroAuditCoverage.Of(outcomes, rule)!;
    }

    private static void Print(CoverageScoreKind kind, GloroAuditCoverage found)
    {
        Console.WriteLine(FormattableString.Invariant($"{kind}, {found.RowCount} rows attacked within 36/255, coverage {found.Coverage}"));
        Console.WriteLine(FormattableString.Invariant(
            $"  sets for ε: {found.CoveredFraction:F3}, after the attack {found.AttackedFraction:F3} ± {found.StandardError:F3}, ") +
            FormattableString.Invariant($"proved {found.ProvedFraction:F3}"));
        Console.WriteLine(FormattableString.Invariant(
            $"  plain sets: {found.PlainCoveredFraction:F3}, after the attack {found.PlainAttackedFraction:F3}, ") +
            FormattableString.Invariant($"proved {found.PlainProvedFraction:F3}"));
    }
}
