using System.Globalization;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro;

/// <summary>
/// Which sets of a row's k highest classes may be certified. A certified set of k classes is proved to be the same for every input within
/// L2 distance r_k (the column TopKRadii). The columns CertifiedLabels and CertifiedRadius have the tightest set that holds at ε, and its
/// r_k. Immutable and safe for concurrent use.
/// </summary>
/// <example>
/// <code language="csharp">
/// RobustnessGuarantee one = RobustnessGuarantee.Local;
/// RobustnessGuarantee few = RobustnessGuarantee.RelaxedTopK(3);
/// RobustnessGuarantee group = RobustnessGuarantee.Affinity(AffinitySets.Parse("Highway+River,Forest+Pasture"));
/// RobustnessGuarantee read = RobustnessGuarantee.Parse("rtk:3");
/// </code>
/// </example>
public sealed class RobustnessGuarantee : IEquatable<RobustnessGuarantee>
{
    private const string LocalText = "local", RelaxedTopKText = "rtk", AffinityKindText = "affinity";
    private const string SubsetText = "subset", ExactText = "exact", SingletonsText = "singletons", NoSingletonsText = "no-singletons";

    private RobustnessGuarantee(GuaranteeKind kind, int k, AffinitySets? affinitySets, AffinityMatch match, bool includeSingletons) =>
        (Kind, K, AffinitySets, Match, IncludeSingletons) = (kind, k, affinitySets, match, includeSingletons);

    /// <summary>Local robustness: only the top-1 class may be certified.</summary>
    public static RobustnessGuarantee Local { get; } = new(GuaranteeKind.Local, 1, null, AffinityMatch.Subset, true);

    /// <summary>Which family of label sets may be certified.</summary>
    public GuaranteeKind Kind { get; }

    /// <summary>
    /// The largest k that may be certified: 1 for local robustness, K for relaxed top-K; 0 for affinity robustness, where the sets decide.
    /// </summary>
    public int K { get; }

    /// <summary>The affinity sets; null unless <see cref="Kind"/> is <see cref="GuaranteeKind.Affinity"/>.</summary>
    public AffinitySets? AffinitySets { get; }

    /// <summary>How a certified set must relate to an affinity set. Only affinity robustness uses it.</summary>
    public AffinityMatch Match { get; }

    /// <summary>Whether a class that is in no affinity set may be certified alone. Only affinity robustness uses it.</summary>
    public bool IncludeSingletons { get; }

    /// <summary>
    /// Relaxed top-K (RTK) robustness: F^k may be certified for any k ≤ K. K = 1 certifies exactly what <see cref="Local"/> does.
    /// </summary>
    /// <param name="k">K, at least 1. It must be less than the number of classes, which is checked when that number is known.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="k"/> is less than 1.</exception>
    public static RobustnessGuarantee RelaxedTopK(int k) => k >= 1
        ? new(GuaranteeKind.RelaxedTopK, k, null, AffinityMatch.Subset, true)
        : throw new ArgumentOutOfRangeException(nameof(k), k, "Relaxed top-K robustness needs K of at least 1.");

    /// <summary>
    /// Affinity robustness: F^k may be certified if it is a subset of an affinity set, or equals one, as <paramref name="match"/> says.
    /// </summary>
    /// <param name="sets">The affinity sets. None may hold all classes, which is checked when the classes are known.</param>
    /// <param name="match">Subset (the default): F^k ⊆ S. Exact: F^k = S, so that a class of a larger set is never certified alone.</param>
    /// <param name="includeSingletons">
    /// Whether each class that is in no set gets a set of its own. If not, such a class can never be certified.
    /// </param>
    /// <exception cref="ArgumentNullException"><paramref name="sets"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="match"/> is not a defined value.</exception>
    public static RobustnessGuarantee Affinity(AffinitySets sets, AffinityMatch match = AffinityMatch.Subset, bool includeSingletons = true)
    {
        ArgumentNullException.ThrowIfNull(sets);
        return match is AffinityMatch.Subset or AffinityMatch.Exact
            ? new(GuaranteeKind.Affinity, 0, sets, match, includeSingletons)
            : throw new ArgumentOutOfRangeException(nameof(match), match, "The match is Subset or Exact.");
    }

