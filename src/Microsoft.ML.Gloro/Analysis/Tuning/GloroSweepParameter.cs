using System.Globalization;

namespace Microsoft.ML.Gloro;

/// <summary>One option that a sweep searches, and among which values. Immutable.</summary>
/// <remarks>Whether the trainer has such an option, and whether it takes these values, is checked when a sweep begins.</remarks>
public sealed class GloroSweepParameter
{
    private GloroSweepParameter(string name, IReadOnlyList<object?>? values = null, (double Least, double Most, bool Logarithmic)? range = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        (Name, Values, Limits) = (name, values, range);
    }

    /// <summary>The name of a property of the trainer's options, such as "LearningRate".</summary>
    public string Name { get; }

    internal IReadOnlyList<object?>? Values { get; }

    internal (double Least, double Most, bool Logarithmic)? Limits { get; }

    /// <summary>An option within the [Range] or among the [Choice] that its property is annotated with, as AutoML would search it.</summary>
    /// <param name="name">The property's name.</param>
    public static GloroSweepParameter Annotated(string name) => new(name);

    /// <summary>A number between two others, both included, whatever its annotation says.</summary>
    /// <param name="name">The property's name; its type is int or double.</param>
    /// <param name="least">The least value.</param>
    /// <param name="most">The largest value.</param>
    /// <param name="logarithmic">Whether the logarithm is spread evenly rather than the value; both limits are above 0 then.</param>
    public static GloroSweepParameter Range(string name, double least, double most, bool logarithmic = false) => new(name, range: (least, most, logarithmic));

    /// <summary>One of some values, whatever the annotation says. One value alone fixes the option.</summary>
    /// <param name="name">The property's name; its type is int, double, bool or an enumeration, or one of these that may be null.</param>
    /// <param name="values">The values, in the property's type or as the text of one.</param>
    public static GloroSweepParameter Choice(string name, params object?[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return new(name, values: [.. values]);
    }

    /// <summary>The option and its values, in the invariant culture.</summary>
    public override string ToString() => Limits is { } range
        ? string.Create(CultureInfo.InvariantCulture, $"{Name} from {range.Least} to {range.Most}{(range.Logarithmic ? " (logarithmic)" : "")}")
        : Values is null ? $"{Name} as annotated" : $"{Name} of {string.Join(" | ", Values.Select(v => Convert.ToString(v, CultureInfo.InvariantCulture) is { Length: > 0 } text ? text : "null"))}";
}
