using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// A guarantee as the text that <see cref="RobustnessGuarantee.Parse"/> reads. AutoML converts options to JSON and back
/// (Parameter.FromObject, AsType); without a converter a guarantee, which has no public constructor, would make that fail.
/// </summary>
internal sealed class GuaranteeJsonConverter : JsonConverter<RobustnessGuarantee>
{
    public override RobustnessGuarantee Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        RobustnessGuarantee.Parse(
            reader.GetString() ?? throw new JsonException("A guarantee is a text, such as \"local\" or \"rtk:3\"."));

    public override void Write(Utf8JsonWriter writer, RobustnessGuarantee value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}

/// <summary>
/// An image size as [height, width]. Without a converter a tuple becomes an empty object in JSON, which is read back as 0×0.
/// </summary>
internal sealed class ImageSizeJsonConverter : JsonConverter<(int Height, int Width)>
{
    // Without JsonSerializer, which does not know int[] where an application turns reflection off.
    public override (int Height, int Width) Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.StartArray && TryReadInteger(ref reader, out int height)
            && TryReadInteger(ref reader, out int width) && reader.Read() && reader.TokenType == JsonTokenType.EndArray
            ? (height, width)
            : throw new JsonException("An image size is [height, width].");

    public override void Write(Utf8JsonWriter writer, (int Height, int Width) value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        writer.WriteNumberValue(value.Height);
        writer.WriteNumberValue(value.Width);
        writer.WriteEndArray();
    }

    private static bool TryReadInteger(ref Utf8JsonReader reader, out int value)
    {
        value = 0;
        return reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out value);
    }
}
