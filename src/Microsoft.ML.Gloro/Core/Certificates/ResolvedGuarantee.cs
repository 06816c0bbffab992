namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// A guarantee resolved for the classes of one model: names have become indices and nothing in it can certify vacuously. Immutable and
/// thread-safe.
/// </summary>
internal sealed class ResolvedGuarantee
{
    private const int NamesShown = 20;

    /// <summary>The affinity sets each class is in; null unless the guarantee is of the affinity kind.</summary>
    private readonly Set[][]? _setsOfClass;

    private ResolvedGuarantee(RobustnessGuarantee guarantee, int classCount, int maxK, Set[][]? setsOfClass) =>
        (Guarantee, ClassCount, MaxK, _setsOfClass) = (guarantee, classCount, maxK, setsOfClass);

    /// <summary>The guarantee as the user gave it.</summary>
    public RobustnessGuarantee Guarantee { get; }

    /// <summary>C.</summary>
    public int ClassCount { get; }

    /// <summary>The largest k that is ever allowed: K, or the size of the largest affinity set. Between 1 and C − 1.</summary>
    public int MaxK { get; }

    /// <summary>
    /// The affinity sets as indices of classes, in ascending order; null unless the guarantee is of the affinity kind. Implied singletons
    /// are not among them.
    /// </summary>
    public IReadOnlyList<int[]>? AffinitySets { get; private init; }

    /// <summary>Resolves <paramref name="guarantee"/> for a model's classes, in the order of its logits.</summary>
    /// <exception cref="ArgumentException">
    /// Fewer than two classes; K not less than the number of classes; an affinity set with a class that does not exist, that is named
    /// twice, or with all classes.
    /// </exception>
    public static ResolvedGuarantee Bind(RobustnessGuarantee guarantee, IReadOnlyList<string> classNames)
    {
        ArgumentNullException.ThrowIfNull(guarantee);
        ArgumentNullException.ThrowIfNull(classNames);
        var classCount = classNames.Count;
        if (classCount < 2)
        {
            string classes = classCount == 0 ? "no class" : $"only one class ({classNames[0]})";
            throw new ArgumentException($"The label has {classes}; a guarantee means something only for two or more.");
        }


        if (guarantee.AffinitySets is { } affinitySets)
        {
            var sets = Resolve(affinitySets, classNames);
            var setsOfClass = Enumerable.Range(0, classCount).Select(index => sets.Where(set => set.Contains[index]).ToArray()).ToArray();
            return new(guarantee, classCount, sets.Max(set => set.Count), setsOfClass)
            {
                AffinitySets = [.. sets.Select(set => set.Members())],
            };
        }
        return guarantee.K < classCount
            ? new(guarantee, classCount, guarantee.K, null)
            : throw new ArgumentException(
                $"The guarantee {guarantee} needs more than {guarantee.K} classes, but there are only {classCount}: the " +
                $"top-{classCount} set holds every class and would be certified whatever the input is. Use K ≤ " +
                $"{classCount - 1}.");
    }

    /// <summary>
    /// Whether F^k, the first <paramref name="k"/> classes of <paramref name="order"/>, may be certified. It says nothing about its radius.
    /// </summary>
    /// <param name="order">The classes by descending logit; only the first k are looked at.</param>
    /// <param name="k">Any number; what is not in 1 … <see cref="MaxK"/> is not allowed.</param>
    public bool Allows(ReadOnlySpan<int> order, int k)
    {
        if (k < 1 || k > MaxK || k > order.Length)
            return false;
        if (_setsOfClass is null)
            return true;

        var sets = _setsOfClass[order[0]];
        if (sets.Length == 0)
            return k == 1 && Guarantee.IncludeSingletons;
        foreach (var set in sets)
        {
            if ((Guarantee.Match == AffinityMatch.Subset || set.Count == k) && set.ContainsAll(order[..k]))
                return true;
        }
        return false;
    }

    private static Set[] Resolve(AffinitySets affinitySets, IReadOnlyList<string> classNames)
    {
        var classCount = classNames.Count;
        var sets = affinitySets.Indices is { } indices
            ? indices.Select(set => new Set(set.Select(index => CheckIndex(index, classNames)), classCount)).ToArray()
            : ResolveNames(affinitySets.Names!, classNames);
        foreach (var set in sets)
        {
            if (set.Count == classCount)
                throw new ArgumentException(
                    $"An affinity set holds all {classCount} classes ({Existing(classNames)}): it would allow any prediction at all. " +
                    "Leave at least one class out of each set.");
        }
        return sets;
    }

    private static int CheckIndex(int index, IReadOnlyList<string> classNames) => index < classNames.Count
        ? index
        : throw new ArgumentException(
            $"An affinity set holds the class index {index}, but indices go from 0 to {classNames.Count - 1}. The classes are " +
            $"{Existing(classNames)}.");

    private static Set[] ResolveNames(string[][] sets, IReadOnlyList<string> classNames)
    {
        var indexOf = new Dictionary<string, int>(StringComparer.Ordinal);
        var ambiguous = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < classNames.Count; i++)
        {
            if (!indexOf.TryAdd(classNames[i], i))
                ambiguous.Add(classNames[i]);
        }
        return sets.Select(set => new Set(set.Select(Find), classNames.Count)).ToArray();

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

    /// <summary>One affinity set as a mask over the classes.</summary>
    private sealed class Set
    {
        public Set(IEnumerable<int> classes, int classCount)
        {
            Contains = new bool[classCount];
            foreach (var index in classes)
            {
                Contains[index] = true;
                Count++;
            }
        }

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
}
