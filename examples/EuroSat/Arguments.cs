using System.Globalization;
using Microsoft.ML.Gloro;

namespace EuroSat;

/// <summary>The command line of the example.</summary>
internal sealed record Arguments
{
    public const string Usage = """
        Trains a provably robust classifier of EuroSAT images and prints what it can prove on the test images.

          dotnet run -c Release --project examples/EuroSat -- --data FOLDER [options]

          --data FOLDER        class folders of images under FOLDER/train and FOLDER/test (required)
          --guarantee TEXT     local | rtk:3 | affinity:Highway+River,Pasture+HerbaceousVegetation   (default: local)
          --epsilon NUMBER     L2 radius in pixels scaled to [0, 1]                                  (default: 36/255)
          --epochs N           passes over the training images                                       (default: 30)
          --depth N --width N  size of the network                                                   (default: 8, 96)
          --loss NAME          Emma | RelaxedEmma | AnnealedEmma | CrossEntropy | Trades | FixedMargin  (default: Emma)
          --batch N            images in a step                                                      (default: 128)
          --epsilon-factor X   epsilon of the second half of training, in multiples of epsilon       (default: 2)
          --learning-rate X                                                                          (default: 0.001)
          --weight-decay X     share of the weights a step takes away, times the learning rate       (default: 0)
          --averaging X        deploy an average of the weights that keeps X a step, such as 0.999   (default: 0, none)
          --randaugment N,M    N random operations of strength M (0 to 30) an image                  (default: none)
          --colour X           brightness, contrast and saturation times 1 - X to 1 + X              (default: 0)
          --cutout N           paint a square of N pixels over                                       (default: 0, none)
          --mixup ALPHA        mix images and their losses by shares from Beta(ALPHA, ALPHA)         (default: 0, none)
          --patience N         stop after N epochs without a better VRA on the validation images     (default: never)
          --time-budget N      train for at most N minutes                                           (default: no limit)
          --checkpoints FOLDER keep each epoch there; after a stop or a kill the same command goes on (default: none)
          --seed N                                                                                   (default: 1)
          --save FILE          where the model goes                                                  (default: eurosat.zip)
          --columns FILE       all columns of the test images as text                                (default: none)
        """;

    public required string Data { get; init; }

    public RobustnessGuarantee Guarantee { get; init; } = RobustnessGuarantee.Local;

    public float Epsilon { get; init; } = 36f / 255f;

    public int Epochs { get; init; } = 30;

    public int Depth { get; init; } = 8;

    public int Width { get; init; } = 96;

    public GloroLossKind Loss { get; init; } = GloroLossKind.Emma;

    public int Batch { get; init; } = 128;

    public double EpsilonFactor { get; init; } = 2;

    public double LearningRate { get; init; } = 1e-3;

    public double WeightDecay { get; init; }

    public double Averaging { get; init; }

    public GloroRandAugmentOptions? RandAugment { get; init; }

    public double Colour { get; init; }

    public int Cutout { get; init; }

    public double Mixup { get; init; }

    public int? Patience { get; init; }

    public TimeSpan? TimeBudget { get; init; }

    public string? Checkpoints { get; init; }

    public int Seed { get; init; } = 1;

    public string? Columns { get; init; }

    public string Save { get; init; } = "eurosat.zip";

    /// <summary>Where the model is written before it takes its name.</summary>
    public string PartialSave => Save + ".part";

    /// <summary>Reads the command line.</summary>
    /// <exception cref="FormatException">It cannot be understood; the message says which part.</exception>
    public static Arguments Parse(string[] args)
    {
        var arguments = new Arguments { Data = "" };
        for (int i = 0; i < args.Length; i += 2)
        {
            if (i + 1 == args.Length)
                throw new FormatException($"{args[i]} needs a value.");
            string value = args[i + 1];
            arguments = args[i] switch
            {
                "--data" => arguments with { Data = value },
                "--guarantee" => arguments with { Guarantee = RobustnessGuarantee.Parse(value) },
                "--epsilon" => arguments with { Epsilon = (float)Number(args[i], value) },
                "--epochs" => arguments with { Epochs = Whole(args[i], value) },
                "--depth" => arguments with { Depth = Whole(args[i], value) },
                "--width" => arguments with { Width = Whole(args[i], value) },
                "--batch" => arguments with { Batch = Whole(args[i], value) },
                "--loss" => arguments with { Loss = Enum.TryParse(value, ignoreCase: true, out GloroLossKind loss) ? loss : throw new FormatException($"--loss is one of {string.Join(", ", Enum.GetNames<GloroLossKind>())}, not '{value}'.") },
                "--epsilon-factor" => arguments with { EpsilonFactor = Number(args[i], value) },
                "--learning-rate" => arguments with { LearningRate = Number(args[i], value) },
                "--weight-decay" => arguments with { WeightDecay = Number(args[i], value) },
                "--averaging" => arguments with { Averaging = Number(args[i], value) },
                "--randaugment" => arguments with { RandAugment = Policy(args[i], value) },
                "--colour" => arguments with { Colour = Number(args[i], value) },
                "--cutout" => arguments with { Cutout = Whole(args[i], value) },
                "--mixup" => arguments with { Mixup = Number(args[i], value) },
                "--patience" => arguments with { Patience = Whole(args[i], value) },
                "--time-budget" => arguments with { TimeBudget = TimeSpan.FromMinutes(Number(args[i], value)) },
                "--checkpoints" => arguments with { Checkpoints = value },
                "--seed" => arguments with { Seed = Whole(args[i], value) },
                "--columns" => arguments with { Columns = value },
                "--save" => arguments with { Save = value },
                _ => throw new FormatException($"There is no option {args[i]}."),
            };
        }

        return arguments.Data.Length > 0 ? arguments : throw new FormatException("--data is missing.");
    }

    private static GloroRandAugmentOptions Policy(string name, string value) => value.Split(',') is [var operations, var magnitude]
        ? new() { Operations = Whole(name, operations), Magnitude = Whole(name, magnitude) }
        : throw new FormatException($"{name} is two whole numbers, such as 2,9, not '{value}'.");

    private static int Whole(string name, string value) => int.TryParse(value, CultureInfo.InvariantCulture, out int number)
        ? number
        : throw new FormatException($"{name} is a whole number, not '{value}'.");

    private static double Number(string name, string value) => double.TryParse(value, CultureInfo.InvariantCulture, out double number)
        ? number
        : throw new FormatException($"{name} is a number, not '{value}'.");
}
