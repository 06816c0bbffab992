using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Gloro.Core;

/// <summary>Reads layers from text.</summary>
internal static partial class LayerText
{
    public static GloroLayer Parse(string text)
    {
        var match = Form().Match(text.Trim().ToLowerInvariant());
        if (!match.Success)
            throw Unknown(text);
        string name = match.Groups["name"].Value + match.Groups["share"].Value.TrimEnd();
        int? size = Number("size"), kernel = Number("kernel"), stride = Number("stride"), rank = Number("rank");
        if (rank.HasValue != (match.Groups["name"].Value == "reflector dense"))
            throw Unknown(text);
        try
        {
            return (name, size, kernel, stride) switch
            {
                ("space-to-depth", { } block, null, null) => GloroLayer.SpaceToDepth(block),
                ("convolution", { } channels, { } side, _) => GloroLayer.Convolution(channels, side, stride ?? 1),
                ("residual convolution", null, { } side, null) => GloroLayer.ResidualConvolution(side),
                ("centering", null, null, null) => GloroLayer.Centering(),
                ("minmax", null, null, null) => GloroLayer.MinMax(),
                ("relu", null, null, null) => GloroLayer.ReLU(),
                ("average pooling", { } pool, null, null) => GloroLayer.AveragePooling(pool),
                ("flatten", null, null, null) => GloroLayer.Flatten(),
                ("dense", { } width, null, null) => GloroLayer.Dense(width),
                ("residual dense", null, null, null) => GloroLayer.ResidualDense(),
                ("orthogonal dense", { } width, null, null) => GloroLayer.OrthogonalDense(width),
                ("orthogonal residual dense", null, null, null) => GloroLayer.OrthogonalResidualDense(),
                ("orthogonal convolution", { } channels, null, null) => GloroLayer.OrthogonalConvolution(channels),
                ("channel shift 1/", { } part, null, null) => GloroLayer.ChannelShift(part),
                ("halfabs", null, null, null) => GloroLayer.HalfAbs(),
                ("reflector dense", { } width, null, null) => GloroLayer.ReflectorDense(width, rank!.Value),
                _ => throw Unknown(text),
            };
        }
        catch (ArgumentException e)
        {
            throw new FormatException($"'{text}' is no layer: {ErrorText.Sentence(e)}", e);
        }

        int? Number(string group) => match.Groups[group] is { Success: true } digits
            ? int.TryParse(digits.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : throw Unknown(text)
            : null;
    }

    private static FormatException Unknown(string text) => new(
        $"'{text}' is no layer. Write one such as: space-to-depth 4, convolution 96 3×3, convolution 32 4×4 stride 2, "
        + "residual convolution 3×3, centering, minmax, relu, average pooling 2, flatten, dense 512, residual dense, "
        + "orthogonal dense 256, orthogonal residual dense, orthogonal convolution 128, channel shift 1/8, halfabs, "
        + "reflector dense 256 rank 64.");

    [GeneratedRegex(
        "^(?<name>[a-z-]+(?: [a-z]+)*?)(?:(?<share> 1/| )(?<size>[0-9]+))?"
        + "(?: (?<kernel>[0-9]+)[x×]\\k<kernel>)?(?: stride (?<stride>[0-9]+))?(?: rank (?<rank>[0-9]+))?$",
        RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}

/// <summary>
/// A layer as its text, for AutoML and for the fingerprint of a checkpoint. People see the fingerprint and JSON escapes ×, so × is written
/// as x.
/// </summary>
internal sealed class GloroLayerJsonConverter : JsonConverter<GloroLayer>
{
    public override GloroLayer Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        GloroLayer.Parse(reader.GetString() ?? throw new JsonException("A layer is a text, such as \"convolution 96 3x3\"."));

    public override void Write(Utf8JsonWriter writer, GloroLayer value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString().Replace('×', 'x'));
}
