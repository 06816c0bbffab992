using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Models;
using Microsoft.ML.Gloro.Plain;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Gloro.Bench;

/// <summary>What the certified columns cost over the bare network: Transform and PredictionEngine against ONNX Runtime's session on the same graph, with the same threads.</summary>
internal sealed class ServingBench : IDisposable
{
    private const int Rows = 1024, Rounds = 5, Engines = 16;

    private static readonly int[] s_batches = [1, 4, 16, 32, 64, 128];

    private readonly MLContext _context = new(seed: 1);
    private readonly PlainNetwork _network;
    private readonly InferenceSession _session;
    private readonly float[] _pixels;
    private readonly float[] _logits;

    public ServingBench(PlainNetwork network)
    {
        _network = network;
        using var options = new SessionOptions { IntraOpNumThreads = Environment.ProcessorCount, InterOpNumThreads = 1 };
        _session = new InferenceSession(OnnxGraph.Build(network), options);
        var random = new Random(1);
        _pixels = [.. Enumerable.Range(0, Rows * network.InputShape.Size).Select(_ => random.Next(256) / 255f)];
        _logits = new float[Rows * network.ClassCount];
    }

    /// <summary>Measures and prints.</summary>
    public void Run(GloroTransformer transformer)
    {
        int best = s_batches.MinBy(batch => Timing.Median(Enumerable.Range(0, 3).Select(_ => Timing.Milliseconds(() => Bare(batch)))));
        Console.WriteLine(FormattableString.Invariant($"bare session, {Environment.ProcessorCount} threads, batches of {best}, which is its best: {Rate(() => Bare(best)):F0} rows/s"));
        using GloroTransformer real = transformer.With(CertificateArithmetic.Real), float64 = transformer.With(CertificateArithmetic.Float64);
        foreach (var (name, model) in new[] { ("Real", real), ("Float64", float64) })
        {
            Compare($"Transform of vectors, {name}", Vectors(), model, best);
            if (_network.InputShape.Channels == 3)
                Compare($"Transform of images, {name}", Images(), model, best);
        }

        OneByOne(real);
        ManyEngines(real);
    }

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();

    private void Compare(string name, IDataView view, GloroTransformer model, int batch)
    {
        IDataView scored = model.Transform(view);
        ReadAll(scored);
        var ratios = new List<double>();
        for (int round = 0; round < Rounds; round++)
        {
            double bare = Timing.Milliseconds(() => Bare(batch));
            ratios.Add(bare / Timing.Milliseconds(() => ReadAll(scored)));
        }

        Console.WriteLine(FormattableString.Invariant($"{name,-34} {Timing.Median(ratios):F3} of the bare session's rows per second ({Timing.Quantile(ratios, 0.25):F3}–{Timing.Quantile(ratios, 0.75):F3})"));
    }

    private void OneByOne(GloroTransformer model)
    {
        using var engine = _context.Model.CreatePredictionEngine<VectorRow, ScoredRow>(model, EngineOptions());
        var row = new VectorRow { Image = _pixels.AsSpan(0, _network.InputShape.Size).ToArray() };
        var result = new ScoredRow();
        var (bare, ours) = (new List<double>(), new List<double>());
        for (int i = 0; i < 600; i++)
        {
            bare.Add(Timing.Milliseconds(() => BareOne(_logits)));
            ours.Add(Timing.Milliseconds(() => engine.Predict(row, ref result)));
        }

        double over = 1000 * (Timing.Median(ours.Skip(100)) - Timing.Median(bare.Skip(100)));
        Console.WriteLine(FormattableString.Invariant($"{"PredictionEngine, Real",-34} {over:F0} µs over the bare session's {1000 * Timing.Median(bare.Skip(100)):F0} µs"));
    }

    private void ManyEngines(GloroTransformer model)
    {
        const int Each = 40;
        double Throughput(Action<int> work)
        {
            double ms = Timing.Milliseconds(() =>
            {
                var threads = Enumerable.Range(0, Engines).Select(i => new Thread(() => work(i))).ToList();
                threads.ForEach(t => t.Start());
                threads.ForEach(t => t.Join());
            });
            return Engines * Each / ms;
        }

        var engines = Enumerable.Range(0, Engines).Select(_ => _context.Model.CreatePredictionEngine<VectorRow, ScoredRow>(model, EngineOptions())).ToList();
        var row = new VectorRow { Image = _pixels.AsSpan(0, _network.InputShape.Size).ToArray() };
        var ratios = new List<double>();
        for (int round = 0; round < Rounds; round++)
        {
            double bare = Throughput(_ =>
            {
                float[] logits = new float[_network.ClassCount];
                for (int i = 0; i < Each; i++)
                    BareOne(logits);
            });
            ratios.Add(Throughput(e =>
            {
                for (int i = 0; i < Each; i++)
                    engines[e].Predict(row);
            }) / bare);
        }

        engines.ForEach(e => e.Dispose());
        Console.WriteLine(FormattableString.Invariant($"{Engines + " engines at once, Real",-34} {Timing.Median(ratios):F3} of the bare session's throughput"));
    }

