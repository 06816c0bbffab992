using System.Globalization;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.MLNet;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Gloro.Bench;

/// <summary>
/// What the certificate inside an exported graph costs: the graph against the bare network in the same arithmetic, for more classes and
/// radii than the model has.
/// </summary>
internal static class PortableBench
{
    private const int Rounds = 15;

    public static void Run(GloroModel model, int threads)
    {
        Console.WriteLine($"{"network",-8} {"arithmetic",-10} {"classes",7} {"K",3} {"batch",5}  {"bare",9} {"certified",9} {"ratio",5} "
            + $"{"certificate",11}   (medians, milliseconds a row)");
        foreach (var arithmetic in (CertificateArithmetic[])[CertificateArithmetic.Real, CertificateArithmetic.Float64])
            Compare("model", model.With(arithmetic), Math.Min(model.RadiiCount, 5), threads);

        // The certificate does not know the network: on a small one its own time is not lost among a network's.
        foreach (int classes in (int[])[10, 100, 1000])
        {
            GloroModel small = Small(classes);
            foreach (int k in (int[])[1, 3, 5])
                Compare("small", small, k, threads);
        }
    }

    private static void Compare(string name, GloroModel model, int k, int threads)
    {
        using var stream = new MemoryStream();
        using var transformer = new GloroTransformer(new MLContext(), model, "Features");
        OnnxExporter.Write(transformer, stream, new GloroOnnxOptions { RadiiCount = k });
        using var bare = new InferenceSession(Bare(model), Options(threads));
        using var certified = new InferenceSession(stream.ToArray(), Options(threads));
        foreach (int batch in (int[])[1, 16])
            Compare(name, bare, certified, model, k, batch);
    }

    private static void Compare(string name, InferenceSession bare, InferenceSession certified, GloroModel model, int k, int batch)
    {
        TensorShape shape = model.Network.InputShape;
        var random = new Random(1);
        float[] pixels = [.. Enumerable.Range(0, batch * shape.Size).Select(_ => random.NextSingle())];
        var times = (Bare: new List<double>(), Certified: new List<double>());
        for (int round = 0; round < Rounds + 2; round++)
        {
            double first = Time(bare, pixels, batch, shape), second = Time(certified, pixels, batch, shape);
            if (round < 2)
                continue; // to warm up
            times.Bare.Add(first);
            times.Certified.Add(second);
        }

        var (network, both) = (Timing.Median(times.Bare), Timing.Median(times.Certified));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name,-8} {model.Arithmetic,-10} {model.ClassNames.Count,7} {k,3} {batch,5}  {network,9:F3} {both,9:F3} "
                + $"{both / network,5:F2} {Timing.Median(times.Certified.Zip(times.Bare, (c, b) => c - b)),11:F3}"));
    }

    private static double Time(InferenceSession session, float[] pixels, int batch, TensorShape shape)
    {
        using var input = OrtValue.CreateTensorValueFromMemory(
            pixels, shape.IsVector ? [batch, shape.Channels] : [batch, shape.Channels, shape.Height, shape.Width]);
        using var run = new RunOptions();
        int calls = Math.Max(1, 16 / batch);
        return Timing.Milliseconds(() =>
        {
            for (int i = 0; i < calls; i++)
            {
                using var results = session.Run(run, ["input"], [input], session.OutputNames);
            }
        }) / (calls * batch);
    }

    /// <summary>64 → 64 → classes, with random weights.</summary>
    private static GloroModel Small(int classes)
    {
        const int Width = 64;
        var random = new Random(1);
        DeployedDense Dense(int outputs) => new(
            [.. Enumerable.Range(0, outputs * Width).Select(_ => (random.NextSingle() - 0.5f) / 4)], new float[outputs], Width, outputs);
        var network = new DeployedNetwork(
            TensorShape.Vector(Width), [Dense(Width), new DeployedActivation(ActivationFunction.MinMax), Dense(classes)]);
        return new GloroModel(network, RigorousBound.Compute(network), [.. Enumerable.Range(0, classes).Select(i => $"class {i}")],
            RobustnessGuarantee.Local, 0.1f, isImage: false);
    }

    private static byte[] Bare(GloroModel model)
    {
        if (model.Arithmetic == CertificateArithmetic.Real)
            return OnnxGraph.Build(model.Network);
        var graph = new OnnxGraphWriter();
        graph.DeclareInput("input", OnnxGraph.InputDimensions(model.Network));
        new GraphOperators(graph)
            .Cast(new Float64Layers(new GraphOperators(graph)).Append(model.Network, "input"), OnnxType.Single, "logits");
        graph.DeclareOutput("logits", [model.ClassNames.Count]);
        return graph.ToModel(OnnxGraph.IrVersion, OnnxGraph.OpsetVersion);
    }

    private static SessionOptions Options(int threads) =>
        new() { IntraOpNumThreads = threads, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
}
