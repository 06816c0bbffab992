using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.Gloro.Tests.Analysis;

/// <summary>
/// What a trial runner sees of Microsoft.ML.AutoML, which the tests do not have: names, types, and the way of options through JSON.
/// </summary>
internal static class AutoMlStandIns
{
    public interface ITrialRunner : IDisposable
    {
        Task<TrialResult> RunAsync(TrialSettings settings, CancellationToken ct);
    }

    public sealed class TrialSettings
    {
        public required Parameter Parameter { get; init; }
    }

    public sealed class TrialResult
    {
        public required TrialSettings TrialSettings { get; init; }

        public required ITransformer Model { get; init; }

        public required double Metric { get; init; }

        public required double Loss { get; init; }

        public required double DurationInMilliseconds { get; init; }
    }

    /// <summary>Searched values by name: numbers, texts (enumerations too), or more of these.</summary>
    public sealed class Parameter(Dictionary<string, object> values)
    {
        private static readonly JsonSerializerOptions s_json =
            new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Converters = { new JsonStringEnumConverter() } };

        public Parameter this[string name] => (Parameter)values[name];

        public T AsType<T>() => JsonSerializer.Deserialize<T>(JsonSerializer.Serialize(values, s_json), s_json)!;
    }
}
