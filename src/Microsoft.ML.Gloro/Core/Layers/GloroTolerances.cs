using System.Globalization;
using System.Text.Json.Serialization;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro;

/// <summary>
/// How far each feature can be off, in its own unit: 5 for a blood pressure that is measured to ±5 mmHg, 0 for an age, which no error
/// changes. With tolerances t, the distance of x′ from x is √Σ((x′_i − x_i)/t_i)², and infinite if they differ in a feature whose tolerance
/// is 0. So ε = 1 allows one feature to be off by its tolerance, or several by a part of it each; <see cref="AllAtOnce"/> is the ε that
/// allows all of them to be off by their tolerances at once.
/// </summary>
/// <remarks>Immutable and safe for concurrent use.</remarks>
/// <example>
/// <code>
/// var tolerances = GloroTolerances.ByName(new Dictionary&lt;string, float&gt; { ["Age"] = 0, ["Pressure"] = 5, ["Glucose"] = 0.3f });
/// var options = new GloroMulticlassClassificationOptions { Tolerances = tolerances, Epsilon = tolerances.AllAtOnce };
/// </code>
/// </example>
[JsonConverter(typeof(TolerancesJsonConverter))]
public sealed class GloroTolerances
{
    private const int Shown = 8; // names or numbers in a message

    private GloroTolerances(float[]? values, SortedDictionary<string, float>? named, float? others) =>
        (Values, Named, Others) = (values, named, others);

    /// <summary>
    /// The radius ε that allows every feature to be off by its tolerance at once: √d, with d the number of tolerances above 0, rounded up.
    /// The box of all x′ with |x′_i − x_i| ≤ t_i lies within this distance; so do many other points, and a certificate covers them too.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// The number of features is not known, because features without a name of their own have a tolerance. A trained model's Tolerances
    /// tell it.
    /// </exception>
    public float AllAtOnce
    {
        get
        {
            if (Others > 0)
            {
                throw new InvalidOperationException(
                    "How many features have a tolerance is known only with the data, because others have one too. Name every feature, or " +
                    "train first: the Tolerances of a model have a number for each.");
            }

            int movable = (Values ?? Named!.Values.AsEnumerable()).Count(tolerance => tolerance > 0);
            float root = MathF.Sqrt(movable);
            return (double)root * root < movable ? MathF.BitIncrement(root) : root;
        }
    }

    /// <summary>One tolerance for each feature, in their order; null if they are by name.</summary>
    internal IReadOnlyList<float>? Values { get; }

    internal IReadOnlyDictionary<string, float>? Named { get; }

    internal float? Others { get; }

    /// <summary>One tolerance for each feature, in the order of the feature column.</summary>
    /// <param name="tolerances">How far each feature can be off, 0 or more; 0 if it cannot be changed.</param>
    public static GloroTolerances InOrder(params float[] tolerances)
    {
        ArgumentNullException.ThrowIfNull(tolerances);
        return new([.. tolerances], null, null);
    }

    /// <summary>Tolerances by the names of the features, which are the slot names of the feature column.</summary>
    /// <param name="tolerances">How far each feature can be off, 0 or more; 0 if it cannot be changed.</param>
    /// <param name="others">The tolerance of all features that are not named; null if every feature must be named.</param>
    public static GloroTolerances ByName(IReadOnlyDictionary<string, float> tolerances, float? others = null)
    {
        ArgumentNullException.ThrowIfNull(tolerances);
        var named = new SortedDictionary<string, float>(StringComparer.Ordinal);
        foreach (var (name, tolerance) in tolerances)
            named.Add(name, tolerance);
        return new(null, named, others);
    }

    /// <summary>The tolerances as text, in the invariant culture.</summary>
    public override string ToString() => Values is { } values
        ? string.Join(", ", values.Select(Text))
        : string.Join(
            ", ", Named!.Select(pair => $"{pair.Key} {Text(pair.Value)}").Concat(Others is { } rest ? [$"others {Text(rest)}"] : []));

