using System.Text.Json.Serialization;
using Microsoft.ML.Gloro.Training;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.Gloro;

/// <summary>What both Gloro trainers take. All values are copied when a trainer is made; later changes have no effect on it.</summary>
/// <remarks>
/// AutoML can search over the numbers, which say their range. It passes options on as JSON, in which <see cref="ValidationSet"/>, <see cref="InitialModel"/>,
/// <see cref="Progress"/> and <see cref="CancellationToken"/> have no place: set these on the options that it hands out.
/// </remarks>
public abstract class GloroTrainerOptions
{
    internal const float DefaultEpsilon = 36f / 255f;

    /// <summary>Validation rows from which the best epoch is chosen by default: the standard error of a VRA of 0.7 is then 0.015.</summary>
    internal const int EnoughRowsToChooseBy = 1000;

    private protected GloroTrainerOptions(string featureColumnName) => FeatureColumnName = featureColumnName;

    /// <summary>The column of the class to learn, of key type; a text column becomes one by MapValueToKey. Default: "Label".</summary>
    public string LabelColumnName { get; set; } = "Label";

    /// <summary>The column of the input. Default: "Image" for images, "Features" for vectors.</summary>
    public string FeatureColumnName { get; set; }

    /// <summary>A prefix of all output columns' names. Default: none. ML.NET's CrossValidate needs the names without one.</summary>
    public string OutputColumnPrefix { get; set; } = "";

    /// <summary>The guarantee to train for and to certify. Default: local robustness.</summary>
    [JsonConverter(typeof(GuaranteeJsonConverter))]
    public RobustnessGuarantee Guarantee { get; set; } = RobustnessGuarantee.Local;

    /// <summary>
    /// The L2 radius ε to train for and to certify at, in units of pixels scaled to [0, 1], or of the raw feature vector. Default: 36/255, the literature's choice for
    /// small images.
    /// </summary>
    public float Epsilon { get; set; } = DefaultEpsilon;

    /// <summary>
    /// The arithmetic that the model is scored in and that its certificates speak of. It does not touch training, and can be changed later by
    /// <see cref="GloroCatalog.WithArithmetic"/>. Default: <see cref="CertificateArithmetic.Float64"/>, which covers all rounding.
    /// </summary>
    public CertificateArithmetic Arithmetic { get; set; } = CertificateArithmetic.Float64;

    /// <summary>Rows to validate on after each epoch, transformed as far as the training rows are. They are never trained on. Default: none, see <see cref="ValidationFraction"/>.</summary>
    [JsonIgnore]
    public IDataView? ValidationSet { get; set; }

    /// <summary>The fraction of the training rows that is set aside for validation if there is no <see cref="ValidationSet"/>; 0 for none. Default: 0.1.</summary>
    public double ValidationFraction { get; set; } = 0.1;

    /// <summary>
    /// Whether Score is softmax(Logits / T) with the temperature T that makes the labels of the validation rows most likely (Guo et al., ICML 2017), fitted once when the
    /// network is trained, or with T = 1. Training pays for certified margins, not for likelihood, so softmax of the logits alone may be too sure or not sure enough, and
    /// log-loss would say little. Logits, radii and certificates are the same either way. Without validation rows T is 1. Default: true.
    /// </summary>
    /// <remarks>T is finite, also if all validation rows are right; if they are right no more often than chance, scores become nearly equal.</remarks>
    public bool CalibrateScores { get; set; } = true;

