using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.MLNet;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Gloro;

/// <summary>
/// Scores rows with a Lipschitz-bounded network and certifies them. To each row it adds PredictedLabel, Score (probabilities), Logits,
/// TopKRadii, CertifiedRadius, IsCertified, CertifiedK, CertifiedLabels, LoosestK, ReachableLabels and CertifiedGroup. CertifiedLabels is
/// the tightest set that the guarantee allows and that no input within L2 distance ε of the row's can change; none nearer than
/// CertifiedRadius, the radius of that set, changes it. Larger sets, up to the LoosestK highest classes, may hold too: VRA counts a row if
/// the label is in the loosest. CertifiedGroup is the name of CertifiedLabels, see <see cref="NameOf"/>.
/// </summary>
/// <remarks>
/// <para>
/// Immutable and safe for concurrent use, also by many prediction engines. Each engine serves one thread at a time: that is ML.NET's rule.
/// </para>
/// <para>
/// PredictedLabel, CertifiedLabels and ReachableLabels are keys of the label's own values: MapKeyToValue gives back text, numbers or dates,
/// whatever the label was before MapValueToKey.
/// </para>
/// <para>Rows that hold NaN, an infinity or a value so large that the network would overflow have NaN for logits and scores, and their
/// predicted label is missing. Rows with pixels outside [0, 1] or denormal numbers are scored. Neither are ever certified: radii are 0, and
/// every class is in ReachableLabels.</para>
/// <para><see cref="Arithmetic"/> says what certificates hold for: the arithmetic that runs, or real arithmetic.</para>
/// <para>Disposing it frees the network's scorer once rows that are being scored are done; cursors and engines that are still open then
/// throw <see cref="ObjectDisposedException"/>. ML.NET's PredictionEngine disposes its model unless told not to.</para>
/// </remarks>
/// <example>
/// <code language="csharp">
/// ITransformer saved = mlContext.Model.Load("model.zip", out _);
/// GloroTransformer classifier = ((IEnumerable&lt;ITransformer&gt;)saved).OfType&lt;GloroTransformer&gt;().Single();
/// Console.WriteLine($"{classifier.Guarantee} at ε = {classifier.Epsilon}: {string.Join(", ", classifier.ClassNames)}");
/// </code>
/// </example>
public sealed class GloroTransformer : ISingleFeaturePredictionTransformer<GloroModelParameters>, IDisposable
{
    private const int MostReadAheadRows = 256;
    private const int ActivationValues = 1 << 19; // 2 MB: the input and the output of a batch's largest layer

    private readonly IHost _host;
    private readonly SharedScorer _scorer;
    private readonly ScoringOptions _options;
    private int _disposed;

    internal GloroTransformer(IHostEnvironment env, GloroModel model, string featureColumnName, ScoringOptions? options = null)
        : this(
            env.Register("Gloro", null, null), model, featureColumnName, options ??= new(),
            new SharedScorer(model, options.Threads, options.Provider))
    {
    }

    private GloroTransformer(IHost host, GloroModel model, string featureColumnName, ScoringOptions options, SharedScorer scorer)
    {
        ArgumentException.ThrowIfNullOrEmpty(featureColumnName);
        ArgumentNullException.ThrowIfNull(options.Prefix);
        ArgumentOutOfRangeException.ThrowIfNegative(options.ReadAheadRows, nameof(options.ReadAheadRows));
        ArgumentOutOfRangeException.ThrowIfNegative(options.Threads, nameof(options.Threads));
        (_host, GloroModel, FeatureColumnName) = (host, model, featureColumnName);
        (_options, _scorer, Guard) = (options, scorer, new InputGuard(model));
        ReadAheadRows = options.ReadAheadRows == 0 ? ChooseRows(model.Network) : options.ReadAheadRows;
        Threads = options.Threads == 0 ? Environment.ProcessorCount : options.Threads;
    }

    /// <summary>The column that features are read from: an image, encoded image bytes, or a vector of Single.</summary>
    public string FeatureColumnName { get; }

    /// <summary>What is put before the names of the output columns; "" unless it was asked for.</summary>
    public string OutputColumnPrefix => _options.Prefix;

    /// <summary>The classes, in the order of the label's keys: the label's values as text, in the invariant culture.</summary>
    public IReadOnlyList<string> ClassNames => GloroModel.ClassNames;

    /// <summary>The guarantee that is certified.</summary>
    public RobustnessGuarantee Guarantee => GloroModel.Guarantee;

    /// <summary>The L2 radius ε that is certified at, in units of pixels scaled to [0, 1], or of the raw feature vector.</summary>
    public float Epsilon => GloroModel.Epsilon;

