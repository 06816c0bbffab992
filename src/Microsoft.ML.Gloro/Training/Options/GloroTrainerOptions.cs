using System.Text.Json.Serialization;
using Microsoft.ML.Gloro.Training;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.Gloro;

/// <summary>
/// The options of both Gloro trainers. A trainer copies them when it is made; later changes do not affect it. Values that cannot be used
/// throw an <see cref="ArgumentException"/> then, which names all of them.
/// </summary>
/// <remarks>
/// AutoML can search over the options that have a [Range] or [Choice]. It passes options on as JSON, which leaves out
/// <see cref="ValidationSet"/>, <see cref="InitialModel"/>, <see cref="Teacher"/>, <see cref="Progress"/> and
/// <see cref="CancellationToken"/>. Set these on the options that AutoML returns.
/// </remarks>
public abstract partial class GloroTrainerOptions
{
    internal const float DefaultEpsilon = 36f / 255f;

    /// <summary>
    /// The number of validation rows from which the epoch is chosen by default. The standard error of a VRA of 0.7 is then 0.015.
    /// </summary>
    internal const int EnoughRowsToChooseBy = 1000;

    private protected GloroTrainerOptions(string featureColumnName) => FeatureColumnName = featureColumnName;

    /// <summary>The column of the class to learn, of key type. MapValueToKey makes one of a text column. Default: "Label".</summary>
    public string LabelColumnName { get; set; } = "Label";

    /// <summary>The input column. Default: "Image" for images, "Features" for vectors.</summary>
    public string FeatureColumnName { get; set; }

    /// <summary>
    /// The column of the rows' weights in the loss, one Single per row, finite and 0 or more. Default: null, all rows count the same.
    /// </summary>
    /// <remarks>
    /// <para>The loss of a row is multiplied by its weight over the mean weight of the training rows, so only ratios matter: weights that
    /// are all equal give the same model as none. A row of weight 2 counts in the loss as two such rows would. A row of weight 0 is left
    /// out before anything else; it may only give the size of images, if it is the first row and the size is not set.</para>
    /// <para>Weights act on the loss alone. Each row counts once in the center and scale of the inputs, in centering layers, in what is
    /// chosen by the number of rows, and on validation: validation figures, the choice of the epoch and the calibration of scores
    /// take no weights, as <see cref="GloroCatalog.Evaluate"/> takes none. A <see cref="ValidationSet"/> does not need the column.</para>
    /// </remarks>
    public string? ExampleWeightColumnName { get; set; }

    /// <summary>
    /// A prefix for the names of all output columns. Default: empty, no prefix. ML.NET's CrossValidate needs the names without a prefix.
    /// </summary>
    public string OutputColumnPrefix { get; set; } = "";

    /// <summary>The guarantee to train for and to certify. Default: local robustness.</summary>
    [JsonConverter(typeof(GuaranteeJsonConverter))]
    public RobustnessGuarantee Guarantee { get; set; } = RobustnessGuarantee.Local;

    /// <summary>
    /// The L2 radius ε to train for and to certify at, 0 or more. Its unit is that of pixels scaled to [0, 1], or of the raw feature
    /// vector, or of <see cref="GloroMulticlassClassificationOptions.Tolerances"/> if there are any. Default: 36/255, the usual choice for
    /// small images.
    /// </summary>
    public float Epsilon { get; set; } = DefaultEpsilon;

    /// <summary>
    /// The arithmetic in which the model is scored and for which its certificates hold. It does not affect training, and
    /// <see cref="GloroCatalog.WithArithmetic"/> can change it later. Default: <see cref="CertificateArithmetic.Float64"/>, whose
    /// certificates cover all rounding.
    /// </summary>
    public CertificateArithmetic Arithmetic { get; set; } = CertificateArithmetic.Float64;

    /// <summary>
    /// Rows to validate on after each epoch, with the same columns as the training rows. The network is never trained on them. Default:
    /// null, which holds out <see cref="ValidationFraction"/> of the training rows.
    /// </summary>
    [JsonIgnore]
    public IDataView? ValidationSet { get; set; }

