using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// A guarantee as the text that <see cref="RobustnessGuarantee.Parse"/> reads. AutoML turns options into JSON and back (Parameter.FromObject, AsType);
/// without this a guarantee, which has no public constructor, would make that fail.
/// </summary>
internal sealed class GuaranteeJsonConverter : JsonConverter<RobustnessGuarantee>
{
    /// <inheritdoc/>
    public override RobustnessGuarantee Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        RobustnessGuarantee.Parse(reader.GetString() ?? throw new JsonException("A guarantee is a text, such as \"local\" or \"rtk:3\"."));

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, RobustnessGuarantee value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
