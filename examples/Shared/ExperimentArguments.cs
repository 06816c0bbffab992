using System.Globalization;
using ImageFolders;
using Microsoft.ML;
using Microsoft.ML.Gloro;

namespace Experiments;

/// <summary>The command line of a training that is measured on a test part.</summary>
internal sealed record ExperimentArguments
{
    private static readonly string[] s_networkOptions = ["--depth", "--width", "--tail", "--tail-depth", "--layers"];

    /// <summary>What can be asked for, with the defaults of the data set.</summary>
    public string Usage => FormattableString.Invariant($"""
          --data FOLDER        the data set (required)
          --model FILE         measure this trained model instead of training one                    (default: none)
          --start-from FILE    go on training this model, with its own network                      (default: a new network)
          --guarantee TEXT     local | rtk:3 | affinity:a+b,c+d                                      (default: {Guarantee})
          --epsilon NUMBER     L2 radius in pixels scaled to [0, 1]                                  (default: 36/255)
          --epochs N           passes over the training images                                       (default: {Epochs})
          --depth N --width N  residual convolutions and their channels                              (default: {Depth}, {Width})
          --tail N             outputs of each orthogonal dense layer                                (default: {Tail})
          --tail-depth N       orthogonal dense layers                                               (default: {TailDepth})
          --layers TEXT        an own network instead: layers joined by commas, see docs/layers.md  (default: none)
          --loss NAME          {string.Join(" | ", Enum.GetNames<GloroLossKind>())}  (default: {Loss})
          --batch N            images in a step                                                      (default: {Batch})
          --power-steps N      power iterations in a step of training                                (default: {PowerSteps})
          --epsilon-factor X   epsilon of the second half of training, in multiples of epsilon       (default: {EpsilonFactor})
          --closing-factor X   epsilon of the last fifth of training, in multiples of epsilon         (default: the same)
          --learning-rate X                                                                          (default: {LearningRate})
          --lookahead yes|no   whether slow weights hold the fast ones back                          (default: {(Lookahead ? "yes" : "no")})
          --weight-decay X     share of the weights a step takes away, times the learning rate       (default: {WeightDecay})
          --averaging X        deploy an average of the weights that keeps X a step, such as 0.999   (default: {Averaging})
          --randaugment N,M    N random operations of strength M (0 to 30) an image                  (default: none)
          --color X           brightness, contrast and saturation times 1 - X to 1 + X              (default: {Color})
          --cutout N           paint a square of N pixels over                                       (default: {Cutout})
          --mixup ALPHA        mix images and their losses by shares from Beta(ALPHA, ALPHA)         (default: {Mixup})
          --validation X       the share of the training images that is set aside                    (default: {Validation})
          --patience N         stop after N epochs without a better VRA on the validation images     (default: never)
          --time-budget N      train for at most N minutes                                           (default: no limit)
          --checkpoints FOLDER keep each epoch there; after a stop or a kill the same command goes on (default: none)
          --seed N                                                                                   (default: {Seed})
          --save FILE          where the model goes                                                  (default: {Save})
          --views NAME         the model's logits are means over {string.Join(" | ", Enum.GetNames<GloroImageViews>())}  (default: the model's own, or One)
          --columns FILE       all columns of the test images as text                                (default: none)
          --figure FILE        which classes share certified sets, as SVG                            (default: none)
          --discover N         look for affinity sets of at most N classes and compare guarantees;
                               N,overlap lets a class be in several                                  (default: no)
        """);

    public string Data { get; init; } = "";

    public string? Model { get; init; }

    public string? StartFrom { get; init; }

    public RobustnessGuarantee Guarantee { get; init; } = RobustnessGuarantee.Local;

    /// <summary>Whether the guarantee is affinity robustness with the data set's own superclasses.</summary>
    public bool Superclasses { get; init; }

    public float Epsilon { get; init; } = 36f / 255f;

    public int Epochs { get; init; } = 30;

    public int Depth { get; init; } = 8;

    public int Width { get; init; } = 96;

    public int Tail { get; init; } = 256;

    public int TailDepth { get; init; } = 1;

    public IReadOnlyList<GloroLayer>? Layers { get; init; }

    public GloroLossKind Loss { get; init; } = GloroLossKind.Emma;

    public int Batch { get; init; } = 64;

    public int PowerSteps { get; init; } = 1;

    public double EpsilonFactor { get; init; } = 2;

    public double? ClosingFactor { get; init; }

    public double LearningRate { get; init; } = 2e-3;

    public bool Lookahead { get; init; }

    public double WeightDecay { get; init; }

    public double Averaging { get; init; }

    public GloroRandAugmentOptions? RandAugment { get; init; }

    public double Color { get; init; }

    public int Cutout { get; init; }

    public double Mixup { get; init; }

    public double Validation { get; init; } = 0.03;

    public int? Patience { get; init; }

    public TimeSpan? TimeBudget { get; init; }

    public string? Checkpoints { get; init; }

    public int Seed { get; init; } = 1;

    public GloroImageViews? Views { get; init; }

    public string? Columns { get; init; }

    public string? Figure { get; init; }

    public GloroAffinityDiscoveryOptions? Discover { get; init; }

    public required string Save { get; init; }

    /// <summary>Where the model is written before it takes its name.</summary>
    public string PartialSave => Save + ".part";

