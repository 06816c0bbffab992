using System.Diagnostics.CodeAnalysis;
using Microsoft.ML.Gloro.Analysis;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.MLNet;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Gloro;

/// <summary>The entry point of the library: trainers, evaluation and export of provably robust classifiers.</summary>
/// <remarks>
/// Holds nothing but its MLContext. Safe for concurrent use. Progress and cancellation of long calls are set in their options, as for Fit.
/// </remarks>
/// <param name="mlContext">The context that supplies the seed, the log and the GPU settings.</param>
/// <example>
/// <code language="csharp">
/// var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label")
///     .Append(mlContext.Transforms.LoadImages("Image", imageFolder, "ImagePath"))
///     .Append(mlContext.Gloro.ImageClassification());
/// ITransformer model = pipeline.Fit(train);
/// GloroMetrics metrics = mlContext.Gloro.Evaluate(model.Transform(test));
/// </code>
/// </example>
[SuppressMessage("Performance", "CA1822", Justification = "Called on mlContext.Gloro, so all methods are instance methods.")]
public sealed class GloroCatalog(MLContext mlContext)
{
    private readonly MLContext _mlContext = mlContext ?? throw new ArgumentNullException(nameof(mlContext));

    /// <summary>Creates a trainer for provably robust image classification, with defaults for all other options.</summary>
    /// <param name="labelColumnName">The key column of the classes.</param>
    /// <param name="featureColumnName">
    /// The image column: MLImage, an encoded image as a byte vector, or planar pixels from ExtractPixels scaled to [0, 1].
    /// </param>
    /// <param name="exampleWeightColumnName">The column of the rows' weights in the loss, one Single per row; null for none.</param>
    /// <param name="guarantee">The guarantee to prove; null for local robustness.</param>
    /// <param name="epsilon">The L2 radius ε of the proof, in pixels scaled to [0, 1].</param>
    /// <param name="validationSet">The validation rows; null to hold out a tenth of the training rows.</param>
    /// <exception cref="ArgumentException">An argument is invalid; the message lists every invalid one.</exception>
    /// <example>
    /// <code language="csharp">
    /// GloroEstimator trainer = mlContext.Gloro.ImageClassification(guarantee: RobustnessGuarantee.RelaxedTopK(3), epsilon: 36f / 255f);
    /// </code>
    /// </example>
    public GloroEstimator ImageClassification(
        string labelColumnName = "Label", string featureColumnName = "Image", string? exampleWeightColumnName = null,
        RobustnessGuarantee? guarantee = null, float epsilon = GloroTrainerOptions.DefaultEpsilon,
        IDataView? validationSet = null) => ImageClassification(
            With(
                new GloroImageClassificationOptions(), labelColumnName, featureColumnName, exampleWeightColumnName, guarantee, epsilon,
                validationSet));

    /// <summary>Creates a trainer for provably robust image classification.</summary>
    /// <param name="options">The options; they are copied.</param>
    /// <exception cref="ArgumentException">An option is invalid; the message lists every invalid one.</exception>
    /// <example>
    /// <code language="csharp">
    /// GloroEstimator trainer = mlContext.Gloro.ImageClassification(new GloroImageClassificationOptions
    /// {
    ///     ImageSize = (64, 64),
    ///     Size = GloroModelSize.Small,
    ///     Augmentation = GloroAugmentationOptions.Photographs,
    /// });
    /// </code>
    /// </example>
    public GloroEstimator ImageClassification(GloroImageClassificationOptions options) => new(_mlContext, options);

