using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// The file's metadata, which every engine shows. It holds no time and no name of a machine, so the same model gives the same bytes.
/// </summary>
internal static class PortableMetadata
{
    // People read class names, so they are not escaped.
    private static readonly PortableJson s_json = new(new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    private const string Scope =
        "The network and its certificate only. The pipeline's other steps, such as normalization or resizing, are not in this file: " +
        "apply them first.";

    // A distance of 1 is not a unit of any feature: a reader who takes it for one would believe in far too large a ball.
    private const string ToleranceUnit = "tolerances of the features: each change divided by its tolerance; with tolerance 0, no change";

    /// <summary>Keys and values.</summary>
    public static IEnumerable<(string Key, string Value)> Of(GloroModel model, int radii, GloroOnnxOptions options)
    {
        float[]? tolerances = model.Network.Metric?.Tolerances;
        string unit = tolerances is not null ? ToleranceUnit : model.IsImage ? "pixels scaled to [0, 1]" : "feature vector as given";
        IReadOnlyList<LayerBound> layers = model.Bound.Layers;
        var sets = model.ResolvedGuarantee.AffinitySets ?? [];
        (string Key, string Value)[] entries =
        [
            ("format", "1"),
            ("library_version", ModelProvenance.OfThisLibrary("").LibraryVersion),
            ("model_library_version", model.Provenance.LibraryVersion),
            ("training", model.Provenance.Training),
            ("class_names", ToJson(model.ClassNames)),
            ("input", model.IsImage ? options.BytePixels ? "RGB planes, 0 to 255" : "RGB planes, 0 to 1" : "features"),
            ("scope", Scope),
            ("norm", tolerances is null ? "L2" : "L2 in tolerances"),
            ("epsilon", model.Epsilon.ToString("R", CultureInfo.InvariantCulture)),
            ("epsilon_input", options.EpsilonAsInput ? "required" : "optional"),
            ("epsilon_unit", unit),
            ("tolerances", JsonSerializer.Serialize(tolerances ?? [], s_json.SingleArray)),
            ("guarantee", model.Guarantee.ToString()),
            ("affinity_sets", JsonSerializer.Serialize(AffinitySets(model), s_json.StringArrayArray)),
            ("group_names", ToJson(model.ResolvedGuarantee.GroupNames.Select(name => name ?? ""))),
            ("radii", radii.ToString(CultureInfo.InvariantCulture)),
            ("arithmetic", model.Arithmetic.ToString()),
            ("claim", Claim(model, unit)),
            ("temperature", model.Temperature.ToString("R", CultureInfo.InvariantCulture)),
            ("views", model.Network.Views.ToString()),
            ("lipschitz_bound", model.Bound.Value.ToString("R", CultureInfo.InvariantCulture)),
            ("bound_method", ToJson(layers.Select(layer => $"{layer.Index} {layer.Kind}: {layer.Method}"))),
            ("weight_hash", model.Bound.WeightHash),
            .. Input(model, options),
            .. model.Coverage is { } coverage ? Coverage(coverage, unit) : [],
        ];
        return entries.Select(entry => (PortableNames.MetadataPrefix + entry.Key, entry.Value));
    }

    /// <summary>
    /// What a client must know to fill the input without asking its user. Every file has every key; those of the other kind are [].
    /// </summary>
    private static IEnumerable<(string Key, string Value)> Input(GloroModel model, GloroOnnxOptions options)
    {
        var shape = model.Network.InputShape;
        yield return ("input_kind", model.IsImage ? "image" : "features");
        yield return ("input_column", options.InputColumn);
        yield return ("image_size", model.IsImage ? FormattableString.Invariant($"[{shape.Height},{shape.Width}]") : "[]");
        yield return ("pixel_range", model.IsImage ? options.BytePixels ? "[0,255]" : "[0,1]" : "[]");
        yield return ("feature_names", ToJson(options.FeatureNames ?? []));
    }

    /// <summary>Files with coverage_mask alone have these keys.</summary>
    private static IEnumerable<(string Key, string Value)> Coverage(CoverageRule rule, string unit)
    {
        yield return ("coverage", rule.Coverage.ToString("R", CultureInfo.InvariantCulture));
        yield return ("coverage_rows", rule.RowCount.ToString(CultureInfo.InvariantCulture));
        yield return ("coverage_score", rule.Kind.ToString());
        yield return ("coverage_temperature", rule.Temperature.ToString("R", CultureInfo.InvariantCulture));
        yield return ("coverage_quantile", rule.Quantile.ToString("R", CultureInfo.InvariantCulture));
        yield return ("coverage_claim",
            "coverage_mask holds the true label with probability coverage or more, on average over calibration rows and new rows of the " +
            $"same source, even if a row was moved by up to epsilon ({unit}). No set is smaller than the library's.");
    }

    private static string ToJson(IEnumerable<string> texts) => JsonSerializer.Serialize([.. texts], s_json.StringArray);

    private static string[][] AffinitySets(GloroModel model) =>
        [.. (model.ResolvedGuarantee.AffinitySets ?? []).Select(set => set.Select(index => model.ClassNames[index]).ToArray())];

    private static string Measure(GloroModel model) => model.Network.Metric is null ? "L2 distance" : "distance";

    private static string Claim(GloroModel model, string unit) => model.Arithmetic == CertificateArithmetic.Float64
        ? $"No input within {Measure(model)} topk_radii[k-1] ({unit}) changes the set of the k highest logits, as this graph or the " +
            "library computes them: in IEEE 754 double precision, in any order of summation, with all rounding counted. No radius " +
            "exceeds the library's."
        : $"No input within {Measure(model)} topk_radii[k-1] ({unit}) changes the set of the k highest logits of the network as a " +
            "mathematical function. The rounding of IEEE 754 single precision is covered at the row, in any order of summation within " +
            "an operator, and not at other inputs. No radius exceeds the library's.";
}

/// <summary>Generated serialization, which also works where an application turns reflection off.</summary>
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(string[][]))]
[JsonSerializable(typeof(float[]))]
internal sealed partial class PortableJson : JsonSerializerContext;
