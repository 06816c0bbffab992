using System.Globalization;

namespace Microsoft.ML.Gloro;

/// <summary>One option that a sweep searches, with its values. Immutable.</summary>
/// <remarks>The name and the values are checked when a sweep begins.</remarks>
public sealed class GloroSweepParameter
{
    private GloroSweepParameter(
        string name, IReadOnlyList<object?>? values = null, (double Least, double Most, bool Logarithmic)? range = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        (Name, Values, Limits) = (name, values, range);
    }

    /// <summary>The name of a property of the trainer's options, such as "LearningRate".</summary>
    public string Name { get; }

    internal IReadOnlyList<object?>? Values { get; }

    internal (double Least, double Most, bool Logarithmic)? Limits { get; }

    /// <summary>
    /// An option searched within its [Range] or [Choice] annotation, as AutoML does.
    /// </summary>
    /// <param name="name">The property's name.</param>
    public static GloroSweepParameter Annotated(string name) => new(name);

    /// <summary>A number in a range, both ends included. Overrides the annotation.</summary>
    /// <param name="name">The property's name; its type is int or double.</param>
    /// <param name="least">The least value.</param>
    /// <param name="most">The largest value.</param>
    /// <param name="logarithmic">Whether values are spread evenly on a logarithmic scale; both limits must then be positive.</param>
    public static GloroSweepParameter Range(string name, double least, double most, bool logarithmic = false) =>
        new(name, range: (least, most, logarithmic));

    /// <summary>One of a list of values. Overrides the annotation. A single value fixes the option.</summary>
    /// <param name="name">The property's name; its type is int, double, bool, an enumeration, or a nullable one of these.</param>
    /// <param name="values">The values, of the property's type or as text.</param>
    public static GloroSweepParameter Choice(string name, params object?[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return new(name, values: [.. values]);
    }

    /// <summary>The option and its values, in the invariant culture.</summary>
    public override string ToString() => Limits is { } range
        ? FormattableString.Invariant($"{Name} from {range.Least} to {range.Most}{(range.Logarithmic ? " (logarithmic)" : "")}")
        : Values is null ? $"{Name} as annotated" : $"{Name} of {string.Join(" | ", Values.Select(Text))}";

    private static string Text(object? value) =>
        Convert.ToString(value, CultureInfo.InvariantCulture) is { Length: > 0 } text ? text : "null";
}
