using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.MLNet;
using Microsoft.ML.Gloro.Torch;
using Microsoft.ML.Gloro.Training;
using Microsoft.ML.Runtime;
using TorchSharp;

namespace Microsoft.ML.Gloro;

/// <summary>Trains a network whose predictions can be certified, and gives the transformer that does so.</summary>
/// <remarks>
/// <para>Training needs libtorch, which the application adds as a package (TorchSharp-cpu, libtorch-cpu-…, TorchSharp-cuda-…); scoring does not.</para>
/// <para>
/// Fit may be called more than once and from several threads, these without a <see cref="GloroTrainerOptions.CheckpointFolder"/>, which one training uses at a time.
/// A call holds the rows in memory, images as bytes.
/// </para>
/// </remarks>
public sealed class GloroEstimator : IEstimator<GloroTransformer>
{
    private readonly MLContext _mlContext;
    private readonly IHost _host;
    private readonly GloroTrainerOptions _options;
    private readonly GloroModel? _initial;
    private readonly int _seed;

    internal GloroEstimator(MLContext mlContext, GloroTrainerOptions options)
    {
        ArgumentNullException.ThrowIfNull(mlContext);
        ArgumentNullException.ThrowIfNull(options);
        _options = options.Copy();
        _options.Validate();
        _initial = _options.Initial;
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

    /// <summary>Trains on <paramref name="input"/>, bounds the finished network rigorously, calibrates its scores, and gives its transformer.</summary>
    /// <exception cref="ArgumentException">
    /// A column is missing or of a wrong type, the guarantee does not fit the classes, or the augmentation, the network's layers or the initial model do not fit the inputs.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The rows cannot be trained on, an image cannot be read, training diverged, or the checkpoint folder cannot be used or holds an interrupted training of something else.
    /// </exception>
    /// <exception cref="DllNotFoundException">libtorch is missing or does not load.</exception>
    /// <exception cref="OperationCanceledException">The options' cancellation token was cancelled.</exception>
    public GloroTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        _options.CancellationToken.ThrowIfCancellationRequested();
        using var channel = _host.Start("Training");

        // All that can be refused is refused before a row is read: reading may take minutes.
        var (classNames, guarantee) = Check(input.Schema);
        var device = TrainingDevice.Choose(_mlContext, channel);
        bool mixedPrecision = _options.MixedPrecision ?? TrainingDevice.HasFastBFloat16(device);
        using var checkpoints = _options.CheckpointFolder is { } folder ? new CheckpointStore(folder, text => channel.Warning(MessageSensitivity.None, text)) : null;

        // A seed that nobody chose may be another in each process: a training that goes on keeps its own.
        int seed = _options.Seed is null && checkpoints?.Latest is { } latest && (!latest.Finished || CheckpointFingerprint.HasMore(_options, latest)) ? CheckpointFingerprint.SeedOf(latest) ?? _seed : _seed;
        checkpoints?.Identify(CheckpointFingerprint.OfOptions(_options, seed, mixedPrecision, classNames), (finished, names) => CheckpointFingerprint.IsProlonged(_options, finished, names));
        var spec = ChooseSpec(input);
        if ((_options as GloroImageClassificationOptions)?.Augmentation.FaultFor(spec.Shape.Height, spec.Shape.Width) is { } misfit)
            throw new ArgumentException($"The options of the Gloro trainer cannot be used. {nameof(GloroImageClassificationOptions.Augmentation)}: {misfit}");
        var views = (_options as GloroImageClassificationOptions)?.Views ?? _initial?.Network.Views ?? GloroImageViews.One;
        if (ImageView.FaultFor(views, spec.Shape) is { } unseen)
            throw new ArgumentException($"The options of the Gloro trainer cannot be used. {nameof(GloroImageClassificationOptions.Views)}: {unseen}");
        if (_initial is null)
            NetworkFactory.Check(_options, spec.Shape, classNames.Length);

        var train = Read(input, spec, classNames);
        TrainingSet? validation = _options.ValidationSet is { } view ? Read(view, spec, classNames) : null;
        if (validation is null)
            (train, validation) = TrainingSplit.Split(train, _options.ValidationFraction, seed);
        int[] rowCounts = CountClasses(train, classNames, channel);
        channel.Info(MessageSensitivity.None, "{0} rows to train on, {1} to validate on, {2} classes, input {3}, guarantee {4}, ε {5}.",
            train.Count, validation?.Count ?? 0, classNames.Length, spec, _options.Guarantee, _options.Epsilon);

        if (_options.EarlyStoppingPatience is not null && validation is not { Count: > 0 })
            throw new InvalidOperationException($"{nameof(GloroTrainerOptions.EarlyStoppingPatience)} needs rows to validate on, and there are none.");
        var network = Train(Settings(guarantee, validation, mixedPrecision, seed, device), train, validation, classNames, checkpoints, channel).With(views);
        var bound = RigorousBound.Compute(network, _options.CancellationToken);
        channel.Info(MessageSensitivity.None, "The rigorous bound of the finished network: κ = {0}.", bound.Value);
        var model = new GloroModel(network, bound, classNames, _options.Guarantee, _options.Epsilon, _options.IsImage, rowCounts, ModelProvenance.OfThisLibrary(Summary(seed)), _options.Arithmetic);
        if (_options.CalibrateScores && validation is { Count: > 0 })
        {
            model = model.WithTemperature(ScoreCalibration.Fit(model, validation, _options.CancellationToken));
            channel.Info(MessageSensitivity.None, "The temperature of the scores, fitted to the validation rows: T = {0}.", model.Temperature);
        }

        return new GloroTransformer(_host, model, _options.FeatureColumnName, new ScoringOptions { Prefix = _options.OutputColumnPrefix });
    }

