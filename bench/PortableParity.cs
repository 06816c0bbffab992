using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Gloro.Bench;

/// <summary>
/// An exported graph against the library's columns on a folder of images of the network's size: which rows each certifies, and how far they
/// are apart.
/// </summary>
internal static class PortableParity
{
    private const int BatchSize = 32;

    public static void Run(ITransformer chain, GloroTransformer gloro, string folder)
    {
        string[] files = [.. Directory.EnumerateFiles(folder, "*.jpg", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        foreach (var arithmetic in Enum.GetValues<CertificateArithmetic>())
        {
            using var model = gloro.With(arithmetic);
            using var stream = new MemoryStream();
            new MLContext().Gloro.ConvertToOnnx(chain, stream, new GloroOnnxOptions { Arithmetic = arithmetic });
            using var session = new InferenceSession(stream.ToArray());
            Console.WriteLine($"{arithmetic}: {stream.Length / 1e6:F2} MB");
            Compare(model, session, files);
        }
    }

    private static void Compare(GloroTransformer model, InferenceSession session, string[] files)
    {
        int library = 0, graph = 0, onlyLibrary = 0, onlyGraph = 0, larger = 0, otherSet = 0, otherLabel = 0;
        double logits = 0, radii = 0;
        var shape = model.GloroModel.Network.InputShape;
        var context = new MLContext();
        foreach (string[] batch in files.Chunk(BatchSize))
        {
            var rows = batch.Select(file => new Row { Image = Pixels(file, shape.Size) }).ToArray();
            var schema = SchemaDefinition.Create(typeof(Row));
            schema[nameof(Row.Image)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, shape.Size);
            using var named = new GloroTransformer(context, model.GloroModel, nameof(Row.Image));
            Scored[] scored = [.. context.Data.CreateEnumerable<Scored>(
                named.Transform(context.Data.LoadFromEnumerable(rows, schema)), reuseRowObject: false)];
            using var input = OrtValue.CreateTensorValueFromMemory(
                rows.SelectMany(row => row.Image).ToArray(), [batch.Length, shape.Channels, shape.Height, shape.Width]);
            using var run = new RunOptions();
            using var results =
                session.Run(run, ["input"], [input], ["logits", "topk_radii", "certified_mask", "is_certified", "predicted_index"]);
            int classes = scored[0].Logits.Length, count = results[1].GetTensorDataAsSpan<float>().Length / batch.Length;
            for (int i = 0; i < batch.Length; i++)
            {
                bool certified = results[3].GetTensorDataAsSpan<bool>()[i];
                library += scored[i].IsCertified ? 1 : 0;
                graph += certified ? 1 : 0;
                onlyLibrary += scored[i].IsCertified && !certified ? 1 : 0;
                onlyGraph += certified && !scored[i].IsCertified ? 1 : 0;
                otherLabel += results[4].GetTensorDataAsSpan<long>()[i] + 1 != scored[i].PredictedLabel ? 1 : 0;
                bool[] mask = results[2].GetTensorDataAsSpan<bool>().Slice(i * classes, classes).ToArray();
                otherSet += scored[i].CertifiedLabels.Order()
                    .SequenceEqual(Enumerable.Range(1, classes).Where(c => mask[c - 1]).Select(c => (uint)c)) ? 0 : 1;
                for (int c = 0; c < classes; c++)
                    logits = Math.Max(logits, Math.Abs(scored[i].Logits[c] - results[0].GetTensorDataAsSpan<float>()[(i * classes) + c]));
                for (int k = 0; k < count; k++)
                {
                    double difference = scored[i].TopKRadii[k] - results[1].GetTensorDataAsSpan<float>()[(i * count) + k];
                    larger += difference < 0 ? 1 : 0;
                    radii = Math.Max(radii, difference);
                }
            }
        }

        Console.WriteLine($"  {files.Length} images: {library} certified by the library, {graph} by the graph; {onlyLibrary} by the "
            + $"library only, {onlyGraph} by the graph only; {otherSet} with another set, {otherLabel} with another label.");
        Console.WriteLine(FormattableString.Invariant(
            $"  Radii in the graph: {larger} larger than the library's, up to {radii:E2} smaller. Logits differ by up to {logits:E2}."));
    }

    private static float[] Pixels(string file, int size)
    {
        using var image = MLImage.CreateFromFile(file);
        int plane = size / 3, stride = image.BitsPerPixel / 8;
        bool rgb = image.PixelFormat == MLPixelFormat.Rgba32;
        ReadOnlySpan<byte> pixels = image.Pixels;
        var values = new float[size];
        for (int i = 0; i < plane; i++)
        {
            for (int channel = 0; channel < 3; channel++)
                values[(channel * plane) + i] = pixels[(i * stride) + (rgb ? channel : 2 - channel)] / 255f;
        }

        return values;
    }

    private sealed class Row
    {
        public float[] Image { get; set; } = [];
    }

    private sealed class Scored
    {
        public uint PredictedLabel { get; set; }

        public float[] Logits { get; set; } = [];

        public float[] TopKRadii { get; set; } = [];

        public bool IsCertified { get; set; }

        public uint[] CertifiedLabels { get; set; } = [];
    }
}
