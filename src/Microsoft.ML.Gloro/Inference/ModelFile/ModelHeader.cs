using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>The JSON header of a model file: everything but the weights.</summary>
internal sealed record ModelHeader(
    ModelProvenance Provenance,
    float Epsilon,
    string Guarantee,
    bool IsImage,
    CertificateArithmetic Arithmetic,
    double Temperature,
    string[] ClassNames,
    LabelType LabelType,
    CoverageRule? Coverage,
    int[] TrainingRowCounts,
    TensorShape InputShape,
    GloroImageViews Views,
    bool HasTolerances,
    LayerFormat[] Layers,
    LipschitzBound Bound)
{
    // Written out: renaming the enum's members must not change the format.
    private const string Float64 = "float64", Real = "real";

    // Only if there are several: what knows nothing of views must refuse a file that has them, and needs to refuse no other.
    private const string ViewsName = "views", Mirrored = "mirrored", MirroredAndTurned = "mirroredAndTurned";

    // Only if there are any: what knows nothing of tolerances must refuse a file that has them. The numbers stand behind the weights.
    private const string TolerancesName = "tolerances";

    // Only if labels are not text: files of models with text labels stay as they were.
    private const string LabelTypeName = "labelType";

    // Only in calibrated models.
    private const string CoverageName = "coverage", Softmax = "softmax", Margin = "margin";

    /// <summary>The header of a model, as UTF-8 without white space. Doubles are written so that they are read back bit for bit.</summary>
    public static byte[] Write(GloroModel model)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteString("library", model.Provenance.LibraryVersion);
        json.WriteString("training", model.Provenance.Training);
        json.WriteNumber("epsilon", model.Epsilon);
        json.WriteString("guarantee", model.Guarantee.ToString());
        json.WriteBoolean("isImage", model.IsImage);
        json.WriteString("arithmetic", model.Arithmetic == CertificateArithmetic.Float64 ? Float64 : Real);
        json.WriteNumber("temperature", model.Temperature);
        WriteList(json, "classNames", model.ClassNames, json.WriteStringValue);
        if (model.LabelType != LabelType.Text)
            json.WriteString(LabelTypeName, model.LabelType.FileName);
        WriteList(json, "trainingRowCounts", model.TrainingRowCounts, json.WriteNumberValue);
        if (model.Coverage is { } coverage)
            WriteCoverage(json, coverage);
        TensorShape input = model.Network.InputShape;
        WriteList(json, "inputShape", [input.Channels, input.Height, input.Width], json.WriteNumberValue);
        if (model.Network.Views != GloroImageViews.One)
            json.WriteString(ViewsName, model.Network.Views == GloroImageViews.Mirrored ? Mirrored : MirroredAndTurned);
        if (model.Network.Metric is not null)
            json.WriteBoolean(TolerancesName, true);
        WriteList(json, "layers", model.Network.Layers, layer => LayerFormat.Write(json, layer));
        WriteBound(json, model.Bound);
        json.WriteEndObject();
        json.Flush();
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>
    /// Reads a header strictly. Sizes are checked here; whether the parts fit each other is for <see cref="DeployedNetwork"/> and
    /// <see cref="GloroModel"/> to say.
    /// </summary>
    /// <exception cref="FormatException">It is not a header of this version; the message names the place.</exception>
    public static ModelHeader Read(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            using var document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = ModelFileFormat.MaxHeaderDepth });
            return Read(new HeaderObject(document.RootElement, "$"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string that is not valid Unicode.
            throw ModelFileFormat.Damaged($"its header is not valid JSON ({ErrorText.Sentence(e).TrimEnd('.')})");
        }
    }

    private static ModelHeader Read(HeaderObject root)
    {
        root.Expect(
        [
            "library", "training", "epsilon", "guarantee", "isImage", "arithmetic", "temperature", "classNames", "trainingRowCounts",
            "inputShape", "layers", "bound", .. new[] { LabelTypeName, CoverageName, ViewsName, TolerancesName }.Where(root.Has),
        ]);
        string[] classNames = root.Texts("classNames", ModelLimits.Classes);
        int[] input = root.Integers("inputShape", 3, 1, ModelLimits.Activations);
        return new ModelHeader(
            new ModelProvenance(root.Text("library"), root.Text("training")),
            root.Single("epsilon"),
            ReadGuarantee(root),
            root.Boolean("isImage"),
            ReadArithmetic(root),
            root.Double("temperature"),
            classNames,
            ReadLabelType(root),
            ReadCoverage(root),
            root.Integers("trainingRowCounts", root.CountOf("trainingRowCounts") == 0 ? 0 : classNames.Length, 0, int.MaxValue),
            new TensorShape(input[0], input[1], input[2]),
            ReadViews(root),
            ReadHasTolerances(root, input),
            ReadLayers(root),
            ReadBound(root));
    }

    private static string ReadGuarantee(HeaderObject root)
    {
        string guarantee = root.Text("guarantee");
        return guarantee.Length <= ModelLimits.GuaranteeLength
            ? guarantee
            : throw root.Wrong("guarantee", $"has more than {ModelLimits.GuaranteeLength} characters");
    }

    private static CertificateArithmetic ReadArithmetic(HeaderObject root) => root.Text("arithmetic") switch
    {
        Float64 => CertificateArithmetic.Float64,
        Real => CertificateArithmetic.Real,
        _ => throw root.Wrong("arithmetic", $"must be '{Float64}' or '{Real}'"),
    };

    private static LabelType ReadLabelType(HeaderObject root)
    {
        if (!root.Has(LabelTypeName))
            return LabelType.Text;
        string name = root.Text(LabelTypeName);
        return LabelType.All.FirstOrDefault(type => type != LabelType.Text && type.FileName == name)
            ?? throw root.Wrong(LabelTypeName, "is not a type of labels that this version knows");
    }

    // A quantile may be infinite, which JSON numbers are not.
    private static void WriteCoverage(Utf8JsonWriter json, CoverageRule rule)
    {
        json.WriteStartObject(CoverageName);
        json.WriteString("score", rule.Kind == CoverageScoreKind.Softmax ? Softmax : Margin);
        json.WriteNumber("temperature", rule.Temperature);
        json.WriteNumber("coverage", rule.Coverage);
        json.WriteNumber("rows", rule.RowCount);
        json.WriteString("quantile", rule.Quantile.ToString("R", CultureInfo.InvariantCulture));
        json.WriteBoolean("includesPrediction", rule.AlwaysTop);
        json.WriteEndObject();
    }

    private static CoverageRule? ReadCoverage(HeaderObject root)
    {
        if (!root.Has(CoverageName))
            return null;
        HeaderObject rule = root.Object(CoverageName);
        rule.Expect("score", "temperature", "coverage", "rows", "quantile", "includesPrediction");
        CoverageScoreKind kind = rule.Text("score") switch
        {
            Softmax => CoverageScoreKind.Softmax,
            Margin => CoverageScoreKind.Margin,
            _ => throw rule.Wrong("score", $"must be '{Softmax}' or '{Margin}'"),
        };
        if (!double.TryParse(rule.Text("quantile"), NumberStyles.Float, CultureInfo.InvariantCulture, out double quantile))
            throw rule.Wrong("quantile", "must be a number, as text");
        try
        {
            return new CoverageRule(
                kind, rule.Double("temperature"), rule.Double("coverage"), rule.Integer("rows", 1, int.MaxValue), quantile,
                rule.Boolean("includesPrediction"));
        }
        catch (ArgumentException e)
        {
            throw root.Wrong(CoverageName, $"is not one ({ErrorText.Sentence(e).TrimEnd('.')})");
        }
    }

    private static GloroImageViews ReadViews(HeaderObject root) => !root.Has(ViewsName) ? GloroImageViews.One : root.Text(ViewsName) switch
    {
        Mirrored => GloroImageViews.Mirrored,
        MirroredAndTurned => GloroImageViews.MirroredAndTurned,
        _ => throw root.Wrong(ViewsName, $"must be '{Mirrored}' or '{MirroredAndTurned}'"),
    };

    private static bool ReadHasTolerances(HeaderObject root, int[] input)
    {
        if (!root.Has(TolerancesName))
            return false;
        return root.Boolean(TolerancesName) && input is [_, 1, 1]
            ? true
            : throw root.Wrong(TolerancesName, "must be true, in a model of feature vectors");
    }

    private static LayerFormat[] ReadLayers(HeaderObject root)
    {
        LayerFormat[] layers = [.. root.Objects("layers", ModelLimits.Layers).Select(LayerFormat.Read)];
        return layers.Sum(layer => layer.TensorLengths.Sum()) <= ModelLimits.Weights
            ? layers
            : throw root.Wrong("layers", $"ask for more than {ModelLimits.Weights} weights together");
    }

    private static void WriteBound(Utf8JsonWriter json, LipschitzBound bound)
    {
        json.WriteStartObject("bound");
        json.WriteNumber("value", bound.Value);
        json.WriteString("weightHash", bound.WeightHash);
        WriteList(json, "layers", bound.Layers, layer =>
        {
            json.WriteStartObject();
            json.WriteNumber("index", layer.Index);
            json.WriteString("kind", layer.Kind);
            json.WriteString("method", layer.Method);
            json.WriteNumber("bound", layer.Bound);
            json.WriteNumber("attained", layer.Attained);
            json.WriteEndObject();
        });
        json.WriteEndObject();
    }

    private static LipschitzBound ReadBound(HeaderObject root)
    {
        HeaderObject bound = root.Object("bound");
        bound.Expect("value", "weightHash", "layers");
        LayerBound[] layers = [.. bound.Objects("layers", ModelLimits.Layers).Select(ReadLayerBound)];
        try
        {
            return new LipschitzBound(bound.Double("value"), layers, bound.Text("weightHash"));
        }
        catch (ArgumentException e)
        {
            throw root.Wrong("bound", $"is not one ({ErrorText.Sentence(e).TrimEnd('.')})");
        }
    }

    private static LayerBound ReadLayerBound(HeaderObject header)
    {
        header.Expect("index", "kind", "method", "bound", "attained");
        return new LayerBound(
            header.Integer("index", 0, ModelLimits.Layers), header.Text("kind"), header.Text("method"), header.Double("bound"),
            header.Double("attained"));
    }

    private static void WriteList<T>(Utf8JsonWriter json, string name, IEnumerable<T> values, Action<T> write)
    {
        json.WriteStartArray(name);
        foreach (T value in values)
            write(value);
        json.WriteEndArray();
    }
}
