using System.Globalization;
using Microsoft.ML.Data;

namespace Microsoft.ML.Gloro.Bench;

/// <summary>A row of a table.</summary>
internal sealed class TableRow
{
    public string Label { get; init; } = "";

    public float[] Features { get; init; } = [];
}

/// <summary>A row of images: the bytes of a file.</summary>
internal sealed class ImageRow
{
    public string Label { get; init; } = "";

    public byte[] Image { get; init; } = [];
}

/// <summary>A row of images: pixels scaled to [0, 1], in planes.</summary>
internal sealed class PixelRow
{
    public string Label { get; init; } = "";

    [VectorType(3, 32, 32)]
    public float[] Image { get; init; } = [];
}

/// <summary>Rows to train on and rows to measure on.</summary>
/// <param name="Name">The name in the table.</param>
/// <param name="Epsilon">The ε to train for; of tables it is in standard deviations of a feature.</param>
/// <param name="IsImage">Images or vectors.</param>
/// <param name="Seeds">Repetitions, each with its own rows and seed. Small sets need more.</param>
/// <param name="Rows">The rows of a seed.</param>
internal sealed record DefaultsProblem(
    string Name, float Epsilon, bool IsImage, int Seeds, Func<MLContext, int, (IDataView Train, IDataView Test)> Rows);

/// <summary>
/// The data sets on which the automatic options are measured: generated ones, one of a package, and parts of EuroSAT and CIFAR-100.
/// </summary>
internal static class DefaultsData
{
    private const int Side = 64, Cells = 4, CifarPlane = 32 * 32;

    /// <param name="eurosat">The folder with EuroSAT's train and test.</param>
    /// <param name="iris">The file iris.txt of SciPy's tests: 150 rows of four numbers, 50 rows of each kind in turn.</param>
    /// <param name="cifar">The folder of CIFAR-100's binary version.</param>
    public static IEnumerable<DefaultsProblem> All(string eurosat, string iris, string cifar) =>
    [
        new("100 rows × 4, generated, 3 classes", 0.3f, false, 5, (ml, seed) => Generated(ml, seed, 100, 4, 3, 0.4f)),
        new("iris: 105 rows × 4, 3 classes", 0.25f, false, 5, (ml, seed) => Iris(ml, seed, iris)),
        new("EuroSAT's colors: 122 rows × 24, 10 classes", 0.25f, false, 5, (ml, seed) => Colors(ml, seed, eurosat, 122)),
        new("EuroSAT's colors: 1,000 rows × 24, 10 classes", 0.25f, false, 3, (ml, seed) => Colors(ml, seed, eurosat, 1000)),
        new("EuroSAT's colors: 5,000 rows × 24, 10 classes", 0.25f, false, 1, (ml, seed) => Colors(ml, seed, eurosat, 5000)),
        new("EuroSAT's colors: 16,000 rows × 24, 10 classes", 0.25f, false, 1, (ml, seed) => Colors(ml, seed, eurosat, 16_000)),
        new("16,000 rows × 16, generated, 5 classes", 0.3f, false, 1, (ml, seed) => Generated(ml, seed, 16_000, 16, 5, 1.1f)),
        new("50,000 rows × 20, generated, 10 classes", 0.3f, false, 1, (ml, seed) => Generated(ml, seed, 50_000, 20, 10, 1.1f)),
        new("EuroSAT: 100 images, 10 classes", 36f / 255, true, 1, (ml, seed) => Images(ml, seed, eurosat, 100)),
        new("EuroSAT: 400 images, 10 classes", 36f / 255, true, 1, (ml, seed) => Images(ml, seed, eurosat, 400)),
        new("EuroSAT: 750 images, 10 classes", 36f / 255, true, 1, (ml, seed) => Images(ml, seed, eurosat, 750)),
        new("CIFAR-100: 500 images, 5 classes", 36f / 255, true, 1, (ml, _) => Cifar(ml, cifar)),
    ];

    // Each class is three clouds, so that a linear model is not enough.
    private static (IDataView Train, IDataView Test) Generated(
        MLContext mlContext, int seed, int count, int features, int classes, float spread)
    {
        var random = new Random(1000 + seed);
        float[][] centers = [.. Enumerable.Range(0, 3 * classes).Select(_ => Normals(random, features))];
        return Views(mlContext, Draw(count), Draw(2000));

        TableRow[] Draw(int rows) => [.. Enumerable.Range(0, rows).Select(i =>
        {
            int cloud = random.Next(centers.Length);
            float[] noise = Normals(random, features);
            return new TableRow
            {
                Label = $"{cloud % classes}",
                Features = [.. centers[cloud].Zip(noise, (center, deviation) => center + (spread * deviation))],
            };
        })];
    }

