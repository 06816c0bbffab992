using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.Gloro.Training;

/// <summary>An image size as [height, width]. Left alone, a tuple becomes an empty object, and comes back as 0×0; see <see cref="GuaranteeJsonConverter"/>.</summary>
internal sealed class ImageSizeJsonConverter : JsonConverter<(int Height, int Width)>
{
    /// <inheritdoc/>
    public override (int Height, int Width) Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        JsonSerializer.Deserialize<int[]>(ref reader, options) is [var height, var width] ? (height, width) : throw new JsonException("An image size is [height, width].");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, (int Height, int Width) value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        writer.WriteNumberValue(value.Height);
        writer.WriteNumberValue(value.Width);
        writer.WriteEndArray();
    }
}
