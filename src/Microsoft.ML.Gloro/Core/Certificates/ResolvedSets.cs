namespace Microsoft.ML.Gloro.Core;

/// <summary>Finds the classes of affinity sets, and refuses sets that a model cannot have.</summary>
internal static class ResolvedSets
{
    private const int NamesShown = 20;

    /// <summary>The sets, in their order.</summary>
    /// <exception cref="ArgumentException">A set does not fit the classes; the message says why.</exception>
    public static ResolvedSet[] Of(AffinitySets affinitySets, IReadOnlyList<string> classNames)
    {
        var classCount = classNames.Count;
        var sets = affinitySets.Indices is { } indices
            ? indices.Select((set, place) => new ResolvedSet(
                place, affinitySets.GroupNames[place], set.Select(index => CheckIndex(index, classNames)), classCount)).ToArray()
            : ByName(affinitySets, classNames);
        foreach (var set in sets)
        {
            if (set.Count == classCount)
                throw new ArgumentException(
                    $"An affinity set holds all {classCount} classes ({Existing(classNames)}): it would allow any prediction at all. " +
                    "Leave at least one class out of each set.");
            bool IsOther(int index) => !(set.Contains[index] && set.Count == 1);
            if (set.Name is { } name && Enumerable.Range(0, classCount).Any(index => classNames[index] == name && IsOther(index)))
                throw new ArgumentException(
                    $"An affinity set has the name '{name}', which is the name of a class too. Give the set another name.");
        }

        return sets;
    }

    private static int CheckIndex(int index, IReadOnlyList<string> classNames) => index < classNames.Count
        ? index
        : throw new ArgumentException(
            $"An affinity set holds the class index {index}, but indices go from 0 to {classNames.Count - 1}. The classes are " +
            $"{Existing(classNames)}.");

    private static ResolvedSet[] ByName(AffinitySets affinitySets, IReadOnlyList<string> classNames)
    {
        var indexOf = new Dictionary<string, int>(StringComparer.Ordinal);
        var ambiguous = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < classNames.Count; i++)
        {
            if (!indexOf.TryAdd(classNames[i], i))
                ambiguous.Add(classNames[i]);
        }

        return [.. affinitySets.Names!.Select((set, place) =>
        {
            var group = affinitySets.GroupNames[place];
            if (group is not null && UnnamedReading(group, set[0]) is { } first)
                (group, set) = (null, [first, .. set[1..]]);
            return new ResolvedSet(place, group, set.Select(Find), classNames.Count);
        })];

        // Before sets had names, "x=a+b" was a set of the classes "x=a" and "b". If there is such a class, it still is.
        string? UnnamedReading(string group, string first)
        {
            var written = classNames.FirstOrDefault(
                name => AffinityText.SplitName(name) is ({ } start, var rest) && start == group && rest.Trim() == first);
            return written is null || !indexOf.ContainsKey(first) ? written : throw new ArgumentException(
                $"The affinity set '{group}' begins with class '{first}', and there is a class '{written}' too: the text " +
                $"'{group}={first}' can mean either. Give the set another name.");
        }

        int Find(string name)
        {
            if (ambiguous.Contains(name))
                throw new ArgumentException(
                    $"An affinity set holds class '{name}', but two classes have that name. Give the sets by index.");
            if (indexOf.TryGetValue(name, out var index))
                return index;
            var similar = classNames.FirstOrDefault(other => string.Equals(other.Trim(), name.Trim(), StringComparison.OrdinalIgnoreCase));
            string hint = similar is null ? "" : $" Is '{similar}' meant?";
            throw new ArgumentException(
                $"An affinity set holds class '{name}', which does not exist.{hint} The classes are {Existing(classNames)}.");
        }
    }

    private static string Existing(IReadOnlyList<string> classNames) =>
        string.Join(", ", classNames.Take(NamesShown).Select((name, index) => $"{name} (#{index})"))
        + (classNames.Count > NamesShown ? $" and {classNames.Count - NamesShown} more" : "");
}

/// <summary>One affinity set as a mask over the classes.</summary>
internal sealed class ResolvedSet
{
    public ResolvedSet(int place, string? name, IEnumerable<int> classes, int classCount)
    {
        (Place, Name, Contains) = (place, name, new bool[classCount]);
        foreach (var index in classes)
        {
            Contains[index] = true;
            Count++;
        }
    }

    /// <summary>Its place among the sets.</summary>
    public int Place { get; }

    /// <summary>Null for none.</summary>
    public string? Name { get; }

    public bool[] Contains { get; }

    public int Count { get; }

    public int[] Members() => [.. Enumerable.Range(0, Contains.Length).Where(index => Contains[index])];

    public bool ContainsAll(ReadOnlySpan<int> classes)
    {
        foreach (var index in classes)
        {
            if (!Contains[index])
                return false;
        }

        return true;
    }
}