    /// <summary>
    /// A trained model to go on from: a Gloro transformer, or a chain of transformers with one in it, as Fit or <c>mlContext.Model.Load</c> gives. Training begins with its network and
    /// weights, which compute exactly what they did, and ends with a model that is proved anew like any other. A class that the model knows by name keeps its row of the last layer;
    /// a class that it does not know gets a new one. Default: null, a new network.
    /// </summary>
    /// <remarks>
    /// <para>Inputs are read as the model's: images are resized to its size, feature vectors must have its length, and its scaling of inputs stays. The options that describe a network are to
    /// be left at their defaults. A <see cref="LearningRate"/> of a tenth of the usual, and an <see cref="InitialEpsilonFactor"/> of 1, lose less of what was learnt.</para>
    /// <para>What is trained is the deployed form: residual layers go on as plain ones, orthogonal layers are held by the norms that training sees and no more by construction,
    /// centering goes on as biases, and <see cref="WeightDecay"/> pulls all of them towards zero.</para>
    /// </remarks>
    [JsonIgnore]
    public ITransformer? InitialModel { get; set; }

    /// <summary>
    /// Ends training when so many epochs have brought no better VRA on the validation rows; the weights of the best VRA are then taken, unless <see cref="KeepBest"/> is false.
    /// Mind that the learning rate falls until the last epoch, and VRA mostly rises until then: a patience of a quarter of the epochs or less may stop too early.
    /// Default: null, never.
    /// </summary>
    public int? EarlyStoppingPatience { get; set; }

    /// <summary>
    /// Whether the network ends with the weights of the epoch that had the best VRA on the validation rows, rather than with those of the last epoch. Of a few hundred rows
    /// VRA is noisy, and the best of many epochs is partly luck. Default: null, which is true with at least 1,000 validation rows or an <see cref="EarlyStoppingPatience"/>.
    /// </summary>
    public bool? KeepBest { get; set; }

    /// <summary>
    /// The time that training may take, from its first step to its last validation; reading the data before, and bounding the finished network and calibrating its scores after, come on top. Schedules
    /// of learning rate and ε fit themselves to it: they follow the share of the time that is used, or the share of all epochs if that is more. Default: null, no limit.
    /// </summary>
    /// <remarks>
    /// Time before a resume counts. The limit is kept to within a batch once an epoch has been validated. With a budget that ends training the same seed gives the same
    /// model no more, since it depends on how fast the machine was.
    /// </remarks>
    public TimeSpan? TimeBudget { get; set; }

    /// <summary>
    /// A folder for checkpoints, made if it is not there: after each epoch all that training needs is written to it, and a Fit with the same folder goes on after the last
    /// epoch written. An interrupted training, stopped or killed at any moment, so ends with the same model as an uninterrupted one, byte for byte under the conditions of
    /// <see cref="Seed"/>. Default: null, no checkpoints.
    /// </summary>
    /// <remarks>
    /// <para>The folder is one training's; cross-validation, which is several, does without. With another library version, other options, data or first weights Fit refuses the checkpoint of an interrupted training and says
    /// what differs: delete the folder to give it up, or name another. Columns' names, <see cref="ThreadCount"/>, <see cref="Arithmetic"/> and the device may differ. Without
    /// a <see cref="Seed"/> an interrupted training keeps the seed it began with.</para>
    /// <para>When training is complete, one checkpoint stays, of the finished weights: the same Fit again gives the same model at once, should it not have been saved.
    /// A Fit that differs only in more <see cref="Epochs"/> or a longer <see cref="TimeBudget"/> goes on from these weights, with schedules where they would be by then, and keeps them if it finds none better:
    /// much the same as a training that was that long from the start, but not its bytes. A Fit of anything else begins anew and replaces it. Delete the folder when the model is saved. While training two epochs are kept; if the last one is found damaged, the
    /// one before is taken. Each takes four bytes for four to six times the number of weights.</para>
    /// </remarks>
    public string? CheckpointFolder { get; set; }

    /// <summary>Passes over the training rows. Default: 30.</summary>
    [Range(1, 900, init: 30)] // of 1000, AutoML's rounding would make 29
    public int Epochs { get; set; } = 30;

    /// <summary>Rows in a step of the optimizer. Fewer make an epoch longer, and worth more: see the results in the repository. Default: 64.</summary>
    [Choice(new object[] { 32, 64, 128, 256 }, defaultValue: 64)]
    public int BatchSize { get; set; } = 64;

