using System.Globalization;
using Microsoft.ML.Gloro.Torch;
using Microsoft.ML.Gloro.Training;
using TorchSharp;

namespace Microsoft.ML.Gloro.Bench;

/// <summary>
/// What the trainer's loop costs beside the arithmetic. First an epoch of <see cref="Trainer.Run"/> in images a second against loops
/// written out, in turns on the same images. Then an upper bound of the time outside libtorch's kernels: a step of the same network with 2
/// channels on 16×16 images makes the same calls and hardly computes, so that its time is what calls cost, in TorchSharp, in the crossing
/// and in libtorch's own bookkeeping; gathering the batch comes on top.
/// </summary>
internal static class LoopBench
{
    private const int Batches = 6, ShrunkSteps = 60, ShrunkRows = 2;

    public static void Run(TrainingArguments arguments)
    {
        bool mixed = arguments.MixedPrecision ?? TrainingProblem.HasFastBFloat16;
        Console.WriteLine($"LiResNet at its defaults, batches of {TrainingProblem.BatchSize}, {(mixed ? "bfloat16" : "float32")}, "
            + $"{torch.get_num_threads()} threads of libtorch; EMMA, local robustness.");
        foreach (int classes in arguments.Classes)
            Measure(new TrainingProblem(classes, mixed), arguments.Rounds);
    }

    private static void Measure(TrainingProblem problem, int rounds)
    {
        var settings = problem.CreateSettings(GloroLossKind.Emma, RobustnessGuarantee.Local);
        var images = problem.CreateImages(Batches * TrainingProblem.BatchSize);
        List<double> plain = [], guaranteed = [], trainer = [];
        using var collector = new BlockingCollections();
        using (var plainSide = new PlainSide(problem, settings))
        using (var guaranteedSide = new GuaranteedSide(problem, settings, "EMMA"))
        using (var network = problem.CreateNetwork())
        {
            using var scope = torch.NewDisposeScope();
            var source = new BatchSource(images, images.Count, torch.CPU);
            var inputs = source.Read(0, images.Count);
            var labels = torch.tensor(Enumerable.Range(0, images.Count).Select(n => (long)images.Label(n)).ToArray());
            for (int round = -1; round < rounds; round++)
            {
                var (a, b) = (Timing.Milliseconds(() => Loop(plainSide, inputs, labels)),
                    Timing.Milliseconds(() => Loop(guaranteedSide, inputs, labels)));
                double c = SecondEpoch(settings, network, images);
                if (round < 0)
                    continue;
                plain.Add(a);
                guaranteed.Add(b);
                trainer.Add(c);
            }
        }

        double Rate(IEnumerable<double> times) => 1000 * images.Count / Timing.Median(times);
        Console.WriteLine(
            FormattableString.Invariant($"\nC = {problem.Classes}: images a second (median of {rounds} epochs of {Batches} batches)"));
        Console.WriteLine(FormattableString.Invariant($"  plain loop, cross-entropy, no augmentation  {Rate(plain),7:F1}"));
        Console.WriteLine(FormattableString.Invariant($"  plain loop, κ and EMMA, no augmentation     {Rate(guaranteed),7:F1}"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  Trainer.Run, κ and EMMA, flips and shifts   "
            + $"{Rate(trainer),7:F1}   {Timing.Median(guaranteed.Zip(trainer, (x, y) => x / y)):P1} of the loop before"));

        double step = Timing.Median(guaranteed) / Batches, calls = Calls(problem), gather = Gather(images);
        Console.WriteLine(FormattableString.Invariant(
            $"  a step {step:F0} ms; the same calls on next to nothing {calls:F2} ms; gathering its batch {gather:F2} ms"));
        Console.WriteLine(FormattableString.Invariant($"  inside libtorch's kernels at least {1 - ((calls + gather) / step):P2}"));
    }

    // The first epoch finds its memory, which is nothing in a training of more than two.
    private static double SecondEpoch(TrainingContext settings, LipschitzNetwork network, TrainingSet images)
    {
        var ends = new List<TimeSpan>();
        var options = settings.Options.Copy();
        options.Epochs = 2;
        new Trainer(settings with { Options = options }, network, images, null).Run(_ => ends.Add(Timing.Now()), default);
        return (ends[1] - ends[0]).TotalMilliseconds;
    }

    private static void Loop(TrainingSide side, torch.Tensor inputs, torch.Tensor labels)
    {
        using var scope = torch.NewDisposeScope();
        foreach (var rows in torch.randperm(inputs.shape[0]).split(TrainingProblem.BatchSize))
            side.Step(inputs.index_select(0, rows), labels.index_select(0, rows));
    }

    // The mean, not the median: garbage collections count.
    private static double Calls(TrainingProblem problem)
    {
        var shrunk = problem.Shrunk();
        using var scope = torch.NewDisposeScope();
        using var side = new GuaranteedSide(shrunk, shrunk.CreateSettings(GloroLossKind.Emma, RobustnessGuarantee.Local), "calls");
        var inputs = torch.rand(ShrunkRows, shrunk.Shape.Channels, shrunk.Shape.Height, shrunk.Shape.Width);
        var labels = torch.zeros(ShrunkRows, torch.int64);
        void Steps()
        {
            for (int n = 0; n < ShrunkSteps; n++)
                side.Step(inputs, labels);
        }

        Steps();
        return Timing.Milliseconds(Steps) / ShrunkSteps;
    }

    private static double Gather(TrainingSet images)
    {
        var source = new BatchSource(images, TrainingProblem.BatchSize, torch.CPU);
        int[] rows = [.. Enumerable.Range(0, TrainingProblem.BatchSize)];
        var random = new Random(1);
        void Gather()
        {
            using var scope = torch.NewDisposeScope();
            for (int n = 0; n < ShrunkSteps; n++)
                source.Gather(rows, random);
        }

        Gather();
        return Timing.Milliseconds(Gather) / ShrunkSteps;
    }
}