    /// <summary>
    /// The fraction of the training rows to hold out for validation if there is no <see cref="ValidationSet"/>, from 0 to below 1; 0 for
    /// no validation. Default: 0.1.
    /// </summary>
    public double ValidationFraction { get; set; } = 0.1;

    /// <summary>
    /// Whether to calibrate the scores: Score is then softmax(Logits / T), with the temperature T under which the labels of the validation
    /// rows are most likely (Guo et al., ICML 2017). Without validation rows, or if false, T is 1. Default: true.
    /// </summary>
    /// <remarks>
    /// T is fitted once, after training, and is always finite. Training optimizes certified margins rather than likelihood, so without
    /// calibration the scores may be too confident or not confident enough. Logits, radii and certificates do not depend on T. If
    /// validation accuracy is at chance level, scores become nearly uniform.
    /// </remarks>
    public bool CalibrateScores { get; set; } = true;

    /// <summary>
    /// A trained model to continue from: a Gloro transformer, or a chain of transformers that contains one, as Fit or
    /// <c>mlContext.Model.Load</c> returns. Default: null, a new network.
    /// </summary>
    /// <remarks>
    /// <para>Training starts with the model's network and weights, which compute exactly what they did. The result is proved like any new
    /// model. Classes are matched by name: a class that the model knows keeps its row of the last layer, a new class gets a new row.</para>
    /// <para>Inputs are read as the model reads them: images are resized to its size, feature vectors must have its length, and its
    /// scaling of inputs stays. Leave the options that describe a network at their defaults. <see cref="Epochs"/>,
    /// <see cref="BatchSize"/>, <see cref="LearningRate"/> and <see cref="InitialEpsilonFactor"/> have other defaults than for a new
    /// network, which keep what the model has learned.</para>
    /// <para>It need not know the classes: a network trained on many images of other things is a good start for few images.</para>
    /// <para>What is trained is the deployed form. Residual layers continue as plain layers, which <see cref="WeightDecay"/> pulls towards
    /// zero. The norms of orthogonal layers are estimated and trained instead of being fixed by construction. Centering continues as
    /// biases.</para>
    /// </remarks>
    [JsonIgnore]
    public ITransformer? InitialModel { get; set; }

    /// <summary>
    /// Which layers are trained; <see cref="GloroTrainedLayers.Last"/> needs an <see cref="InitialModel"/>. Default: null, which is the
    /// last layer for fewer than 1,000 images if the <see cref="InitialModel"/> lacks one of their classes and they are not mixed, and
    /// otherwise all layers.
    /// </summary>
    /// <remarks>
    /// <para>With <see cref="GloroTrainedLayers.Last"/> the outputs of the other layers are computed before the first epoch: once for each
    /// row, and for 2 to 16 augmented copies of each image, about 10,000 in all; with an augmentation that changes nothing, for none.
    /// <see cref="TimeBudget"/> does not count this time. They take four bytes per value of the layer before the last.</para>
    /// <para>The result is proved like any other model. Its κ is that of the initial model. With few images this certifies more than
    /// training all layers, which raises κ; with many images less.</para>
    /// </remarks>
    public GloroTrainedLayers? TrainedLayers { get; set; }

    /// <summary>
    /// Stops training after this many epochs without an improvement in validation VRA, at least 1. The weights are then
    /// chosen as with <see cref="KeepBest"/>, unless that is false. Needs validation rows. Default: null, no early stopping.
    /// </summary>
    /// <remarks>
    /// The learning rate falls until the last epoch, and VRA usually rises until then. A patience of a quarter of the epochs or less may
    /// stop too early.
    /// </remarks>
    public int? EarlyStoppingPatience { get; set; }