    /// <summary>Refuses what <see cref="Fit"/> would refuse before it reads a row.</summary>
    internal (string[] ClassNames, ResolvedGuarantee Guarantee) Check(DataViewSchema schema)
    {
        var label = LabelColumn.Find(schema, _options.LabelColumnName);
        FeatureColumn.Classify(FindFeature(schema), _options.IsImage);
        string[] classNames = LabelColumn.ClassNames(label);
        var guarantee = ResolvedGuarantee.Bind(_options.Guarantee, classNames);
        CheckValidationSet(classNames);
        TorchRuntime.EnsureLoaded();
        return (classNames, guarantee);
    }

    /// <summary>A name to know rows again by: their number and a hash of what a training on <paramref name="train"/> reads of them.</summary>
    internal string Identify(IDataView rows, IDataView train) => CheckpointFingerprint.OfRows(Read(rows, ChooseSpec(train), Check(train.Schema).ClassNames));

    private DataViewSchema.Column FindFeature(DataViewSchema schema)
    {
        try
        {
            return FeatureColumn.Find(schema, _options.FeatureColumnName);
        }
        catch (ArgumentException e) when (_options.IsImage)
        {
            // ML.NET's cache leaves such columns out without a word, after GetOutputSchema has promised them.
            throw new ArgumentException($"{e.Message} Mind that AppendCacheCheckpoint and Cache drop columns of images; the trainer keeps what it reads and needs neither.", e);
        }
    }

    private void CheckValidationSet(string[] classNames)
    {
        if (_options.ValidationSet is not { } view)
            return;
        try
        {
            LabelColumn.MapToClasses(LabelColumn.Find(view.Schema, _options.LabelColumnName), classNames);
            FeatureColumn.Classify(FeatureColumn.Find(view.Schema, _options.FeatureColumnName), _options.IsImage);
        }
        catch (ArgumentException e)
        {
            throw new ArgumentException($"The {nameof(GloroTrainerOptions.ValidationSet)} does not fit the training data: {e.Message} Give it as the trainer would get it, transformed by the steps before.", e);
        }
    }

    private InputSpec ChooseSpec(IDataView input)
    {
        if (_initial is { IsImage: true } initial)
            return InputSpec.Image(initial.Network.InputShape.Height, initial.Network.InputShape.Width);
        if (_options is GloroImageClassificationOptions { ImageSize: { } size })
            return InputSpec.Image(size.Height, size.Width);
        var feature = FindFeature(input.Schema);
        var spec = InputSpecInference.Infer(input, feature, _options.IsImage);
        return _initial is null || _initial.Network.InputShape == spec.Shape
            ? spec
            : throw new ArgumentException($"Column '{feature.Name}' holds {spec}, and {nameof(GloroTrainerOptions.InitialModel)} takes a vector of {_initial.Network.InputShape.Size}. Give it the features that it was trained on.");
    }

    private TrainingSet Read(IDataView data, InputSpec spec, string[] classNames) => TrainingDataReader.Read(
        data, _options.LabelColumnName, _options.FeatureColumnName, spec, classNames,
        (_options as GloroImageClassificationOptions)?.Augmentation ?? GloroAugmentationOptions.None, _options.CancellationToken);

