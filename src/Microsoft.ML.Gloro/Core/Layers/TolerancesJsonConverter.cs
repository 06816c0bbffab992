using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// Tolerances in order as a list of numbers; by name as {"named": {"Age": 0, …}, "others": 1}. AutoML converts options to JSON and back, a
/// sweep's journal and a checkpoint compare them as JSON.
/// </summary>
internal sealed class TolerancesJsonConverter : JsonConverter<GloroTolerances>
{
    private const string Named = "named", Others = "others";

    public override GloroTolerances Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        JsonElement root = document.RootElement;
        try
        {
            return root.ValueKind == JsonValueKind.Array
                ? GloroTolerances.InOrder([.. root.EnumerateArray().Select(element => element.GetSingle())])
                : GloroTolerances.ByName(
                    root.GetProperty(Named).EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value.GetSingle()),
                    root.TryGetProperty(Others, out JsonElement others) ? others.GetSingle() : null);
        }
        catch (Exception e) when (e is InvalidOperationException or KeyNotFoundException or FormatException or ArgumentException)
        {
            throw new JsonException("Tolerances are a list of numbers, or {\"named\": {\"feature\": number}, \"others\": number}.", e);
        }
    }

    public override void Write(Utf8JsonWriter writer, GloroTolerances value, JsonSerializerOptions options)
    {
        if (value.Values is { } values)
        {
            writer.WriteStartArray();
            foreach (float tolerance in values)
                writer.WriteNumberValue(tolerance);
            writer.WriteEndArray();
            return;
        }

        writer.WriteStartObject();
        writer.WriteStartObject(Named);
        foreach (var (name, tolerance) in value.Named!)
            writer.WriteNumber(name, tolerance);
        writer.WriteEndObject();
        if (value.Others is { } others)
            writer.WriteNumber(Others, others);
        writer.WriteEndObject();
    }
}
