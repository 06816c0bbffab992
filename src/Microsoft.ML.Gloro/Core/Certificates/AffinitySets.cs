using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro;

/// <summary>
/// Sets of classes that may be confused with each other without harm, such as highways and rivers. Sets may overlap.
/// Immutable and thread-safe. Whether the classes exist is checked when a model is trained or loaded, since only then are they known.
/// </summary>
/// <remarks>Two instances are equal if they hold the same sets, in whatever order sets and classes are written.</remarks>
/// <example>
/// <code language="csharp">
/// AffinitySets sets = AffinitySets.Parse("Highway+River,Forest+Pasture");
/// GloroMetrics metrics = mlContext.Gloro.Evaluate(scored, guarantee: RobustnessGuarantee.Affinity(sets));
/// </code>
/// </example>
public sealed class AffinitySets : IEquatable<AffinitySets>
{
    private readonly string _text;
    private readonly string _key;

    private AffinitySets(string[][]? names, int[][]? indices)
    {
        (Names, Indices) = (names, indices);
        _text = names is not null ? AffinityText.Format(names) : AffinityText.Format(indices!);
        _key = names is not null
            ? Key(names, AffinityText.Format, StringComparer.Ordinal)
            : Key(indices!, AffinityText.Format, Comparer<int>.Default);
    }

    /// <summary>Number of sets, at least 1.</summary>
    public int Count => Names?.Length ?? Indices!.Length;

    /// <summary>The sets by class name; null if they were given by index.</summary>
    internal string[][]? Names { get; }

    /// <summary>The sets by class index; null if they were given by name.</summary>
    internal int[][]? Indices { get; }

    /// <summary>Sets of class names, spelled as the label's key values are.</summary>
    /// <exception cref="ArgumentException">No set, an empty set, an empty name, or a class twice in one set.</exception>
    public static AffinitySets FromNames(IEnumerable<IEnumerable<string>> sets)
    {
        var names = Copy(sets);
        foreach (var (set, name) in names.SelectMany((set, number) => set.Select(name => (number + 1, name))))
        {
            if (string.IsNullOrEmpty(name))
                throw new ArgumentException($"Affinity set {set} holds an empty class name.", nameof(sets));
        }
        return new AffinitySets(names, null);
    }

    /// <summary>
    /// Sets of class indices: 0 is the first key value of the label. Prefer names, which stay right if the order of the classes changes.
    /// </summary>
    /// <exception cref="ArgumentException">No set, an empty set, a negative index, or a class twice in one set.</exception>
    public static AffinitySets FromIndices(IEnumerable<IEnumerable<int>> sets)
    {
        var indices = Copy(sets);
        foreach (var (set, index) in indices.SelectMany((set, number) => set.Select(index => (number + 1, index))))
        {
            if (index < 0)
                throw new ArgumentException($"Affinity set {set} holds the class index {index}; indices start at 0.", nameof(sets));
        }
        return new AffinitySets(null, indices);
    }

    /// <summary>One set for each superclass, holding the classes that are mapped to it, as CIFAR-100's 20 superclasses.</summary>
    /// <param name="classToSuperclass">From each class name to the name of its superclass. Classes that are left out are in no set.</param>
    /// <exception cref="ArgumentException">The map is empty, or a class or superclass has no name.</exception>
    public static AffinitySets FromSuperclasses(IReadOnlyDictionary<string, string> classToSuperclass)
    {
        ArgumentNullException.ThrowIfNull(classToSuperclass);
        if (classToSuperclass.Count == 0)
            throw new ArgumentException(
                "The superclass map is empty; map at least one class to its superclass.", nameof(classToSuperclass));
        foreach (var (name, superclass) in classToSuperclass)
        {
            if (string.IsNullOrEmpty(name) || string.IsNullOrEmpty(superclass))
                throw new ArgumentException(
                    $"The superclass map takes class '{name}' to superclass '{superclass}'; neither may be " +
                    "empty.", nameof(classToSuperclass));
        }
        // A dictionary promises no order; sorting makes the same map always give the same text.
        return FromNames(classToSuperclass
            .GroupBy(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => group.Order(StringComparer.Ordinal)));
    }

    /// <summary>
    /// Reads <c>Highway+River,Forest+Pasture</c> (names) or <c>#3+#8,#1+#5</c> (indices): + joins the classes of a set, a comma parts the
    /// sets. White space around a name is dropped. A backslash before + , : \, before white space at either end, or before a leading #,
    /// makes it part of the name.
    /// </summary>
    /// <exception cref="FormatException">The text is not of that form; the message says what is wrong.</exception>
    public static AffinitySets Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (AffinityText.Split(text, AffinityText.OptionSeparator).Count > 1)
            throw new FormatException(
                $"The affinity sets '{text}' hold a colon. If it is part of a class name, write a backslash before it.");
        var sets = AffinityText.Split(text, AffinityText.SetSeparator)
            .Select(set => AffinityText.Split(set, AffinityText.ClassSeparator))
            .Select(set => set.Select(part => AffinityText.ReadClass(part, text)).ToArray())
            .ToArray();
        var named = sets.Sum(set => set.Count(item => item.Name is not null));
        if (named > 0 && named < sets.Sum(set => set.Length))
            throw new FormatException($"The affinity sets '{text}' mix class names and class indices (#3). Use one of the two.");
        try
        {
            return named > 0
                ? FromNames(sets.Select(set => set.Select(item => item.Name!)))
                : FromIndices(sets.Select(set => set.Select(item => item.Index)));
        }
        catch (ArgumentException exception)
        {
            throw new FormatException($"The affinity sets '{text}' are not valid: {ErrorText.Sentence(exception)}", exception);
        }
    }

    /// <inheritdoc/>
    public bool Equals(AffinitySets? other) => other is not null && _key == other._key;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as AffinitySets);

    /// <inheritdoc/>
    public override int GetHashCode() => _key.GetHashCode(StringComparison.Ordinal);

    /// <summary>The text that <see cref="Parse"/> reads back into equal sets.</summary>
    public override string ToString() => _text;

    private static T[][] Copy<T>(IEnumerable<IEnumerable<T>> sets)
    {
        ArgumentNullException.ThrowIfNull(sets);
        var copy = sets.Select(set => (set ?? throw new ArgumentException("An affinity set is null.", nameof(sets))).ToArray()).ToArray();
        if (copy.Length == 0)
            throw new ArgumentException("There is no affinity set; give at least one.", nameof(sets));
        for (var number = 0; number < copy.Length; number++)
        {
            if (copy[number].Length == 0)
                throw new ArgumentException(
                    $"Affinity set {number + 1} is empty; give it at least one class or leave it out.", nameof(sets));
            var seen = new HashSet<T>();
            foreach (var item in copy[number])
            {
                if (!seen.Add(item))
                    throw new ArgumentException($"Affinity set {number + 1} holds class '{item}' twice.", nameof(sets));
            }
        }
        return copy;
    }

    private static string Key<T>(T[][] sets, Func<IEnumerable<IEnumerable<T>>, string> format, IComparer<T> comparer) => string.Join(
        AffinityText.SetSeparator,
        sets.Select(set => format([set.Order(comparer)])).Distinct().Order(StringComparer.Ordinal));
}