    /// <summary>The highest learning rate, reached after the warm-up, from where it falls to zero along a cosine. Default: 0.002.</summary>
    [Range(1e-5, 1e-1, init: 2e-3, logBase: true)]
    public double LearningRate { get; set; } = 2e-3;

    /// <summary>The fraction of training over which the learning rate rises from zero. Default: 0.05.</summary>
    [Range(0.0, 0.5, init: 0.05)]
    public double WarmUpFraction { get; set; } = 0.05;

    /// <summary>What training minimizes. Default: <see cref="GloroLossKind.Emma"/>.</summary>
    [Choice(
        new object[]
        {
            GloroLossKind.Emma, GloroLossKind.CrossEntropy, GloroLossKind.Trades,
            GloroLossKind.FixedMargin, GloroLossKind.AnnealedEmma, GloroLossKind.RelaxedEmma,
        },
        defaultValue: GloroLossKind.Emma)]
    public GloroLossKind Loss { get; set; } = GloroLossKind.Emma;

    /// <summary>λ of <see cref="GloroLossKind.Trades"/> in the second half of training: more gives more certified rows and fewer right ones. Other losses do not use it. Default: 2.</summary>
    [Range(0.1, 10.0, init: 2.0, logBase: true)]
    public double TradesWeight { get; set; } = 2;

    /// <summary>The margin that <see cref="GloroLossKind.FixedMargin"/> asks for, in units of what a class could gain within ε. Other losses do not use it. Default: 1.</summary>
    [Range(0.1, 3.0, init: 1.0)]
    public double FixedMargin { get; set; } = 1;

    /// <summary>
    /// Whether <see cref="GloroLossKind.RelaxedEmma"/> still trains the label to be the highest of the set that is certified with it, if without margin. If not, more
    /// rows are certified and fewer have the label on top. Other losses, and local robustness, do not use it. Default: true.
    /// </summary>
    public bool CompeteWithinSet { get; set; } = true;

    /// <summary>The ε trained for at the very start, as a multiple of <see cref="Epsilon"/>; it rises until half of the training. Default: 0.1.</summary>
    [Range(0.0, 1.0, init: 0.1)]
    public double InitialEpsilonFactor { get; set; } = 0.1;

    /// <summary>The ε trained for in the second half, as a multiple of <see cref="Epsilon"/>: above 1, for margins that also hold on new rows. Default: 2.</summary>
    [Range(0.5, 4.0, init: 2.0)]
    public double EpsilonFactor { get; set; } = 2;

    /// <summary>
    /// The ε trained for in the last fifth, as a multiple of <see cref="Epsilon"/>. Less than <see cref="EpsilonFactor"/> lets a large network that was trained for long give
    /// margin back for accuracy while it settles: more rows are right, and certified at <see cref="Epsilon"/>, and fewer at twice that. Default: null, the same as before.
    /// </summary>
    public double? ClosingEpsilonFactor { get; set; }

    /// <summary>The optimizer. Default: <see cref="GloroOptimizer.NAdam"/>.</summary>
    public GloroOptimizer Optimizer { get; set; } = GloroOptimizer.NAdam;

    /// <summary>
    /// Whether every six steps the weights go back half of the way to where they were (Zhang, Lucas, Hinton, Ba: Lookahead Optimizer, NeurIPS 2019), which steadies them,
    /// and slows training down by more than that is worth. Default: false.
    /// </summary>
    public bool Lookahead { get; set; }

    /// <summary>
    /// Decoupled weight decay: each step takes the share <see cref="LearningRate"/> (as it stands) times this of every weight; biases and gains stay. Residual layers decay
    /// towards the identity. Default: 0, none.
    /// </summary>
    [Range(0.0, 1.0, init: 0.0)]
    public double WeightDecay { get; set; }

