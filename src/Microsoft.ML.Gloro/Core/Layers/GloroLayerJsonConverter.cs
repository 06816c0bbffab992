using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// A layer as its text. Options go through JSON in AutoML and into the fingerprint of a checkpoint, which is shown to people: the × of a kernel, which JSON escapes,
/// is written as an x.
/// </summary>
internal sealed class GloroLayerJsonConverter : JsonConverter<GloroLayer>
{
    /// <inheritdoc/>
    public override GloroLayer Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        GloroLayer.Parse(reader.GetString() ?? throw new JsonException("A layer is a text, such as \"convolution 96 3x3\"."));

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, GloroLayer value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString().Replace('×', 'x'));
}
