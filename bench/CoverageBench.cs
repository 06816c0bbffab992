using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Analysis;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Bench;

/// <summary>
/// Coverage sets of a saved model: labeled images are halved at random again and again; one half calibrates, the other one measures. Beside
/// our pairs of constants K_ij stands one constant for all pairs, 2κ, as published (Massena et al., ICML 2025), on the same logits and
/// scores.
/// </summary>
internal static class CoverageBench
{
    private const int Splits = 20;

    private static readonly float[] s_radii = [0, 0.03f, 36f / 255f];

    /// <param name="model">The model.</param>
    /// <param name="data">A folder with a folder for each class, or CIFAR-100's test.bin.</param>
    /// <param name="coverage">1 − α.</param>
    /// <param name="shares">Temperatures of the softmax score, as shares of the model's own.</param>
    public static void Run(GloroTransformer model, string data, double coverage, double[] shares)
    {
        var rows = Read(model, data);
        MarginConstants pairs = model.GloroModel.Constants, one = Same(2 * model.LipschitzBound, pairs.ClassCount);
        Console.WriteLine(FormattableString.Invariant(
            $"{rows.Count} rows, coverage {coverage}, {Splits} halves, {model.Views}, model's T {model.Temperature:G4}"));
        Console.WriteLine(
            $"{"score",-8} {"T share",7} {"constants",-9} {"ε",6} {"labels",8} {"single",7} {"covered",15} {"plain, proved",13}");
        foreach (CoverageScoreKind kind in Enum.GetValues<CoverageScoreKind>())
        {
            foreach (double share in kind == CoverageScoreKind.Softmax ? shares : [1])
            {
                foreach (var (name, constants) in new[] { ("K_ij", pairs), ("2κ", one) })
                {
                    foreach (float epsilon in s_radii)
                        Measure(rows, kind, (share, share * model.Temperature), constants, name, epsilon, coverage);
                }
            }
        }
    }

    private static void Measure(
        List<Scored> rows, CoverageScoreKind kind, (double Share, double Value) of, MarginConstants constants, string name,
        float epsilon, double coverage)
    {
        double temperature = of.Value;
        double[] own = [.. rows.Select(row => AtMost(row, 0))];
        double[] worst = [.. rows.Select(row => AtMost(row, epsilon))];
        double[][] reached = [.. rows.Select(row => Enumerable.Range(0, constants.ClassCount)
            .Select(label => CoverageScore.AtLeast(
                kind, temperature, row.Logits, label, constants, row.Error, epsilon))
            .ToArray())];
        double labels = 0, single = 0, proved = 0;
        var covered = new List<double>();
        for (int split = 0; split < Splits; split++)
        {
            int[] order = [.. Enumerable.Range(0, rows.Count)];
            new Random(split).Shuffle(order);
            int half = rows.Count / 2;
            double[] calibration = [.. order[..half].Select(i => own[i]).Order()];
            double quantile = calibration[CoverageRule.Rank(half, coverage) - 1];
            int[] test = order[half..];
            int[] sizes = [.. test.Select(i => reached[i].Count(score => score <= quantile))];
            labels += sizes.Average() / Splits;
            single += sizes.Count(size => size == 1) / (double)test.Length / Splits;
            proved += test.Count(i => worst[i] <= quantile) / (double)test.Length / Splits;
            covered.Add(test.Count(i => reached[i][rows[i].Label] <= quantile) / (double)test.Length);
        }

        double mean = covered.Average(), deviation = Math.Sqrt(covered.Average(c => (c - mean) * (c - mean)));
        Console.WriteLine(FormattableString.Invariant(
            $"{kind,-8} {of.Share,7:F3} {name,-9} {epsilon,6:F3} {labels,8:F2} {single,7:F3} {mean,7:F4} ± {deviation:F4} {proved,13:F3}"));

        double AtMost(Scored row, double radius) => CoverageScore.AtMost(
            kind, temperature, row.Logits, row.Label, constants, row.Error, radius);
    }

    /// <summary>Scores labeled images: all, or so many, evenly chosen.</summary>
    internal static List<Scored> Read(GloroTransformer model, string data, int most = int.MaxValue)
    {
        var rows = new List<Scored>();
        new CoveragePass(model, View(model, data, most), "Label")
            .Run((label, _, logits, error) => rows.Add(new(label, logits.ToArray(), error)), default);
        return rows;
    }

    /// <summary>Labeled images: all, or so many, evenly chosen.</summary>
    internal static IDataView View(GloroTransformer model, string data, int most = int.MaxValue)
    {
        var mlContext = new MLContext();
        var names = model.ClassNames;
        return File.Exists(data) ? Bits(data) : Files(data);

        IDataView Files(string folder) => Rows(
            Evenly(Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
                .Select(file =>
                    new Encoded { Label = Key(Path.GetFileName(Path.GetDirectoryName(file))!), Image = File.ReadAllBytes(file) }),
            typeof(byte));

        // A record is a coarse label, a fine label, and the planes R, G, B.
        IDataView Bits(string file)
        {
            string[] fine = File.ReadAllLines(Path.Combine(Path.GetDirectoryName(file)!, "fine_label_names.txt"));
            return Rows(
                Evenly(File.ReadAllBytes(file).Chunk(3074))
                    .Select(record => new Planes { Label = Key(fine[record[1]]), Image = [.. record[2..].Select(value => value / 255f)] }),
                typeof(float));
        }

        IDataView Rows<T>(IEnumerable<T> source, Type item)
            where T : class
        {
            var schema = SchemaDefinition.Create(typeof(T));
            schema["Label"].ColumnType = new KeyDataViewType(typeof(uint), names.Count);
            schema["Image"].ColumnName = model.FeatureColumnName;
            if (item == typeof(float))
                schema.Single(column => column.MemberName == "Image").ColumnType = new VectorDataViewType(NumberDataViewType.Single, 3072);
            return mlContext.Data.LoadFromEnumerable(source, schema);
        }

        IEnumerable<T> Evenly<T>(IEnumerable<T> all)
        {
            T[] items = [.. all];
            return most >= items.Length ? items : Enumerable.Range(0, most).Select(i => items[(int)((long)i * items.Length / most)]);
        }

        uint Key(string name) => (uint)names.ToList().IndexOf(name); // LoadFromEnumerable adds the 1 that keys are counted from
    }

    private static MarginConstants Same(double value, int classes)
    {
        var values = new double[classes * classes];
        values.AsSpan().Fill(value);
        return new(values, classes);
    }

    internal sealed record Scored(int Label, float[] Logits, RowError Error);

    private sealed class Encoded
    {
        public uint Label { get; set; }

        public byte[] Image { get; set; } = [];
    }

    private sealed class Planes
    {
        public uint Label { get; set; }

        public float[] Image { get; set; } = [];
    }
}
