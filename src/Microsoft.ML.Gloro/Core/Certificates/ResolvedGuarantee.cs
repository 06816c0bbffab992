namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// A guarantee resolved for the classes of one model: names have become indices and nothing in it can certify vacuously. Immutable and
/// thread-safe.
/// </summary>
internal sealed class ResolvedGuarantee
{
    /// <summary>The affinity sets each class is in; null unless the guarantee is of the affinity kind.</summary>
    private readonly ResolvedSet[][]? _setsOfClass;

    private readonly IReadOnlyList<string> _classNames;

    private ResolvedGuarantee(RobustnessGuarantee guarantee, IReadOnlyList<string> classNames, int maxK, ResolvedSet[][]? setsOfClass)
    {
        (Guarantee, MaxK, _setsOfClass) = (guarantee, maxK, setsOfClass);
        _classNames = [.. classNames];
    }

    /// <summary>The guarantee as the user gave it.</summary>
    public RobustnessGuarantee Guarantee { get; }

    /// <summary>C.</summary>
    public int ClassCount => _classNames.Count;

    /// <summary>The largest k that is ever allowed: K, or the size of the largest affinity set. Between 1 and C − 1.</summary>
    public int MaxK { get; }

    /// <summary>
    /// The affinity sets as indices of classes, in ascending order; null unless the guarantee is of the affinity kind. Implied singletons
    /// are not among them.
    /// </summary>
    public IReadOnlyList<int[]>? AffinitySets { get; private init; }

    /// <summary>The name of each of the <see cref="AffinitySets"/>, null for a set without one; empty for other kinds.</summary>
    public IReadOnlyList<string?> GroupNames { get; private init; } = [];

    /// <summary>
    /// The sets with a name, the finest first: by their number of classes, equally large ones by name, so that the order in which the sets
    /// were given does not matter.
    /// </summary>
    public IReadOnlyList<ResolvedSet> Groups { get; private init; } = [];

    /// <summary>Resolves <paramref name="guarantee"/> for a model's classes, in the order of its logits.</summary>
    /// <exception cref="ArgumentException">
    /// Fewer than two classes; K not less than the number of classes; an affinity set with a class that does not exist, that is named
    /// twice, with all classes, or with the name of a class.
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
            var sets = ResolvedSets.Of(affinitySets, classNames);
            var setsOfClass = Enumerable.Range(0, classCount).Select(index => sets.Where(set => set.Contains[index]).ToArray()).ToArray();
            return new(guarantee, classNames, sets.Max(set => set.Count), setsOfClass)
            {
                AffinitySets = [.. sets.Select(set => set.Members())],
                GroupNames = [.. sets.Select(set => set.Name)],
                Groups =
                [
                    .. sets.Where(set => set.Name is not null)
                        .OrderBy(set => set.Count).ThenBy(set => set.Name, StringComparer.Ordinal),
                ],
            };
        }

        return guarantee.K < classCount
            ? new(guarantee, classNames, guarantee.K, null)
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
    /// <summary>The first of <see cref="Groups"/> that holds all of <paramref name="classes"/>; null if there is none.</summary>
    public ResolvedSet? GroupOf(ReadOnlySpan<int> classes)
    {
        foreach (var group in Groups)
        {
            if (!classes.IsEmpty && group.ContainsAll(classes))
                return group;
        }

        return null;
    }

    /// <summary>
    /// What a certified set is called: its class if it has one, else its <see cref="GroupOf"/>, else nothing.
    /// </summary>
    public string NameOf(ReadOnlySpan<int> classes)
    {
        if (classes.Length == 1)
            return _classNames[classes[0]];
        return GroupOf(classes)?.Name ?? "";
    }
}