    /// <summary>The arithmetic that certificates speak of, and that rows are scored in.</summary>
    public CertificateArithmetic Arithmetic => GloroModel.Arithmetic;

    /// <summary>The views of an image whose mean the logits are.</summary>
    public GloroImageViews Views => GloroModel.Network.Views;

    /// <summary>
    /// How far each feature can be off, in the order of the features; ε and all radii are measured in these. Null if they are L2 distances
    /// in the units of the features.
    /// </summary>
    public GloroTolerances? Tolerances => Model.Tolerances;

    /// <summary>κ: a proved upper bound of the Lipschitz constant (L2) from the input to the penultimate layer.</summary>
    public double LipschitzBound => GloroModel.Bound.Value;

    /// <summary>
    /// The temperature T: Score is softmax(Logits / T). Fitted to the validation rows, so that log-loss and scores mean what they should
    /// (<see cref="GloroTrainerOptions.CalibrateScores"/>); 1 if it was not. Logits, radii and certificates do not depend on it.
    /// </summary>
    public double Temperature => GloroModel.Temperature;

    /// <summary>
    /// The threads that score: one per processor that this process may use, unless <see cref="GloroCatalog.WithScoringOptions"/> says
    /// otherwise. They share the work of a single row and of the first few rows of a view; of many rows, each thread, also the calling one,
    /// takes batches of its own. With 1, everything runs on the thread that reads.
    /// </summary>
    public int Threads { get; }

    /// <summary>
    /// The most rows that are scored together: 256, or fewer if the network's activations would take more than 2 MB, unless
    /// <see cref="GloroCatalog.WithScoringOptions"/> says otherwise. With more than one thread, as many batches as there are threads, and
    /// two more, are read ahead.
    /// </summary>
    public int ReadAheadRows { get; }

    /// <summary>
    /// The name of a set of classes, as in CertifiedGroup: of one class, the class; of several, the smallest named affinity set of
    /// <see cref="Guarantee"/> that holds them all, of equally large ones the first by name. Empty if there is none, or no class is given.
    /// </summary>
    /// <exception cref="ArgumentException">A class is none of <see cref="ClassNames"/>.</exception>
    public string NameOf(IEnumerable<string> classes)
    {
        ArgumentNullException.ThrowIfNull(classes);
        string[] names = [.. classes];
        int[] indices = LabelMap.Match(names, GloroModel.ClassNames);
        return Array.IndexOf(indices, LabelMap.Unknown) is >= 0 and var stranger
            ? throw new ArgumentException($"The model has no class '{names[stranger]}'.", nameof(classes))
            : GloroModel.ResolvedGuarantee.NameOf(indices);
    }

    /// <summary>What is known of the model.</summary>
    public GloroModelParameters Model => new(GloroModel);

    /// <summary>
    /// The type of <see cref="FeatureColumnName"/> that needs no conversion: an image of the network's size, or a vector of its length. A
    /// network that was imported for vectors of channels × height × width has these dimensions.
    /// </summary>
    public DataViewType FeatureColumnType => GloroModel switch
    {
        { IsImage: true, Network.InputShape: var shape } => new ImageDataViewType(shape.Height, shape.Width),
        { Network.InputShape: { IsVector: false } shape } =>
            new VectorDataViewType(NumberDataViewType.Single, shape.Channels, shape.Height, shape.Width),
        { Network.InputShape: var shape } => new VectorDataViewType(NumberDataViewType.Single, shape.Size),
    };

    /// <summary>Always true: a row is scored from that row alone.</summary>
    public bool IsRowToRowMapper => true;

    internal GloroModel GloroModel { get; }

    internal ScoringOptions Options => _options;

    internal InputGuard Guard { get; }

    /// <summary>The schema of scored rows.</summary>
    /// <exception cref="ArgumentException">The feature column is missing, or of a type or size that cannot be read.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => Bind(inputSchema).Output;

    /// <summary>The rows of <paramref name="input"/> with the output columns; rows are scored when read, some batches ahead.</summary>
    /// <exception cref="ArgumentException">The feature column is missing, or of a type or size that cannot be read.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var schema = Bind(input.Schema);
        var shape = GloroModel.Network.InputShape;
        if (schema.Feature.Type is ImageDataViewType { Height: > 0, Width: > 0 } image
            && (image.Height != shape.Height || image.Width != shape.Width))
        {
            using var channel = _host.Start("Scoring");
            channel.Info(
                MessageSensitivity.Schema,
                "Images in column '{0}' are resized from {1}×{2} to {3}×{4} pixels; epsilon is measured after that.",
                FeatureColumnName, image.Height, image.Width, shape.Height, shape.Width);
        }

