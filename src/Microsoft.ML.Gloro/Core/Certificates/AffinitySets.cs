using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro;

/// <summary>
/// Sets of classes that may be confused with each other without harm, such as highways and rivers. Sets may overlap and may have names.
/// Immutable and thread-safe. Whether the classes exist is checked when a model is trained or loaded, since only then are they known.
/// </summary>
/// <remarks>
/// <para>The name of a set, such as "trees", is what the column CertifiedGroup calls a certified set that lies in it. Names are unique, not
/// empty, hold none of + , : = and \, do not begin with #, and do not begin or end with white space. A set may have the name of a class
/// only if it holds that class alone.</para>
/// <para>Two instances are equal if they hold the same sets with the same names, in whatever order sets and classes are written.</para>
/// </remarks>
/// <example>
/// <code language="csharp">
/// AffinitySets sets = AffinitySets.Parse("lines=Highway+River,Forest+Pasture");
/// GloroMetrics metrics = mlContext.Gloro.Evaluate(scored, guarantee: RobustnessGuarantee.Affinity(sets));
/// </code>
/// </example>
public sealed class AffinitySets : IEquatable<AffinitySets>
{
    private readonly string _text;
    private readonly string _key;

    private AffinitySets(string[][]? names, int[][]? indices, IEnumerable<string?>? groupNames)
    {
        (Names, Indices) = (names, indices);
        GroupNames = Array.AsReadOnly(CheckGroupNames(groupNames, Count));
        (_text, _key) = names is not null
            ? Texts(names, AffinityText.Format, StringComparer.Ordinal)
            : Texts(indices!, AffinityText.Format, Comparer<int>.Default);
    }

    /// <summary>Number of sets, at least 1.</summary>
    public int Count => Names?.Length ?? Indices!.Length;

    /// <summary>The name of each set, in the order in which they were given; null for a set without a name.</summary>
    public IReadOnlyList<string?> GroupNames { get; }

    /// <summary>The sets by class name; null if they were given by index.</summary>
    internal string[][]? Names { get; }

    /// <summary>The sets by class index; null if they were given by name.</summary>
    internal int[][]? Indices { get; }

    /// <summary>Sets of class names, spelled as the label's key values are.</summary>
    /// <param name="sets">The sets.</param>
    /// <param name="groupNames">The name of each set, null for a set without one; null if no set has a name.</param>
    /// <exception cref="ArgumentException">
    /// No set, an empty set, an empty class name, a class twice in one set, or a group name that cannot be used.
    /// </exception>
    public static AffinitySets FromNames(IEnumerable<IEnumerable<string>> sets, IEnumerable<string?>? groupNames = null)
    {
        var names = Copy(sets);
        foreach (var (set, name) in names.SelectMany((set, number) => set.Select(name => (number + 1, name))))
        {
            if (string.IsNullOrEmpty(name))
                throw new ArgumentException($"Affinity set {set} holds an empty class name.", nameof(sets));
        }
        return new AffinitySets(names, null, groupNames);
    }

    /// <summary>
    /// Sets of class indices: 0 is the first key value of the label. Prefer names, which stay right if the order of the classes changes.
    /// </summary>
    /// <param name="sets">The sets.</param>
    /// <param name="groupNames">The name of each set, null for a set without one; null if no set has a name.</param>
    /// <exception cref="ArgumentException">
    /// No set, an empty set, a negative index, a class twice in one set, or a group name that cannot be used.
    /// </exception>
    public static AffinitySets FromIndices(IEnumerable<IEnumerable<int>> sets, IEnumerable<string?>? groupNames = null)
    {
        var indices = Copy(sets);
        foreach (var (set, index) in indices.SelectMany((set, number) => set.Select(index => (number + 1, index))))
        {
            if (index < 0)
                throw new ArgumentException($"Affinity set {set} holds the class index {index}; indices start at 0.", nameof(sets));
        }
        return new AffinitySets(null, indices, groupNames);
    }

