using System.CommandLine;
using System.Globalization;
using Examples;
using Microsoft.ML.Gloro;

namespace Experiments;

/// <summary>What the command line asks for.</summary>
/// <param name="Data">The data set.</param>
/// <param name="Superclasses">Whether the guarantee is affinity robustness with the data set's superclasses.</param>
/// <param name="Model">The model to measure; null to train one.</param>
/// <param name="StartFrom">The model to go on training; null for a new network.</param>
/// <param name="Teacher">The model to learn from; null for none.</param>
/// <param name="Save">Where the trained model goes.</param>
/// <param name="Columns">Where all columns of the test images go as text; null for nowhere.</param>
/// <param name="Figure">Where the figure of shared sets goes; null for nowhere.</param>
/// <param name="Discover">How to look for affinity sets; null for not.</param>
/// <param name="PerClass">How many images of each class to train on; null for all.</param>
/// <param name="TestEvery">2 to measure every second test image, and so on; 1 for all.</param>
/// <param name="Training">The options of the trainer.</param>
internal sealed record ExperimentArguments(
    string Data, bool Superclasses, string? Model, string? StartFrom, string? Teacher, string Save, string? Columns,
    string? Figure, GloroAffinityDiscoveryOptions? Discover, int? PerClass, int TestEvery, GloroImageClassificationOptions Training)
{
    /// <summary>The training images that are asked for.</summary>
    /// <param name="images">All training images.</param>
    /// <param name="label">The class of an image.</param>
    public IEnumerable<T> TrainingPart<T>(IEnumerable<T> images, Func<T, string> label) =>
        PerClass is { } count ? FewImages.Draw([.. images], label, count, Training.Seed!.Value) : images;

    /// <summary>The test images that are asked for.</summary>
    public IEnumerable<T> TestPart<T>(IEnumerable<T> images) => images.Where((_, i) => i % TestEvery == 0);
}

/// <summary>The command line of a training that is measured on a test part.</summary>
internal sealed class ExperimentOptions
{
    private const string Automatic = "chosen by the number of images", Superclasses = "superclasses",
        Initial = "0.1, and 1 with --start-from";

    private readonly Example _example;
    private readonly GloroImageClassificationOptions _training;
    private readonly List<Action<ParseResult>> _setters = [];
    private readonly Option<string> _data, _save;
    private readonly Option<string?> _model, _startFrom, _teacher, _columns, _figure, _guarantee;
    private readonly Option<GloroAffinityDiscoveryOptions?> _discover;
    private readonly Option<int?> _perClass;
    private readonly Option<int> _testEvery;

