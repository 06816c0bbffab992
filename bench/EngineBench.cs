using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;

namespace Microsoft.ML.Gloro.Bench;

/// <summary>
/// Single predictions: what an engine adds to a run of the bare session, many engines at once, and what a hundred thousand leave behind.
/// </summary>
internal static class EngineBench
{
    /// <summary>The time of a prediction over that of the bare session's run, one after the other.</summary>
    public static void OneByOne(string name, GloroTransformer model, BareSession session, ServingRows rows, int rounds)
    {
        using var engine = Engine(model, rows);
        ServingRows.VectorRow row = rows.One;
        var result = new ScoredRow();
        float[] logits = new float[model.ClassNames.Count];
        var (bare, over) = (new List<double>(), new List<double>());
        int size = row.Image.Length;
        for (int i = 0; i < 60 + (20 * rounds); i++)
        {
            double first = Timing.Milliseconds(() => session.Run(row.Image.AsMemory(0, size), 1, logits)),
                second = Timing.Milliseconds(() => engine.Predict(row, ref result));
            if (i < 60)
                continue; // to be compiled, and compiled again
            bare.Add(first);
            over.Add(second - first);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name,-38} {1000 * Timing.Median(over),6:F1} µs over the bare session's {1000 * Timing.Median(bare):F0} "
                + $"({1000 * Timing.Quantile(over, 0.25):F1}–{1000 * Timing.Quantile(over, 0.75):F1})  ≤ 30"));
    }

    /// <summary>The throughput of many engines on one model, of the same number of threads on one session.</summary>
    public static void AtOnce(int count, GloroTransformer model, BareSession session, ServingRows rows, int rounds, double milliseconds)
    {
        int each = Math.Max(4, (int)(400 / milliseconds / count));
        var engines = Enumerable.Range(0, count).Select(_ => Engine(model, rows)).ToList();
        ServingRows.VectorRow row = rows.One;
        var ratios = new List<double>();
        for (int round = 0; round <= rounds; round++)
        {
            double bare = InThreads(count, _ =>
            {
                float[] logits = new float[model.ClassNames.Count];
                for (int i = 0; i < each; i++)
                    session.Run(row.Image, 1, logits);
            });
            double ours = InThreads(count, e =>
            {
                var result = new ScoredRow();
                for (int i = 0; i < each; i++)
                    engines[e].Predict(row, ref result);
            });
            if (round > 0)
                ratios.Add(bare / ours);
        }

        engines.ForEach(engine => engine.Dispose());
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{count + " engines at once, Real",-38} {Timing.Median(ratios),6:F3} of the throughput "
                + $"({Timing.Quantile(ratios, 0.25):F3}–{Timing.Quantile(ratios, 0.75):F3})  ≥ 0.9"));
    }

    /// <summary>What is alive, and what the process holds, after many predictions and before.</summary>
    public static void Memory(GloroTransformer model, ServingRows rows, int predictions, string name)
    {
        using var engine = Engine(model, rows);
        ServingRows.VectorRow row = rows.One;
        var result = new ScoredRow();
        void Predict(int count)
        {
            for (int i = 0; i < count; i++)
                engine.Predict(row, ref result);
        }

        Predict(predictions / 10);
        var (managed, process) = Measure();
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        Predict(predictions);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        var (managedAfter, processAfter) = Measure();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{predictions + " predictions, " + name}: {(managedAfter - managed) / 1e3:F0} kB more alive, "
                + $"{(processAfter - process) / 1e6:F1} MB more in the process, "
                + $"{(double)allocated / predictions:F0} bytes of garbage each"));
    }

    /// <summary>A model for inputs of that shape whose network computes next to nothing: what is left is the way to it and back.</summary>
    public static GloroTransformer Tiny(TensorShape shape)
    {
        DeployedLayer[] before = shape.IsVector ? [] : [new DeployedAveragePooling(shape.Height), new DeployedFlatten()];
        var random = new Random(1);
        var network =
            new DeployedNetwork(
                shape,
                [.. before, new DeployedDense(
                    [.. Enumerable.Range(0, 10 * shape.Channels).Select(_ => random.NextSingle())], new float[10], shape.Channels, 10)]);
        var model = new GloroModel(
            network, RigorousBound.Compute(network), [.. Enumerable.Range(0, 10).Select(i => $"class {i}")], RobustnessGuarantee.Local,
                0.1f, isImage: !shape.IsVector, arithmetic: CertificateArithmetic.Real);
        return new GloroTransformer(new MLContext(), model, nameof(ServingRows.VectorRow.Image));
    }

    /// <summary>An engine that does not own its model.</summary>
    public static PredictionEngine<ServingRows.VectorRow, ScoredRow> Engine(GloroTransformer model, ServingRows rows) =>
        new MLContext().Model.CreatePredictionEngine<ServingRows.VectorRow, ScoredRow>(
            model, new PredictionEngineOptions { OwnsTransformer = false, InputSchemaDefinition = rows.VectorDefinition });

    private static double InThreads(int count, Action<int> work) => Timing.Milliseconds(() =>
    {
        var threads = Enumerable.Range(0, count).Select(i => new Thread(() => work(i))).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
    });

    private static (long Managed, long Process) Measure()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        using var process = Process.GetCurrentProcess();
        return (GC.GetTotalMemory(forceFullCollection: true), process.WorkingSet64);
    }

    internal sealed class ScoredRow
    {
        public uint PredictedLabel { get; set; }

        public float[]? Score { get; set; }

        public float[]? TopKRadii { get; set; }

        public float CertifiedRadius { get; set; }

        public bool IsCertified { get; set; }

        public int CertifiedK { get; set; }
    }
}
