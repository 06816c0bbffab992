using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.MLNet;
using Microsoft.ML.Gloro.Torch;
using Microsoft.ML.Gloro.Training;
using Microsoft.ML.Runtime;
using TorchSharp;

namespace Microsoft.ML.Gloro;

/// <summary>Trains a network whose predictions can be certified, and returns the transformer that certifies them.</summary>
/// <remarks>
/// <para>
/// Training needs TorchSharp and libtorch, which the application adds: TorchSharp-cpu, TorchSharp-cuda-…, or TorchSharp and one
/// libtorch-cpu-…. Scoring does not.
/// </para>
/// <para>
/// Fit may be called more than once, and from several threads if there is no <see cref="GloroTrainerOptions.CheckpointFolder"/>: only one
/// training at a time can use a folder. Fit keeps all rows in memory, images as bytes.
/// </para>
/// </remarks>
public sealed class GloroEstimator : IEstimator<GloroTransformer>
{
    // Enough to see a difference to validation rows; more would only take time.
    private const int RowsToDiagnoseBy = 1000;

    private const long LargeLayer = 1 << 21; // weights whose bound takes many seconds

    private readonly MLContext _mlContext;
    private readonly IHost _host;
    private readonly GloroTrainerOptions _options;
    private readonly TrainingInput _input;
    private readonly GloroModel? _initial, _teacher;
    private readonly int _seed;

    internal GloroEstimator(MLContext mlContext, GloroTrainerOptions options)
    {
        ArgumentNullException.ThrowIfNull(mlContext);
        ArgumentNullException.ThrowIfNull(options);
        _options = options.Copy();
        OptionFaults.ThrowIfAny("the Gloro trainer", FaultsOf(_options));
        (_initial, _teacher) = (GivenModels.Find(_options.InitialModel), GivenModels.Find(_options.Teacher));
        _input = new TrainingInput(_options, _initial);
        _mlContext = mlContext;
        _host = ((IHostEnvironment)mlContext).Register("Gloro", null, null);

        // Drawn once, so that fitting the same estimator again gives the same model.
        _seed = _options.Seed ?? _host.Rand.Next();
    }