    /// <summary>
    /// Whether to take the weights of the last epoch whose validation VRA is within one standard error of the best, rather than those of
    /// the last epoch of all. Needs validation rows. Default: null, which is true with at least 1,000 validation rows or an
    /// <see cref="EarlyStoppingPatience"/>.
    /// </summary>
    /// <remarks>
    /// The best of many epochs is partly luck, so a later epoch that is nearly as good is taken instead: it trained longer, with a lower
    /// learning rate. The standard error is √(v·(1 − v) / n) for a best VRA of v on n rows.
    /// </remarks>
    public bool? KeepBest { get; set; }

    /// <summary>
    /// The time that training may take, from its first step to its last validation; it must be positive. Reading the data, proving the
    /// bound of the finished network and calibrating its scores take extra time. Default: null, no limit.
    /// </summary>
    /// <remarks>
    /// The schedules of learning rate and ε follow the share of the time that is used, or the share of the epochs if that is larger. Time
    /// before a resume counts. Once an epoch has been validated, the limit is kept to within one batch. If the budget ends training, the
    /// result depends on the speed of the machine and is no longer reproducible.
    /// </remarks>
    public TimeSpan? TimeBudget { get; set; }

    /// <summary>
    /// A folder for checkpoints, created if it does not exist. After each epoch the whole state of training is written to it; a Fit with
    /// the same folder continues after the last epoch written. Default: null, no checkpoints.
    /// </summary>
    /// <remarks>
    /// <para>An interrupted training, stopped or killed at any moment, ends with the same model as an uninterrupted one: byte for byte
    /// under the conditions of <see cref="Seed"/>. Without a <see cref="Seed"/> it keeps the seed it began with.</para>
    /// <para>The folder is for one training. Do not use it with cross-validation. Fit refuses the checkpoint of an interrupted training
    /// that had another library version, other options, data or first weights, and says what differs. Delete the folder to give that
    /// training up, or name another folder. Column names, <see cref="ThreadCount"/>, <see cref="Arithmetic"/> and the device may
    /// differ.</para>
    /// <para>A complete training leaves one checkpoint with the finished weights, so the same Fit returns the same model at once. Delete
    /// the folder when the model is saved. A Fit that differs only in more <see cref="Epochs"/> or a longer <see cref="TimeBudget"/>
    /// continues from these weights, and keeps them if it finds none as good. Its schedules continue where they would be by then. The
    /// model is then similar to that of one longer training, but not the same to the byte. Any other Fit starts from the beginning and
    /// replaces the checkpoint.</para>
    /// <para>During training two epochs are kept. If the last checkpoint is damaged, the one before is used. Each takes four bytes for
    /// four to six times the number of weights.</para>
    /// </remarks>
    public string? CheckpointFolder { get; set; }

    /// <summary>
    /// Passes over the training rows, at least 1. Default: null, chosen by the number of rows: 30 to 60 for images, 30 to 100 for vectors
    /// and if only the last layer is trained, 6 to 30 for images with an <see cref="InitialModel"/>.
    /// </summary>
    [Range(1, 900, init: AutomaticOptions.UsualEpochs)] // of 1000, AutoML's rounding would make 29
    public int? Epochs { get; set; }

    /// <summary>
    /// Rows per optimizer step, at least 2. Smaller batches take longer per epoch and usually give higher VRA. Default: null, chosen by
    /// the number of rows: 16 to 64, and at least 32 for images with an <see cref="InitialModel"/>.
    /// </summary>
    [Choice(new object[] { 32, 64, 128, 256 }, defaultValue: 64)]
    public int? BatchSize { get; set; }

    /// <summary>
    /// The highest learning rate, which is positive. It is reached after the warm-up and then falls to zero along a cosine. Default: null,
    /// which is 0.002 for a new network. With an <see cref="InitialModel"/> it is 0.0005 if that lacks a class, 0.0002 if it knows them
    /// all, and 0.01 if only the last layer is trained.
    /// </summary>
    [Range(1e-5, 1e-1, init: 2e-3, logBase: true)]
    public double? LearningRate { get; set; }

