namespace Experiments;

/// <summary>A small training set, as users of few images have it.</summary>
internal static class FewImages
{
    /// <summary>
    /// <paramref name="count"/> items of each class, in their order. With one seed a smaller draw is part of a larger one.
    /// </summary>
    /// <param name="items">All items.</param>
    /// <param name="label">The class of an item.</param>
    /// <param name="count">How many of each class, at least 1.</param>
    /// <param name="seed">The seed of the choice.</param>
    /// <exception cref="ArgumentException">A class has fewer items.</exception>
    public static IReadOnlyList<T> Draw<T>(IReadOnlyList<T> items, Func<T, string> label, int count, int seed)
    {
        var random = new Random(seed);
        var kept = new List<int>();
        foreach (var ofClass in Enumerable.Range(0, items.Count).GroupBy(i => label(items[i])))
        {
            int[] members = [.. ofClass];
            if (members.Length < count)
                throw new ArgumentException($"Class {ofClass.Key} has {members.Length} images to train on, fewer than {count}.");
            random.Shuffle(members);
            kept.AddRange(members[..count]);
        }

        kept.Sort();
        return [.. kept.Select(i => items[i])];
    }
}