    /// <summary>
    /// How much of an exponential moving average of the weights each step keeps, such as 0.999. The average is what is validated and deployed; it forgets the first weights
    /// faster than this. Default: 0, which deploys the weights themselves.
    /// </summary>
    [Choice(new object[] { 0.0, 0.99, 0.995, 0.999 }, defaultValue: 0.0)]
    public double AveragingDecay { get; set; }

    /// <summary>The length that a step's gradient is cut to. Default: 3.</summary>
    [Range(0.1, 100.0, init: 3.0, logBase: true)]
    public double MaximumGradientNorm { get; set; } = 3;

    /// <summary>Steps of power iteration for each layer and batch. They steer training; the deployed bound does not depend on them. Default: 1.</summary>
    [Range(1, 20, init: 1)]
    public int PowerIterationSteps { get; set; } = 1;

    /// <summary>
    /// Whether the network's body is trained in bfloat16, about twice as fast where the processor has it. Weights, norms, the deployed network and its bound are float32
    /// or better in any case. Default: null, which is true on processors with AVX-512 BF16 and on GPUs.
    /// </summary>
    public bool? MixedPrecision { get; set; }

    /// <summary>
    /// The seed of the first weights, the batches and the augmentation. The same seed, data, options, kind of processor and number of threads give the same model file,
    /// byte for byte. Default: null, which takes the seed of the MLContext.
    /// </summary>
    public int? Seed { get; set; }

    /// <summary>libtorch's threads, a setting of the whole process. Default: null, which leaves it as it is (one for each core).</summary>
    public int? ThreadCount { get; set; }

    /// <summary>Told after each epoch how training stands. Default: nobody; MLContext.Log has a line for each epoch in any case.</summary>
    [JsonIgnore]
    public IProgress<GloroTrainingProgress>? Progress { get; set; }

    /// <summary>Stops training within one batch; Fit then throws <see cref="OperationCanceledException"/>.</summary>
    [JsonIgnore]
    public CancellationToken CancellationToken { get; set; }

    internal abstract bool IsImage { get; }

    /// <summary>The changes of training images; none for vectors.</summary>
    internal virtual GloroAugmentationOptions ImageAugmentation => GloroAugmentationOptions.None;

    /// <summary>The size that images are resized to; null for vectors, and for the size of the first image.</summary>
    internal virtual (int Height, int Width)? InputSize => null;

    /// <summary>The views of an image; null for those of the initial model, or one.</summary>
    internal virtual GloroImageViews? ImageViews => null;

    /// <summary>The names of the options that describe a network, which <see cref="InitialModel"/> brings.</summary>
    private protected abstract IEnumerable<string> NetworkOptionsThatAreSet { get; }

    /// <summary>Whether an option has any say, the others being as they are: a sweep leaves it alone if not.</summary>
    internal virtual bool Uses(string option) => option switch
    {
        nameof(TradesWeight) => Loss == GloroLossKind.Trades,
        nameof(FixedMargin) => Loss == GloroLossKind.FixedMargin,
        nameof(CompeteWithinSet) => Loss == GloroLossKind.RelaxedEmma,
        _ => true,
    };

    /// <summary>A copy that nobody else holds.</summary>
    internal virtual GloroTrainerOptions Copy() => (GloroTrainerOptions)MemberwiseClone();

    private protected static IEnumerable<FormattableString> FaultsOf(IReadOnlyList<GloroLayer>? layers)
    {
        for (int i = 0; i < layers?.Count; i++)
        {
            if (layers[i] is null)
                yield return $"Layers[{i}] is null.";
        }
    }

