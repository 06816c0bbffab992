using System.Diagnostics.CodeAnalysis;
using Microsoft.ML.Gloro.Analysis;
using Microsoft.ML.Gloro.MLNet;

namespace Microsoft.ML.Gloro;

/// <summary>Provably robust classification for ML.NET pipelines: the front door of the library.</summary>
/// <remarks>Stateless besides the MLContext it was made with; safe for concurrent use.</remarks>
/// <param name="mlContext">The context whose seed, log and GPU settings are used.</param>
public sealed class GloroCatalog(MLContext mlContext)
{
    private readonly MLContext _mlContext = mlContext ?? throw new ArgumentNullException(nameof(mlContext));

    /// <summary>A trainer of provably robust image classification, with defaults for all that is not named here.</summary>
    /// <param name="labelColumnName">The key column of the classes.</param>
    /// <param name="featureColumnName">The column of images: MLImage, an encoded image as a vector of bytes, or the planar pixels of ExtractPixels scaled to [0, 1].</param>
    /// <param name="guarantee">What to prove; null for local robustness.</param>
    /// <param name="epsilon">The L2 radius ε to prove it for, in pixels scaled to [0, 1].</param>
    /// <param name="validationSet">Rows to validate on; null to set aside a tenth of the training rows.</param>
    /// <exception cref="ArgumentException">A value cannot be used; the message names all that are wrong.</exception>
    public GloroEstimator ImageClassification(
        string labelColumnName = "Label", string featureColumnName = "Image", RobustnessGuarantee? guarantee = null, float epsilon = GloroTrainerOptions.DefaultEpsilon, IDataView? validationSet = null) =>
        ImageClassification(With(new GloroImageClassificationOptions(), labelColumnName, featureColumnName, guarantee, epsilon, validationSet));

    /// <summary>A trainer of provably robust image classification.</summary>
    /// <param name="options">Its options, which are copied.</param>
    /// <exception cref="ArgumentException">An option cannot be used; the message names all that are wrong.</exception>
    public GloroEstimator ImageClassification(GloroImageClassificationOptions options) => new(_mlContext, options);

    /// <summary>A trainer of provably robust classification of feature vectors, with defaults for all that is not named here.</summary>
    /// <param name="labelColumnName">The key column of the classes.</param>
    /// <param name="featureColumnName">The column of features, a vector of Single of known size.</param>
    /// <param name="guarantee">What to prove; null for local robustness.</param>
    /// <param name="epsilon">The L2 radius ε to prove it for, in the units of the features.</param>
    /// <param name="validationSet">Rows to validate on; null to set aside a tenth of the training rows.</param>
    /// <exception cref="ArgumentException">A value cannot be used; the message names all that are wrong.</exception>
    public GloroEstimator MulticlassClassification(
        string labelColumnName = "Label", string featureColumnName = "Features", RobustnessGuarantee? guarantee = null, float epsilon = GloroTrainerOptions.DefaultEpsilon, IDataView? validationSet = null) =>
        MulticlassClassification(With(new GloroMulticlassClassificationOptions(), labelColumnName, featureColumnName, guarantee, epsilon, validationSet));

    /// <summary>A trainer of provably robust classification of feature vectors.</summary>
    /// <param name="options">Its options, which are copied.</param>
    /// <exception cref="ArgumentException">An option cannot be used; the message names all that are wrong.</exception>
    public GloroEstimator MulticlassClassification(GloroMulticlassClassificationOptions options) => new(_mlContext, options);

    /// <summary>Measures a scored view: verified-robust accuracy and what belongs beside it. Nothing is scored again, whatever guarantee and ε are asked for.</summary>
    /// <param name="scored">What Transform of a fitted Gloro pipeline gave.</param>
    /// <param name="labelColumnName">The key column of the true classes.</param>
    /// <param name="guarantee">The guarantee to measure; null for the model's own.</param>
    /// <param name="epsilon">The radius to measure it at; null for the model's own.</param>
    /// <param name="outputColumnPrefix">The prefix of the scored columns.</param>
    /// <exception cref="ArgumentException">A column is missing or of a wrong type, or the guarantee does not fit the scored view.</exception>
    public GloroMetrics Evaluate(IDataView scored, string labelColumnName = "Label", RobustnessGuarantee? guarantee = null, float? epsilon = null, string outputColumnPrefix = "") =>
        GloroEvaluator.Evaluate(_mlContext, scored, labelColumnName, guarantee, epsilon, outputColumnPrefix);

