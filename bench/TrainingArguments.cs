using System.Globalization;

namespace Microsoft.ML.Gloro.Bench;

/// <summary>What the training commands take, each with a default.</summary>
internal sealed record TrainingArguments
{
    public IReadOnlyList<int> Classes { get; private init; } = [10, 100, 1000];

    /// <summary>libtorch's threads; null leaves them as they are.</summary>
    public int? Threads { get; private init; }

    public int Rounds { get; private init; } = 5;

    /// <summary>Whether the network's body is in bfloat16; null for what options with no word on it would choose.</summary>
    public bool? MixedPrecision { get; private init; }

    /// <summary>Whether the processor's time counts instead of the time that passes.</summary>
    public bool ProcessorTime { get; private init; }

    /// <summary>The losses whose name holds this text, all if it is empty.</summary>
    public string Losses { get; private init; } = "";

    /// <summary>Null if the arguments make no sense.</summary>
    public static TrainingArguments? Parse(ReadOnlySpan<string> words)
    {
        var arguments = new TrainingArguments();
        for (int i = 0; i < words.Length; i += 2)
        {
            if (i + 1 == words.Length || Set(arguments, words[i], words[i + 1]) is not { } next)
                return null;
            arguments = next;
        }

        return arguments;
    }

    private static TrainingArguments? Set(TrainingArguments arguments, string name, string value) => name switch
    {
        "--classes" when value.Split(',').Select(Number).ToArray() is var counts && counts.All(count => count > TrainingBench.SetSize) =>
            arguments with { Classes = counts },
        "--threads" when Number(value) is var threads and > 0 => arguments with { Threads = threads },
        "--rounds" when Number(value) is var rounds and > 0 => arguments with { Rounds = rounds },
        "--precision" when value is "float32" or "bfloat16" => arguments with { MixedPrecision = value == "bfloat16" },
        "--time" when value is "elapsed" or "processor" => arguments with { ProcessorTime = value == "processor" },
        "--losses" => arguments with { Losses = value },
        _ => null,
    };

    private static int Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
        ? number : 0;
}