    /// <summary>
    /// One set for each superclass, with its name, holding the classes that are mapped to it, as CIFAR-100's 20 superclasses.
    /// </summary>
    /// <param name="classToSuperclass">From each class name to the name of its superclass. Classes that are left out are in no set.</param>
    /// <exception cref="ArgumentException">
    /// The map is empty, a class or superclass has no name, or a superclass has a name that cannot be used.
    /// </exception>
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
        var groups = classToSuperclass
            .GroupBy(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal).ToList();
        return FromNames(groups.Select(group => group.Order(StringComparer.Ordinal)), groups.Select(group => group.Key));
    }

    /// <summary>
    /// Reads <c>Highway+River,Forest+Pasture</c> (names) or <c>#3+#8,#1+#5</c> (indices): + joins the classes of a set, a comma parts the
    /// sets. <c>trees=maple+oak,Forest+Pasture</c> names the first set. White space around a name is dropped. A backslash before
    /// + , : = \, before white space at either end, or before a leading #, makes it part of a class name.
    /// </summary>
    /// <remarks>
    /// Earlier versions knew no names of sets, and so took = for part of a class name. Their texts stay readable: if the model has a class
    /// x=a, the set x=a+b holds it.
    /// </remarks>
    /// <exception cref="FormatException">The text is not of that form; the message says what is wrong.</exception>
    public static AffinitySets Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (AffinityText.Split(text, AffinityText.OptionSeparator).Count > 1)
            throw new FormatException(
                $"The affinity sets '{text}' hold a colon. If it is part of a class name, write a backslash before it.");
        var parts = AffinityText.Split(text, AffinityText.SetSeparator).Select(AffinityText.SplitName).ToArray();
        var groups = parts.Select(part => part.Group);
        var sets = parts
            .Select(part => AffinityText.Split(part.Classes, AffinityText.ClassSeparator))
            .Select(set => set.Select(part => AffinityText.ReadClass(part, text)).ToArray())
            .ToArray();
        var named = sets.Sum(set => set.Count(item => item.Name is not null));
        if (named > 0 && named < sets.Sum(set => set.Length))
            throw new FormatException($"The affinity sets '{text}' mix class names and class indices (#3). Use one of the two.");
        try
        {
            return named > 0
                ? FromNames(sets.Select(set => set.Select(item => item.Name!)), groups)
                : FromIndices(sets.Select(set => set.Select(item => item.Index)), groups);
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

    private static string?[] CheckGroupNames(IEnumerable<string?>? groupNames, int count)
    {
        string?[] names = groupNames is null ? new string?[count] : [.. groupNames];
        if (names.Length != count)
        {
            throw new ArgumentException(
                $"There are {count} affinity sets and {names.Length} group names. Give one name for each set, null for none.",
                nameof(groupNames));
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < count; i++)
        {
            if (names[i] is not { } name)
                continue;
            if (AffinityText.FaultOfName(name) is { } fault)
            {
                throw new ArgumentException(
                    $"The name '{name}' of affinity set {i + 1} {fault}. Choose another name, such as trees.", nameof(groupNames));
            }

            if (!seen.Add(name))
            {
                throw new ArgumentException(
                    $"Two affinity sets have the name '{name}'. Give each a name of its own, or join the sets.", nameof(groupNames));
            }
        }

        return names;
    }

    // The text of the sets as given, and a text that is the same for equal sets.
    private (string Text, string Key) Texts<T>(T[][] sets, Func<string?, IEnumerable<T>, string> format, IComparer<T> comparer) => (
        string.Join(AffinityText.SetSeparator, sets.Select((set, i) => format(GroupNames[i], set))),
        string.Join(
            AffinityText.SetSeparator,
            sets.Select((set, i) => format(GroupNames[i], set.Order(comparer))).Distinct().Order(StringComparer.Ordinal)));
}
