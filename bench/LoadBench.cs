using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Data;

namespace Microsoft.ML.Gloro.Bench;

/// <summary>From model.zip to the first prediction, in processes that have compiled nothing yet.</summary>
internal static class LoadBench
{
    private static readonly string[] s_steps = ["new MLContext", "Model.Load", "CreatePredictionEngine", "first Predict", "second Predict"];

    /// <summary>Starts processes and prints the medians of what they measured.</summary>
    public static void Run(string path, int processes)
    {
        var times = Enumerable.Range(0, processes).Select(_ => Start(path)).ToList();
        double Median(int step) => Timing.Median(times.Select(t => t[step]));
        double total = Timing.Median(times.Select(t => t[1..4].Sum()));
        Console.WriteLine(FormattableString.Invariant($"{"model.zip to first prediction, cold",-38} {total,6:F0} ms  ≤ 300   ") +
            string.Join(", ", s_steps.Select((step, i) => FormattableString.Invariant($"{step} {Median(i):F0}"))));
    }

    /// <summary>Measures in this process and prints milliseconds.</summary>
    public static void RunHere(string path)
    {
        var times = new List<double>();
        long start = Stopwatch.GetTimestamp();
        void Step()
        {
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            start = Stopwatch.GetTimestamp();
        }

        var context = new MLContext();
        Step();
        ITransformer loaded = context.Model.Load(path, out _);
        var model = loaded as GloroTransformer ?? ((IEnumerable<ITransformer>)loaded).OfType<GloroTransformer>().Single();
        Step();
        var shape = model.GloroModel.Network.InputShape;
        var definition = SchemaDefinition.Create(typeof(ServingRows.VectorRow));
        definition[nameof(ServingRows.VectorRow.Image)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, shape.Size);
        using var engine = context.Model.CreatePredictionEngine<ServingRows.VectorRow, EngineBench.ScoredRow>(model, new PredictionEngineOptions { InputSchemaDefinition = definition });
        Step();
        engine.Predict(new ServingRows.VectorRow { Image = new float[shape.Size] });
        Step();
        engine.Predict(new ServingRows.VectorRow { Image = new float[shape.Size] });
        Step();
        Console.WriteLine(string.Join(' ', times.Select(t => t.ToString(CultureInfo.InvariantCulture))));
    }

    private static double[] Start(string path)
    {
        string host = Environment.ProcessPath!;
        IEnumerable<string> arguments = Path.GetFileNameWithoutExtension(host) == "dotnet" ? [Environment.GetCommandLineArgs()[0], "load", path] : ["load", path];
        using var process = Process.Start(new ProcessStartInfo(host, arguments) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return [.. output.Split(' ').Select(text => double.Parse(text, CultureInfo.InvariantCulture))];
    }
}