    /// <summary>The columns that the fitted transformer will add.</summary>
    /// <exception cref="ArgumentException">
    /// The label, feature or weight column is missing or of a type that cannot be used.
    /// </exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        var labelType = LabelColumn.Check(inputSchema, _options.LabelColumnName);
        FeatureColumn.Check(inputSchema, _options.FeatureColumnName, _options.IsImage);
        if (_options.ExampleWeightColumnName is { } weight)
            WeightColumn.Check(inputSchema, weight);
        return OutputSchemaShape.Append(inputSchema, labelType, _options.OutputColumnPrefix);
    }

    /// <summary>
    /// Trains on <paramref name="input"/>, proves the bound of the finished network, and calibrates its scores. Rows without a label are
    /// left out; a warning in MLContext.Log says how many.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// A column is missing or has the wrong type; the guarantee does not fit the classes; or the augmentation, the layers or the initial
    /// model do not fit the inputs.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The rows cannot be trained on, a weight cannot be used, an image cannot be read, training diverged, or the checkpoint folder cannot
    /// be used or holds an interrupted training of something else.
    /// </exception>
    /// <exception cref="DllNotFoundException">
    /// TorchSharp or libtorch (or, for <see cref="CertificateArithmetic.Real"/>, native ONNX Runtime) is missing or does not load. The
    /// message names the package to add.
    /// </exception>
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
        using var voice = new TrainingVoice(channel, _options, TrainingVoice.HasListener(_mlContext));
        WarnOf(voice, TrainingAdvice.OfOptions(_options));

        // Everything that can be refused is refused before rows are read, since reading may take minutes.
        var (classNames, guarantee) = Check(input);
        var spec = _input.ChooseSpec(input);
        var views = _input.ChooseViews(spec);
        float[]? tolerances = _input.ChooseTolerances(input, spec);
        if (_initial is null)
            NetworkFactory.Check(_options, spec.Shape, classNames.Length);
        if (_teacher is not null)
            GivenModels.CheckTeacher(_teacher, spec, classNames);
        using var threads = new TorchThreads(_options.ThreadCount);
        using var checkpoints = OpenCheckpoints(voice);
        var context = CreateContext(guarantee, classNames, checkpoints, channel);
        if (_input.SizeWarning(spec) is { } warning)
            voice.Warn(warning);

        var rows = Read(input, spec, classNames, context, tolerances is not null, voice, stop);
        context = context with { Options = Choose(rows, classNames, voice), KeepBest = KeepsBest(rows.Validation) };
        WarnOf(voice, TrainingAdvice.OfRows(context.Options, rows, tolerances));
        long weights = _initial?.Network.WeightCount ?? NetworkFactory.Check(context.Options, spec.Shape, classNames.Length);
        using var fewer = FewerThreads(AutomaticOptions.ThreadsFor(context.Options, spec.Shape, weights), voice);
        var network = Train(context, rows, classNames, tolerances, checkpoints, voice, stop).With(views);
        var bound = Bound(network, voice, stop);
        var model = new GloroModel(
            network, bound, classNames, _options.Guarantee, _options.Epsilon, _options.IsImage, rows.Counts,
            ModelProvenance.OfThisLibrary(TrainingSummary.Of(context, _options, _initial, _teacher)), _options.Arithmetic,
            labelType: _input.LabelTypeOf(input.Schema));
        model = Calibrate(model, rows.Validation, voice, stop);
        return new GloroTransformer(_host, model, _options.FeatureColumnName, new ScoringOptions { Prefix = _options.OutputColumnPrefix });
    }

    /// <summary>All faults of the options and the initial model, a sentence each.</summary>
    internal static IEnumerable<FormattableString> FaultsOf(GloroTrainerOptions options) =>
        [.. options.Faults(), .. GivenModels.Faults(options)];

    /// <summary>Refuses what <see cref="Fit"/> refuses before it reads rows.</summary>
    internal (string[] ClassNames, ResolvedGuarantee Guarantee) Check(IDataView data)
    {
        string[] classNames = _input.Check(data);
        var guarantee = ResolvedGuarantee.Bind(_options.Guarantee, classNames);
        _input.CheckValidationSet(classNames);
        TorchRuntime.EnsureLoaded();
        if (_options is { Arithmetic: CertificateArithmetic.Real, CalibrateScores: true })
            ExecutionProvider.RequireRuntime();
        return (classNames, guarantee);
    }

    /// <summary>Identifies rows by their number and a hash of what a training on <paramref name="train"/> reads of them.</summary>
    internal string Identify(IDataView rows, IDataView train) => CheckpointFingerprint.OfRows(
        _input.Read(rows, rows == train, _input.ChooseSpec(train), Check(train).ClassNames, _options.CancellationToken).Rows);

    private CheckpointStore? OpenCheckpoints(TrainingVoice voice) => _options.CheckpointFolder is { } folder
        ? new CheckpointStore(folder, voice.Warn)
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

    // Without a seed in the options each process draws its own, so a resumed training must keep the one that it began with.
    private int? SeedOf(CheckpointHeader? latest) =>
        _options.Seed is null && latest is not null && (!latest.Finished || CheckpointFingerprint.HasMore(_options, latest))
            ? CheckpointFingerprint.SeedOf(latest)
            : null;

    private TrainingRows Read(
        IDataView input, InputSpec spec, string[] classNames, TrainingContext context, bool inTolerances, TrainingVoice voice,
        CancellationToken stop)
    {
        var rows = _input.ReadAndSplit(input, spec, classNames, context.Seed, voice.Warn, stop);
        voice.Info(FormattableString.Invariant(
            $"{rows.Train.Count} rows to train on, {rows.Validation?.Count ?? 0} to validate on, {classNames.Length} classes, ") +
            FormattableString.Invariant($"input {spec}, guarantee {_options.Guarantee}, ε {_options.Epsilon:G4}") +
            (inTolerances ? " tolerances." : ".") +
            (rows.OfWeight0 > 0 ? FormattableString.Invariant($" {rows.OfWeight0} rows of weight 0 are left out.") : ""));
        return _options.EarlyStoppingPatience is null || rows.Validation is { Count: > 0 }
            ? rows
            : throw new InvalidOperationException(
                $"{nameof(GloroTrainerOptions.EarlyStoppingPatience)} needs rows to validate on, and there are none.");
    }

    private GloroTrainerOptions Choose(TrainingRows rows, string[] classNames, TrainingVoice voice)
    {
        bool hasNewClasses = _initial is not null && LabelMap.Match(classNames, _initial.ClassNames).Any(row => row < 0);
        var chosen = AutomaticOptions.Choose(_options, rows.Train.Count, classNames.Length, hasNewClasses);
        if (AutomaticOptions.Describe(_options) is { Length: > 0 } open)
            voice.Info($"Chosen by data ({open}): {TrainingSummary.Size(chosen, _initial)}.");
        return chosen;
    }

    private static TorchThreads FewerThreads(int? count, TrainingVoice voice)
    {
        if (count < torch.get_num_threads())
            voice.Info($"Libtorch computes with {count} thread: the network is too small for more. ThreadCount overrides this.");
        return new TorchThreads(count);
    }

    private bool KeepsBest(TrainingSet? validation) => _options.KeepBest
        ?? (_options.EarlyStoppingPatience is not null || validation?.Count >= GloroTrainerOptions.EnoughRowsToChooseBy);

    private DeployedNetwork Train(
        TrainingContext context, TrainingRows rows, string[] classNames, float[]? tolerances, CheckpointStore? checkpoints,
        TrainingVoice voice, CancellationToken stop)
    {
        using var scope = torch.NewDisposeScope();
        using var network = _initial is { } initial
            ? NetworkFactory.Continue(initial, classNames, context.Seed, context.Device, voice.Info, tolerances)
            : NetworkFactory.Create(context.Options, rows.Train, classNames.Length, context.Seed, context.Device, tolerances);
        checkpoints?.Identify(CheckpointFingerprint.OfTraining(rows.Train, rows.Validation, network));
        var trained = (Network: network, Rows: rows);
        if (context.Options.TrainedLayers == GloroTrainedLayers.Last)
        {
            trained = (NetworkFactory.LastLayerOf(network, _initial!, context.Device, stop),
                LastLayerFeatures.Of(rows, network, context, voice, stop));
            context = context with { MixedPrecision = false }; // one small layer
        }

        var trainer = new Trainer(context, trained.Network, trained.Rows.Train, trained.Rows.Validation)
        {
            Checkpoints = checkpoints,
            Note = voice.Info,
            Teacher = _teacher is null ? null : token => Ask(_teacher, context, rows.Train, classNames, voice, token),
        };
        var epochs = new List<GloroTrainingProgress>();
        trainer.Run(
            progress =>
            {
                epochs.Add(progress);
                voice.Epoch(progress);
            },
            stop);
        WarnOf(voice, Diagnose(context, trainer, rows, trained.Rows, epochs, tolerances, stop));
        return trained.Network.Fold();
    }

    private static TeacherTargets Ask(
        GloroModel teacher, TrainingContext context, TrainingSet rows, string[] classNames, TrainingVoice voice, CancellationToken stop)
    {
        voice.Info($"The teacher scores the {rows.Count} training rows.");
        using var scope = torch.NewDisposeScope();
        using var network = NetworkFactory.Restore(teacher, classNames, context.Device);
        return new TeacherTargets(
            network, rows, context.Options.TeacherTemperature, context.Device, context.ComputeType, stop);
    }

    private static IEnumerable<string> Diagnose(
        TrainingContext context, Trainer trainer, TrainingRows rows, TrainingRows trained, IReadOnlyList<GloroTrainingProgress> epochs,
        float[]? tolerances, CancellationToken stop)
    {
        int step = Math.Max(1, rows.Train.Count / RowsToDiagnoseBy);
        var sample = trained.Train.Subset([.. Enumerable.Range(0, rows.Train.Count / step).Select(i => i * step)]);
        return TrainingAdvice.OfResult(
            context.Options, rows, epochs, trainer.Assess(sample, stop), trainer.Assess(trained.Validation, stop),
            context.Guarantee.ClassCount, tolerances);
    }

    private static void WarnOf(TrainingVoice voice, IEnumerable<string> warnings)
    {
        foreach (string warning in warnings)
            voice.Warn(warning);
    }

    private static LipschitzBound Bound(DeployedNetwork network, TrainingVoice voice, CancellationToken stop)
    {
        var progress = new SlowProgress(voice.Info);
        progress.Begin($"Proving the Lipschitz bound of {network.Layers.Count} layers.");
        var bound = RigorousBound.Compute(network, Begun, stop);
        voice.Info(FormattableString.Invariant($"The rigorous bound of the finished network: κ = {bound.Value}."));
        return bound;

        void Begun(int i)
        {
            DeployedLayer layer = network.Layers[i];
            string text = $"Bounding layer {i + 1} of {network.Layers.Count}: {layer.Kind}, input {network.Shapes[i]}.";
            if (layer.Tensors.Sum(tensor => (long)tensor.Values.Length) > LargeLayer)
                progress.Begin(text);
            else
                progress.Step(text);
        }
    }

    private GloroModel Calibrate(GloroModel model, TrainingSet? validation, TrainingVoice voice, CancellationToken stop)
    {
        if (!_options.CalibrateScores || validation is not { Count: > 0 })
            return model;
        var progress = new SlowProgress(voice.Info);
        progress.Begin($"Calibrating the scores on {validation.Count} validation rows.");
        double temperature = ScoreCalibration.Fit(
            model, validation, scored => progress.Step($"{scored} of {validation.Count} rows are scored."), stop);
        model = model.WithTemperature(temperature);
        voice.Info(FormattableString.Invariant($"The temperature of the scores, fitted to the validation rows: T = {model.Temperature}."));
        return model;
    }
}