    /// <summary>Everything that is wrong, a sentence each.</summary>
    internal virtual IEnumerable<FormattableString> Faults()
    {
        if (string.IsNullOrWhiteSpace(LabelColumnName))
            yield return $"{nameof(LabelColumnName)} is empty.";
        if (string.IsNullOrWhiteSpace(FeatureColumnName))
            yield return $"{nameof(FeatureColumnName)} is empty.";
        if (OutputColumnPrefix is null)
            yield return $"{nameof(OutputColumnPrefix)} is null; use an empty text for none.";
        if (Guarantee is null)
            yield return $"{nameof(Guarantee)} is null; use RobustnessGuarantee.Local, RelaxedTopK or Affinity.";
        if (!(float.IsFinite(Epsilon) && Epsilon >= 0))
            yield return $"{nameof(Epsilon)} is an L2 radius, a finite number of 0 or more, not {Epsilon}.";
        if (!(ValidationFraction is >= 0 and < 1))
            yield return $"{nameof(ValidationFraction)} must be from 0 to below 1, not {ValidationFraction}.";
        if (!Enum.IsDefined(Arithmetic))
            yield return $"{nameof(Arithmetic)} is unknown: {Arithmetic}.";
        if (!Enum.IsDefined(Loss))
            yield return $"{nameof(Loss)} is unknown: {Loss}.";
        if (!Enum.IsDefined(Optimizer))
            yield return $"{nameof(Optimizer)} is unknown: {Optimizer}.";
        if (ThreadCount < 1)
            yield return $"{nameof(ThreadCount)} must be at least 1, not {ThreadCount}.";
        if (EarlyStoppingPatience < 1)
            yield return $"{nameof(EarlyStoppingPatience)} must be at least 1, or null for none, not {EarlyStoppingPatience}.";
        if (ValidationSet is null && ValidationFraction == 0 && (EarlyStoppingPatience is not null || KeepBest == true))
            yield return $"{(EarlyStoppingPatience is null ? nameof(KeepBest) : nameof(EarlyStoppingPatience))} needs rows to validate on: set {nameof(ValidationFraction)} or {nameof(ValidationSet)}.";
        if (TimeBudget <= TimeSpan.Zero)
            yield return $"{nameof(TimeBudget)} must be longer than no time, or null for no limit, not {TimeBudget}.";
        if (CheckpointFolder is not null && (string.IsNullOrWhiteSpace(CheckpointFolder) || CheckpointFolder.Contains('\0', StringComparison.Ordinal)))
            yield return $"{nameof(CheckpointFolder)} is no folder's name; use null for no checkpoints.";
        if (!(AveragingDecay is >= 0 and < 1))
            yield return $"{nameof(AveragingDecay)} must be from 0 to below 1, not {AveragingDecay}.";
        if (InitialModel is not null && NetworkOptionsThatAreSet.ToList() is { Count: > 0 } set)
            yield return $"{nameof(InitialModel)} brings its own network; leave {string.Join(", ", set)} at the default.";
        foreach (var (name, value, least) in new[] { (nameof(Epochs), Epochs, 1), (nameof(BatchSize), BatchSize, 2), (nameof(PowerIterationSteps), PowerIterationSteps, 1) })
        {
            if (value < least)
                yield return $"{name} must be at least {least}, not {value}.";
        }

        foreach (var (name, value) in new[] { (nameof(LearningRate), LearningRate), (nameof(EpsilonFactor), EpsilonFactor), (nameof(ClosingEpsilonFactor), ClosingEpsilonFactor ?? 1), (nameof(MaximumGradientNorm), MaximumGradientNorm) })
        {
            // libtorch takes them as float32.
            if (!(value is > 0 and <= 1e30))
                yield return $"{name} must be a positive number of at most 1E+30, not {value}.";
        }

        foreach (var (name, value) in new[] { (nameof(TradesWeight), TradesWeight), (nameof(FixedMargin), FixedMargin) })
        {
            if (!(value is >= 0 and <= 1e30))
                yield return $"{name} must be a number from 0 to 1E+30, not {value}.";
        }

        foreach (var (name, value) in new[] { (nameof(WarmUpFraction), WarmUpFraction), (nameof(InitialEpsilonFactor), InitialEpsilonFactor), (nameof(WeightDecay), WeightDecay) })
        {
            if (!(value is >= 0 and <= 1))
                yield return $"{name} must be from 0 to 1, not {value}.";
        }
    }
}
