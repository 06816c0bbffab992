using System.Globalization;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;

namespace Microsoft.ML.Gloro.Bench;

/// <summary>
/// What the certified columns cost over the bare network: Transform and PredictionEngine against ONNX Runtime on the same graph, with the
/// same threads. Both sides of a ratio run in turns; medians are printed, and quartiles in brackets.
/// </summary>
internal static class ServingBench
{
    private const int Engines = 16;
    // Of one side of a ratio: long against a switch of threads, short enough to take turns often.
    private const double PassMilliseconds = 600;

    /// <summary>Measures and prints.</summary>
    /// <param name="path">The model.</param>
    /// <param name="transformer">The same, loaded.</param>
    /// <param name="rounds">How often both sides are measured.</param>
    public static void Run(string path, GloroTransformer transformer, int rounds)
    {
        Console.WriteLine(
            $"{Environment.ProcessorCount} processors; {rounds} rounds; {Path.GetFileName(path)}, {new FileInfo(path).Length / 1e6:F1} MB");
        using GloroTransformer real = transformer.With(CertificateArithmetic.Real),
            float64 = transformer.With(CertificateArithmetic.Float64);
        DeployedNetwork network = transformer.GloroModel.Network;
        using var session = new BareSession(network, Environment.ProcessorCount);
        double milliseconds;
        using (var few = new ServingRows(network.InputShape, 64))
            milliseconds = session.FindBest(few.Inputs, new float[64 * network.ClassCount]).Milliseconds;
        using var rows = new ServingRows(network.InputShape, 64 * (int)Math.Clamp(PassMilliseconds / milliseconds / 64, 2, 64));
        float[] logits = new float[rows.Count * network.ClassCount];
        int batch = session.FindBest(rows.Inputs, logits).Batch;
        Console.WriteLine(FormattableString.Invariant(
            $"bare session: batches of {batch} are its best, {1000 / milliseconds:F0} rows/s; {rows.Count} rows a pass"));

        void Bare() => session.Run(rows.Inputs, rows.Count, batch, logits);
        var pass = new ForwardPass(network);
        void BareFloat64() => pass.Run(rows.Inputs, rows.Count, logits, Environment.ProcessorCount);
        Compare("Transform, vectors, Real", "≥ 0.92", rounds, Bare, Reading(real, rows.Vectors()));
        Compare("Transform, vectors, Float64", "against its own engine", rounds, BareFloat64, Reading(float64, rows.Vectors()));
        Compare("Transform, vectors, Float64", "against ONNX Runtime's float32", rounds, Bare, Reading(float64, rows.Vectors()));
        if (network.InputShape.Channels == 3)
        {
            Compare("Transform, decoded images, Real", "≥ 0.92", rounds, Bare, Reading(real, rows.Images()));
            var decoder = new BareDecoder(network.InputShape);
            string[] files = rows.Files();
            float[] inputs = new float[rows.Inputs.Length];
            Compare("Transform, image files, Real", "≥ 0.9 of decode + bare", rounds,
                () => decoder.RunAfter(session, files, batch, inputs, logits), Reading(real, rows.LoadedFiles()));
            double decoding = Timing.Median(Enumerable.Range(0, rounds)
                .Select(_ => Timing.Milliseconds(() => Array.ForEach(files, f => decoder.Decode(f, inputs)))));
            Console.WriteLine(FormattableString.Invariant($"  (of which decoding alone: {decoding / files.Length:F3} ms a row)"));
        }

        EngineBench.OneByOne("PredictionEngine, Real", real, session, rows, rounds);
        using (GloroTransformer tiny = EngineBench.Tiny(network.InputShape))
        using (var tinySession = new BareSession(tiny.GloroModel.Network, Environment.ProcessorCount))
            EngineBench.OneByOne("  same, network that hardly computes", tiny, tinySession, rows, 20 * rounds);
        EngineBench.AtOnce(Engines, real, session, rows, rounds, milliseconds);
        EngineBench.Memory(EngineBench.Tiny(network.InputShape), rows, predictions: 100_000, "network that hardly computes");
        EngineBench.Memory(transformer, rows, predictions: 200 * rounds, "model");
        LoadBench.Run(path, Math.Max(3, rounds / 2));
        CertificateBench.Run();
    }

    /// <summary>Prints how many rows per second ours has for each of the bare side's.</summary>
    private static void Compare(string name, string target, int rounds, Action bare, Action ours)
    {
        bare();
        ours();
        var ratios = new List<double>();
        for (int round = 0; round < rounds; round++)
        {
            double first = Timing.Milliseconds(bare);
            ratios.Add(first / Timing.Milliseconds(ours));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-38} {Timing.Median(ratios),6:F3} of the rows/s "
            + $"({Timing.Quantile(ratios, 0.25):F3}–{Timing.Quantile(ratios, 0.75):F3})  {target}"));
    }

    private static Action Reading(GloroTransformer model, IDataView view)
    {
        IDataView scored = model.Transform(view);
        return () => AllColumns.Read(scored);
    }
}
