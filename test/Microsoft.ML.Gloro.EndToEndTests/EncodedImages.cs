using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.EndToEnd;

/// <summary>Image files, and what the library itself says of them with the served model.</summary>
internal static class EncodedImages
{
    /// <summary>Drawings of 64 × 64 pixels: two colors that meet at a wavy line, with some noise.</summary>
    public static byte[][] Drawings(int count) => [.. Enumerable.Range(0, count).Select(seed =>
    {
        var random = new Random(seed);
        int[] colors = [.. Enumerable.Range(0, 6).Select(_ => random.Next(40, 130))];
        int middle = random.Next(10, 55), noise = random.Next(2, 14);
        var planes = new byte[3 * 64 * 64];
        for (int i = 0; i < planes.Length; i++)
        {
            int channel = i / 4096, y = i / 64 % 64, x = i % 64;
            int side = x > middle + (8 * Math.Sin(y / 9.0)) ? 3 : 0;
            planes[i] = (byte)(colors[side + channel] + random.Next(-noise, noise + 1));
        }

        return TestImages.Png(planes, 64, 64);
    })];

    /// <summary>The columns that Transform gives under a guarantee (null: the model's own), and the classes by name, best first.</summary>
    public static List<(ScoredRow Row, string[] Classes)> Transform(string modelPath, byte[][] files, RobustnessGuarantee? guarantee = null)
    {
        var mlContext = new MLContext(seed: 1);
        ITransformer model = mlContext.Model.Load(modelPath, out _);
        if (guarantee is not null)
            model = mlContext.Gloro.WithGuarantee(model, guarantee);
        using var gloro = ((IEnumerable<ITransformer>)model).OfType<GloroTransformer>().Single();
        var rows = ScoredRow.All(gloro.Transform(mlContext.Data.LoadFromEnumerable(files.Select(file => new Encoded { Image = file }))));
        return rows.ConvertAll(row => (row, gloro.ClassNames.Select((name, i) => (name, row.Logits[i])).OrderByDescending(p => p.Item2)
            .Select(p => p.name).ToArray()));
    }

    private sealed class Encoded
    {
        public byte[] Image { get; set; } = [];
    }
}