    /// <summary>Creates a trainer for provably robust classification of feature vectors, with defaults for all other options.</summary>
    /// <param name="labelColumnName">The key column of the classes.</param>
    /// <param name="featureColumnName">The feature column, a known-size vector of Single.</param>
    /// <param name="exampleWeightColumnName">The column of the rows' weights in the loss, one Single per row; null for none.</param>
    /// <param name="guarantee">The guarantee to prove; null for local robustness.</param>
    /// <param name="epsilon">The L2 radius ε of the proof, in the units of the features.</param>
    /// <param name="validationSet">The validation rows; null to hold out a tenth of the training rows.</param>
    /// <exception cref="ArgumentException">An argument is invalid; the message lists every invalid one.</exception>
    /// <example>
    /// <code language="csharp">
    /// var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label")
    ///     .Append(mlContext.Transforms.Concatenate("Features", "Length", "Width"))
    ///     .Append(mlContext.Transforms.NormalizeMeanVariance("Features", fixZero: false)) // now ε is in standard deviations
    ///     .Append(mlContext.Gloro.MulticlassClassification(epsilon: 0.25f));
    /// </code>
    /// </example>
    public GloroEstimator MulticlassClassification(
        string labelColumnName = "Label", string featureColumnName = "Features", string? exampleWeightColumnName = null,
        RobustnessGuarantee? guarantee = null, float epsilon = GloroTrainerOptions.DefaultEpsilon,
        IDataView? validationSet = null) => MulticlassClassification(
            With(
                new GloroMulticlassClassificationOptions(), labelColumnName, featureColumnName, exampleWeightColumnName, guarantee, epsilon,
                validationSet));

    /// <summary>Creates a trainer for provably robust classification of feature vectors.</summary>
    /// <param name="options">The options; they are copied.</param>
    /// <exception cref="ArgumentException">An option is invalid; the message lists every invalid one.</exception>
    /// <example>
    /// <code language="csharp">
    /// GloroEstimator trainer = mlContext.Gloro.MulticlassClassification(new GloroMulticlassClassificationOptions
    /// {
    ///     Epsilon = 0.25f,
    ///     Epochs = 60,
    /// });
    /// </code>
    /// </example>
    public GloroEstimator MulticlassClassification(GloroMulticlassClassificationOptions options) => new(_mlContext, options);

    /// <summary>
    /// Computes verified-robust accuracy (VRA) and related metrics of a scored view. Any guarantee and ε can be evaluated without scoring
    /// again. Rows without a label are left out; a warning in MLContext.Log says how many.
    /// </summary>
    /// <param name="scored">The output of a fitted Gloro pipeline's Transform.</param>
    /// <param name="labelColumnName">The key column of the true classes.</param>
    /// <param name="guarantee">The guarantee to evaluate; null for the model's own.</param>
    /// <param name="epsilon">The radius to evaluate it at; null for the model's own.</param>
    /// <param name="outputColumnPrefix">The prefix of the scored columns.</param>
    /// <exception cref="ArgumentException">
    /// A column is missing or has the wrong type, or the guarantee does not fit the scored view.
    /// </exception>
    /// <example>
    /// <code language="csharp">
    /// GloroMetrics metrics = mlContext.Gloro.Evaluate(scored);
    /// GloroMetrics other = mlContext.Gloro.Evaluate(scored, guarantee: RobustnessGuarantee.RelaxedTopK(3), epsilon: 0.25f);
    /// Console.WriteLine($"VRA {metrics.VerifiedRobustAccuracy:P1}, relaxed and at 0.25 {other.VerifiedRobustAccuracy:P1}");
    /// </code>
    /// </example>
    public GloroMetrics Evaluate(
        IDataView scored, string labelColumnName = "Label", RobustnessGuarantee? guarantee = null, float? epsilon = null,
        string outputColumnPrefix = "") =>
        GloroEvaluator.Evaluate(_mlContext, scored, labelColumnName, guarantee, epsilon, outputColumnPrefix);

