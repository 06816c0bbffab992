namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// Chooses rows for a gallery in one pass. A hash of the row's number decides, so the choice is reproducible and independent of the row's
/// content. Each predicted class has a few places (beyond 64 classes, every 64th class shares them), so the chosen rows are of different
/// classes where possible.
/// </summary>
internal sealed class GalleryChoice
{
    private const int MostClasses = 64;

    private readonly int wanted, buckets, slots;
    private readonly Dictionary<(GalleryKind Kind, int Slot, int Bucket), (ulong Hash, GalleryRow Row)> chosen = [];
    private readonly long[] counts = new long[Enum.GetValues<GalleryKind>().Length];

    /// <param name="wanted">How many rows of each kind.</param>
    /// <param name="classCount">C.</param>
    public GalleryChoice(int wanted, int classCount)
    {
        (this.wanted, buckets) = (wanted, Math.Min(classCount, MostClasses));
        slots = (wanted + buckets - 1) / buckets;
    }

    /// <summary>Offers a row.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="number">Its number in the view.</param>
    /// <param name="predicted">Its top-1 class.</param>
    /// <param name="make">Makes the entry, which decodes an image; called only for rows that get a place: about places · log(rows)
    /// times.</param>
    public void Offer(GalleryKind kind, long number, int predicted, Func<GalleryRow> make)
    {
        counts[(int)kind]++;
        if (wanted == 0)
            return;
        ulong hash = Mix((ulong)number);
        var place = (kind, (int)(hash % (ulong)slots), predicted % buckets);
        hash /= (ulong)slots;
        if (!chosen.TryGetValue(place, out var holder) || hash < holder.Hash)
            chosen[place] = (hash, make());
    }

    public IReadOnlyList<GalleryGroup> ToGroups() =>
    [
        .. Enum.GetValues<GalleryKind>().Select(kind => new GalleryGroup(kind, counts[(int)kind],
            [.. chosen.Where(c => c.Key.Kind == kind).OrderBy(c => c.Key.Slot).ThenBy(c => c.Value.Hash).ThenBy(c => c.Key.Bucket)
                .Take(wanted).Select(c => c.Value.Row)])),
    ];

    /// <summary>A hash of a number: SplitMix64, one step and its finalizer.</summary>
    public static ulong Mix(ulong value)
    {
        value += 0x9e3779b97f4a7c15;
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
        value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
        return value ^ (value >> 31);
    }
}

/// <summary>The kinds of rows that a gallery shows.</summary>
internal enum GalleryKind
{
    /// <summary>A set of classes is certified at ε, and the top-1 class alone is not.</summary>
    Relaxed,

    /// <summary>The top-1 class is certified at ε.</summary>
    Local,

    /// <summary>Nothing is certified at ε.</summary>
    Nothing,
}

/// <summary>Rows of one kind in a gallery.</summary>
/// <param name="Kind">Their kind.</param>
/// <param name="Count">How many rows of the view are of this kind.</param>
/// <param name="Rows">Some of them.</param>
internal sealed record GalleryGroup(GalleryKind Kind, long Count, IReadOnlyList<GalleryRow> Rows);

/// <summary>A row of a report's gallery.</summary>
/// <param name="Number">Its number in the view, from 0.</param>
/// <param name="Label">The class of its label; null if it has none, or one that the model does not know.</param>
/// <param name="Order">The first classes by logit: those of the loosest set, or the top-1 class.</param>
/// <param name="CertifiedK">The size of the tightest set that holds at ε; 0 for none.</param>
/// <param name="Group">The named affinity set that is the finest name of that set; empty if there is none or it has one class.</param>
/// <param name="Radius">The radius within which that set cannot change; if there is none, the row's largest radius under the
/// guarantee.</param>
/// <param name="LoosestK">The size of the loosest set that holds at ε.</param>
/// <param name="LoosestRadius">The radius of that set; 0 if there is none.</param>
/// <param name="LocalRadius">r_1.</param>
/// <param name="Png">A thumbnail; null if there are no images.</param>
internal sealed record GalleryRow(long Number, string? Label, IReadOnlyList<string> Order, int CertifiedK, string Group, float Radius,
    int LoosestK, float LoosestRadius, float LocalRadius,
    byte[]? Png);
