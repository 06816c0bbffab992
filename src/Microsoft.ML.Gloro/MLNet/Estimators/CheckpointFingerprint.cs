using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.Gloro.Training;
using TorchSharp;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>
/// What a checkpoint and the training that resumes from it must have in common: everything that determines the trained model, under names
/// that error messages show. The device and the number of threads are left out, since they change last bits only: a training may move to
/// another machine.
/// </summary>
internal static class CheckpointFingerprint
{
    private const string SeedName = nameof(GloroTrainerOptions.Seed), LibraryName = "Microsoft.ML.Gloro", TorchName = "TorchSharp";

    // Options that do not change training: where it runs, names of columns, and what only scoring uses. Seed and MixedPrecision are
    // compared with the values that take effect.
    private static readonly string[] s_leftOut =
    [
        nameof(GloroTrainerOptions.CheckpointFolder), nameof(GloroTrainerOptions.ThreadCount), SeedName,
        nameof(GloroTrainerOptions.ShowProgress),
        nameof(GloroTrainerOptions.MixedPrecision), nameof(GloroTrainerOptions.LabelColumnName),
        nameof(GloroTrainerOptions.FeatureColumnName), nameof(GloroTrainerOptions.ExampleWeightColumnName),
        nameof(GloroTrainerOptions.OutputColumnPrefix),
        nameof(GloroTrainerOptions.Arithmetic), nameof(GloroTrainerOptions.CalibrateScores), nameof(GloroImageClassificationOptions.Views),
    ];

    /// <summary>What is known before a row is read: versions, options, classes.</summary>
    public static IEnumerable<KeyValuePair<string, string>> OfOptions(
        GloroTrainerOptions options, int seed, bool mixedPrecision, IReadOnlyList<string> classNames) =>
    [
        new(LibraryName, VersionOf(typeof(CheckpointFingerprint))),
        new(TorchName, VersionOf(typeof(torch))),
        new("the trainer", options.IsImage ? "ImageClassification" : "MulticlassClassification"),
        .. Flatten("", JsonSerializer.SerializeToElement(options, options.GetType(), FingerprintJson.Default))
            .Where(p => !s_leftOut.Contains(p.Key)),
        .. WeightsOf(nameof(GloroTrainerOptions.InitialModel), options.InitialModel),
        .. WeightsOf(nameof(GloroTrainerOptions.Teacher), options.Teacher),
        new(SeedName, seed.ToString(CultureInfo.InvariantCulture)),
        new(nameof(GloroTrainerOptions.MixedPrecision), mixedPrecision ? "true" : "false"),
        new("the classes", Describe(classNames.Count, hash =>
            hash.AppendData(JsonSerializer.SerializeToUtf8Bytes(classNames, FingerprintJson.Default.IReadOnlyListString)))),
    ];

    /// <summary>
    /// Whether the options differ from a finished training only in that they ask for a longer one. The library's version may differ too,
    /// since a continued training need not give reproducible bytes.
    /// </summary>
    /// <param name="options">The options.</param>
    /// <param name="finished">The finished training.</param>
    /// <param name="differing">The names in which they differ.</param>
    public static bool IsProlonged(GloroTrainerOptions options, CheckpointHeader finished, IReadOnlyCollection<string> differing) =>
        differing.Any(IsLength) && differing.All(name => IsLength(name) || name is LibraryName or TorchName) && HasMore(options, finished);

    /// <summary>Whether the options allow more epochs and time than a training has used.</summary>
    public static bool HasMore(GloroTrainerOptions options, CheckpointHeader training) =>
        training.Epoch < options.Epochs && !(training.Elapsed >= options.TimeBudget);

    /// <summary>The rows, and the network before its first step.</summary>
    public static IEnumerable<KeyValuePair<string, string>> OfTraining(
        TrainingSet train, TrainingSet? validation, LipschitzNetwork network) =>
    [
        new("the training rows", OfRows(train)),
        new("the validation rows", validation is null ? "none" : OfRows(validation)),
        .. network.Tolerances is { } tolerances // those of each feature, which names in the options do not tell
            ? [new KeyValuePair<string, string>("the tolerances", string.Join(' ', tolerances.Select(Invariant)))]
            : Array.Empty<KeyValuePair<string, string>>(),
        new("the first weights", Describe(network.Parameters.Count, hash =>
        {
            foreach (var parameter in network.Parameters)
            {
                using var scope = torch.NewDisposeScope();
                hash.AppendData(Encoding.UTF8.GetBytes($"[{string.Join(',', parameter.shape)}]"));
                hash.AppendData(parameter.detach().cpu().contiguous().bytes);
            }
        })),
    ];

    /// <summary>The number of rows and a hash of them, with their weights if they have any.</summary>
    public static string OfRows(TrainingSet rows) => Describe(rows.Count, hash =>
    {
        // Rows are read without augmentation: equal pixels and seeds give equal augmented pixels.
        float[] row = new float[rows.Shape.Size];
        Span<int> label = stackalloc int[1];
        hash.AppendData(Encoding.UTF8.GetBytes($"{rows.Shape}"));
        for (int i = 0; i < rows.Count; i++)
        {
            rows.Read(i, row);
            label[0] = rows.Label(i);
            hash.AppendData(MemoryMarshal.AsBytes(label));
            hash.AppendData(MemoryMarshal.AsBytes<float>(row));
        }

        hash.AppendData(MemoryMarshal.AsBytes(rows.Weights));
    });

    /// <summary>The seed of the training that wrote <paramref name="checkpoint"/>.</summary>
    public static int? SeedOf(CheckpointHeader checkpoint)
    {
        string? text = checkpoint.Fingerprint.GetValueOrDefault(SeedName);
        return int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out int seed) ? seed : null;
    }

    private static KeyValuePair<string, string>[] WeightsOf(string option, ITransformer? transformer) =>
        GivenModels.Find(transformer) is { } model ? [new(option, model.Bound.WeightHash)] : [];

    private static bool IsLength(string name) => name is nameof(GloroTrainerOptions.Epochs) or nameof(GloroTrainerOptions.TimeBudget);

    private static string Describe(int count, Action<IncrementalHash> append)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        append(hash);
        return $"{count} (SHA-256 {Convert.ToHexString(hash.GetHashAndReset())[..32]}…)";
    }

    private static IEnumerable<KeyValuePair<string, string>> Flatten(string prefix, JsonElement value) =>
        value.EnumerateObject().SelectMany(p => p.Value.ValueKind == JsonValueKind.Object
            ? Flatten($"{prefix}{p.Name}.", p.Value)
            : [new KeyValuePair<string, string>(prefix + p.Name, p.Value.GetRawText())]);

    private static string Invariant(float value) => value.ToString(CultureInfo.InvariantCulture);

    private static string VersionOf(Type type) =>
        type.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
        ?? type.Assembly.GetName().Version?.ToString() ?? "unknown";
}

/// <summary>Generated serialization, which also works where an application turns reflection off.</summary>
[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
[JsonSerializable(typeof(GloroImageClassificationOptions))]
[JsonSerializable(typeof(GloroMulticlassClassificationOptions))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
internal sealed partial class FingerprintJson : JsonSerializerContext;
