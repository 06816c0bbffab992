using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro;

/// <summary>What <c>mlContext.Gloro.ConvertToOnnx</c> writes. The defaults give a file that certifies what the model does. All values are copied when the conversion begins.</summary>
public sealed class GloroOnnxOptions
{
    /// <summary>The most radii that a file holds; r_k for a larger k is not worth what it costs.</summary>
    internal const int MostRadii = 32;

    /// <summary>
    /// The arithmetic that the graph's certificates speak of. <see cref="CertificateArithmetic.Float64"/>: the network is computed in double precision, and certificates cover the
    /// rounding of every engine that adds and multiplies as IEEE 754 says, in whatever order. <see cref="CertificateArithmetic.Real"/>: single precision, faster by a
    /// half or more; the certificates are those of the network as a mathematical function. Default: null, the model's own.
    /// </summary>
    public CertificateArithmetic? Arithmetic { get; set; }

    /// <summary>
    /// How many radii r_1, r_2, … the graph computes, at most 32 and fewer than there are classes: no larger set can be certified, whatever <c>max_k</c> and the affinity sets are at
    /// run time. Time grows in proportion. Default: 0, as many as the column TopKRadii has, but no more than 32.
    /// </summary>
    public int RadiiCount { get; set; }

    /// <summary>
    /// How many affinity sets fit into the graph's parameter <c>affinity_sets</c>, each class in no set counted as one: those that a guarantee of run time may have. Default: 0,
    /// as many as there are classes, but no more than 64 unless the model has more.
    /// </summary>
    public int AffinitySetCapacity { get; set; }

    /// <summary>
    /// Whether pixels come in as 0 … 255, still as Single, and are divided by 255 in the graph. ε and radii stay in units of pixels scaled to [0, 1]. Default: false, pixels
    /// come in scaled. Image models only.
    /// </summary>
    public bool BytePixels { get; set; }

    /// <summary>
    /// Whether ε is a required input of the graph rather than one with the model's ε as its default. Set it for onnxruntime-node and
    /// onnxruntime-web, which cannot override a default. Each run then needs <c>epsilon</c>, a vector of one Single. Default: false.
    /// </summary>
    public bool EpsilonAsInput { get; set; }

    internal GloroOnnxOptions Copy() => (GloroOnnxOptions)MemberwiseClone();

    /// <summary>Throws one exception that names everything that is wrong for a model.</summary>
    /// <param name="classCount">Its classes.</param>
    /// <param name="isImage">Whether it takes images.</param>
    /// <param name="neededK">The largest k that its guarantee allows.</param>
    /// <param name="neededSets">The affinity sets of its guarantee.</param>
    /// <exception cref="ArgumentException">One or more values cannot be used.</exception>
    internal void Validate(int classCount, bool isImage, int neededK, int neededSets) =>
        OptionFaults.ThrowIfAny("the ONNX file", Faults(classCount, isImage, Math.Min(neededK, MostRadii), neededSets));

    private IEnumerable<FormattableString> Faults(int classCount, bool isImage, int neededK, int neededSets)
    {
        if (Arithmetic is { } arithmetic && !Enum.IsDefined(arithmetic))
            yield return $"{nameof(Arithmetic)} is unknown: {arithmetic}.";
        int most = Math.Min(MostRadii, classCount - 1);
        if (RadiiCount < 0 || RadiiCount > most)
            yield return $"{nameof(RadiiCount)} must be from 1 to {most} for {classCount} classes, or 0 for the usual number, not {RadiiCount}.";
        else if (RadiiCount != 0 && RadiiCount < neededK)
            yield return $"{nameof(RadiiCount)} is {RadiiCount}, but the model's guarantee certifies sets of up to {neededK} classes.";
        if (AffinitySetCapacity < 0)
            yield return $"{nameof(AffinitySetCapacity)} must be positive, or 0 for the usual number, not {AffinitySetCapacity}.";
        else if (AffinitySetCapacity != 0 && AffinitySetCapacity < neededSets)
            yield return $"{nameof(AffinitySetCapacity)} is {AffinitySetCapacity}, but the model's guarantee has {neededSets} sets, classes in none counted as sets.";
        if (BytePixels && !isImage)
            yield return $"{nameof(BytePixels)} is for images, and the model takes feature vectors.";
    }
}