    /// <summary>Fits and measures a pipeline on every one of <paramref name="numberOfFolds"/> splits of the data.</summary>
    /// <param name="data">All rows.</param>
    /// <param name="estimator">A pipeline with a Gloro trainer.</param>
    /// <param name="numberOfFolds">The number of splits.</param>
    /// <param name="labelColumnName">The key column of the true classes, in the scored rows.</param>
    /// <param name="samplingKeyColumnName">Rows with the same value in this column stay in the same part; null for none.</param>
    /// <param name="seed">The seed of the splits; null for the MLContext's.</param>
    /// <param name="outputColumnPrefix">The prefix of the scored columns.</param>
    /// <returns>One model and its metrics for each fold.</returns>
    public IReadOnlyList<GloroCrossValidationResult> CrossValidate(
        IDataView data, IEstimator<ITransformer> estimator, int numberOfFolds = 5, string labelColumnName = "Label", string? samplingKeyColumnName = null, int? seed = null,
        string outputColumnPrefix = "")
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(estimator);
        return [.. _mlContext.Data.CrossValidationSplit(data, numberOfFolds, samplingKeyColumnName, seed).Select((fold, index) =>
        {
            ITransformer model = estimator.Fit(fold.TrainSet);
            IDataView scored = model.Transform(fold.TestSet);
            return new GloroCrossValidationResult(index, model, scored, Evaluate(scored, labelColumnName, outputColumnPrefix: outputColumnPrefix));
        })];
    }

    /// <summary>
    /// Proposes affinity sets: classes that, if they may be taken for each other, let rows be proved that local robustness does not prove. Looked for are not confusions but what blocks
    /// certificates, the margins over their Lipschitz constants that are not above ε; rows that sets are not found on say what they bring.
    /// </summary>
    /// <param name="scored">What Transform of a fitted Gloro pipeline gave, of rows that the model was not trained on. It is read once.</param>
    /// <param name="options">Sizes, gains and prices; null for the defaults. They are copied.</param>
    /// <returns>The sets, and what each of them brings. <see cref="GloroAffinityDiscovery.Guarantee"/> goes into a trainer's options, or into <see cref="WithGuarantee"/>.</returns>
    /// <remarks>
    /// Greedy: of the sets that blocked rows need, alone or joined with those taken before, the one that most raises VRA − price · bits is taken, until none does. A set that pairs of classes
    /// block no more than chance would have it is not. Names decide between equals, so that the numbering of classes does not matter. The same data, options and seed give the same sets.
    /// </remarks>
    /// <exception cref="ArgumentException">A column is missing or of a wrong type, an option cannot be used, or there are too few rows with a label.</exception>
    /// <exception cref="OperationCanceledException">The options' cancellation token was cancelled.</exception>
    [SuppressMessage("Performance", "CA1822", Justification = "The catalog's methods are found on mlContext.Gloro; this one happens not to need the context.")]
    public GloroAffinityDiscovery DiscoverAffinitySets(IDataView scored, GloroAffinityDiscoveryOptions? options = null) => AffinityDiscoverer.Run(scored, options ?? new());

    /// <summary>Compares guarantees on the same rows: local robustness, RTK for each K, and affinity robustness with sets that are discovered. Says which is worth what it leaves open.</summary>
    /// <param name="scored">What Transform of a fitted Gloro pipeline gave, of rows that the model was not trained on. It is read once, and nothing is scored again.</param>
    /// <param name="options">What to compare, and the price of a bit; null for the defaults. They are copied.</param>
    /// <exception cref="ArgumentException">A column is missing or of a wrong type, an option cannot be used, a guarantee does not fit, or there are too few rows with a label.</exception>
    /// <exception cref="OperationCanceledException">The options' cancellation token was cancelled.</exception>
    [SuppressMessage("Performance", "CA1822", Justification = "The catalog's methods are found on mlContext.Gloro; this one happens not to need the context.")]
    public GuaranteeSuggestions Suggest(IDataView scored, GloroSuggestionOptions? options = null) => GuaranteeSuggester.Run(scored, options ?? new());

    /// <summary>The same model under another guarantee and ε: nothing is trained or bounded again.</summary>
    /// <param name="model">A fitted or loaded Gloro transformer, or a chain of transformers, as a pipeline's Fit gives, with one in it.</param>
    /// <param name="guarantee">The guarantee to certify from now on.</param>
    /// <param name="epsilon">The radius to certify it at; null for the model's own.</param>
    /// <returns>A new transformer, or a new chain of the same transformers around it. It shares the network's session with <paramref name="model"/>.</returns>
    /// <exception cref="ArgumentException">There is no Gloro transformer, or more than one, or the guarantee does not fit its classes.</exception>
    [SuppressMessage("Performance", "CA1822", Justification = "The catalog's methods are found on mlContext.Gloro; this one happens not to need the context.")]
    public ITransformer WithGuarantee(ITransformer model, RobustnessGuarantee guarantee, float? epsilon = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(guarantee);
        return GloroInChain.Replace(model, gloro => gloro.With(guarantee, epsilon ?? gloro.Epsilon));
    }

    /// <summary>The same model, scored and certified in another arithmetic: nothing is trained or bounded again.</summary>
    /// <param name="model">A fitted or loaded Gloro transformer, or a chain of transformers with one in it.</param>
    /// <param name="arithmetic">The arithmetic that certificates speak of from now on.</param>
    /// <returns>A new transformer, or a new chain of the same transformers around it.</returns>
    /// <exception cref="ArgumentException">There is no Gloro transformer, or more than one, or the arithmetic is unknown.</exception>
    [SuppressMessage("Performance", "CA1822", Justification = "The catalog's methods are found on mlContext.Gloro; this one happens not to need the context.")]
    public ITransformer WithArithmetic(ITransformer model, CertificateArithmetic arithmetic)
    {
        ArgumentNullException.ThrowIfNull(model);
        return GloroInChain.Replace(model, gloro => gloro.With(arithmetic));
    }

    /// <summary>The same network on other views of images, whose mean its logits then are: nothing is trained or bounded again, and radii cost nothing. See <see cref="GloroImageViews"/>.</summary>
    /// <param name="model">A fitted or loaded Gloro transformer, or a chain of transformers with one in it, of images.</param>
    /// <param name="views">The views. Those that training's augmentation has made pay; a network that never saw an image upside down does not know one.</param>
    /// <returns>A new transformer, or a new chain of the same transformers around it. Scores keep the temperature that was fitted to the model's own views.</returns>
    /// <exception cref="ArgumentException">There is no Gloro transformer, or more than one, the views are unknown, or its inputs have no such views.</exception>
    [SuppressMessage("Performance", "CA1822", Justification = "The catalog's methods are found on mlContext.Gloro; this one happens not to need the context.")]
    public ITransformer WithViews(ITransformer model, GloroImageViews views)
    {
        ArgumentNullException.ThrowIfNull(model);
        return GloroInChain.Replace(model, gloro => gloro.With(views));
    }

    /// <summary>The same model, scored with other threads or in other batches. They change no bit of any column, and are not saved: they belong to the machine, not to the model.</summary>
    /// <param name="model">A fitted or loaded Gloro transformer, or a chain of transformers with one in it.</param>
    /// <param name="threads">
    /// Threads that score, the calling one included. 0, the default, for every processor that this process may use. 1 for everything on the thread that reads: for a server that scores many
    /// requests at once. With more, each of them reads rows of its own for Transform, decodes their images and scores them.
    /// </param>
    /// <param name="readAheadRows">
    /// The most rows that Transform scores together. 0, the default, for 256, or fewer where the network's activations would take more than 2 MB. As many are read ahead for each thread, and
    /// twice more. 1 for none ahead.
    /// </param>
    /// <returns>A new transformer, or a new chain of the same transformers around it. It shares the network's session with <paramref name="model"/> unless the threads differ.</returns>
    /// <exception cref="ArgumentException">There is no Gloro transformer, or more than one, or a number is negative.</exception>
    [SuppressMessage("Performance", "CA1822", Justification = "The catalog's methods are found on mlContext.Gloro; this one happens not to need the context.")]
    public ITransformer WithScoringOptions(ITransformer model, int threads = 0, int readAheadRows = 0)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        ArgumentOutOfRangeException.ThrowIfNegative(readAheadRows);
        return GloroInChain.Replace(model, gloro => gloro.With(threads, readAheadRows));
    }

    /// <summary>
    /// Tries to break a model's certificates: attacks rows within their certified radius and around their decision boundary, with the scoring graph as judge, and proves the bounds anew.
    /// Reports what the attacks came to, with an upper bound of the robust accuracy beside VRA and lower bounds of the Lipschitz constants beside the proved ones.
    /// </summary>
    /// <param name="model">A fitted or loaded Gloro transformer, or a chain of transformers with one in it.</param>
    /// <param name="data">Rows as the whole model takes them, with a label column or without.</param>
    /// <param name="options">How hard and how long; null for the defaults. They are copied.</param>
    /// <returns>What was done and found; certificates that attacks could not break are no proof, but their proofs have survived these attacks.</returns>
    /// <exception cref="GloroBrokenCertificateException">A certificate or a bound is wrong; the message says which, and the exception holds the counterexample.</exception>
    /// <exception cref="ArgumentException">There is no Gloro transformer, or more than one, or an option or a column cannot be used.</exception>
    /// <exception cref="InvalidOperationException">There are no rows, or one cannot be read.</exception>
    /// <exception cref="DllNotFoundException">libtorch, which the attacks need, is missing or does not load.</exception>
    /// <exception cref="OperationCanceledException">The options' cancellation token was cancelled.</exception>
    public GloroAuditReport Audit(ITransformer model, IDataView data, GloroAuditOptions? options = null) => Auditor.Run(_mlContext, model, data, options ?? new());

    /// <summary>
    /// Searches the options of a trainer: trains with many settings for a few epochs, with the best of them for more, and so on (successive halving), and says which came
    /// furthest on the validation rows. What is searched, and in which limits, is what the options are annotated with for AutoML, or is said in <paramref name="options"/>.
    /// </summary>
    /// <param name="train">The rows to train on, as the trainer would get them: transformed by the steps before it, the label a key. Read anew for every training.</param>
    /// <param name="validation">
    /// The rows to measure on, transformed alike. The trials' own validation set too, unless the trainer's options have one. Choosing by them makes the best figures
    /// optimiztic: keep other rows for the last word.
    /// </param>
    /// <param name="options">The trainer's options, and what to search; they are copied.</param>
    /// <param name="progress">Told after each training, on the thread of the sweep; null for nobody. MLContext.Log has a line for each in any case.</param>
    /// <param name="cancellationToken">
    /// Ends the sweep within a batch. It then <em>returns</em> what has been found so far, with <see cref="GloroSweepResult.IsComplete"/> false, rather than throw
    /// <see cref="OperationCanceledException"/>; so does cancelling the trainer's own token.
    /// </param>
    /// <returns>All trials, the best one, and its model. A training that fails is a trial with an <see cref="GloroSweepTrial.Error"/>, and the sweep goes on.</returns>
    /// <exception cref="ArgumentException">An option, a column or the guarantee cannot be used; nothing has been trained then.</exception>
    /// <exception cref="InvalidOperationException">The journal cannot be read or written, or is of another sweep.</exception>
    /// <exception cref="DllNotFoundException">libtorch is missing or does not load.</exception>
    public GloroSweepResult Sweep(
        IDataView train, IDataView validation, GloroSweepOptions options, IProgress<GloroSweepProgress>? progress = null, CancellationToken cancellationToken = default) =>
        SweepRun.Run(_mlContext, train, validation, options, progress, cancellationToken);

    /// <summary>
    /// Writes a model with its certificate as one ONNX graph, which scores and certifies on any ONNX engine, without this library: opset 13, IR 7, standard operators. ε and the
    /// guarantee are parameters of the graph, which whoever runs it may override. No radius in it exceeds the library's own. docs/scale-out.md describes inputs, outputs and parameters.
    /// </summary>
    /// <param name="model">A fitted or loaded Gloro transformer, or a chain of transformers with one in it. The others are left out: the graph takes what the network takes.</param>
    /// <param name="stream">Where the file is written, from the current position; it stays open. If writing fails half-way, what is there is no file: write to a temporary one and rename it.</param>
    /// <param name="options">What to write; null for the defaults, which keep the model's arithmetic, guarantee and ε. They are copied.</param>
    /// <exception cref="ArgumentException">There is no Gloro transformer, or more than one, an option cannot be used, or the stream cannot be written to.</exception>
    [SuppressMessage("Performance", "CA1822", Justification = "The catalog's methods are found on mlContext.Gloro; this one happens not to need the context.")]
    public void ConvertToOnnx(ITransformer model, Stream stream, GloroOnnxOptions? options = null) => OnnxExporter.Write(model, stream, options ?? new());

    /// <summary>
    /// Says what is proved of a scored view, to read and to hand on: one HTML page with the summary in sentences, VRA and the share of certified rows at every ε for several guarantees, set sizes and radii,
    /// classes, the pairs of classes that limit radii, a gallery of rows with their certified sets, and where the model comes from.
    /// </summary>
    /// <param name="scored">What Transform of a fitted Gloro pipeline gave, of rows that the model was not trained on, with labels or without. It is read once, and nothing is scored again.</param>
    /// <param name="options">What to show; null for the defaults. They are copied.</param>
    /// <returns>The report, with <see cref="GloroReport.Save"/> for a file and <see cref="GloroReport.ToHtml"/> for a notebook.</returns>
    /// <remarks>Memory: twelve bytes a row for each guarantee that is compared, four by default, and the gallery's few pictures.</remarks>
    /// <exception cref="ArgumentException">
    /// A column is missing or of a wrong type, an option cannot be used, a guarantee does not fit, there are no rows, or the model or audit given is of another view.
    /// </exception>
    /// <exception cref="OperationCanceledException">The options' cancellation token was cancelled.</exception>
    [SuppressMessage("Performance", "CA1822", Justification = "The catalog's methods are found on mlContext.Gloro; this one happens not to need the context.")]
    public GloroReport Report(IDataView scored, GloroReportOptions? options = null) => Reporter.Run(scored, options ?? new());

    /// <summary>
    /// Draws what a model of two features certifies over the plane: for each guarantee a panel of the certified label sets, with the margins of ε in which nothing is certified and the boundaries between
    /// predicted classes, as the example boundaries of Leino and Fredrikson, "Relaxing Local Robustness" (2021). Each point of a grid is scored; the smallest certified set is shown.
    /// </summary>
    /// <param name="model">A fitted or loaded Gloro transformer, or a chain of transformers with one in it, that reads two features.</param>
    /// <param name="data">Rows as the whole model takes them: they say which part of the plane to draw, and some are shown as points.</param>
    /// <param name="options">What to draw; null for the defaults. They are copied.</param>
    /// <returns>An SVG file as text, for light and dark pages.</returns>
    /// <exception cref="ArgumentException">The model does not read two features, no row has two finite ones, an option cannot be used, or a guarantee does not fit.</exception>
    [SuppressMessage("Performance", "CA1822", Justification = "The catalog's methods are found on mlContext.Gloro; this one happens not to need the context.")]
    public string DrawDecisionRegions(ITransformer model, IDataView data, GloroRegionOptions? options = null) => RegionDrawing.Run(model, data, options ?? new());

    private static TOptions With<TOptions>(TOptions options, string labelColumnName, string featureColumnName, RobustnessGuarantee? guarantee, float epsilon, IDataView? validationSet)
        where TOptions : GloroTrainerOptions
    {
        options.LabelColumnName = labelColumnName;
        options.FeatureColumnName = featureColumnName;
        options.Guarantee = guarantee ?? RobustnessGuarantee.Local;
        options.Epsilon = epsilon;
        options.ValidationSet = validationSet;
        return options;
    }
}
