using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.TestSupport;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Gloro.Tests.Inference;

/// <summary>An exported file in an ONNX Runtime session, with nothing of the library between.</summary>
internal sealed class PortableFile : IDisposable
{
    private static readonly string[] s_outputs =
        ["logits", "probabilities", "predicted_index", "topk_index", "topk_radii", "certified_radius", "certified_mask", "is_certified",
         "loosest_mask"];

    private readonly RunOptions _run = new();
    private readonly long[] _inputShape;

    public PortableFile(byte[] file)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        Session = new InferenceSession(file, options);
        _inputShape = [.. Session.InputMetadata["input"].Dimensions.Skip(1).Select(d => (long)d)];
    }

    public InferenceSession Session { get; }

    /// <summary>What ConvertToOnnx writes for a model.</summary>
    public static byte[] Write(GloroModel model, GloroOnnxOptions? options = null)
    {
        using var transformer = TestModels.Transformer(model);
        using var stream = new MemoryStream();
        new MLContext().Gloro.ConvertToOnnx(transformer, stream, options);
        return stream.ToArray();
    }

    public static PortableFile Of(GloroModel model, GloroOnnxOptions? options = null) => new(Write(model, options));

    /// <summary>Runs rows, all at once, with parameters overridden or not.</summary>
    public PortableRow[] Run(
        float[][] rows, float? epsilon = null, long? maxK = null, (float[] Sets, long[] Shape)? sets = null, float? exact = null)
    {
        List<(string Name, OrtValue Value)> inputs =
            [("input", OrtValue.CreateTensorValueFromMemory(rows.SelectMany(x => x).ToArray(), [rows.Length, .. _inputShape]))];
        if (epsilon is { } radius)
            inputs.Add(("epsilon", OrtValue.CreateTensorValueFromMemory([radius], [1])));
        if (maxK is { } k)
            inputs.Add(("max_k", OrtValue.CreateTensorValueFromMemory([k], [1])));
        if (sets is { } table)
            inputs.Add(("affinity_sets", OrtValue.CreateTensorValueFromMemory(table.Sets, table.Shape)));
        if (exact is { } match)
            inputs.Add(("affinity_exact", OrtValue.CreateTensorValueFromMemory([match], [1])));
        try
        {
            using var values = Session.Run(_run, [.. inputs.Select(i => i.Name)], [.. inputs.Select(i => i.Value)], s_outputs);
            float[] logits = values[0].GetTensorDataAsSpan<float>().ToArray(), scores = values[1].GetTensorDataAsSpan<float>().ToArray();
            long[] predicted = values[2].GetTensorDataAsSpan<long>().ToArray(), order = values[3].GetTensorDataAsSpan<long>().ToArray();
            float[] radii = values[4].GetTensorDataAsSpan<float>().ToArray(), certified = values[5].GetTensorDataAsSpan<float>().ToArray();
            bool[] mask = values[6].GetTensorDataAsSpan<bool>().ToArray(), isCertified = values[7].GetTensorDataAsSpan<bool>().ToArray();
            bool[] loosest = values[8].GetTensorDataAsSpan<bool>().ToArray();
            int classes = logits.Length / rows.Length, count = radii.Length / rows.Length;
            return
            [
                .. Enumerable.Range(0, rows.Length).Select(n => new PortableRow(
                    logits[(n * classes)..((n + 1) * classes)], scores[(n * classes)..((n + 1) * classes)], predicted[n],
                    order[(n * count)..((n + 1) * count)],
                    radii[(n * count)..((n + 1) * count)], certified[n],
                    [.. Enumerable.Range(0, classes).Where(c => mask[(n * classes) + c])],
                    [.. Enumerable.Range(0, classes).Where(c => loosest[(n * classes) + c])], isCertified[n])),
            ];
        }
        finally
        {
            inputs.ForEach(i => i.Value.Dispose());
        }
    }

    /// <summary>The classes in the coverage mask of each row, in ascending order.</summary>
    public int[][] RunCoverage(float[][] rows, float? epsilon = null)
    {
        using var input = OrtValue.CreateTensorValueFromMemory(rows.SelectMany(x => x).ToArray(), [rows.Length, .. _inputShape]);
        using var radius = OrtValue.CreateTensorValueFromMemory([epsilon ?? 0], [1]);
        string[] names = epsilon is null ? ["input"] : ["input", "epsilon"];
        OrtValue[] inputs = epsilon is null ? [input] : [input, radius];
        using var values = Session.Run(_run, names, inputs, ["coverage_mask"]);
        bool[] mask = values[0].GetTensorDataAsSpan<bool>().ToArray();
        int classes = mask.Length / rows.Length;
        return [.. mask.Chunk(classes).Select(row => Enumerable.Range(0, classes).Where(c => row[c]).ToArray())];
    }

    public void Dispose()
    {
        Session.Dispose();
        _run.Dispose();
    }
}