    /// <param name="example">Gets the options.</param>
    /// <param name="training">The defaults of the data set.</param>
    /// <param name="data">What the folder holds.</param>
    /// <param name="folder">The folder by default; null if it must be given.</param>
    /// <param name="save">Where the model goes by default.</param>
    /// <param name="superclasses">Whether the data set has superclasses, for <c>--guarantee superclasses</c>.</param>
    public ExperimentOptions(
        Example example, GloroImageClassificationOptions training, string data, string save, string? folder = null,
        bool superclasses = false)
    {
        (_example, _training) = (example, training);
        _data = folder is null ? example.Required("--data", "FOLDER", data) : example.Optional("--data", "FOLDER", data, folder);
        _model = example.Open<string?>("--model", "FILE", "Measure this trained model instead of training one", "none");
        _startFrom = example.Open<string?>(
            "--start-from", "FILE", "Go on training this model, with its own network", "a new network");
        _teacher = example.Open<string?>("--teacher", "FILE", "Learn from this trained model too; needs --loss AnnealedEmma", "none");
        _save = example.Optional("--save", "FILE", "Where the trained model goes", save);
        string known = superclasses ? $", {Superclasses}" : "";
        _guarantee = example.Open<string?>(
            "--guarantee", "TEXT", $"local, rtk:3, affinity:a+b,c+d{known}", "local",
            text => superclasses && text == Superclasses ? text : $"{RobustnessGuarantee.Parse(text)}");
        Set("--epsilon", "NUMBER", "L2 radius in pixels scaled to [0, 1]", "36/255", x => training.Epsilon = x, Example.Fraction);
        Set<int>("--epochs", "N", "Passes over the training images", Automatic, n => training.Epochs = n);
        Set<int>("--batch", "N", "Images in a step", Automatic, n => training.BatchSize = n);
        Set<int>("--depth", "N", "Residual convolutions", Automatic, n => training.Depth = n);
        Set<int>("--width", "N", "Their channels", Automatic, n => training.Width = n);
        Set<int>("--tail", "N", "Outputs of each orthogonal dense layer", Automatic, n => training.TailWidth = n);
        Set<int>("--tail-depth", "N", "Orthogonal dense layers", Automatic, n => training.TailDepth = n);
        Set(
            "--layers", "TEXT", "An own network instead: layers joined by commas, see docs/layers.md", "none",
            layers => training.Layers = layers, Layers);
        Set<GloroLossKind>("--loss", Names<GloroLossKind>(), "The loss", training.Loss, loss => training.Loss = loss);
        Set<double>(
            "--teacher-weight", "X", "The share of the teacher in the target of an image", training.TeacherWeight,
            x => training.TeacherWeight = x);
        Set<double>(
            "--teacher-temperature", "X", "The temperature of the teacher's softmax", training.TeacherTemperature,
            x => training.TeacherTemperature = x);
        Set<int>(
            "--power-steps", "N", "Power iterations in a step of training", training.PowerIterationSteps,
            n => training.PowerIterationSteps = n);
        Set<double>(
            "--initial-factor", "X", "ε of the first step, in multiples of ε", Initial, x => training.InitialEpsilonFactor = x);
        Set<double>(
            "--epsilon-factor", "X", "ε of the second half of training, in multiples of ε", training.EpsilonFactor,
            x => training.EpsilonFactor = x);
        Set<double>(
            "--closing-factor", "X", "ε of the last fifth of training, in multiples of ε", "the same",
            x => training.ClosingEpsilonFactor = x);
        Set<GloroTrainedLayers>(
            "--trained-layers", Names<GloroTrainedLayers>(), "The layers of the model of --start-from that are trained",
            Automatic, layers => training.TrainedLayers = layers);
        Set<double>(
            "--learning-rate", "X", "The learning rate", "0.002, and less with --start-from", x => training.LearningRate = x);
        Set(
            "--lookahead", "yes|no", "Whether slow weights hold the fast ones back", YesOrNo(training.Lookahead),
            on => training.Lookahead = on, YesOrNo);
        Set<double>(
            "--weight-decay", "X", "Share of the weights a step takes away, times the learning rate", training.WeightDecay,
            x => training.WeightDecay = x);
        Set<double>(
            "--averaging", "X", "Deploy an average of the weights that keeps X a step, such as 0.999", training.AveragingDecay,
            x => training.AveragingDecay = x);
        Set(
            "--randaugment", "N,M", "N random operations of strength M (0 to 30) an image", "none",
            policy => training.Augmentation.RandAugment = policy, Policy);
        Set<double>(
            "--color", "X", "Brightness, contrast and saturation times 1 - X to 1 + X", training.Augmentation.ColorJitter?.Brightness ?? 0,
            x => training.Augmentation.ColorJitter = new() { Brightness = x, Contrast = x, Saturation = x });
        Set<int>(
            "--cutout", "N", "Paint a square of N pixels over", training.Augmentation.CutoutSide,
            n => training.Augmentation.CutoutSide = n);
        Set<double>(
            "--mixup", "ALPHA", "Mix images and their losses by shares from Beta(ALPHA, ALPHA)", training.Augmentation.MixupAlpha,
            alpha => training.Augmentation.MixupAlpha = alpha);
        Set<double>(
            "--validation", "X", "The share of the training images that is set aside", training.ValidationFraction,
            x => training.ValidationFraction = x);
        Set<int>(
            "--patience", "N", "Stop after N epochs without a better VRA on these images", "never",
            n => training.EarlyStoppingPatience = n);
        Set("--time-budget", "MINUTES", "Train for at most this time", "no limit", time => training.TimeBudget = time, Example.Minutes);
        Set<string>(
            "--checkpoints", "FOLDER", "Keep each epoch there; after a stop or a kill the same command goes on", "none",
            folder => training.CheckpointFolder = folder);
        Set<int>("--seed", "N", "The seed of all random choices", training.Seed ??= 1, n => training.Seed = n);
        Set<GloroImageViews>(
            "--views", Names<GloroImageViews>(), "The model's logits are means over these views", "the model's own, or One",
            views => training.Views = views);
        _columns = example.Open<string?>("--columns", "FILE", "All columns of the test images as text", "none");
        _figure = example.Open<string?>("--figure", "FILE", "Which classes share certified sets, as SVG", "none");
        _discover = example.Open<GloroAffinityDiscoveryOptions?>(
            "--discover", "N[,overlap]",
            "Look for affinity sets of at most N classes and compare guarantees; with overlap a class may be in several", "no",
            Discovery);
        _perClass = example.Open<int?>(
            "--per-class", "N", "Train on N images of each class, drawn with --seed", "all", text => AtLeastOne(text));
        _testEvery = example.Open(
            "--test-every", "N", "Measure on every Nth test image only, beginning with the first", "1", AtLeastOne);
    }

