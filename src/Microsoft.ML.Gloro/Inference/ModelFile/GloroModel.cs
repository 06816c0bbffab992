using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// A deployed model: the network, the bound that was proved for exactly its weights, the classes, and the guarantee that is certified at
/// <see cref="Epsilon"/>, in which arithmetic.
/// </summary>
/// <remarks>Immutable and safe for concurrent use.</remarks>
internal sealed class GloroModel
{
    private const int UsualRadii = 10;

    /// <param name="network">The network; every weight finite, sizes within <see cref="ModelLimits"/>.</param>
    /// <param name="bound">The bound that was proved for the network's weights.</param>
    /// <param name="classNames">One name per output.</param>
    /// <param name="guarantee">The guarantee to certify.</param>
    /// <param name="epsilon">
    /// The radius to certify at, L2 in units of the network's input or in its tolerances; finite and at least 0.
    /// </param>
    /// <param name="isImage">Whether inputs are images (3 channels R, G, B in [0, 1]) rather than vectors.</param>
    /// <param name="trainingRowCounts">How many rows of each class the network was trained on; null if that is not known.</param>
    /// <param name="provenance">Where the model comes from; null for this version of the library and no more.</param>
    /// <param name="arithmetic">The arithmetic that certificates speak of, and that rows are scored in.</param>
    /// <param name="temperature">What logits are divided by before softmax makes scores of them.</param>
    /// <param name="labelType">The type of the label values that the names stand for; null for text.</param>
    /// <param name="coverage">How coverage sets are made; null for a model that was not calibrated.</param>
    /// <exception cref="ArgumentException">
    /// The parts do not fit each other, or one is not usable; the message says which and why.
    /// </exception>
    public GloroModel(
        DeployedNetwork network,
        LipschitzBound bound,
        IReadOnlyList<string> classNames,
        RobustnessGuarantee guarantee,
        float epsilon,
        bool isImage,
        IReadOnlyList<int>? trainingRowCounts = null,
        ModelProvenance? provenance = null,
        CertificateArithmetic arithmetic = CertificateArithmetic.Float64,
        double temperature = 1,
        LabelType? labelType = null,
        CoverageRule? coverage = null)
    {
        ModelLimits.Check(network);
        CheckClasses(network, classNames, trainingRowCounts);
        CheckInput(network.InputShape, isImage);
        CheckBound(bound);
        (Network, Bound, IsImage) = (network, bound, isImage);
        (ClassNames, TrainingRowCounts) = ([.. classNames], [.. trainingRowCounts ?? []]);
        LabelType = CheckLabelType(labelType ?? LabelType.Text, ClassNames);
        Provenance = provenance ?? ModelProvenance.OfThisLibrary(training: "");
        ModelLimits.CheckText(Provenance.LibraryVersion, "The library version");
        ModelLimits.CheckText(Provenance.Training, "The summary of the training");
        (Arithmetic, Rounding, Constants) = Margins(network, bound, arithmetic);
        (Guarantee, Epsilon, ResolvedGuarantee) = (guarantee, CheckEpsilon(epsilon), Bind(guarantee, ClassNames));
        Temperature = CheckTemperature(temperature);
        Coverage = coverage;
    }

    private GloroModel(
        GloroModel other, DeployedNetwork network, RobustnessGuarantee guarantee, float epsilon, CertificateArithmetic arithmetic,
        double temperature, CoverageRule? coverage)
    {
        (Network, Bound, IsImage) = (network, other.Bound, other.IsImage);
        (ClassNames, LabelType) = (other.ClassNames, other.LabelType);
        (TrainingRowCounts, Provenance) = (other.TrainingRowCounts, other.Provenance);
        (Arithmetic, Rounding, Constants) = arithmetic == other.Arithmetic && network == other.Network
            ? (arithmetic, other.Rounding, other.Constants)
            : Margins(network, other.Bound, arithmetic);
        (Guarantee, Epsilon, ResolvedGuarantee) = (guarantee, CheckEpsilon(epsilon), Bind(guarantee, ClassNames));
        Temperature = CheckTemperature(temperature);
        Coverage = coverage;
    }

    public DeployedNetwork Network { get; }

    public LipschitzBound Bound { get; }

    /// <summary>One name per output of the network.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>The type of the label values that <see cref="ClassNames"/> stand for.</summary>
    public LabelType LabelType { get; }

    /// <summary>
    /// How many rows of each class the network was trained on; empty if that is not known. A class with 0 was never seen.
    /// </summary>
    public IReadOnlyList<int> TrainingRowCounts { get; }

    public RobustnessGuarantee Guarantee { get; }

    /// <summary>The radius that is certified at: L2 in units of the network's input, or in its tolerances if it has any.</summary>
    public float Epsilon { get; }

    /// <summary>Whether inputs are images rather than vectors.</summary>
    public bool IsImage { get; }

    public ModelProvenance Provenance { get; }

    /// <summary>The arithmetic that certificates speak of, and that rows are scored in.</summary>
    public CertificateArithmetic Arithmetic { get; }

    /// <summary>T: scores are softmax(logits / T). No certificate depends on it.</summary>
    public double Temperature { get; }

    /// <summary>How coverage sets are made; null if the model was not calibrated.</summary>
    public CoverageRule? Coverage { get; }

    /// <summary>How far computed margins can be from true ones in <see cref="Arithmetic"/>.</summary>
    public RoundingBound Rounding { get; }

    /// <summary>The margin Lipschitz constants K_ij of the network under its bound, with <see cref="RoundingBound.Slope"/> added.</summary>
    public MarginConstants Constants { get; }