    private static (IDataView Train, IDataView Test) Iris(MLContext mlContext, int seed, string path)
    {
        TableRow[] rows = [.. File.ReadLines(path).Where(line => line.Length > 0).Select((line, i) => new TableRow
        {
            Label = $"{i / 50}",
            Features = [.. line.Split(' ').Where(v => v.Length > 0).Select(v => float.Parse(v, CultureInfo.InvariantCulture))],
        })];
        new Random(seed).Shuffle(rows);
        return Views(mlContext, rows[..105], rows[105..]);
    }

    // The mean and the spread of each color in each quarter of the tile.
    private static (IDataView Train, IDataView Test) Colors(MLContext mlContext, int seed, string folder, int count)
    {
        return Views(mlContext, Rows("train", count), Rows("test", 2000));

        TableRow[] Rows(string part, int rows) => [.. Files(folder, part, seed, rows).AsParallel().AsOrdered().Select(file =>
        {
            using var image = MLImage.CreateFromFile(file.Path);
            return new TableRow { Label = file.Class, Features = Statistics(image) };
        })];
    }

    private static float[] Statistics(MLImage image)
    {
        double[] sums = new double[Cells * 3], squares = new double[Cells * 3];
        var pixels = image.Pixels;
        for (int i = 0; i < Side * Side; i++)
        {
            int cell = (2 * i / Side / Side) + (i % Side < Side / 2 ? 0 : 2);
            for (int color = 0; color < 3; color++)
            {
                double value = pixels[(4 * i) + color];
                sums[(3 * cell) + color] += value;
                squares[(3 * cell) + color] += value * value;
            }
        }

        const double Count = Side * Side / (double)Cells;
        return
        [
            .. sums.Select(sum => (float)(sum / Count)),
            .. squares.Zip(sums, (square, sum) => (float)Math.Sqrt(Math.Max(0, (square / Count) - Math.Pow(sum / Count, 2)))),
        ];
    }

    private static (IDataView Train, IDataView Test) Images(MLContext mlContext, int seed, string folder, int count)
    {
        return (View("train", count), View("test", 500));

        IDataView View(string part, int rows) => mlContext.Data.LoadFromEnumerable(
            Files(folder, part, seed, rows)
                .Select(file => new ImageRow { Label = file.Class, Image = File.ReadAllBytes(file.Path) }).ToList());
    }

    // The first five classes: every record is {superclass, class, planes of R, G and B}.
    private static (IDataView Train, IDataView Test) Cifar(MLContext mlContext, string folder)
    {
        return (View("train.bin"), View("test.bin"));

        IDataView View(string name) => mlContext.Data.LoadFromEnumerable(
            File.ReadAllBytes(Path.Combine(folder, name)).Chunk(2 + (3 * CifarPlane)).Where(record => record[1] < 5).Take(500)
                .Select(record => new PixelRow { Label = $"{record[1]}", Image = [.. record.Skip(2).Select(value => value / 255f)] })
                .ToList());
    }

    private static (string Path, string Class)[] Files(string folder, string part, int seed, int count)
    {
        string[] files = Directory.GetFiles(Path.Combine(folder, part), "*.jpg", SearchOption.AllDirectories);
        Array.Sort(files, StringComparer.Ordinal);
        new Random(seed).Shuffle(files);
        return [.. files.Take(count).Select(path => (path, Path.GetFileName(Path.GetDirectoryName(path)!)))];
    }

    private static (IDataView Train, IDataView Test) Views(MLContext mlContext, TableRow[] train, TableRow[] test)
    {
        var schema = SchemaDefinition.Create(typeof(TableRow));
        schema[nameof(TableRow.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, train[0].Features.Length);
        var view = mlContext.Data.LoadFromEnumerable(train, schema);
        var scale = mlContext.Transforms.NormalizeMeanVariance(nameof(TableRow.Features), fixZero: false).Fit(view);
        return (scale.Transform(view), scale.Transform(mlContext.Data.LoadFromEnumerable(test, schema)));
    }

    private static float[] Normals(Random random, int count) =>
    [
        .. Enumerable.Range(0, count).Select(_ =>
            (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()))),
    ];
}