    /// <summary>
    /// Reads <c>local</c>, <c>rtk:3</c> or <c>affinity:lines=Highway+River,Forest+Pasture</c> (the sets as in
    /// <see cref="Gloro.AffinitySets.Parse"/>). After the sets may stand <c>:exact</c> or <c>:subset</c> (the default), and
    /// <c>:no-singletons</c> or <c>:singletons</c> (the default). Upper and lower case are the same, except in class names.
    /// </summary>
    /// <exception cref="FormatException">The text is not of that form; the message says what is wrong.</exception>
    public static RobustnessGuarantee Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = AffinityText.Split(text, AffinityText.OptionSeparator);
        if (Is(parts[0], LocalText) && parts.Count == 1)
            return Local;
        if (Is(parts[0], RelaxedTopKText) && parts.Count == 2)
        {
            return int.TryParse(parts[1].AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var k) && k >= 1
                ? RelaxedTopK(k)
                : throw new FormatException($"K in the guarantee '{text}' must be a whole number of at least 1, such as rtk:3.");
        }
        if (Is(parts[0], AffinityKindText) && parts.Count >= 2)
            return ParseAffinity(text, parts);
        throw new FormatException(
            $"'{text}' is no guarantee. Write local, rtk:3 or affinity:Highway+River,Forest+Pasture (with the names of your classes).");
    }

    /// <inheritdoc/>
    public bool Equals(RobustnessGuarantee? other) => other is not null
        && (Kind, K, Match, IncludeSingletons) == (other.Kind, other.K, other.Match, other.IncludeSingletons)
        && Equals(AffinitySets, other.AffinitySets);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as RobustnessGuarantee);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, K, AffinitySets, Match, IncludeSingletons);

    /// <summary>The text that <see cref="Parse"/> reads back into an equal guarantee.</summary>
    public override string ToString() => Kind switch
    {
        GuaranteeKind.Local => LocalText,
        GuaranteeKind.RelaxedTopK => string.Create(CultureInfo.InvariantCulture, $"{RelaxedTopKText}:{K}"),
        _ => $"{AffinityKindText}:{AffinitySets}" +
            $"{(Match == AffinityMatch.Exact ? $":{ExactText}" : "")}{(IncludeSingletons ? "" : $":{NoSingletonsText}")}",
    };

    private static RobustnessGuarantee ParseAffinity(string text, List<string> parts)
    {
        AffinityMatch? match = null;
        bool? singletons = null;
        foreach (var option in parts.Skip(2))
        {
            if (match is null && (Is(option, ExactText) || Is(option, SubsetText)))
                match = Is(option, ExactText) ? AffinityMatch.Exact : AffinityMatch.Subset;
            else if (singletons is null && (Is(option, SingletonsText) || Is(option, NoSingletonsText)))
                singletons = Is(option, SingletonsText);
            else
                throw new FormatException(
                    $"':{option}' in the guarantee '{text}' is unknown or too much. After the affinity sets may stand one of :subset " +
                    "and :exact and one of :singletons and :no-singletons. If the colon is part of a class name, write a backslash " +
                    "before it.");
        }
        return Affinity(AffinitySets.Parse(parts[1]), match ?? AffinityMatch.Subset, singletons ?? true);
    }

    private static bool Is(string part, string word) => part.AsSpan().Trim().Equals(word, StringComparison.OrdinalIgnoreCase);
}

/// <summary>Which label sets a <see cref="RobustnessGuarantee"/> lets a row be certified for.</summary>
public enum GuaranteeKind
{
    /// <summary>Only the top-1 class: no input within ε changes the predicted class.</summary>
    Local,

    /// <summary>Relaxed top-K robustness: the set of the k highest classes does not change within ε, for some k ≤ K.</summary>
    RelaxedTopK,

    /// <summary>Affinity robustness: as relaxed top-K, but only for sets of classes that belong together.</summary>
    Affinity,
}

/// <summary>How the certified top-k set F^k must relate to an affinity set S.</summary>
public enum AffinityMatch
{
    /// <summary>F^k ⊆ S: the certified classes all belong to one affinity set. The default.</summary>
    Subset,

    /// <summary>F^k = S: the certified classes are one whole affinity set.</summary>
    Exact,
}