        return new OnnxPipelineView(this, schema, input);
    }

    /// <summary>A mapper of single rows, as PredictionEngine uses.</summary>
    /// <exception cref="ArgumentException">The feature column is missing, or of a type or size that cannot be read.</exception>
    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => new GloroRowMapper(this, Bind(inputSchema));

    /// <summary>
    /// Frees the scorer, unless a transformer that shares it (the same network under another guarantee) is still in use. May be called
    /// repeatedly.
    /// </summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            _scorer.Release();
    }

    void ICanSaveModel.Save(ModelSaveContext ctx) => TransformerPersistence.Save(this, ctx);

    /// <summary>The same network, certified for another guarantee and radius. Shares the scorer; each must be disposed by itself.</summary>
    /// <exception cref="ArgumentException">The guarantee does not fit the classes, or epsilon is negative or not finite.</exception>
    /// <exception cref="ObjectDisposedException">This transformer is disposed.</exception>
    internal GloroTransformer With(RobustnessGuarantee guarantee, float epsilon) =>
        With(() => GloroModel.With(guarantee, epsilon), _options, sharesScorer: true);

    /// <summary>The same network, scored and certified in another arithmetic. Each must be disposed by itself.</summary>
    /// <exception cref="ObjectDisposedException">This transformer is disposed.</exception>
    internal GloroTransformer With(CertificateArithmetic arithmetic) =>
        With(() => GloroModel.With(arithmetic), _options, arithmetic == Arithmetic);

    /// <summary>The same network on other views of images. Each must be disposed by itself.</summary>
    /// <exception cref="ArgumentException">Inputs have no such views.</exception>
    /// <exception cref="ObjectDisposedException">This transformer is disposed.</exception>
    internal GloroTransformer With(GloroImageViews views) => With(() => GloroModel.With(views), _options, views == Views);

    /// <summary>
    /// The same model, scored with other threads, in other batches or on another provider. Each must be disposed by itself.
    /// </summary>
    /// <exception cref="ArgumentException">A provider, and a model that ONNX Runtime does not score.</exception>
    /// <exception cref="ObjectDisposedException">This transformer is disposed.</exception>
    internal GloroTransformer With(int threads, int readAheadRows, ExecutionProvider? provider = null)
    {
        if (provider is not null && Arithmetic != CertificateArithmetic.Real)
        {
            throw new ArgumentException(
                $"An execution provider is for models scored by ONNX Runtime, and this one is scored in {Arithmetic} by the library " +
                $"itself. Call WithArithmetic(model, CertificateArithmetic.{nameof(CertificateArithmetic.Real)}) first.", nameof(provider));
        }

        var options = _options with { Threads = threads, ReadAheadRows = readAheadRows, Provider = provider };
        return With(() => GloroModel, options, threads == _options.Threads && provider == _options.Provider);
    }

    /// <summary>The same model with coverage sets. Shares the scorer; each must be disposed by itself.</summary>
    /// <exception cref="ObjectDisposedException">This transformer is disposed.</exception>
    internal GloroTransformer With(CoverageRule coverage) => With(() => GloroModel.With(coverage), _options, sharesScorer: true);

    /// <summary>Computes logits. Safe for concurrent use.</summary>
    internal void Score(Memory<float> inputs, int rows, Memory<float> logits, ScoringThreads threads = ScoringThreads.All)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        _scorer.Get().Score(inputs, rows, logits, threads);
    }

    // The model is made after the check: a disposed transformer says so before it complains of arguments.
    private GloroTransformer With(Func<GloroModel> model, ScoringOptions options, bool sharesScorer)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        var other = model();
        var scorer = sharesScorer ? _scorer.AddOwner() : new SharedScorer(other, options.Threads, options.Provider);
        return new GloroTransformer(_host, other, FeatureColumnName, options, scorer);
    }

    // Each layer reads what the layer before wrote: a batch that does not fit the processor's cache is slower and gains nothing.
    private static int ChooseRows(DeployedNetwork network)
    {
        long largest = Enumerable.Range(0, network.Layers.Count).Max(i => (long)network.Shapes[i].Size + network.Shapes[i + 1].Size);
        return (int)Math.Clamp(ActivationValues / (largest * network.ViewCount), 1, MostReadAheadRows);
    }

    private ScoringSchema Bind(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return new ScoringSchema(GloroModel, inputSchema, FeatureColumnName, _options.Prefix);
    }
}