    /// <summary>Cross-validates a pipeline: fits and evaluates it once for each fold of the data.</summary>
    /// <param name="data">All rows.</param>
    /// <param name="estimator">A pipeline with a Gloro trainer.</param>
    /// <param name="numberOfFolds">The number of folds.</param>
    /// <param name="labelColumnName">The key column of the true classes, in the scored rows.</param>
    /// <param name="samplingKeyColumnName">Rows with the same value in this column stay in the same fold; null for none.</param>
    /// <param name="seed">The seed of the splits; null for the MLContext's.</param>
    /// <param name="outputColumnPrefix">The prefix of the scored columns.</param>
    /// <returns>One model and its metrics for each fold.</returns>
    /// <example>
    /// <code language="csharp">
    /// var folds = mlContext.Gloro.CrossValidate(data, pipeline, numberOfFolds: 5);
    /// Console.WriteLine($"VRA of the worst fold: {folds.Min(fold =&gt; fold.Metrics.VerifiedRobustAccuracy):P1}");
    /// </code>
    /// </example>
    public IReadOnlyList<GloroCrossValidationResult> CrossValidate(
        IDataView data, IEstimator<ITransformer> estimator, int numberOfFolds = 5, string labelColumnName = "Label",
        string? samplingKeyColumnName = null, int? seed = null, string outputColumnPrefix = "")
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(estimator);
        return [.. _mlContext.Data.CrossValidationSplit(data, numberOfFolds, samplingKeyColumnName, seed).Select((fold, index) =>
        {
            ITransformer model = estimator.Fit(fold.TrainSet);
            IDataView scored = model.Transform(fold.TestSet);
            var metrics = Evaluate(scored, labelColumnName, outputColumnPrefix: outputColumnPrefix);
            return new GloroCrossValidationResult(index, model, scored, metrics);
        })];
    }

    /// <summary>
    /// Proposes affinity sets: groups of classes that certify more rows once the model need not tell the classes apart. Finds pairs of
    /// classes whose margins block certificates (margin / K_ij at most ε), rather than confusions. The gain is measured on held-out rows.
    /// </summary>
    /// <param name="scored">
    /// The output of a fitted Gloro pipeline's Transform, on rows that the model was not trained on. It is read once.
    /// </param>
    /// <param name="options">The search options; null for the defaults. They are copied.</param>
    /// <returns>
    /// The sets and the gain of each. Use <see cref="GloroAffinityDiscovery.Guarantee"/> in a trainer's options or with
    /// <see cref="WithGuarantee"/>.
    /// </returns>
    /// <remarks>
    /// The search is greedy. Candidates are the sets that blocked rows need, alone or merged with sets already chosen; each step adds the
    /// candidate that raises VRA − price · bits most, until none does. Sets whose pairs block no more often than chance are skipped. Ties
    /// are broken by class name, so the numbering of classes does not matter. The same data, options and seed give the same sets.
    /// </remarks>
    /// <exception cref="ArgumentException">
    /// A column is missing or has the wrong type, an option is invalid, or too few rows have a label.
    /// </exception>
    /// <exception cref="OperationCanceledException">The options' cancellation token was cancelled.</exception>
    /// <example>
    /// <code language="csharp">
    /// GloroAffinityDiscovery discovery = mlContext.Gloro.DiscoverAffinitySets(scored);
    /// Console.WriteLine(discovery); // the sets, the evidence for them, and the gain of each
    /// </code>
    /// </example>
    public GloroAffinityDiscovery DiscoverAffinitySets(IDataView scored, GloroAffinityDiscoveryOptions? options = null) =>
        AffinityDiscoverer.Run(scored, options ?? new(), Warn);

    /// <summary>
    /// Compares guarantees on the same rows (local robustness, RTK for each K, affinity robustness with discovered sets) and suggests the
    /// one that best trades VRA for precision.
    /// </summary>
    /// <param name="scored">
    /// The output of a fitted Gloro pipeline's Transform, on rows that the model was not trained on. It is read once and not scored again.
    /// </param>
    /// <param name="options">The guarantees to compare and the price of a bit; null for the defaults. They are copied.</param>
    /// <exception cref="ArgumentException">
    /// A column is missing or has the wrong type, an option is invalid, a guarantee does not fit, or too few rows have a label.
    /// </exception>
    /// <exception cref="OperationCanceledException">The options' cancellation token was cancelled.</exception>
    /// <example>
    /// <code language="csharp">
    /// GuaranteeSuggestions suggestions = mlContext.Gloro.Suggest(scored);
    /// Console.WriteLine(suggestions);
    /// ITransformer chosen = mlContext.Gloro.WithGuarantee(model, suggestions.Best.Guarantee);
    /// </code>
    /// </example>
    public GuaranteeSuggestions Suggest(IDataView scored, GloroSuggestionOptions? options = null) =>
        GuaranteeSuggester.Run(scored, options ?? new(), Warn);

    /// <summary>Returns the same model with another guarantee and ε, without training or bounding it again.</summary>
    /// <param name="model">A fitted or loaded Gloro transformer, or a chain of transformers (a fitted pipeline) that contains one.</param>
    /// <param name="guarantee">The new guarantee.</param>
    /// <param name="epsilon">The new radius; null to keep the model's own.</param>
    /// <returns>
    /// A new transformer, or a new chain with it in place of the old one. It shares the network session with <paramref name="model"/>.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// The chain contains no Gloro transformer or several, or the guarantee does not fit its classes.
    /// </exception>
    /// <example>
    /// <code language="csharp">
    /// ITransformer saved = mlContext.Model.Load("model.zip", out _);
    /// ITransformer relaxed = mlContext.Gloro.WithGuarantee(saved, RobustnessGuarantee.RelaxedTopK(3), epsilon: 0.25f);
    /// </code>
    /// </example>
    public ITransformer WithGuarantee(ITransformer model, RobustnessGuarantee guarantee, float? epsilon = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(guarantee);
        return GloroInChain.Replace(model, gloro => gloro.With(guarantee, epsilon ?? gloro.Epsilon));
    }

    /// <summary>Returns the same model, scored and certified in another arithmetic, without training or bounding it again.</summary>
    /// <param name="model">A fitted or loaded Gloro transformer, or a chain of transformers that contains one.</param>
    /// <param name="arithmetic">The arithmetic that the new certificates cover.</param>
    /// <returns>A new transformer, or a new chain with it in place of the old one.</returns>
    /// <exception cref="ArgumentException">The chain contains no Gloro transformer or several, or the arithmetic is unknown.</exception>
    /// <example>
    /// <code language="csharp">
    /// ITransformer fast = mlContext.Gloro.WithArithmetic(model, CertificateArithmetic.Real); // twice as fast; rounding is not covered
    /// </code>
    /// </example>
    public ITransformer WithArithmetic(ITransformer model, CertificateArithmetic arithmetic)
    {
        ArgumentNullException.ThrowIfNull(model);
        return GloroInChain.Replace(model, gloro => gloro.With(arithmetic));
    }

    /// <summary>
    /// Returns the same model averaging its logits over other views of each image, without training or bounding it again. Lipschitz bounds
    /// do not grow. See <see cref="GloroImageViews"/>.
    /// </summary>
    /// <param name="model">A fitted or loaded Gloro transformer, or a chain of transformers that contains one, for images.</param>
    /// <param name="views">The views. Use only views that training augmentation produced.</param>
    /// <returns>
    /// A new transformer, or a new chain with it in place of the old one. Scores keep the temperature fitted on the original views.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// The chain contains no Gloro transformer or several, the views are unknown, or the model's inputs have no such views.
    /// </exception>
    /// <example>
    /// <code language="csharp">
    /// ITransformer averaged = mlContext.Gloro.WithViews(model, GloroImageViews.Mirrored);
    /// </code>
    /// </example>
    public ITransformer WithViews(ITransformer model, GloroImageViews views)
    {
        ArgumentNullException.ThrowIfNull(model);
        return GloroInChain.Replace(model, gloro => gloro.With(views));
    }

    /// <summary>
    /// Returns the same model with other threads, batch sizes or another execution provider for scoring. Threads and batch sizes change no
    /// bit of the outputs. The settings are not saved with the model.
    /// </summary>
    /// <param name="model">A fitted or loaded Gloro transformer, or a chain of transformers that contains one.</param>
    /// <param name="threads">
    /// The number of scoring threads, the calling thread included. 0 (default) uses every processor available to the process. 1 does all
    /// work on the reading thread, which suits servers that score many requests at once. With more threads, each one reads, decodes and
    /// scores its own rows in Transform.
    /// </param>
    /// <param name="readAheadRows">
    /// The most rows that Transform scores in one batch. 0 (default) means 256, or fewer if the network's activations would exceed 2 MB.
    /// One batch per thread and two more are read ahead. 1 turns reading ahead off.
    /// </param>
    /// <param name="executionProvider">
    /// Where ONNX Runtime scores a model whose arithmetic is <see cref="CertificateArithmetic.Real"/>: the name of one of its execution
    /// providers, such as "CUDA". Null (default) means the CPU. The application references the native package that contains the provider.
    /// CUDA uses the GPU of MLContext.GpuDeviceId, or GPU 0, without TF32. Last bits of the outputs can differ from the CPU's.
    /// </param>
    /// <returns>
    /// A new transformer, or a new chain with it in place of the old one. It shares the network session with <paramref name="model"/>
    /// unless the number of threads or the provider differs.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// The chain contains no Gloro transformer or several, a number is negative, the application's ONNX Runtime does not have the provider,
    /// or the model's arithmetic is not <see cref="CertificateArithmetic.Real"/> and a provider is given.
    /// </exception>
    /// <exception cref="DllNotFoundException">A provider is given and the native ONNX Runtime is missing.</exception>
    /// <example>
    /// <code language="csharp">
    /// ITransformer served = mlContext.Gloro.WithScoringOptions(model, threads: 1); // for a server: requests already run side by side
    /// </code>
    /// </example>
    public ITransformer WithScoringOptions(ITransformer model, int threads = 0, int readAheadRows = 0, string? executionProvider = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        ArgumentOutOfRangeException.ThrowIfNegative(readAheadRows);
        var provider = executionProvider is null ? null : ExecutionProvider.Find(executionProvider, _mlContext.GpuDeviceId ?? 0);
        return GloroInChain.Replace(model, gloro => gloro.With(threads, readAheadRows, provider));
    }

    /// <summary>
    /// Calibrates a model, so that it gives every row a set of labels that holds the true label with a given probability, even if someone
    /// moves the input by up to ε. Unlike certified label sets, these exist for every row.
    /// </summary>
    /// <param name="model">A fitted or loaded Gloro transformer, or a chain of transformers that contains one.</param>
    /// <param name="calibrationRows">
    /// Labeled input rows of the whole model. They must come from the same source as the rows to score later, in no particular order, and
    /// must not have been used for training, for validation, or to choose the model or these options. A test set is fine, if the coverage
    /// is not measured on it.
    /// </param>
    /// <param name="coverage">The least probability that a set holds the true label, above 0 and below 1.</param>
    /// <param name="options">The score and other options; null for the defaults. Their coverage is replaced by the one given.</param>
    /// <returns>The quantile, and a new model with the column CoverageLabels. Saved models keep it.</returns>
    /// <remarks>
    /// Robust split conformal prediction with the proved margin constants (compare Massena et al., "Efficient Robust Conformal Prediction
    /// via Lipschitz-Bounded Networks", ICML 2025). Rounding is covered in Float64. The calibration holds for every ε, so
    /// <see cref="WithGuarantee"/> keeps it; <see cref="WithViews"/> and another arithmetic drop it.
    /// </remarks>
    /// <exception cref="ArgumentException">The rows are too few, or an option or a column is invalid.</exception>
    [SuppressMessage("Performance", "CA1822", Justification = "Called on mlContext.Gloro, so it stays an instance method.")]
    public GloroCoverage Calibrate(
        ITransformer model, IDataView calibrationRows, double coverage = 0.9, GloroCoverageOptions? options = null)
    {
        GloroCoverageOptions copy = options?.Copy() ?? new();
        copy.Coverage = coverage;
        return Calibrator.Run(model, calibrationRows, copy);
    }

    /// <summary>Measures the coverage sets of a calibrated model.</summary>
    /// <param name="model">The model of <see cref="Calibrate"/>.</param>
    /// <param name="rows">Labeled input rows of the whole model that were not used for training or calibration.</param>
    /// <param name="epsilon">The L2 radius of the sets; null for the model's own.</param>
    /// <param name="labelColumnName">The key column of the true classes.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    /// <exception cref="ArgumentException">The model is not calibrated, no row has a known label, or a column is invalid.</exception>
    [SuppressMessage("Performance", "CA1822", Justification = "Called on mlContext.Gloro, so it stays an instance method.")]
    public GloroCoverageMetrics EvaluateCoverage(
        ITransformer model, IDataView rows, float? epsilon = null, string labelColumnName = "Label",
        CancellationToken cancellationToken = default) =>
        CoverageEvaluator.Run(model, rows, epsilon, labelColumnName, cancellationToken);

    /// <summary>
    /// Tries to break a model's certificates: attacks rows within their certified radius and near their decision boundary, checks every
    /// attack with the scoring graph, and proves the bounds again. Reports an upper bound on robust accuracy (VRA is the lower bound) and
    /// lower bounds on the Lipschitz constants (the proved ones are upper bounds).
    /// </summary>
    /// <param name="model">A fitted or loaded Gloro transformer, or a chain of transformers that contains one.</param>
    /// <param name="data">Input rows of the whole model, with or without a label column.</param>
    /// <param name="options">The attacks and the time budget; null for the defaults. They are copied.</param>
    /// <returns>The report. Surviving an attack proves nothing by itself; it tests the implementation of the proofs.</returns>
    /// <exception cref="GloroBrokenCertificateException">
    /// A certificate or a bound is wrong. The message says which; the exception holds the counterexample.
    /// </exception>
    /// <exception cref="ArgumentException">
    /// The chain contains no Gloro transformer or several, or an option or a column is invalid.
    /// </exception>
    /// <exception cref="InvalidOperationException">There are no rows, or a row cannot be read.</exception>
    /// <exception cref="DllNotFoundException">libtorch, which the attacks need, is missing or fails to load.</exception>
    /// <exception cref="OperationCanceledException">The options' cancellation token was cancelled.</exception>
    /// <example>
    /// <code language="csharp">
    /// GloroAuditReport report = mlContext.Gloro.Audit(model, test, new GloroAuditOptions { MaxRows = 500 });
    /// Console.WriteLine(report);
    /// </code>
    /// </example>
    public GloroAuditReport Audit(ITransformer model, IDataView data, GloroAuditOptions? options = null) =>
        Auditor.Run(_mlContext, model, data, options ?? new());

    /// <summary>
    /// Searches a trainer's options by successive halving: trains many settings for a few epochs, then the best of them for more, and ranks
    /// them on the validation rows. The search space comes from the options' AutoML annotations or from <paramref name="options"/>.
    /// </summary>
    /// <param name="train">
    /// The training rows as the trainer receives them: transformed by the preceding steps, with a key label. They are read again for each
    /// training.
    /// </param>
    /// <param name="validation">
    /// The rows to rank settings on, transformed the same way. Trials also use them as their validation set, unless the trainer's options
    /// have one. The best result is optimistic because it was selected on these rows; measure the final model on other rows.
    /// </param>
    /// <param name="options">The trainer's options and the search space. They are copied.</param>
    /// <returns>
    /// All trials, the best one, and its model. A failed trial has an <see cref="GloroSweepTrial.Error"/> and does not stop the sweep. If
    /// <see cref="GloroSweepOptions.CancellationToken"/> is canceled, the results so far.
    /// </returns>
    /// <exception cref="ArgumentException">An option, a column or the guarantee is invalid. This is thrown before any training.</exception>
    /// <exception cref="InvalidOperationException">
    /// There are no rows, or the journal cannot be opened or begun, or belongs to another sweep.
    /// </exception>
    /// <exception cref="DllNotFoundException">libtorch is missing or fails to load.</exception>
    /// <example>
    /// <code language="csharp">
    /// var options = new GloroSweepOptions(new GloroImageClassificationOptions()) { Trials = 12, JournalPath = "sweep.jsonl" };
    /// GloroSweepResult result = mlContext.Gloro.Sweep(trainRows, validationRows, options);
    /// Console.WriteLine(result);
    /// </code>
    /// </example>
    public GloroSweepResult Sweep(IDataView train, IDataView validation, GloroSweepOptions options) =>
        SweepRun.Run(_mlContext, train, validation, options);

    /// <summary>The same sweep, with progress and cancellation given beside the options.</summary>
    /// <param name="train">The training rows, as the trainer gets them.</param>
    /// <param name="validation">The rows that rank the trials.</param>
    /// <param name="options">The options; they are copied.</param>
    /// <param name="progress">Replaces <see cref="GloroSweepOptions.Progress"/>.</param>
    /// <param name="cancellationToken">Replaces <see cref="GloroSweepOptions.CancellationToken"/>.</param>
    public GloroSweepResult Sweep(
        IDataView train, IDataView validation, GloroSweepOptions options, IProgress<GloroSweepProgress>? progress,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        GloroSweepOptions copy = options.Copy();
        (copy.Progress, copy.CancellationToken) = (progress, cancellationToken);
        return SweepRun.Run(_mlContext, train, validation, copy);
    }

    /// <summary>
    /// Writes a model and its certificate as one ONNX graph (opset 13, IR 7, standard operators) that scores and certifies on any ONNX
    /// engine, without this library. ε and the guarantee are graph parameters that the caller may override. Radii never exceed the
    /// library's own. docs/scale-out.md describes inputs, outputs and parameters.
    /// </summary>
    /// <param name="model">
    /// A fitted or loaded Gloro transformer, or a chain of transformers that contains one. The other steps, such as normalization or
    /// resizing, are not in the file: the graph takes what they give. ML.NET's <c>mlContext.Model.ConvertToOnnx</c>, of the package
    /// Microsoft.ML.OnnxConverter, exports whole pipelines of feature vectors.
    /// </param>
    /// <param name="stream">
    /// The destination; written from its current position and left open. If writing fails, the stream holds an incomplete file, so write to
    /// a temporary file and rename it.
    /// </param>
    /// <param name="options">
    /// The export options; null for the defaults, which keep the model's arithmetic, guarantee and ε. They are copied.
    /// </param>
    /// <exception cref="ArgumentException">
    /// The chain contains no Gloro transformer or several, an option is invalid, or the stream cannot be written to.
    /// </exception>
    /// <example>
    /// <code language="csharp">
    /// using (FileStream file = File.Create("model.onnx"))
    ///     mlContext.Gloro.ConvertToOnnx(model, file);
    /// </code>
    /// </example>
    public void ConvertToOnnx(ITransformer model, Stream stream, GloroOnnxOptions? options = null) =>
        OnnxExporter.Write(model, stream, options ?? new());

    /// <summary>
    /// Reads a network that another library trained (PyTorch, for instance) from an ONNX file, proves its Lipschitz and rounding bounds,
    /// and returns a model that certifies its predictions. docs/import.md lists the operators and how to export.
    /// </summary>
    /// <param name="stream">The ONNX file; read from its current position to its end and left open.</param>
    /// <param name="classNames">The classes in the order of the logits. Labels are keys of these names.</param>
    /// <param name="options">The guarantee, ε, and how rows are read; null for the defaults. They are copied.</param>
    /// <returns>
    /// The model. Its temperature is 1: scores are the softmax of the logits, and nothing is calibrated.
    /// </returns>
    /// <remarks>
    /// Factors and summands between layers are folded into weights, which are then rounded to float32. The bounds are proved for the
    /// rounded weights. The logits are compared with ONNX Runtime's on random rows if the application has the native ONNX Runtime;
    /// MLContext.Log and the model's origin in the report say so. Import only files whose network you mean to use: certificates are about
    /// that network.
    /// </remarks>
    /// <exception cref="NotSupportedException">
    /// A node has no layer with a proof, or the logits differ from ONNX Runtime's. The message names the node and what to do instead.
    /// </exception>
    /// <exception cref="FormatException">The stream does not hold an ONNX model, or the model breaks the rules or is too large.</exception>
    /// <exception cref="ArgumentException">
    /// An option is invalid, the guarantee does not fit the classes, or their number is not that of the logits.
    /// </exception>
    /// <exception cref="OperationCanceledException">The options' cancellation token was cancelled.</exception>
    public GloroTransformer ImportOnnx(Stream stream, IReadOnlyList<string> classNames, GloroImportOptions? options = null) =>
        OnnxImporter.Read(_mlContext, stream, classNames, options ?? new());

    /// <summary>
    /// Reports what is proved about a scored view, as one HTML page to read and share: a summary, VRA and the certified share at every ε
    /// for several guarantees, set sizes, radii, classes, the class pairs that limit radii, a gallery of certified rows, and the model's
    /// origin.
    /// </summary>
    /// <param name="scored">
    /// The output of a fitted Gloro pipeline's Transform, on rows that the model was not trained on, with or without labels. It is read
    /// once and not scored again.
    /// </param>
    /// <param name="options">The content of the report; null for the defaults. They are copied.</param>
    /// <returns>The report, with <see cref="GloroReport.Save"/> for a file and <see cref="GloroReport.ToHtml"/> for a notebook.</returns>
    /// <remarks>Memory: twelve bytes per row for each compared guarantee (four by default), and the gallery's pictures.</remarks>
    /// <exception cref="ArgumentException">
    /// A column is missing or has the wrong type, an option is invalid, a guarantee does not fit, there are no rows, or the given model or
    /// audit belongs to another view.
    /// </exception>
    /// <exception cref="OperationCanceledException">The options' cancellation token was cancelled.</exception>
    /// <example>
    /// <code language="csharp">
    /// mlContext.Gloro.Report(scored, new GloroReportOptions { Model = model }).Save("report.html");
    /// </code>
    /// </example>
    public GloroReport Report(IDataView scored, GloroReportOptions? options = null) => Reporter.Run(scored, options ?? new(), Warn);

    /// <summary>
    /// Draws what a model of two features certifies across the plane. Each guarantee gets a panel with the certified label sets, the
    /// regions where nothing is certified at ε, and the decision boundaries, in the style of Leino and Fredrikson, "Relaxing Local
    /// Robustness" (2021). The points of a grid are scored; each shows its smallest certified set.
    /// </summary>
    /// <param name="model">
    /// A fitted or loaded Gloro transformer, or a chain of transformers that contains one, that reads two features.
    /// </param>
    /// <param name="data">Input rows of the whole model. They set the part of the plane to draw, and some are shown as points.</param>
    /// <param name="options">The drawing options; null for the defaults. They are copied.</param>
    /// <returns>The text of an SVG file that suits light and dark pages.</returns>
    /// <exception cref="ArgumentException">
    /// The model does not read two features, no row has two finite features, an option is invalid, or a guarantee does not fit.
    /// </exception>
    /// <example>
    /// <code language="csharp">
    /// File.WriteAllText("regions.svg", mlContext.Gloro.DrawDecisionRegions(model, data));
    /// </code>
    /// </example>
    public string DrawDecisionRegions(ITransformer model, IDataView data, GloroRegionOptions? options = null) =>
        RegionDrawing.Run(model, data, options ?? new());

    private void Warn(string text)
    {
        using IChannel channel = ((IHostEnvironment)_mlContext).Register("Gloro", null, null).Start("Evaluation");
        channel.Warning(MessageSensitivity.Schema, text);
    }

    private static TOptions With<TOptions>(
        TOptions options, string labelColumnName, string featureColumnName, string? exampleWeightColumnName,
        RobustnessGuarantee? guarantee, float epsilon, IDataView? validationSet)
        where TOptions : GloroTrainerOptions
    {
        options.LabelColumnName = labelColumnName;
        options.FeatureColumnName = featureColumnName;
        options.ExampleWeightColumnName = exampleWeightColumnName;
        options.Guarantee = guarantee ?? RobustnessGuarantee.Local;
        options.Epsilon = epsilon;
        options.ValidationSet = validationSet;
        return options;
    }
}
