using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// The file's metadata, which every engine shows. It holds no time and no name of a machine, so the same model gives the same bytes.
/// </summary>
internal static class PortableMetadata
{
    // Names of classes stay readable, without escapes.
    private static readonly JsonSerializerOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private const string Scope =
        "The network and its certificate only. The pipeline's other steps, such as normalization or resizing, are not in this file: " +
        "apply them first.";

    /// <summary>Keys and values.</summary>
    public static IEnumerable<(string Key, string Value)> Of(GloroModel model, int radii, GloroOnnxOptions options)
    {
        string unit = model.IsImage ? "pixels scaled to [0, 1]" : "feature vector as given";
        IReadOnlyList<LayerBound> layers = model.Bound.Layers;
        var sets = model.ResolvedGuarantee.AffinitySets ?? [];
        (string Key, string Value)[] entries =
        [
            ("format", "1"),
            ("library_version", ModelProvenance.OfThisLibrary("").LibraryVersion),
            ("model_library_version", model.Provenance.LibraryVersion),
            ("training", model.Provenance.Training),
            ("class_names", JsonSerializer.Serialize(model.ClassNames, s_json)),
            ("input", model.IsImage ? options.BytePixels ? "RGB planes, 0 to 255" : "RGB planes, 0 to 1" : "features"),
            ("scope", Scope),
            ("norm", "L2"),
            ("epsilon", model.Epsilon.ToString("R", CultureInfo.InvariantCulture)),
            ("epsilon_input", options.EpsilonAsInput ? "required" : "optional"),
            ("epsilon_unit", unit),
            ("guarantee", model.Guarantee.ToString()),
            ("affinity_sets", JsonSerializer.Serialize(sets.Select(set => set.Select(index => model.ClassNames[index])), s_json)),
            ("radii", radii.ToString(CultureInfo.InvariantCulture)),
            ("arithmetic", model.Arithmetic.ToString()),
            ("claim", Claim(model.Arithmetic, unit)),
            ("temperature", model.Temperature.ToString("R", CultureInfo.InvariantCulture)),
            ("views", model.Network.Views.ToString()),
            ("lipschitz_bound", model.Bound.Value.ToString("R", CultureInfo.InvariantCulture)),
            ("bound_method", JsonSerializer.Serialize(layers.Select(layer => $"{layer.Index} {layer.Kind}: {layer.Method}"), s_json)),
            ("weight_hash", model.Bound.WeightHash),
        ];
        return entries.Select(entry => (PortableNames.MetadataPrefix + entry.Key, entry.Value));
    }

    private static string Claim(CertificateArithmetic arithmetic, string unit) => arithmetic == CertificateArithmetic.Float64
        ? $"No input within L2 distance topk_radii[k-1] ({unit}) changes the set of the k highest logits, as this graph or the library " +
            "computes them: in IEEE 754 double precision, in any order of summation, with all rounding counted. No radius " +
            "exceeds the library's."
        : $"No input within L2 distance topk_radii[k-1] ({unit}) changes the set of the k highest logits of the network as a " +
            "mathematical function. The rounding of single precision is allowed for, but not proved to be covered.";
}
