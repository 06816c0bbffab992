namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// Chooses rows for a gallery while they go by: a hash of their number decides, so that the choice is the same every time and does not look at what a row shows. Of every predicted class a few
/// places are kept (of more than 64 classes, of every 64th together), and the rows in the end are of different classes where possible.
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
    /// <param name="make">Makes the entry, which decodes an image; called only for rows that get a place, about as often as there are places times the logarithm of the rows.</param>
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
            [.. chosen.Where(c => c.Key.Kind == kind).OrderBy(c => c.Key.Slot).ThenBy(c => c.Value.Hash).ThenBy(c => c.Key.Bucket).Take(wanted).Select(c => c.Value.Row)])),
    ];

    /// <summary>A hash of a number: SplitMix64, a step and its finaliser.</summary>
    public static ulong Mix(ulong value)
    {
        value += 0x9e3779b97f4a7c15;
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
        value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
        return value ^ (value >> 31);
    }
}
