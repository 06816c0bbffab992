using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Data;

namespace Microsoft.ML.Gloro.Bench;

/// <summary>From model.zip to the first prediction, in processes that have compiled nothing yet.</summary>
internal static class LoadBench
{
    private const int NothingSize = 16;

    private static readonly string[] s_steps =
        ["new MLContext", "Model.Load", "CreatePredictionEngine", "first Predict", "second Predict", "second Model.Load"];

    /// <summary>
    /// Starts processes and prints the medians of what they measured, of the model and of one of ML.NET's own that does nothing: what is
    /// between them is ours.
    /// </summary>
    public static void Run(string path, int processes)
    {
        string nothing = Path.GetTempFileName();
        SaveNothing(nothing);
        foreach (var (name, command, file)
            in new[] { ("model.zip to first prediction, cold", "load", path), ("  same, ML.NET without us", "load-nothing", nothing) })
        {
            var times = Enumerable.Range(0, processes).Select(_ => Start(command, file)).ToList();
            foreach (var (clock, first) in new[] { ("ms", 0), ("ms of the processor", s_steps.Length) })
            {
                double Median(int step) => Timing.Median(times.Select(t => t[first + step]));
                double total = Timing.Median(times.Select(t => t[(first + 1)..(first + 4)].Sum()));
                Console.WriteLine(FormattableString.Invariant($"{name,-38} {total,6:F0} {clock,-19} ≤ 300   ")
                    + string.Join(", ", s_steps.Select((step, i) => FormattableString.Invariant($"{step} {Median(i):F0}"))));
            }
        }

        File.Delete(nothing);
    }

    /// <summary>Measures in this process and prints milliseconds: that passed, and of the processor.</summary>
    public static void RunHere(string path, bool isNothing)
    {
        var (elapsed, processor) = (new List<double>(), new List<double>());
        using var process = Process.GetCurrentProcess();
        var (start, used) = (Stopwatch.GetTimestamp(), process.TotalProcessorTime);
        void Step()
        {
            elapsed.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            process.Refresh();
            processor.Add((process.TotalProcessorTime - used).TotalMilliseconds);
            (start, used) = (Stopwatch.GetTimestamp(), process.TotalProcessorTime);
        }

        var context = new MLContext();
        Step();
        ITransformer loaded = context.Model.Load(path, out _);
        Step();
        if (isNothing)
            Predict<Copied>(loaded, NothingSize);
        else
            PredictCertified(loaded);
        context.Model.Load(path, out _);
        Step();
        Console.WriteLine(string.Join(' ', elapsed.Concat(processor).Select(t => t.ToString(CultureInfo.InvariantCulture))));

        void PredictCertified(ITransformer model)
        {
            var gloro = model as GloroTransformer ?? ((IEnumerable<ITransformer>)model).OfType<GloroTransformer>().Single();
            Predict<EngineBench.ScoredRow>(gloro, gloro.GloroModel.Network.InputShape.Size);
        }

        void Predict<TScored>(ITransformer model, int size)
            where TScored : class, new()
        {
            using var engine = context.Model.CreatePredictionEngine<ServingRows.VectorRow, TScored>(
                model, new PredictionEngineOptions { InputSchemaDefinition = Definition(size) });
            Step();
            engine.Predict(new ServingRows.VectorRow { Image = new float[size] });
            Step();
            engine.Predict(new ServingRows.VectorRow { Image = new float[size] });
            Step();
        }
    }

    private static void SaveNothing(string path)
    {
        var context = new MLContext();
        var view = context.Data.LoadFromEnumerable(
            new[] { new ServingRows.VectorRow { Image = new float[NothingSize] } }, Definition(NothingSize));
        context.Model.Save(
            context.Transforms.CopyColumns(nameof(Copied.Copy), nameof(ServingRows.VectorRow.Image)).Fit(view), view.Schema, path);
    }

    private static SchemaDefinition Definition(int size)
    {
        var definition = SchemaDefinition.Create(typeof(ServingRows.VectorRow));
        definition[nameof(ServingRows.VectorRow.Image)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, size);
        return definition;
    }

    private static double[] Start(string command, string path)
    {
        string host = Environment.ProcessPath!;
        IEnumerable<string> arguments = Path.GetFileNameWithoutExtension(host) == "dotnet"
            ? [Environment.GetCommandLineArgs()[0], command, path] : [command, path];
        using var process = Process.Start(new ProcessStartInfo(host, arguments) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return [.. output.Split(' ').Select(text => double.Parse(text, CultureInfo.InvariantCulture))];
    }

    private sealed class Copied
    {
        public float[]? Copy { get; set; }
    }
}