    private int[] CountClasses(TrainingSet rows, string[] classNames, IChannel channel)
    {
        if (rows.Count == 0)
            throw new InvalidOperationException($"There is no row to train on: the data has no rows with a label in column '{_options.LabelColumnName}'.");
        int[] counts = new int[classNames.Length];
        for (int i = 0; i < rows.Count; i++)
            counts[rows.Label(i)]++;
        string[] unseen = [.. classNames.Where((_, i) => counts[i] == 0)];
        if (unseen.Length >= classNames.Length - 1)
            throw new InvalidOperationException($"All {rows.Count} rows to train on are of one class, '{classNames[Array.FindIndex(counts, c => c > 0)]}'. Training needs rows of at least two.");
        if (unseen.Length > 0)
        {
            channel.Warning(MessageSensitivity.None, $"No training row is of class {string.Join(", ", unseen)}. The model will hardly predict it, and no certificate makes up for that; " +
                "leave the class out of the labels, or add rows of it.");
        }

        return counts;
    }

    private TrainerSettings Settings(ResolvedGuarantee guarantee, TrainingSet? validation, bool mixedPrecision, int seed, torch.Device device) => new()
    {
        Guarantee = guarantee,
        Epsilon = _options.Epsilon,
        Loss = _options.Loss,
        TradesWeight = _options.TradesWeight,
        FixedMargin = _options.FixedMargin,
        CompeteWithinSet = _options.CompeteWithinSet,
        Epochs = _options.Epochs,
        BatchSize = _options.BatchSize,
        LearningRate = _options.LearningRate,
        WarmUpFraction = _options.WarmUpFraction,
        EpsilonFactors = (_options.InitialEpsilonFactor, _options.EpsilonFactor, _options.ClosingEpsilonFactor ?? _options.EpsilonFactor),
        Optimizer = _options.Optimizer,
        Lookahead = _options.Lookahead,
        WeightDecay = _options.WeightDecay,
        AveragingDecay = _options.AveragingDecay,
        MixupAlpha = (_options as GloroImageClassificationOptions)?.Augmentation.MixupAlpha ?? 0,
        MaximumGradientNorm = _options.MaximumGradientNorm,
        PowerSteps = _options.PowerIterationSteps,
        MixedPrecision = mixedPrecision,
        EarlyStoppingPatience = _options.EarlyStoppingPatience,
        KeepBest = _options.KeepBest ?? (_options.EarlyStoppingPatience is not null || validation?.Count >= GloroTrainerOptions.EnoughRowsToChooseBy),
        TimeBudget = _options.TimeBudget,
        Seed = seed,
        Device = device,
    };

    private DeployedNetwork Train(TrainerSettings settings, TrainingSet train, TrainingSet? validation, string[] classNames, CheckpointStore? checkpoints, IChannel channel)
    {
        if (_options.ThreadCount is { } threads)
            torch.set_num_threads(threads);
        using var scope = torch.NewDisposeScope();
        using var network = _initial is { } initial
            ? NetworkFactory.GoOn(initial, classNames, settings.Seed, settings.Device, text => channel.Info(MessageSensitivity.None, text))
            : NetworkFactory.Create(_options, train, classNames.Length, settings.Seed, settings.Device);
        checkpoints?.Identify(CheckpointFingerprint.OfTraining(train, validation, network));
        var trainer = new Trainer(settings, network, train, validation) { Checkpoints = checkpoints, Note = text => channel.Info(MessageSensitivity.None, text) };
        trainer.Run(Report, _options.CancellationToken);
        return network.Fold();

        void Report(GloroTrainingProgress progress)
        {
            channel.Info(MessageSensitivity.None, "{0}", progress);
            _options.Progress?.Report(progress);
        }
    }

    private string Summary(int seed)
    {
        string architecture = _initial is null ? NetworkFactory.Describe(_options) : $"fine-tuned from weights {_initial.Bound.WeightHash[..16]}…";
        string more = (_options.WeightDecay > 0 ? FormattableString.Invariant($", weight decay {_options.WeightDecay}") : "")
            + (_options.AveragingDecay > 0 ? FormattableString.Invariant($", averaging decay {_options.AveragingDecay}") : "")
            + (_options.TimeBudget is { } budget ? FormattableString.Invariant($", at most {budget:c}") : "")
            + (_options.EarlyStoppingPatience is { } patience ? FormattableString.Invariant($", patience {patience}") : "");
        return FormattableString.Invariant($"{architecture}, {_options.Loss}, {_options.Epochs} epochs, batch {_options.BatchSize}, learning rate {_options.LearningRate}{more}, seed {seed}");
    }
}
