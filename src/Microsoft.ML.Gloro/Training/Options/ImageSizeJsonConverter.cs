using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.Gloro.Training;

/// <summary>An image size as [height, width]. Left alone, a tuple becomes an empty object, and comes back as 0×0; see <see cref="GuaranteeJsonConverter"/>.</summary>
internal sealed class ImageSizeJsonConverter : JsonConverter<(int Height, int Width)>
{
    /// <inheritdoc/>
    public override (int Height, int Width) Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        // Without JsonSerializer, which may not know int[] where an application turns reflection off.
        return reader.TokenType == JsonTokenType.StartArray && TryReadInteger(ref reader, out int height)
            && TryReadInteger(ref reader, out int width) && reader.Read() && reader.TokenType == JsonTokenType.EndArray
            ? (height, width) : throw new JsonException("An image size is [height, width].");
    }

    /// <inheritdoc/>
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
