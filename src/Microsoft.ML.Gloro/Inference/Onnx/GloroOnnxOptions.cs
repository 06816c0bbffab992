using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro;

/// <summary>
/// What <c>mlContext.Gloro.ConvertToOnnx</c> writes. The defaults give a file that certifies what the model does. All values are copied
/// when the conversion begins.
/// </summary>
public sealed class GloroOnnxOptions
{
    /// <summary>The most radii that a file holds: larger sets say too little for the time they take.</summary>
    internal const int MostRadii = 32;

    /// <summary>
    /// The arithmetic that the graph's certificates are about. <see cref="CertificateArithmetic.Float64"/>: the network runs in double
    /// precision, and certificates cover the rounding of every engine that follows IEEE 754, in any order of summation.
    /// <see cref="CertificateArithmetic.Real"/>: single precision, faster; certificates are about the network as a function of real
    /// numbers, and cover the rounding at the row of an engine that adds products in single precision, in any order. Default: null, the
    /// model's own.
    /// </summary>
    public CertificateArithmetic? Arithmetic { get; set; }

    /// <summary>
    /// How many radii r_1, r_2, … the graph computes, at most 32 and fewer than there are classes. No larger set can be certified, whatever
    /// <c>max_k</c> and the affinity sets are at run time. Time grows in proportion. Default: 0, as many as the column TopKRadii has, but
    /// no more than 32.
    /// </summary>
    public int RadiiCount { get; set; }

    /// <summary>
    /// How many affinity sets fit into the graph's parameter <c>affinity_sets</c>; each class in no set counts as one. A guarantee given at
    /// run time can have that many. Default: 0, as many as there are classes, but no more than 64 unless the model has more.
    /// </summary>
    public int AffinitySetCapacity { get; set; }

    /// <summary>
    /// Whether the graph takes pixels as 0 … 255, still as Single, and divides them by 255. ε and radii stay in units of pixels scaled to
    /// [0, 1]. Default: false, the graph takes scaled pixels. Image models only.
    /// </summary>
    public bool BytePixels { get; set; }

    /// <summary>
    /// The names of the features, in the order of the vector that the model reads, for clients that read them from columns. They go into
    /// the metadata only. Default: null, the name of the model's feature column with a number: Features0, Features1, … Not for image
    /// models.
    /// </summary>
    public IReadOnlyList<string>? FeatureNames { get; set; }

    /// <summary>
    /// Whether ε is a required input of the graph rather than one with the model's ε as its default. Set it for onnxruntime-node and
    /// onnxruntime-web, which cannot override a default. Each run then needs <c>epsilon</c>, a vector of one Single. Default: false.
    /// </summary>
    public bool EpsilonAsInput { get; set; }

    /// <summary>The model's feature column, as the metadata names it.</summary>
    internal string InputColumn { get; private set; } = "";

    /// <summary>Says which column the model reads, and names its features unless the caller has named them.</summary>
    internal void NameInput(string column, int featureCount, bool isImage)
    {
        InputColumn = column;
        if (!isImage)
            FeatureNames ??= [.. Enumerable.Range(0, featureCount).Select(i => FormattableString.Invariant($"{column}{i}"))];
    }

    /// <summary>An independent copy.</summary>
    internal GloroOnnxOptions Copy()
    {
        var copy = (GloroOnnxOptions)MemberwiseClone();
        copy.FeatureNames = FeatureNames is null ? null : [.. FeatureNames];
        return copy;
    }

    /// <summary>Throws one exception that names all faults for a model.</summary>
    /// <param name="classCount">Its classes.</param>
    /// <param name="featureCount">The length of the vector it takes; null if it takes images.</param>
    /// <param name="neededK">The largest k that its guarantee allows.</param>
    /// <param name="neededSets">The affinity sets of its guarantee.</param>
    /// <exception cref="ArgumentException">One or more values cannot be used.</exception>
    internal void Validate(int classCount, int? featureCount, int neededK, int neededSets) =>
        OptionFaults.ThrowIfAny("the ONNX file", Faults(classCount, featureCount, Math.Min(neededK, MostRadii), neededSets));

    private IEnumerable<FormattableString> Faults(int classCount, int? featureCount, int neededK, int neededSets)
    {
        if (Arithmetic is { } arithmetic && !Enum.IsDefined(arithmetic))
            yield return $"{nameof(Arithmetic)} is unknown: {arithmetic}.";
        int most = Math.Min(MostRadii, classCount - 1), radii = RadiiCount, capacity = AffinitySetCapacity;
        if (radii < 0 || radii > most)
            yield return $"{nameof(RadiiCount)} must be from 1 to {most} for {classCount} classes, or 0 for the usual number, not {radii}.";
        else if (radii != 0 && radii < neededK)
            yield return $"{nameof(RadiiCount)} is {radii}, but the model's guarantee certifies sets of up to {neededK} classes.";
        if (capacity < 0)
            yield return $"{nameof(AffinitySetCapacity)} must be positive, or 0 for the usual number, not {capacity}.";
        else if (capacity != 0 && capacity < neededSets)
            yield return $"{nameof(AffinitySetCapacity)} is {capacity}, but the guarantee has {neededSets} sets (classes in none count).";
        if (BytePixels && featureCount is not null)
            yield return $"{nameof(BytePixels)} is for images, and the model takes feature vectors.";
        if (FeatureNames is null)
            yield break;
        if (featureCount is not { } count)
            yield return $"{nameof(FeatureNames)} is for feature vectors, and the model takes images.";
        else if (FeatureNames.Count != count)
            yield return $"{nameof(FeatureNames)} has {FeatureNames.Count} names, but the model takes {count} features.";
        else if (FeatureNames.Any(string.IsNullOrWhiteSpace) || FeatureNames.Distinct(StringComparer.OrdinalIgnoreCase).Count() < count)
            yield return $"{nameof(FeatureNames)} must be names that differ, also in other letter case, and none may be empty.";
    }
}
