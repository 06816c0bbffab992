using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.MLNet;
using Microsoft.ML.Gloro.Torch;
using Microsoft.ML.Gloro.Training;
using Microsoft.ML.Runtime;
using TorchSharp;

namespace Microsoft.ML.Gloro;

/// <summary>Trains a network whose predictions can be certified, and gives the transformer that certifies them.</summary>
/// <remarks>
/// <para>
/// Training needs libtorch, which the application adds as a package (TorchSharp-cpu, libtorch-cpu-…, TorchSharp-cuda-…); scoring does not.
/// </para>
/// <para>
/// Fit may be called more than once, and from several threads if there is no <see cref="GloroTrainerOptions.CheckpointFolder"/>: only one
/// training at a time can use a folder. Fit keeps all rows in memory, images as bytes.
/// </para>
/// </remarks>
public sealed class GloroEstimator : IEstimator<GloroTransformer>
{
    private readonly MLContext _mlContext;
    private readonly IHost _host;
    private readonly GloroTrainerOptions _options;
    private readonly TrainingInput _input;
    private readonly GloroModel? _initial;
    private readonly int _seed;

    internal GloroEstimator(MLContext mlContext, GloroTrainerOptions options)
    {
        ArgumentNullException.ThrowIfNull(mlContext);
        ArgumentNullException.ThrowIfNull(options);
        _options = options.Copy();
        OptionFaults.ThrowIfAny("the Gloro trainer", FaultsOf(_options));
        _initial = InitialModels.Find(_options);
        _input = new TrainingInput(_options, _initial);
        _mlContext = mlContext;
        _host = ((IHostEnvironment)mlContext).Register("Gloro", null, null);

        // Drawn once, so that fitting the same estimator again gives the same model.
        _seed = _options.Seed ?? _host.Rand.Next();
    }

