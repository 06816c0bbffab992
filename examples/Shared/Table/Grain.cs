using Microsoft.ML;

namespace Examples;

/// <summary>
/// A row of a generated table: a grain as a sorting machine measures it. Some kinds are alike on purpose (two wheats; rye and triticale),
/// so that there is something to be said by sets of kinds; the number of the tray says nothing at all.
/// </summary>
internal sealed class Grain
{
    private static readonly float[] s_spread = [0.45f, 0.22f, 0.2f, 3.5f, 4, 0.06f];

    private static readonly (string Kind, float[] Mean)[] s_kinds =
    [
        ("barley", [8.6f, 3.5f, 2.7f, 44, 44, 0.25f]),
        ("millet", [2.6f, 2.3f, 2, 6, 50, 0.7f]),
        ("oat", [10.4f, 2.7f, 2.1f, 33, 46, 0.2f]),
        ("rye", [7.6f, 2.5f, 2.4f, 30, 52, 0.3f]),
        ("sorghum", [4.2f, 3.7f, 2.8f, 28, 24, 0.55f]),
        ("spring wheat", [6.2f, 3.1f, 2.9f, 36, 38, 0.45f]),
        ("triticale", [7.3f, 2.8f, 2.6f, 35, 47, 0.33f]),
        ("winter wheat", [6.4f, 3.2f, 3, 40, 36, 0.42f]),
        ("buckwheat", [5.6f, 3.9f, 3.6f, 27, 18, 0.35f]),
    ];

    /// <summary>The columns of measurements, in the order of the features.</summary>
    public static string[] Columns =>
        [nameof(Length), nameof(Width), nameof(Thickness), nameof(Weight), nameof(Hue), nameof(Gloss), nameof(Tray)];

    public string Label { get; set; } = "";

    /// <summary>In millimetres, as the next two.</summary>
    public float Length { get; set; }

    public float Width { get; set; }

    public float Thickness { get; set; }

    /// <summary>In milligrams.</summary>
    public float Weight { get; set; }

    /// <summary>In degrees of the color circle.</summary>
    public float Hue { get; set; }

    public float Gloss { get; set; }

    /// <summary>The tray that the grain lay in.</summary>
    public float Tray { get; set; }

    /// <summary>Grains of a harvest, of eight kinds in turn.</summary>
    /// <param name="count">How many.</param>
    /// <param name="seed">The same seed gives the same grains.</param>
    /// <param name="drift">By how many standard deviations this machine measures otherwise than the first one.</param>
    /// <param name="withBuckwheat">Whether there is a ninth kind.</param>
    public static IReadOnlyList<Grain> Harvest(int count, int seed, float drift = 0, bool withBuckwheat = false)
    {
        var random = new Random(seed);
        int kinds = s_kinds.Length - (withBuckwheat ? 0 : 1);
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            var (kind, mean) = s_kinds[i % kinds];
            float[] x = [.. mean.Select((m, j) => m + (s_spread[j] * (Normal(random) + (j % 2 == 0 ? drift : -drift))))];
            return new Grain { Label = kind, Length = x[0], Width = x[1], Thickness = x[2], Weight = x[3], Hue = x[4], Gloss = x[5],
                Tray = random.Next(1, 41) };
        })];
    }

    /// <summary>Keys for the labels, and one vector of the measurements as they are, with the names of the columns.</summary>
    public static IEstimator<ITransformer> Gather(MLContext mlContext) => mlContext.Transforms.Conversion.MapValueToKey("Label")
        .Append(mlContext.Transforms.Concatenate("Features", Columns));

    /// <summary>
    /// The steps before the trainer: keys for the labels and one vector of features, each with mean 0 and standard deviation 1. ε then
    /// means standard deviations in every column.
    /// </summary>
    public static IEstimator<ITransformer> Prepare(MLContext mlContext) =>
        Gather(mlContext).Append(mlContext.Transforms.NormalizeMeanVariance("Features", fixZero: false));

    private static float Normal(Random random) =>
        (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
}
