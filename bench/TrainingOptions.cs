using System.CommandLine;
using System.Globalization;

namespace Microsoft.ML.Gloro.Bench;

/// <summary>What the training commands take.</summary>
/// <param name="Classes">Numbers of classes.</param>
/// <param name="Threads">libtorch's threads; null leaves them as they are.</param>
/// <param name="Rounds">Repetitions.</param>
/// <param name="MixedPrecision">Whether the network's body is in bfloat16; null for what options with no word on it would choose.</param>
/// <param name="ProcessorTime">Whether the processor's time counts instead of the time that passes.</param>
/// <param name="Losses">The losses whose name holds this text, all if it is empty.</param>
internal sealed record TrainingArguments(
    IReadOnlyList<int> Classes, int? Threads, int Rounds, bool? MixedPrecision, bool ProcessorTime, string Losses);

/// <summary>The options of the training commands.</summary>
internal sealed class TrainingOptions
{
    private readonly Option<string> _classes = new("--classes")
    {
        Description = $"Numbers of classes, each above {TrainingBench.SetSize}",
        DefaultValueFactory = _ => "10,100,1000",
    };

    private readonly Option<int?> _threads = new("--threads") { Description = "libtorch's threads [default: one for each core]" };
    private readonly Option<int> _rounds = new("--rounds") { Description = "Repetitions", DefaultValueFactory = _ => 5 };
    private readonly Option<string> _precision = new("--precision") { Description = "[default: what the processor is faster with]" };
    private readonly Option<string> _time = new("--time")
    {
        Description = "With one thread the processor's time is steadier on a busy machine",
        DefaultValueFactory = _ => "elapsed",
    };

    private readonly Option<string> _losses = new("--losses")
    {
        Description = "Only the losses whose name holds the text (training)",
        DefaultValueFactory = _ => "",
    };

    public TrainingOptions()
    {
        _precision.AcceptOnlyFromAmong("float32", "bfloat16");
        _time.AcceptOnlyFromAmong("elapsed", "processor");
        _classes.Validators.Add(given =>
        {
            if (Numbers(given.GetRequiredValue(_classes)).Any(count => count <= TrainingBench.SetSize))
                given.AddError($"--classes is numbers above {TrainingBench.SetSize}, such as 10,100, not '{given.GetValue(_classes)}'.");
        });
        _threads.Validators.Add(given => Positive(given.GetValue(_threads), _threads.Name, given.AddError));
        _rounds.Validators.Add(given => Positive(given.GetValue(_rounds), _rounds.Name, given.AddError));
    }

    public IReadOnlyList<Option> All => [_classes, _threads, _rounds, _precision, _time, _losses];

    public TrainingArguments Read(ParseResult given) => new(
        Numbers(given.GetRequiredValue(_classes)), given.GetValue(_threads), given.GetValue(_rounds),
        given.GetValue(_precision) is { } precision ? precision == "bfloat16" : null, given.GetValue(_time) == "processor",
        given.GetRequiredValue(_losses));

    private static void Positive(int? number, string name, Action<string> refuse)
    {
        if (number < 1)
            refuse($"{name} is at least 1, not {number}.");
    }

    // A text that is no number counts as 0.
    private static int[] Numbers(string text) => [.. text.Split(',').Select(part =>
        int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0)];
}
