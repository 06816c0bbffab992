using Microsoft.ML.Gloro.Torch;
using TorchSharp;

namespace Microsoft.ML.Gloro.Bench;

/// <summary>
/// What a guarantee costs a step of training: the trainer's own step with each loss against the same network's with plain cross-entropy,
/// step by step in turns.
/// </summary>
internal static class TrainingBench
{
    /// <summary>K of RTK, and the size of each affinity set.</summary>
    public const int SetSize = 5;

    public static void Run(TrainingArguments arguments)
    {
        using var collector = new BlockingCollections();
        using var memory = new RetainedMemory();
        bool mixed = arguments.MixedPrecision ?? TrainingProblem.HasFastBFloat16;
        Console.WriteLine($"LiResNet at its defaults on {new TrainingProblem(2, mixed).Shape} inputs, batches of "
            + $"{TrainingProblem.BatchSize}, {(mixed ? "bfloat16" : "float32")}, {torch.get_num_threads()} threads of libtorch.");
        Console.WriteLine("Medians in milliseconds. step: from the inputs to the new weights. ratio: to the step with plain "
            + "cross-entropy just before it.");
        Console.WriteLine(
            "κ: power iteration forwards and backwards. loss alone: forwards and backwards from the logits, the final rows and κ.");
        foreach (int classes in arguments.Classes)
            Measure(new TrainingProblem(classes, mixed), arguments);
    }

    /// <summary>Every fifth class belongs together.</summary>
    public static AffinitySets Sets(int classes) =>
        AffinitySets.FromIndices(Enumerable.Range(0, classes / SetSize).Select(set => Enumerable.Range(set * SetSize, SetSize)));

    private static IEnumerable<TrainingSide> Create(TrainingProblem problem, string filter)
    {
        var local = RobustnessGuarantee.Local;
        var relaxed = RobustnessGuarantee.RelaxedTopK(SetSize);
        var affinity = RobustnessGuarantee.Affinity(Sets(problem.Classes));
        (GloroLossKind Kind, string Name, RobustnessGuarantee Guarantee)[] losses =
        [
            (GloroLossKind.Emma, "Emma local", local),
            (GloroLossKind.CrossEntropy, "CrossEntropy local", local),
            (GloroLossKind.CrossEntropy, "CrossEntropy RT5", relaxed),
            (GloroLossKind.CrossEntropy, "CrossEntropy affinity", affinity),
            (GloroLossKind.RelaxedEmma, "RelaxedEmma RT5", relaxed),
            (GloroLossKind.RelaxedEmma, "RelaxedEmma affinity", affinity),
            (GloroLossKind.Trades, "Trades local", local),
            (GloroLossKind.Trades, "Trades RT5", relaxed),
        ];
        return losses.Where(loss => loss.Name.Contains(filter, StringComparison.OrdinalIgnoreCase))
            .Select(loss => new GuaranteedSide(problem, problem.CreateSettings(loss.Kind, loss.Guarantee), loss.Name));
    }

    private static void Measure(TrainingProblem problem, TrainingArguments arguments)
    {
        using var scope = torch.NewDisposeScope();
        var (height, width) = (problem.Shape.Height, problem.Shape.Width);
        var inputs = torch.rand(TrainingProblem.BatchSize, problem.Shape.Channels, height, width);
        var labels = torch.randint(problem.Classes, [TrainingProblem.BatchSize], torch.int64);
        var logits = torch.randn(TrainingProblem.BatchSize, problem.Classes);
        using var plain = new PlainSide(problem, problem.CreateSettings(GloroLossKind.Emma, RobustnessGuarantee.Local));
        TrainingSide[] sides = [.. Create(problem, arguments.Losses)];
        var plainSteps = new List<double>();
        var times = sides.Select(_ => new StepTimes()).ToArray();

        // The first round finds kernels and memory, and is not counted.
        for (int round = -1; round < arguments.Rounds; round++)
        {
            for (int n = 0; n < sides.Length; n++)
            {
                var side = sides[n];
                double reference = Timing.Milliseconds(() => plain.Step(inputs, labels)),
                    step = Timing.Milliseconds(() => side.Step(inputs, labels));
                double kappa = Timing.Milliseconds(side.Kappa), loss = Timing.Milliseconds(() => side.Loss(logits, labels)),
                    plainLoss = Timing.Milliseconds(() => plain.Loss(logits, labels));
                if (round < 0)
                    continue;
                plainSteps.Add(reference);
                times[n].Add(step, step / reference, kappa, loss);
            }
        }

        Console.WriteLine();
        Console.WriteLine(
            FormattableString.Invariant($"{$"C = {problem.Classes}",-24}{"step",8}{"ratio",8}{"quartiles",16}{"κ",8}{"loss alone",12}"));
        Console.WriteLine(FormattableString.Invariant($"{plain.Name,-24}{Timing.Median(plainSteps),8:F0}"));
        for (int n = 0; n < sides.Length; n++)
            Console.WriteLine($"{sides[n].Name,-24}{times[n]}");
        foreach (var side in sides)
            side.Dispose();
    }
}