    // All rows, in batches, without a copy: the least that scoring can cost.
    private void Bare(int batch)
    {
        var (size, shape) = (_network.InputShape.Size, _network.InputShape);
        for (int start = 0; start < Rows; start += batch)
        {
            int count = Math.Min(batch, Rows - start);
            RunSession(_pixels.AsMemory(start * size, count * size), shape, count, _logits.AsMemory(start * _network.ClassCount, count * _network.ClassCount));
        }
    }

    private void BareOne(float[] logits) => RunSession(_pixels.AsMemory(0, _network.InputShape.Size), _network.InputShape, 1, logits.AsMemory(0, _network.ClassCount));

    private void RunSession(Memory<float> input, PlainShape shape, int rows, Memory<float> logits)
    {
        using var options = new RunOptions();
        using var x = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, input, shape.IsVector ? [rows, shape.Channels] : [rows, shape.Channels, shape.Height, shape.Width]);
        using var y = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, logits, [rows, _network.ClassCount]);
        _session.Run(options, [OnnxGraph.InputName], [x], [OnnxGraph.OutputName], [y]);
    }

    private static double Rate(Action work) => 1000 * Rows / Timing.Median(Enumerable.Range(0, Rounds).Select(_ => Timing.Milliseconds(work)));

    // Every column of every row.
    private static void ReadAll(IDataView scored)
    {
        using var cursor = scored.GetRowCursor(scored.Schema);
        var (logits, score, radii, set, reachable) = (cursor.GetGetter<VBuffer<float>>(scored.Schema["Logits"]), cursor.GetGetter<VBuffer<float>>(scored.Schema["Score"]),
            cursor.GetGetter<VBuffer<float>>(scored.Schema["TopKRadii"]), cursor.GetGetter<VBuffer<uint>>(scored.Schema["CertifiedLabels"]), cursor.GetGetter<VBuffer<uint>>(scored.Schema["ReachableLabels"]));
        var (label, radius, certified, k) = (cursor.GetGetter<uint>(scored.Schema["PredictedLabel"]), cursor.GetGetter<float>(scored.Schema["CertifiedRadius"]),
            cursor.GetGetter<bool>(scored.Schema["IsCertified"]), cursor.GetGetter<int>(scored.Schema["CertifiedK"]));
        VBuffer<float> floats = default;
        VBuffer<uint> keys = default;
        (uint Top, float Radius, bool Certified, int Size) values = default;
        while (cursor.MoveNext())
        {
            logits(ref floats);
            score(ref floats);
            radii(ref floats);
            set(ref keys);
            reachable(ref keys);
            label(ref values.Top);
            radius(ref values.Radius);
            certified(ref values.Certified);
            k(ref values.Size);
        }
    }

    private IDataView Vectors() => _context.Data.LoadFromEnumerable(
        Enumerable.Range(0, Rows).Select(i => new VectorRow { Image = _pixels.AsSpan(i * _network.InputShape.Size, _network.InputShape.Size).ToArray() }).ToList(), Definition());

    private IDataView Images()
    {
        var (_, height, width) = _network.InputShape;
        int plane = height * width;
        var definition = SchemaDefinition.Create(typeof(ImageRow));
        definition[nameof(ImageRow.Image)].ColumnType = new ImageDataViewType(height, width);
        return _context.Data.LoadFromEnumerable(
            Enumerable.Range(0, Rows).Select(i =>
            {
                byte[] rgba = new byte[4 * plane];
                for (int p = 0; p < plane; p++)
                {
                    for (int c = 0; c < 3; c++)
                        rgba[(4 * p) + c] = (byte)MathF.Round(_pixels[(i * 3 * plane) + (c * plane) + p] * 255);
                    rgba[(4 * p) + 3] = 255;
                }

                return new ImageRow { Image = MLImage.CreateFromPixels(width, height, MLPixelFormat.Rgba32, rgba) };
            }).ToList(), definition);
    }

    private SchemaDefinition Definition()
    {
        var definition = SchemaDefinition.Create(typeof(VectorRow));
        definition[nameof(VectorRow.Image)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, _network.InputShape.Size);
        return definition;
    }

    private PredictionEngineOptions EngineOptions() => new() { OwnsTransformer = false, InputSchemaDefinition = Definition() };

    private sealed class VectorRow
    {
        public float[] Image { get; set; } = [];
    }

    private sealed class ImageRow
    {
        public MLImage? Image { get; set; }
    }

    private sealed class ScoredRow
    {
        public float CertifiedRadius { get; set; }

        public float[]? Logits { get; set; }
    }
}