    /// <summary>The guarantee, resolved for this model's classes.</summary>
    public ResolvedGuarantee ResolvedGuarantee { get; }

    /// <summary>
    /// How many radii r_1, r_2, … a scored row keeps: enough for the guarantee, and ten where there are as many, so that other guarantees
    /// can be read from a scored row.
    /// </summary>
    public int RadiiCount => Math.Min(ClassNames.Count - 1, Math.Max(UsualRadii, ResolvedGuarantee.MaxK));

    /// <summary>The same network under another guarantee and radius. Nothing is computed anew: neither enters the bound.</summary>
    /// <exception cref="ArgumentException">
    /// The guarantee does not fit the classes, or <paramref name="epsilon"/> is negative or not finite.
    /// </exception>
    public GloroModel With(RobustnessGuarantee guarantee, float epsilon) =>
        new(this, Network, guarantee, epsilon, Arithmetic, Temperature, Coverage);

    /// <summary>
    /// The same network, scored and certified in another arithmetic. Coverage sets need a new calibration if it is another one.
    /// </summary>
    public GloroModel With(CertificateArithmetic arithmetic) =>
        new(this, Network, Guarantee, Epsilon, arithmetic, Temperature, arithmetic == Arithmetic ? Coverage : null);

    /// <summary>The same layers under the same bound, on other views of images. Only the rounding is bounded anew.</summary>
    /// <exception cref="ArgumentException">Inputs have no such views.</exception>
    public GloroModel With(GloroImageViews views) =>
        new(this, Network.With(views), Guarantee, Epsilon, Arithmetic, Temperature, views == Network.Views ? Coverage : null);

    /// <summary>The same model with coverage sets.</summary>
    public GloroModel With(CoverageRule coverage) => new(this, Network, Guarantee, Epsilon, Arithmetic, Temperature, coverage);

    /// <summary>The same network, its scores made with another temperature.</summary>
    /// <exception cref="ArgumentException"><paramref name="temperature"/> is not a number within <see cref="ModelLimits"/>.</exception>
    public GloroModel WithTemperature(double temperature) =>
        new(this, Network, Guarantee, Epsilon, Arithmetic, temperature, Coverage);

    private static (CertificateArithmetic Arithmetic, RoundingBound Rounding, MarginConstants Constants) Margins(
        DeployedNetwork network, LipschitzBound bound, CertificateArithmetic arithmetic)
    {
        if (!Enum.IsDefined(arithmetic))
            throw new ArgumentOutOfRangeException(nameof(arithmetic), arithmetic, "Unknown arithmetic.");
        var rounding = RoundingBound.Compute(network, bound, arithmetic, CenterNorms.Compute);
        // Refuses a bound that was proved for other weights.
        return (arithmetic, rounding, MarginLipschitz.Compute(network, bound, rounding.Slope));
    }

    private static LabelType CheckLabelType(LabelType type, IReadOnlyList<string> classNames) =>
        classNames.FirstOrDefault(name => !type.IsName(name)) is not { } stranger
            ? type
            : throw new ArgumentException($"The classes are values of type {type.FileName}, and '{stranger}' is none.");

    private static float CheckEpsilon(float epsilon) => float.IsFinite(epsilon) && epsilon >= 0
        ? epsilon
        : throw new ArgumentOutOfRangeException(
            nameof(epsilon), epsilon,
            "Epsilon is an L2 radius: a finite number, 0 or more, in units of the input (pixels in [0, 1]), such as 36f / 255f.");

    private static double CheckTemperature(double temperature) =>
        temperature is >= ModelLimits.LeastTemperature and <= ModelLimits.LargestTemperature
        ? temperature
        : throw new ArgumentOutOfRangeException(
            nameof(temperature), temperature, FormattableString.Invariant(
                $"The temperature of the scores is a number from {ModelLimits.LeastTemperature} to {ModelLimits.LargestTemperature}."));

    private static ResolvedGuarantee Bind(RobustnessGuarantee guarantee, IReadOnlyList<string> classNames)
    {
        ArgumentNullException.ThrowIfNull(guarantee);
        ModelLimits.CheckText(guarantee.ToString(), "The guarantee", ModelLimits.GuaranteeLength);
        return ResolvedGuarantee.Bind(guarantee, classNames);
    }

    private static void CheckClasses(DeployedNetwork network, IReadOnlyList<string> classNames, IReadOnlyList<int>? trainingRowCounts)
    {
        if (classNames.Count != network.ClassCount)
            throw new ArgumentException($"A network with {network.ClassCount} outputs needs as many class names, not {classNames.Count}.");
        for (int i = 0; i < classNames.Count; i++)
            ModelLimits.CheckText(classNames[i], $"The name of class {i}");
        if (classNames.Sum(name => name.Length) is int length and > ModelLimits.ClassNamesLength)
        {
            throw new ArgumentException(
                $"The class names have {length} characters together; at most {ModelLimits.ClassNamesLength} can be stored.");
        }

        if (trainingRowCounts is not { Count: > 0 })
            return;
        if (trainingRowCounts.Count != network.ClassCount || trainingRowCounts.Any(count => count < 0))
            throw new ArgumentException($"Training row counts are one number, 0 or more, for each of {network.ClassCount} classes.");
    }

    private static void CheckInput(TensorShape shape, bool isImage)
    {
        if (isImage && shape.Channels != 3)
            throw new ArgumentException($"Images have 3 channels (R, G, B); the network takes {shape}.", nameof(isImage));
    }

    private static void CheckBound(LipschitzBound bound)
    {
        foreach (LayerBound layer in bound.Layers)
            ModelLimits.CheckText(layer.Method, "The method of a layer's bound", ModelLimits.MethodLength);
    }
}
