namespace WebApi;

/// <summary>
/// The answer about an image. At any ε, the certified label set is the first k of <see cref="Classes"/> for the largest
/// k ≤ <see cref="LargestK"/> with <see cref="Radii"/>[k − 1] &gt; ε, and it holds within that radius. If there is no such k, nothing is
/// proved. So another ε needs no second call.
/// </summary>
/// <param name="PredictedLabel">The top-1 class.</param>
/// <param name="IsCertified">Whether a set is proved at the model's ε.</param>
/// <param name="CertifiedLabels">That set, best first; empty if there is none.</param>
/// <param name="Radius">The distance within which that set is proved, more than ε; 0 if there is none.</param>
/// <param name="CertifiedRadius">The model's column of that name: the largest radius of a set that the guarantee allows. It may belong to
/// another set than the one above, whose radius is <paramref name="Radius"/>.</param>
/// <param name="Epsilon">The model's ε.</param>
/// <param name="Radii">r_1, r_2, …: within r_k the set of the k highest classes cannot change. Rounded down, as in the columns;
/// 0 where nothing is proved.</param>
/// <param name="LargestK">The largest set that the model's guarantee allows for this image.</param>
/// <param name="Classes">All classes, best first.</param>
/// <param name="Width">Width of the upload, before it was resized.</param>
/// <param name="Height">Its height.</param>
/// <param name="Proved">What is proved at the model's ε, in words.</param>
internal sealed record Answer(
    string PredictedLabel, bool IsCertified, IReadOnlyList<string> CertifiedLabels, float Radius, float CertifiedRadius, float Epsilon,
    IReadOnlyList<float> Radii, int LargestK, IReadOnlyList<ScoredClass> Classes, int Width, int Height, string Proved);
