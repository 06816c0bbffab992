using System.Globalization;
using System.Reflection;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// Builds the search space from the annotations that AutoML reads. The attributes are in the Microsoft.ML package; AutoML's own
/// search-space classes are in another package.
/// </summary>
internal static class SearchDimensions
{
    // Annotated but rarely worth a trial, so not searched by default. Halving sets the epochs.
    private static readonly string[] s_notByDefault =
    [
        nameof(GloroTrainerOptions.Epochs), nameof(GloroTrainerOptions.WarmUpFraction), nameof(GloroTrainerOptions.InitialEpsilonFactor),
        nameof(GloroTrainerOptions.MaximumGradientNorm), nameof(GloroTrainerOptions.PowerIterationSteps),
        nameof(GloroTrainerOptions.TeacherTemperature), nameof(GloroTrainerOptions.TeacherWeight),
    ];

    // These change what is measured, or belong to the sweep itself.
    private static readonly Dictionary<string, string> s_never = new()
    {
        [nameof(GloroTrainerOptions.Epochs)] = "successive halving chooses it",
        [nameof(GloroTrainerOptions.Seed)] = "it is the same for all trials",
        [nameof(GloroTrainerOptions.ThreadCount)] = "it changes no result",
        [nameof(GloroTrainerOptions.Arithmetic)] = "it changes what certificates cover",
        [nameof(GloroTrainerOptions.ValidationFraction)] = "the rows to validate on are the same for all trials",
    };

    /// <summary>
    /// The dimensions, in the order of <paramref name="parameters"/> or of the properties; errors are added to <paramref name="faults"/>.
    /// </summary>
    public static IReadOnlyList<SearchDimension> Of(
        GloroTrainerOptions trainer, IReadOnlyList<GloroSweepParameter>? parameters, IReadOnlyList<string> exceptions,
        List<FormattableString> faults)
    {
        var type = trainer.GetType();
        faults.AddRange(exceptions.Where(name => name is null || type.GetProperty(name) is null)
            .Select(name => (FormattableString)$"{nameof(GloroSweepOptions.Fixed)}: {type.Name} has no option '{name}'."));
        if (parameters?.Any(p => p is null) == true)
        {
            faults.Add($"{nameof(GloroSweepOptions.Parameters)} holds a null.");
            return [];
        }

        faults.AddRange((parameters ?? []).GroupBy(p => p.Name).Where(g => g.Count() > 1)
            .Select(g => (FormattableString)$"{nameof(GloroSweepOptions.Parameters)} names {g.Key} more than once."));
        var dimensions = new List<SearchDimension>();
        foreach (var parameter in (parameters ?? ByDefault(type)).Where(p => !exceptions.Contains(p.Name)))
        {
            try
            {
                dimensions.Add(One(type, parameter));
            }
            catch (FormatException e)
            {
                faults.Add($"{nameof(GloroSweepOptions.Parameters)}: {parameter.Name} {e.Message}.");
            }
        }

        const string given = nameof(GloroSweepOptions.Parameters), excluded = nameof(GloroSweepOptions.Fixed);
        if (dimensions.Count == 0 && faults.Count == 0)
            faults.Add($"There is nothing to search: {given} is empty, or {excluded} excludes all of it.");
        return dimensions;
    }

    // Sorted by name, because reflection guarantees no order and the draws depend on it.
    private static IEnumerable<GloroSweepParameter> ByDefault(Type type) =>
        type.GetProperties().Where(p => IsAnnotated(p) && !s_notByDefault.Contains(p.Name))
            .OrderBy(p => p.Name, StringComparer.Ordinal).Select(p => GloroSweepParameter.Annotated(p.Name));

    private static bool IsAnnotated(PropertyInfo property) => property.IsDefined(typeof(RangeAttribute))
        || property.IsDefined(typeof(ChoiceAttribute)) || property.IsDefined(typeof(BooleanChoiceAttribute));

    private static SearchDimension One(Type type, GloroSweepParameter parameter)
    {
        var property = type.GetProperty(parameter.Name) ?? throw new FormatException($"is not an option of {type.Name}");
        if (s_never.TryGetValue(parameter.Name, out string? why))
            throw new FormatException($"cannot be searched: {why}");
        if (parameter.Limits is { } limits)
            return new SearchDimension(property, Checked(property, limits));
        if (parameter.Values is { } values)
            return new SearchDimension(property, Checked(property, values));
        if (property.GetCustomAttribute<RangeAttribute>() is { } range)
            return new SearchDimension(property, Checked(property, (ToDouble(range.Min), ToDouble(range.Max), range.LogBase)));
        if (property.GetCustomAttribute<ChoiceAttribute>() is { } choice)
            return new SearchDimension(property, Checked(property, choice.Candidates));
        if (property.IsDefined(typeof(BooleanChoiceAttribute)))
            return new SearchDimension(property, [true, false]);
        throw new FormatException(
            $"has neither [Range] nor [Choice]; list its values with {nameof(GloroSweepParameter)}.{nameof(GloroSweepParameter.Choice)}");
    }

    private static (double, double, bool) Checked(PropertyInfo property, (double Least, double Most, bool Logarithmic) range)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (type != typeof(int) && type != typeof(double))
            throw new FormatException($"is of type {type.Name}; only an int or a double can have a range");
        if (!double.IsFinite(range.Least) || !double.IsFinite(range.Most) || range.Least > range.Most
            || (range.Logarithmic && range.Least <= 0))
        {
            throw new FormatException(FormattableString.Invariant($"cannot range from {range.Least} to {range.Most}: ") +
                "both must be finite, the first at most the second, and above 0 for a logarithmic range");
        }

        if (type == typeof(int) && (range.Least != Math.Floor(range.Least) || range.Most != Math.Floor(range.Most)
            || range.Least < int.MinValue || range.Most > int.MaxValue))
        {
            throw new FormatException(
                FormattableString.Invariant($"is a whole number and cannot range from {range.Least} to {range.Most}"));
        }

        return range;
    }

    private static object?[] Checked(PropertyInfo property, IReadOnlyList<object?> values)
    {
        object?[] converted = [.. values.Select(value => ToPropertyType(property, value)).Distinct()];
        return converted.Length > 0 ? converted : throw new FormatException("has no values to choose from");
    }

    private static object? ToPropertyType(PropertyInfo property, object? value)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        bool nullable = type != property.PropertyType;
        try
        {
            if (value is null)
                return nullable ? null : throw new FormatException("cannot be null");
            if (type.IsEnum && value.GetType() == type)
                return value;
            if (type.IsEnum)
            {
                return value is string text && Enum.TryParse(type, text, out object? parsed) && Enum.IsDefined(type, parsed)
                    ? parsed : throw new InvalidCastException();
            }

            if (type == typeof(bool))
                return value is bool ? value : bool.Parse((string)value);
            if (type == typeof(double))
                return ToDouble(value);
            if (type == typeof(int))
            {
                return ToDouble(value) is var number && number == Math.Floor(number)
                    ? checked((int)number) : throw new InvalidCastException();
            }
        }
        catch (Exception e) when (e is InvalidCastException or OverflowException || (e is FormatException && value is not null))
        {
            throw new FormatException($"cannot be '{SearchDimension.Text(value)}', which is not a value of {type.Name}");
        }

        throw new FormatException($"is of type {property.PropertyType.Name}; only int, double, bool and enum options can be searched");
    }

    private static double ToDouble(object value) => Convert.ToDouble(value, CultureInfo.InvariantCulture);
}