    /// <summary>The fraction of training over which the learning rate rises from zero, from 0 to 1. Default: 0.05.</summary>
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

    /// <summary>
    /// λ of <see cref="GloroLossKind.Trades"/> in the second half of training, 0 or more. A larger λ certifies more rows, of which fewer
    /// are right. Other losses ignore it. Default: 2.
    /// </summary>
    [Range(0.1, 10.0, init: 2.0, logBase: true)]
    public double TradesWeight { get; set; } = 2;

    /// <summary>
    /// The margin that <see cref="GloroLossKind.FixedMargin"/> requires, in units of what a class could gain within ε; 0 or more. Other
    /// losses ignore it. Default: 1.
    /// </summary>
    [Range(0.1, 3.0, init: 1.0)]
    public double FixedMargin { get; set; } = 1;

    /// <summary>
    /// For <see cref="GloroLossKind.RelaxedEmma"/>: whether the label must still be the top class of its certified set, with no margin
    /// required. If false, more rows are certified, but the label is less often on top. Other losses, and local robustness, ignore it.
    /// Default: true.
    /// </summary>
    public bool CompeteWithinSet { get; set; } = true;

    /// <summary>
    /// The ε of the first step, as a multiple of <see cref="Epsilon"/>, from 0 to 1. The training ε rises until half of training.
    /// Default: null, which is 0.1 for a new network and 1 with an <see cref="InitialModel"/>.
    /// </summary>
    [Range(0.0, 1.0, init: 0.1)]
    public double? InitialEpsilonFactor { get; set; }

    /// <summary>
    /// The ε of the second half of training, as a positive multiple of <see cref="Epsilon"/>. Values above 1 give margins that also hold
    /// on new rows. Default: 2.
    /// </summary>
    [Range(0.5, 4.0, init: 2.0)]
    public double EpsilonFactor { get; set; } = 2;

    /// <summary>
    /// The ε of the last fifth of training, as a positive multiple of <see cref="Epsilon"/>. Default: null, the same as
    /// <see cref="EpsilonFactor"/>.
    /// </summary>
    /// <remarks>
    /// For large networks that train for long: a value below <see cref="EpsilonFactor"/> trades margin for accuracy at the end. More rows
    /// are right and certified at <see cref="Epsilon"/>, fewer at twice <see cref="Epsilon"/>.
    /// </remarks>
    public double? ClosingEpsilonFactor { get; set; }

    /// <summary>The optimizer. Default: <see cref="GloroOptimizer.NAdam"/>.</summary>
    public GloroOptimizer Optimizer { get; set; } = GloroOptimizer.NAdam;

    /// <summary>
    /// Whether the weights return half-way to their earlier values every six steps (Zhang, Lucas, Hinton, Ba: Lookahead Optimizer,
    /// NeurIPS 2019). This makes training steadier, but slows it down by more than that is worth. Default: false.
    /// </summary>
    public bool Lookahead { get; set; }

    /// <summary>
    /// Decoupled weight decay, from 0 to 1: each step multiplies weights by 1 − learningRate · WeightDecay, with the learning rate of that
    /// step. Biases and gains do not decay. Default: 0, none.
    /// </summary>
    /// <remarks>
    /// In a residual layer x + γ·Wx only W decays, so the layer decays towards the identity. With an <see cref="InitialModel"/> residual
    /// layers have become plain ones, which decay towards zero.
    /// </remarks>
    [Range(0.0, 1.0, init: 0.0)]
    public double WeightDecay { get; set; }

    /// <summary>
    /// The fraction of an exponential moving average of the weights that each step keeps, such as 0.999; from 0 to below 1. The average is
    /// validated and deployed instead of the weights. It forgets the first weights faster than this. Default: 0, no average.
    /// </summary>
    [Choice(new object[] { 0.0, 0.99, 0.995, 0.999 }, defaultValue: 0.0)]
    public double AveragingDecay { get; set; }

