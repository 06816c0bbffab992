using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Microsoft.ML.Gloro.Bench;

/// <summary>
/// The ratios of <see cref="ServingBench"/> by BenchmarkDotNet: in each category ONNX Runtime's bare session is the baseline. For a machine
/// that does nothing else.
/// </summary>
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory)]
[CategoriesColumn]
[MemoryDiagnoser]
public class ServingBenchmarks : IDisposable
{
    private const string OneRow = "one row", ManyRows = "256 rows", Files = "256 image files";
    private const int Rows = 256;

    private readonly GloroTransformer _model;
    private readonly ServingRows _rows;
    private readonly BareSession _session;
    private readonly BareDecoder _decoder;
    private readonly PredictionEngine<ServingRows.VectorRow, EngineBench.ScoredRow> _engine;
    private readonly ServingRows.VectorRow _row;
    private readonly EngineBench.ScoredRow _scored = new();
    private readonly IDataView _vectors, _images, _files;
    private readonly float[] _inputs, _logits;
    private readonly int _batch, _size;

    /// <summary>Loads the model.</summary>
    public ServingBenchmarks()
    {
        var context = new MLContext();
        ITransformer loaded = context.Model.Load(ModelPath, out _);
        _model = (loaded as GloroTransformer ?? ((IEnumerable<ITransformer>)loaded).OfType<GloroTransformer>().Single())
            .With(CertificateArithmetic.Real);
        var network = _model.GloroModel.Network;
        _rows = new ServingRows(network.InputShape, Rows);
        _session = new BareSession(network, Environment.ProcessorCount);
        _decoder = new BareDecoder(network.InputShape);
        _engine = EngineBench.Engine(_model, _rows);
        (_row, _size) = (_rows.One, network.InputShape.Size);
        (_vectors, _images, _files) =
            (_model.Transform(_rows.Vectors()), _model.Transform(_rows.Images()), _model.Transform(_rows.LoadedFiles()));
        (_inputs, _logits) = (new float[Rows * _size], new float[Rows * network.ClassCount]);
        _batch = _session.FindBest(_rows.Inputs, _logits).Batch;
    }

    /// <summary>The model to measure: BenchmarkDotNet makes this class without arguments, in the same process.</summary>
    internal static string ModelPath { get; set; } = "";

    /// <summary>Measures and prints.</summary>
    internal static void RunAll() => BenchmarkRunner.Run([typeof(ServingBenchmarks), typeof(CertificateBenchmarks)],
        DefaultConfig.Instance.AddJob(Job.Default.WithToolchain(new InProcessEmitToolchain(TimeSpan.FromHours(1), logOutput: true))));

    /// <summary>The bare session, one row.</summary>
    [Benchmark(Baseline = true), BenchmarkCategory(OneRow)]
    public void BareOne() => _session.Run(_row.Image, 1, _logits);

    /// <summary>A prediction engine.</summary>
    [Benchmark, BenchmarkCategory(OneRow)]
    public void Predict()
    {
        EngineBench.ScoredRow scored = _scored;
        _engine.Predict(_row, ref scored);
    }

    /// <summary>The bare session in its best batches.</summary>
    [Benchmark(Baseline = true), BenchmarkCategory(ManyRows)]
    public void Bare() => _session.Run(_rows.Inputs, Rows, _batch, _logits);

    /// <summary>Transform of vectors, all columns.</summary>
    [Benchmark, BenchmarkCategory(ManyRows)]
    public void TransformVectors() => AllColumns.Read(_vectors);

    /// <summary>Transform of decoded images, all columns.</summary>
    [Benchmark, BenchmarkCategory(ManyRows)]
    public void TransformImages() => AllColumns.Read(_images);

    /// <summary>Files decoded, and then the bare session.</summary>
    [Benchmark(Baseline = true), BenchmarkCategory(Files)]
    public void BareFiles() => _decoder.RunAfter(_session, _rows.Files(), _batch, _inputs, _logits);

    /// <summary>Transform of files, all columns.</summary>
    [Benchmark, BenchmarkCategory(Files)]
    public void TransformFiles() => AllColumns.Read(_files);

    /// <inheritdoc/>
    [GlobalCleanup]
    public void Dispose()
    {
        _engine.Dispose();
        _session.Dispose();
        _model.Dispose();
        _rows.Dispose();
        GC.SuppressFinalize(this);
    }
}
