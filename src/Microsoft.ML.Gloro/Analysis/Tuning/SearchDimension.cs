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

    public SearchDimension(PropertyInfo property, (double Least, double Most, bool Logarithmic) range) =>
        (_property, _range) = (property, range);

    public string Name => _property.Name;

    private bool IsInteger => _property.PropertyType == typeof(int);

    /// <summary>A value at random.</summary>
    public object? Draw(Random random)
    {
        if (_values is not null)
            return _values[random.Next(_values.Count)];

        // An integer n is drawn from [n, n + 1), so that the last one is as likely as the others.
        double share = random.NextDouble();
        return OfItsType(IsInteger ? Math.Clamp(Math.Floor(Between(share, _range.Most + 1)), _range.Least, _range.Most) : At(share));
    }

    /// <summary>The grid values: all values of a choice, or this many evenly spaced values of a range, without duplicates.</summary>
    public IReadOnlyList<object?> Levels(int count) =>
        _values ?? [.. Enumerable.Range(0, count).Select(i => OfItsType(At(i / (count - 1.0)))).Distinct()];

    public object? Get(GloroTrainerOptions options) => _property.GetValue(options);

    public void Set(GloroTrainerOptions options, object? value) => _property.SetValue(options, value);

    /// <summary>A value as text, the same on every machine.</summary>
    public static string Text(object? value) => value is null ? "null" : Convert.ToString(value, CultureInfo.InvariantCulture)!;

    /// <summary>The option and its values. The journal compares this text to detect a changed search space.</summary>
    public override string ToString() => _values is null
        ? FormattableString.Invariant($"{Name} from {_range.Least} to {_range.Most}{(_range.Logarithmic ? " (logarithmic)" : "")}")
        : $"{Name} of {string.Join(" | ", _values.Select(Text))}";

    private object OfItsType(double value) =>
        Convert.ChangeType(IsInteger ? Math.Round(value) : value, _property.PropertyType, CultureInfo.InvariantCulture);

    private double At(double share)
    {
        double value = Between(share, _range.Most);

        // Rounded to four digits, so that settings copied from a table are exactly the trained ones, and because Exp and Log may differ in
        // the last bit between machines.
        if (!IsInteger && value != 0)
            value = double.Parse(value.ToString("E3", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return Math.Clamp(value, _range.Least, _range.Most);
    }

    private double Between(double share, double end) => _range.Logarithmic
        ? Math.Exp(Math.Log(_range.Least) + share * (Math.Log(end) - Math.Log(_range.Least)))
        : _range.Least + share * (end - _range.Least);
}
