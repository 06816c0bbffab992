using System.Globalization;
using System.Reflection;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>One searched option: its property and the values it may take.</summary>
internal sealed class SearchDimension
{
    private readonly PropertyInfo _property;
    private readonly IReadOnlyList<object?>? _values;
    private readonly (double Least, double Most, bool Logarithmic) _range;

    public SearchDimension(PropertyInfo property, IReadOnlyList<object?> values) => (_property, _values) = (property, values);

    public SearchDimension(PropertyInfo property, (double Least, double Most, bool Logarithmic) range) => (_property, _range) = (property, range);

    public string Name => _property.Name;

    private bool IsInteger => _property.PropertyType == typeof(int);

    /// <summary>A value at random.</summary>
    public object? Draw(Random random)
    {
        if (_values is not null)
            return _values[random.Next(_values.Count)];

        // A whole number n has the share of [n, n + 1), so that the last one gets no less than the rest.
        double share = random.NextDouble();
        return OfItsType(IsInteger ? Math.Clamp(Math.Floor(Between(share, _range.Most + 1)), _range.Least, _range.Most) : At(share));
    }

    /// <summary>The values of a grid: all of a choice, or so many evenly over a range, as far as they differ.</summary>
    public IReadOnlyList<object?> Levels(int count) => _values ?? [.. Enumerable.Range(0, count).Select(i => OfItsType(At(i / (count - 1.0)))).Distinct()];

    public object? Get(GloroTrainerOptions options) => _property.GetValue(options);

    public void Set(GloroTrainerOptions options, object? value) => _property.SetValue(options, value);

    /// <summary>A value as text, the same on every machine.</summary>
    public static string Text(object? value) => value is null ? "null" : Convert.ToString(value, CultureInfo.InvariantCulture)!;

    /// <summary>The option and its values, for the journal: what is searched must not change while it is.</summary>
    public override string ToString() => _values is null
        ? string.Create(CultureInfo.InvariantCulture, $"{Name} from {_range.Least} to {_range.Most}{(_range.Logarithmic ? " (logarithmic)" : "")}")
        : $"{Name} of {string.Join(" | ", _values.Select(Text))}";

    private object OfItsType(double value) => Convert.ChangeType(IsInteger ? Math.Round(value) : value, _property.PropertyType, CultureInfo.InvariantCulture);

    private double At(double share)
    {
        double value = Between(share, _range.Most);

        // Four digits are finer than any trial can tell, and settings that are copied from a table are those that were trained. Exp and Log may differ in the last bit between
        // machines; rounded values do not.
        if (!IsInteger && value != 0)
            value = double.Parse(value.ToString("E3", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return Math.Clamp(value, _range.Least, _range.Most);
    }

    private double Between(double share, double end) => _range.Logarithmic
        ? Math.Exp(Math.Log(_range.Least) + share * (Math.Log(end) - Math.Log(_range.Least)))
        : _range.Least + share * (end - _range.Least);
}