    /// <summary>The folder of the data set.</summary>
    public string Data(ParseResult given) => given.GetRequiredValue(_data);

    /// <summary>All that is given.</summary>
    public ExperimentArguments Read(ParseResult given)
    {
        foreach (var set in _setters)
            set(given);
        string? guarantee = given.GetValue(_guarantee);
        if (guarantee is not null and not Superclasses)
            _training.Guarantee = RobustnessGuarantee.Parse(guarantee);
        return new(
            Data(given), guarantee == Superclasses, given.GetValue(_model),
            given.GetValue(_startFrom), given.GetValue(_teacher), given.GetRequiredValue(_save), given.GetValue(_columns),
            given.GetValue(_figure), given.GetValue(_discover), given.GetValue(_perClass), Math.Max(1, given.GetValue(_testEvery)),
            _training);
    }

    // An option that sets one of the trainer's, if it is given.
    private void Set<T>(string name, string value, string what, object otherwise, Action<T> set, Func<string, T>? parse = null)
    {
        Option<T> option = _example.Open(name, value, what, $"{otherwise}", parse);
        _setters.Add(given =>
        {
            if (given.GetResult(option) is { Implicit: false })
                set(given.GetRequiredValue(option));
        });
    }

    private static string Names<T>()
        where T : struct, Enum => string.Join('|', Enum.GetNames<T>());

    private static GloroLayer[] Layers(string text) => [.. text.Split(',', StringSplitOptions.TrimEntries).Select(GloroLayer.Parse)];

    private static string YesOrNo(bool on) => on ? "yes" : "no";

    private static bool YesOrNo(string text) =>
        text is "yes" or "no" ? text == "yes" : throw new FormatException($"it is yes or no, not '{text}'.");

    private static int AtLeastOne(string text) =>
        Whole(text) is > 0 and var number ? number : throw new FormatException($"it is 1 or more, not {text}.");

    private static int Whole(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static GloroRandAugmentOptions Policy(string text) => text.Split(',') is [var operations, var magnitude]
        ? new() { Operations = Whole(operations), Magnitude = Whole(magnitude) }
        : throw new FormatException($"it is two whole numbers, such as 2,9, not '{text}'.");

    private static GloroAffinityDiscoveryOptions Discovery(string text) => text.Split(',') switch
    {
        [var size] => new() { MaximumSetSize = Whole(size) },
        [var size, "overlap"] => new() { MaximumSetSize = Whole(size), AllowOverlap = true },
        _ => throw new FormatException($"it is the most classes in a set, such as 5 or 5,overlap, not '{text}'."),
    };
}
