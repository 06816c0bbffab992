using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Gloro.Bench;

/// <summary>
/// The same rows in the forms in which an application may have them. Their pictures are smooth, as pictures are: noise would take longer to
/// decode.
/// </summary>
internal sealed class ServingRows : IDisposable
{
    private readonly MLContext _context = new(seed: 1);
    private readonly TensorShape _shape;
    private readonly string _folder = Directory.CreateTempSubdirectory("gloro-bench").FullName;

    public ServingRows(TensorShape shape, int count)
    {
        (_shape, Count) = (shape, count);
        Inputs = [.. Enumerable.Range(0, count).SelectMany(row => Enumerable.Range(0, shape.Size).Select(i => Pixel(row, i) / 255f))];
    }

    public int Count { get; }

    /// <summary>The network's inputs, one after the other.</summary>
    public float[] Inputs { get; }

    /// <summary>One row as a prediction engine takes it.</summary>
    public VectorRow One => new() { Image = Inputs[.._shape.Size] };

    /// <summary>How a prediction engine is to read <see cref="VectorRow"/>.</summary>
    public SchemaDefinition VectorDefinition
    {
        get
        {
            var definition = SchemaDefinition.Create(typeof(VectorRow));
            definition[nameof(VectorRow.Image)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, _shape.Size);
            return definition;
        }
    }

    /// <summary>Vectors in memory.</summary>
    public IDataView Vectors() => _context.Data.LoadFromEnumerable(
        Inputs.Chunk(_shape.Size).Select(values => new VectorRow { Image = values }).ToList(), VectorDefinition);

    /// <summary>Decoded images in memory.</summary>
    public IDataView Images() =>
        _context.Data.LoadFromEnumerable(Enumerable.Range(0, Count).Select(row => new ImageRow { Image = Image(row) }).ToList());

    /// <summary>JPEG files, which are written when this is first called.</summary>
    public string[] Files()
    {
        string[] paths = [.. Enumerable.Range(0, Count).Select(row => Path.Combine(_folder, $"{row}.jpg"))];
        for (int row = 0; row < Count; row++)
        {
            if (File.Exists(paths[row]))
                continue;
            using MLImage image = Image(row);
            image.Save(paths[row]);
        }

        return paths;
    }

    /// <summary>The files, decoded as they are read.</summary>
    public IDataView LoadedFiles()
    {
        IDataView paths = _context.Data.LoadFromEnumerable(Files().Select(path => new FileRow { Path = path }).ToList());
        return _context.Transforms.LoadImages("Image", "", nameof(FileRow.Path)).Fit(paths).Transform(paths);
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static byte Pixel(int row, int index) =>
        (byte)(128 + (100 * Math.Sin((index * 0.011) + row) * Math.Cos(index * 0.0007 * (row % 7))));

    private MLImage Image(int row)
    {
        int plane = _shape.Height * _shape.Width;
        byte[] rgba = new byte[4 * plane];
        for (int p = 0; p < plane; p++)
        {
            for (int c = 0; c < 3; c++)
                rgba[(4 * p) + c] = Pixel(row, (c * plane) + p);
            rgba[(4 * p) + 3] = 255;
        }

        return MLImage.CreateFromPixels(_shape.Width, _shape.Height, MLPixelFormat.Rgba32, rgba);
    }

    internal sealed class VectorRow
    {
        public float[] Image { get; set; } = [];
    }

    private sealed class ImageRow
    {
        [ImageType(64, 64)] // ML.NET asks for a size, but images of others pass
        public MLImage? Image { get; set; }
    }

    private sealed class FileRow
    {
        public string Path { get; set; } = "";
    }
}