    /// <summary>The gradient of a step is scaled down to this L2 norm if it is longer; it must be positive. Default: 3.</summary>
    [Range(0.1, 100.0, init: 3.0, logBase: true)]
    public double MaximumGradientNorm { get; set; } = 3;

    /// <summary>
    /// Steps of power iteration per layer and batch, at least 1. They guide training; the deployed bound does not depend on them.
    /// Default: 1.
    /// </summary>
    [Range(1, 20, init: 1)]
    public int PowerIterationSteps { get; set; } = 1;

    /// <summary>
    /// Whether to train the body of the network in bfloat16, which is about twice as fast where the processor supports it. Weights, norms,
    /// the deployed network and its bound always have float32 precision or better. Default: null, which is true on processors with
    /// AVX-512 BF16 and on GPUs.
    /// </summary>
    public bool? MixedPrecision { get; set; }

    /// <summary>
    /// The seed of the first weights, the batches and the augmentation. The same seed, data, options, kind of processor and number of
    /// threads give the same model file, byte for byte. Default: null, which uses the seed of the MLContext.
    /// </summary>
    public int? Seed { get; set; }

    /// <summary>
    /// The number of libtorch threads, at least 1; this setting affects the whole process, and Fit puts it back. Default: null, which is
    /// one thread for networks of up to 250,000 weights (vectors, or a LiResNet) and otherwise does not change it (one per core).
    /// </summary>
    public int? ThreadCount { get; set; }

    /// <summary>
    /// Receives the state of training after each epoch. Default: null. MLContext.Log gets a line for each epoch in any case.
    /// </summary>
    [JsonIgnore]
    public IProgress<GloroTrainingProgress>? Progress { get; set; }

    /// <summary>
    /// Whether Fit writes a line for each epoch, and its warnings, to standard error. Default: null, which writes one hint after ten
    /// seconds if there is neither a <see cref="Progress"/> nor a handler of MLContext.Log. False writes nothing.
    /// </summary>
    public bool? ShowProgress { get; set; }

    /// <summary>
    /// Stops training within one batch. Fit then throws an <see cref="OperationCanceledException"/>. Default: none, which never stops it.
    /// </summary>
    [JsonIgnore]
    public CancellationToken CancellationToken { get; set; }

    internal abstract bool IsImage { get; }

    /// <summary>The random changes of training images; none for vectors.</summary>
    internal virtual GloroAugmentationOptions ImageAugmentation => GloroAugmentationOptions.None;

    /// <summary>The size that images are resized to. Null for vectors, or to take the size of the first image.</summary>
    internal virtual (int Height, int Width)? InputSize => null;

    /// <summary>The views of an image. Null to take those of the initial model, or one view.</summary>
    internal virtual GloroImageViews? ImageViews => null;

    /// <summary>How far each feature can be off, if the options say so.</summary>
    internal virtual GloroTolerances? FeatureTolerances => null;

    /// <summary>Whether the size of the network is left to <see cref="AutomaticOptions"/>.</summary>
    internal abstract bool ChoosesNetwork { get; }

    /// <summary>The options that describe a network and are not at their defaults. <see cref="InitialModel"/> excludes them.</summary>
    private protected abstract IEnumerable<string> NetworkOptionsThatAreSet { get; }

    /// <summary>Whether an option has an effect, given the other options. A sweep does not search over options without effect.</summary>
    internal virtual bool Uses(string option) => option switch
    {
        nameof(TradesWeight) => Loss == GloroLossKind.Trades,
        nameof(FixedMargin) => Loss == GloroLossKind.FixedMargin,
        nameof(CompeteWithinSet) => Loss == GloroLossKind.RelaxedEmma,
        nameof(TeacherWeight) or nameof(TeacherTemperature) => Teacher is not null,
        nameof(Loss) => Teacher is null, // which needs one of them
        _ => true,
    };

    /// <summary>A copy that later changes of these options do not affect.</summary>
    internal virtual GloroTrainerOptions Copy() => (GloroTrainerOptions)MemberwiseClone();
}