    /// <summary>
    /// Checks that a given model can be used and that the new one can be saved, before an hour of training is lost to a wrong path. An
    /// existing file stays until the new one is complete.
    /// </summary>
    /// <exception cref="FormatException">A given model does not classify images.</exception>
    /// <exception cref="IOException">A given model is missing, or the new one cannot be saved.</exception>
    public void CheckModels()
    {
        foreach (string? path in new[] { Model, StartFrom })
        {
            if (path is not null)
                (ImageModel.Load(new MLContext(), path, out _) as IDisposable)?.Dispose();
        }

        if (Model is null)
            File.Create(PartialSave).Dispose();
    }

    /// <summary>Reads the command line.</summary>
    /// <exception cref="FormatException">It cannot be understood; the message says which part.</exception>
    public static ExperimentArguments Parse(string[] args, ExperimentArguments defaults)
    {
        var arguments = defaults;
        for (int i = 0; i < args.Length; i += 2)
        {
            if (i + 1 == args.Length)
                throw new FormatException($"{args[i]} needs a value.");
            string value = args[i + 1];
            arguments = args[i] switch
            {
                "--data" => arguments with { Data = value },
                "--model" => arguments with { Model = value },
                "--start-from" => arguments with { StartFrom = value },
                "--guarantee" => value == "superclasses"
                    ? arguments with { Superclasses = true }
                    : arguments with { Guarantee = RobustnessGuarantee.Parse(value), Superclasses = false },
                "--epsilon" => arguments with { Epsilon = (float)Number(args[i], value) },
                "--epochs" => arguments with { Epochs = Whole(args[i], value) },
                "--depth" => arguments with { Depth = Whole(args[i], value) },
                "--width" => arguments with { Width = Whole(args[i], value) },
                "--batch" => arguments with { Batch = Whole(args[i], value) },
                "--power-steps" => arguments with { PowerSteps = Whole(args[i], value) },
                "--tail" => arguments with { Tail = Whole(args[i], value) },
                "--tail-depth" => arguments with { TailDepth = Whole(args[i], value) },
                "--layers" => arguments with { Layers = [.. value.Split(',', StringSplitOptions.TrimEntries).Select(GloroLayer.Parse)] },
                "--loss" => arguments with { Loss = Named<GloroLossKind>(args[i], value) },
                "--epsilon-factor" => arguments with { EpsilonFactor = Number(args[i], value) },
                "--closing-factor" => arguments with { ClosingFactor = Number(args[i], value) },
                "--learning-rate" => arguments with { LearningRate = Number(args[i], value) },
                "--lookahead" => arguments with { Lookahead = value is "yes" or "no" ? value == "yes" : throw new FormatException($"--lookahead is yes or no, not '{value}'.") },
                "--weight-decay" => arguments with { WeightDecay = Number(args[i], value) },
                "--averaging" => arguments with { Averaging = Number(args[i], value) },
                "--randaugment" => arguments with { RandAugment = Policy(args[i], value) },
                "--color" => arguments with { Color = Number(args[i], value) },
                "--cutout" => arguments with { Cutout = Whole(args[i], value) },
                "--mixup" => arguments with { Mixup = Number(args[i], value) },
                "--validation" => arguments with { Validation = Number(args[i], value) },
                "--patience" => arguments with { Patience = Whole(args[i], value) },
                "--time-budget" => arguments with { TimeBudget = TimeSpan.FromMinutes(Number(args[i], value)) },
                "--checkpoints" => arguments with { Checkpoints = value },
                "--seed" => arguments with { Seed = Whole(args[i], value) },
                "--views" => arguments with { Views = Named<GloroImageViews>(args[i], value) },
                "--columns" => arguments with { Columns = value },
                "--figure" => arguments with { Figure = value },
                "--discover" => arguments with { Discover = Discovery(args[i], value) },
                "--save" => arguments with { Save = value },
                _ => throw new FormatException($"There is no option {args[i]}."),
            };
        }

        if (arguments.StartFrom is not null && args.FirstOrDefault(s_networkOptions.Contains) is { } option)
            throw new FormatException($"{option} describes a new network, and --start-from brings its own: leave one of them out.");
        return arguments.Data.Length > 0 ? arguments : throw new FormatException("--data is missing.");
    }

    private static T Named<T>(string name, string value)
        where T : struct, Enum => Enum.TryParse(value, ignoreCase: true, out T member) ? member : throw new FormatException($"{name} is one of {string.Join(", ", Enum.GetNames<T>())}, not '{value}'.");

    private static GloroRandAugmentOptions Policy(string name, string value) => value.Split(',') is [var operations, var magnitude]
        ? new() { Operations = Whole(name, operations), Magnitude = Whole(name, magnitude) }
        : throw new FormatException($"{name} is two whole numbers, such as 2,9, not '{value}'.");

    private static GloroAffinityDiscoveryOptions Discovery(string name, string value) => value.Split(',') switch
    {
        [var size] => new() { MaximumSetSize = Whole(name, size) },
        [var size, "overlap"] => new() { MaximumSetSize = Whole(name, size), AllowOverlap = true },
        _ => throw new FormatException($"{name} is the most classes in a set, such as 5 or 5,overlap, not '{value}'."),
    };

    private static int Whole(string name, string value) => int.TryParse(value, CultureInfo.InvariantCulture, out int number)
        ? number
        : throw new FormatException($"{name} is a whole number, not '{value}'.");

    private static double Number(string name, string value) => double.TryParse(value, CultureInfo.InvariantCulture, out double number)
        ? number
        : throw new FormatException($"{name} is a number, not '{value}'.");
}
