using System.Runtime.InteropServices;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>Computes logits of a <see cref="DeployedNetwork"/> on ONNX Runtime.</summary>
/// <remarks>
/// Safe for concurrent use, also of <see cref="Dispose"/>. Changes no state outside its own session.
/// On the CPU the logits of a row are the same bits in any batch and with any number of threads. ONNX Runtime does not promise that, but
/// keeps it for this graph: a convolution
/// treats each image alone, and a dense layer is a Gemm whose constant weights are packed beforehand, so that a single row does not get a
/// kernel of its own with another order of summation. Measured on 1.31.1, x64, batches of 1 to 300, 1 to 4 threads, dense layers up to 8192
/// wide and convolutions up to 64×64; a test holds it. Another processor may give other last bits, always the same ones on that processor.
/// </remarks>
internal sealed class OnnxScorer : INetworkScorer
{
    private static readonly string[] InputNames = [OnnxGraph.InputName];
    private static readonly string[] OutputNames = [OnnxGraph.OutputName];
    private readonly InferenceSession _session;
    private readonly Lazy<InferenceSession> _oneThread; // the number of threads belongs to a session
    private readonly RunOptions _runOptions;
    private readonly long[] _inputShape;
    private readonly DeferredDisposal _life;

    /// <param name="network">The network to run.</param>
    /// <param name="threads">
    /// Threads that share the work inside one operator, the calling one included. 0, the default, takes every processor that this process
    /// may use (a container's limit is honored, unlike ONNX Runtime's own default); 1 runs on the calling thread alone. They change no bit
    /// of the logits.
    /// </param>
    /// <param name="provider">Where it runs; null for the CPU.</param>
    /// <exception cref="ArgumentOutOfRangeException">A negative number of threads.</exception>
    /// <exception cref="DllNotFoundException">The native ONNX Runtime is missing. The message names the package to add.</exception>
    /// <exception cref="InvalidOperationException">The provider does not start.</exception>
    public OnnxScorer(DeployedNetwork network, int threads = 0, ExecutionProvider? provider = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        provider ??= ExecutionProvider.Cpu;
        ExecutionProvider.RequireRuntime(); // before anything else of ONNX Runtime is touched
        _runOptions = new RunOptions();
        TensorShape shape = network.InputShape;
        (InputSize, ClassCount) = (shape.Size, network.ClassCount);
        _inputShape = shape.IsVector ? [shape.Channels] : [shape.Channels, shape.Height, shape.Width];
        _session = CreateSession(network, threads == 0 ? Environment.ProcessorCount : threads, provider);
        _oneThread = new Lazy<InferenceSession>(() => threads == 1 ? _session : CreateSession(network, 1, provider));
        _life = new DeferredDisposal(this, Free);
    }

    /// <summary>Values in one row of input.</summary>
    public int InputSize { get; }

    /// <summary>Values in one row of logits.</summary>
    public int ClassCount { get; }

    /// <inheritdoc/>
    /// <remarks>The memory is read and written in place, without a copy.</remarks>
    public void Score(ReadOnlyMemory<float> inputs, int rows, Memory<float> logits, ScoringThreads threads = ScoringThreads.All)
    {
        (inputs, logits) = ScorerRows.Take(this, inputs, rows, logits);
        _life.Enter();
        try
        {
            if (rows > 0)
                Run(threads == ScoringThreads.Caller ? _oneThread.Value : _session, MemoryMarshal.AsMemory(inputs), rows, logits);
        }
        finally
        {
            _life.Leave();
        }
    }

    /// <summary>
    /// Refuses further calls and frees the session, at once or when the last running <see cref="Score"/> is done. May be called often.
    /// </summary>
    public void Dispose() => _life.Dispose();

    private static InferenceSession CreateSession(DeployedNetwork network, int threads, ExecutionProvider provider)
    {
        using var options = new SessionOptions
        {
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };

        // A waiting thread must not take a processor from decoding, or from another session. It may look around for 0.1 ms, which bridges
        // one operator and the next: on a machine with nothing else to do, waking it for each takes longer than the work.
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "1");
        options.AddSessionConfigEntry("session.intra_op.spin_duration_us", "100");
        // They would multiply scalings into kernels: other weights than those the bound was proved for.
        options.AddSessionConfigEntry("optimization.disable_specified_optimizers", "ConvMulFusion;ConvAddFusion");
        provider.AddTo(options);
        return new InferenceSession(OnnxGraph.Build(network), options);
    }

    private void Run(InferenceSession session, Memory<float> inputs, int rows, Memory<float> logits)
    {
        OrtMemoryInfo memory = OrtMemoryInfo.DefaultInstance;
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(memory, inputs, [rows, .. _inputShape]);
        using OrtValue output = OrtValue.CreateTensorValueFromMemory(memory, logits, [rows, ClassCount]);
        session.Run(_runOptions, InputNames, [input], OutputNames, [output]);

        ScorerRows.Blank(this, inputs.Span, rows, logits.Span);
    }

    private void Free()
    {
        _session.Dispose();
        if (_oneThread.IsValueCreated)
            _oneThread.Value.Dispose();
        _runOptions.Dispose();
    }
}