    /// <summary>The columns that the fitted transformer will add.</summary>
    /// <exception cref="ArgumentException">The label or feature column is missing or of a type that cannot be used.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        LabelColumn.Check(inputSchema, _options.LabelColumnName);
        FeatureColumn.Check(inputSchema, _options.FeatureColumnName, _options.IsImage);
        return OutputSchemaShape.Append(inputSchema, _options.OutputColumnPrefix);
    }

    /// <summary>
    /// Trains on <paramref name="input"/>, proves the bound of the finished network, calibrates its scores, and gives its transformer.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// A column is missing or has the wrong type; the guarantee does not fit the classes; or the augmentation, the layers or the initial model
    /// do not fit the inputs.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The rows cannot be trained on, an image cannot be read, training diverged, or the checkpoint folder cannot be used or holds an
    /// interrupted training of something else.
    /// </exception>
    /// <exception cref="DllNotFoundException">libtorch is missing or does not load.</exception>
    /// <exception cref="OperationCanceledException">
    /// The options' cancellation token was canceled, or ML.NET's execution was, as AutoML does to stop a trial.
    /// </exception>
    public GloroTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        using var stop = new ExecutionStop(_host, _options.CancellationToken);
        return FitUntil(input, stop.Token);
    }

    /// <summary><see cref="Fit"/> for a caller that watches ML.NET's execution itself.</summary>
    internal GloroTransformer FitUntil(IDataView input, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        using var channel = _host.Start("Training");

        // Everything that can be refused is refused before a row is read: reading may take minutes.
        var (classNames, guarantee) = Check(input.Schema);
        using var checkpoints = OpenCheckpoints(channel);
        var context = CreateContext(guarantee, classNames, checkpoints, channel);
        var spec = _input.ChooseSpec(input);
        var views = _input.ChooseViews(spec, classNames.Length);

        var rows = Read(input, spec, classNames, context, channel, stop);
        context = context with { KeepBest = KeepsBest(rows.Validation) };
        var network = Train(context, rows, classNames, checkpoints, channel, stop).With(views);
        var bound = Bound(network, channel, stop);
        var model = new GloroModel(
            network, bound, classNames, _options.Guarantee, _options.Epsilon, _options.IsImage, rows.Counts,
            ModelProvenance.OfThisLibrary(Summary(context.Seed)), _options.Arithmetic);
        model = Calibrate(model, rows.Validation, channel, stop);
        return new GloroTransformer(_host, model, _options.FeatureColumnName, new ScoringOptions { Prefix = _options.OutputColumnPrefix });
    }

    /// <summary>Everything that is wrong with the options and the initial model, a sentence each.</summary>
    internal static IEnumerable<FormattableString> FaultsOf(GloroTrainerOptions options) => [.. options.Faults(), .. InitialModels.Faults(options)];

    /// <summary>Refuses what <see cref="Fit"/> would refuse before it reads a row.</summary>
    internal (string[] ClassNames, ResolvedGuarantee Guarantee) Check(DataViewSchema schema)
    {
        string[] classNames = _input.Check(schema);
        var guarantee = ResolvedGuarantee.Bind(_options.Guarantee, classNames);
        _input.CheckValidationSet(classNames);
        TorchRuntime.EnsureLoaded();
        return (classNames, guarantee);
    }

    /// <summary>Identifies rows by their number and a hash of what a training on <paramref name="train"/> reads of them.</summary>
    internal string Identify(IDataView rows, IDataView train) =>
        CheckpointFingerprint.OfRows(
            _input.Read(rows, _input.ChooseSpec(train), Check(train.Schema).ClassNames, _options.CancellationToken));

    private CheckpointStore? OpenCheckpoints(IChannel channel) => _options.CheckpointFolder is { } folder
        ? new CheckpointStore(folder, text => channel.Warning(MessageSensitivity.None, text))
        : null;

    private TrainingContext CreateContext(ResolvedGuarantee guarantee, string[] classNames, CheckpointStore? checkpoints, IChannel channel)
    {
        var device = TrainingDevice.Choose(_mlContext, channel);
        bool mixedPrecision = _options.MixedPrecision ?? TrainingDevice.HasFastBFloat16(device);
        int seed = SeedOf(checkpoints?.Latest) ?? _seed;
        checkpoints?.Identify(
            CheckpointFingerprint.OfOptions(_options, seed, mixedPrecision, classNames),
            (finished, names) => CheckpointFingerprint.IsProlonged(_options, finished, names));
        return new TrainingContext(_options, guarantee, device, seed, mixedPrecision);
    }

    // A seed that the user did not set differs between processes: a resumed training keeps the one it began with.
    private int? SeedOf(CheckpointHeader? latest) =>
        _options.Seed is null && latest is not null && (!latest.Finished || CheckpointFingerprint.HasMore(_options, latest))
            ? CheckpointFingerprint.SeedOf(latest)
            : null;

    private TrainingRows Read(
        IDataView input, InputSpec spec, string[] classNames, TrainingContext context, IChannel channel, CancellationToken stop)
    {
        var rows = _input.ReadAndSplit(
            input, spec, classNames, context.Seed, text => channel.Warning(MessageSensitivity.None, text), stop);
        channel.Info(
            MessageSensitivity.None, "{0} rows to train on, {1} to validate on, {2} classes, input {3}, guarantee {4}, ε {5}.",
            rows.Train.Count, rows.Validation?.Count ?? 0, classNames.Length, spec, _options.Guarantee, _options.Epsilon);
        return _options.EarlyStoppingPatience is null || rows.Validation is { Count: > 0 }
            ? rows
            : throw new InvalidOperationException(
                $"{nameof(GloroTrainerOptions.EarlyStoppingPatience)} needs rows to validate on, and there are none.");
    }

    private bool KeepsBest(TrainingSet? validation) => _options.KeepBest
        ?? (_options.EarlyStoppingPatience is not null || validation?.Count >= GloroTrainerOptions.EnoughRowsToChooseBy);

    private DeployedNetwork Train(
        TrainingContext context, TrainingRows rows, string[] classNames, CheckpointStore? checkpoints, IChannel channel,
        CancellationToken stop)
    {
        if (_options.ThreadCount is { } threads)
            torch.set_num_threads(threads);
        using var scope = torch.NewDisposeScope();
        using var network = _initial is { } initial
            ? NetworkFactory.Continue(initial, classNames, context.Seed, context.Device, Note)
            : NetworkFactory.Create(_options, rows.Train, classNames.Length, context.Seed, context.Device);
        checkpoints?.Identify(CheckpointFingerprint.OfTraining(rows.Train, rows.Validation, network));
        var trainer = new Trainer(context, network, rows.Train, rows.Validation) { Checkpoints = checkpoints, Note = Note };
        trainer.Run(Report, stop);
        return network.Fold();

        void Note(string text) => channel.Info(MessageSensitivity.None, text);

        void Report(GloroTrainingProgress progress)
        {
            channel.Info(MessageSensitivity.None, "{0}", progress);
            _options.Progress?.Report(progress);
        }
    }

    private static LipschitzBound Bound(DeployedNetwork network, IChannel channel, CancellationToken stop)
    {
        var bound = RigorousBound.Compute(network, stop);
        channel.Info(MessageSensitivity.None, "The rigorous bound of the finished network: κ = {0}.", bound.Value);
        return bound;
    }

    private GloroModel Calibrate(GloroModel model, TrainingSet? validation, IChannel channel, CancellationToken stop)
    {
        if (!_options.CalibrateScores || validation is not { Count: > 0 })
            return model;
        model = model.WithTemperature(ScoreCalibration.Fit(model, validation, stop));
        channel.Info(MessageSensitivity.None, "The temperature of the scores, fitted to the validation rows: T = {0}.", model.Temperature);
        return model;
    }

    private string Summary(int seed)
    {
        string architecture = _initial is null
            ? NetworkFactory.Describe(_options)
            : $"fine-tuned from weights {_initial.Bound.WeightHash[..16]}…";
        string more = (_options.WeightDecay > 0 ? FormattableString.Invariant($", weight decay {_options.WeightDecay}") : "")
            + (_options.AveragingDecay > 0 ? FormattableString.Invariant($", averaging decay {_options.AveragingDecay}") : "")
            + (_options.TimeBudget is { } budget ? FormattableString.Invariant($", at most {budget:c}") : "")
            + (_options.EarlyStoppingPatience is { } patience ? FormattableString.Invariant($", patience {patience}") : "");
        return FormattableString.Invariant(
            $"{architecture}, {_options.Loss}, {_options.Epochs} epochs, batch {_options.BatchSize}, learning rate {_options.LearningRate}{more}, seed {seed}");
    }
}
