namespace WebApi;

/// <summary>
/// The answer about an image. At any ε, the certified label set is the first k of <see cref="Classes"/> for the smallest
/// k ≤ <see cref="LargestK"/> with <see cref="Radii"/>[k − 1] &gt; ε, and it holds within that radius. If there is no such k, nothing is
/// proved. So another ε needs no second call.
/// </summary>
/// <param name="PredictedLabel">The top-1 class.</param>
/// <param name="IsCertified">Whether a set is proved at the model's ε.</param>
/// <param name="CertifiedLabels">The smallest such set, best first; empty if there is none.</param>
/// <param name="CertifiedGroup">The name of that set; empty if there is none, or it has none.</param>
/// <param name="CertifiedRadius">
/// The distance within which that set is proved, more than ε; if there is none, the largest within which a set is proved.
/// </param>
/// <param name="LoosestLabels">The largest set that is proved at the model's ε, best first; empty if there is none.</param>
/// <param name="Epsilon">The model's ε.</param>
/// <param name="Radii">r_1, r_2, …: within r_k the set of the k highest classes cannot change. Rounded down, as in the columns;
/// 0 where nothing is proved.</param>
/// <param name="LargestK">The largest set that the model's guarantee allows for this image.</param>
/// <param name="Groups">The name of the k highest classes for each k up to <see cref="LargestK"/>; empty where they have none.</param>
/// <param name="Classes">All classes, best first.</param>
/// <param name="Width">Width of the upload, before it was resized.</param>
/// <param name="Height">Its height.</param>
/// <param name="Proved">What is proved at the model's ε, in words.</param>
internal sealed record Answer(
    string PredictedLabel, bool IsCertified, IReadOnlyList<string> CertifiedLabels, string CertifiedGroup, float CertifiedRadius,
    IReadOnlyList<string> LoosestLabels, float Epsilon, IReadOnlyList<float> Radii, int LargestK,
    IReadOnlyList<string> Groups, IReadOnlyList<ScoredClass> Classes, int Width, int Height, string Proved);