    /// <summary>What is wrong whatever the features, a sentence each.</summary>
    internal IEnumerable<FormattableString> Faults()
    {
        if (Values is { } values)
            return FaultsOf(values, values.Count);
        var faults = Named!.Where(pair => !IsTolerance(pair.Value)).Select(pair => Fault($"'{pair.Key}'", pair.Value));
        if (Others is { } others && !IsTolerance(others))
            faults = faults.Append(Fault("the others", others));
        return Others is null or 0 && Named!.Values.All(tolerance => tolerance == 0) ? faults.Append(AllZero) : faults;
    }

    /// <summary>The tolerance of each feature.</summary>
    /// <param name="size">The number of features.</param>
    /// <param name="names">Their names, empty where a feature has none; null if none has.</param>
    /// <param name="column">The column that holds them.</param>
    /// <exception cref="ArgumentException">The tolerances do not fit the features; the message has all that is wrong.</exception>
    internal float[] Resolve(int size, IReadOnlyList<string>? names, string column)
    {
        FormattableString[] faults = [.. Faults(), .. Values is null ? Misfits(names, column) : CountFault(Values.Count, size, column)];
        if (faults.Length > 0)
            throw new ArgumentException($"The tolerances cannot be used. {string.Join(' ', faults.Select(FormattableString.Invariant))}");
        return Values is null
            ? [.. names!.Select(name => Named!.TryGetValue(name, out float tolerance) ? tolerance : Others!.Value)]
            : [.. Values];
    }

    /// <summary>What is wrong with one tolerance for each of <paramref name="size"/> features, a sentence each.</summary>
    internal static IEnumerable<FormattableString> FaultsOf(IReadOnlyList<float> tolerances, int size)
    {
        if (tolerances.Count != size)
            yield return $"There are {tolerances.Count} tolerances for {size} features.";
        for (int i = 0; i < tolerances.Count; i++)
        {
            if (!IsTolerance(tolerances[i]))
                yield return Fault($"feature {i}", tolerances[i]);
        }

        if (tolerances.All(tolerance => tolerance == 0))
            yield return AllZero;
    }

    private static FormattableString AllZero => $"All tolerances are 0, so no input could change; at least one must be above 0.";

    private static bool IsTolerance(float value) => float.IsFinite(value) && value >= 0;

    private static FormattableString Fault(string feature, float value) =>
        $"The tolerance of {feature} must be a finite number, 0 or more, not {value}.";

    private static IEnumerable<FormattableString> CountFault(int count, int size, string column)
    {
        if (count != size)
            yield return $"There are {count} tolerances in order, and column '{column}' has {size} features.";
    }

    private IEnumerable<FormattableString> Misfits(IReadOnlyList<string>? names, string column)
    {
        if (names is null)
        {
            yield return $"They are by name, and the features of column '{column}' have no names; use GloroTolerances.InOrder.";
            yield break;
        }

        string[] unknown = [.. Named!.Keys.Except(names)];
        string there = List(names.Where(name => name.Length > 0));
        if (unknown.Length > 0)
            yield return $"Column '{column}' has no feature {List(unknown)}; its features are {there}.";
        if (Others is not null)
            yield break;
        string[] missing = [.. names.Where(name => name.Length > 0).Distinct().Except(Named.Keys)];
        if (missing.Length > 0)
            yield return $"Feature {List(missing)} has no tolerance; name it, or give the others one.";
        int[] unnamed = [.. Enumerable.Range(0, names.Count).Where(i => names[i].Length == 0)];
        if (unnamed.Length > 0)
        {
            string some = string.Join(", ", unnamed.Take(Shown));
            yield return $"Feature {some} of column '{column}' has no name; use GloroTolerances.InOrder, or give the others a tolerance.";
        }
    }

    private static string List(IEnumerable<string> names)
    {
        string[] all = [.. names];
        string text = string.Join(", ", all.Take(Shown).Select(name => $"'{name}'"));
        return all.Length > Shown ? FormattableString.Invariant($"{text} and {all.Length - Shown} more") : text;
    }

    private static string Text(float value) => value.ToString(CultureInfo.InvariantCulture);
}
