using System.Globalization;

namespace Microsoft.ML.Gloro.Bench;

/// <summary>What the command line says about the coverage bench.</summary>
/// <param name="Coverage">1 − α.</param>
/// <param name="Temperatures">Temperatures of the softmax score, as shares of the model's own.</param>
/// <param name="Views">The views that logits are averaged over; null for the model's.</param>
/// <param name="Attack">How many rows are attacked; 0 for none.</param>
internal sealed record CoverageArguments(double Coverage, double[] Temperatures, GloroImageViews? Views, int Attack)
{
    /// <summary>Null if a word is not understood.</summary>
    public static CoverageArguments? Parse(string[] words)
    {
        var arguments = new CoverageArguments(0.9, [0.5], null, 0);
        for (int i = 0; i < words.Length; i += 2)
        {
            if (i + 1 == words.Length)
                return null;
            string value = words[i + 1];
            CoverageArguments? next = words[i] switch
            {
                "--coverage" => arguments with { Coverage = Number(value) },
                "--temperatures" => arguments with { Temperatures = [.. value.Split(',').Select(Number)] },
                "--views" => arguments with { Views = Enum.Parse<GloroImageViews>(value, ignoreCase: true) },
                "--attack" => arguments with { Attack = int.Parse(value, CultureInfo.InvariantCulture) },
                _ => null,
            };
            if (next is null)
                return null;
            arguments = next;
        }

        return arguments;
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
