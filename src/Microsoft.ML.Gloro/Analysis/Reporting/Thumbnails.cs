using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.MLNet;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Makes small pictures of the current row of a cursor: what the network sees, or that made smaller still.</summary>
internal sealed class Thumbnails : IDisposable
{
    private const int MostPixels = 96;

    private readonly FeatureReader reader;
    private readonly byte[] planes;
    private readonly int width, height;

    private Thumbnails(FeatureReader reader)
    {
        this.reader = reader;
        planes = new byte[reader.Spec.Size];
        var shape = reader.Spec.Shape;
        double scale = Math.Min(1, (double)MostPixels / Math.Max(shape.Width, shape.Height));
        (width, height) = (Math.Max(1, (int)(shape.Width * scale)), Math.Max(1, (int)(shape.Height * scale)));
    }

    /// <summary>The column to take images from; null if there is none.</summary>
    /// <param name="schema">The scored view's.</param>
    /// <param name="wanted">The column that was asked for, if one was.</param>
    /// <param name="read">The column that the model reads images from, if that is known.</param>
    /// <exception cref="ArgumentException">The column that was asked for is missing or holds no images.</exception>
    public static DataViewSchema.Column? Find(DataViewSchema schema, string? wanted, string? read)
    {
        if (wanted is not null)
        {
            DataViewSchema.Column column = FeatureColumn.Find(schema, wanted);
            FeatureColumn.Classify(column, isImage: true);
            return column;
        }

        if (read is not null && schema.GetColumnOrNull(read) is { } own)
            return own;
        DataViewSchema.Column[] images = [.. schema.Where(column => !column.IsHidden && column.Type is Transforms.Image.ImageDataViewType)];
        return images.Length == 1 ? images[0] : null;
    }

    /// <summary>Pictures of a cursor's rows.</summary>
    /// <param name="cursor">The cursor, with the column active.</param>
    /// <param name="view">Its view.</param>
    /// <param name="column">The column of images.</param>
    /// <param name="model">The model, whose size of images is taken; null for the size that the column or its first row has.</param>
    public static Thumbnails Create(DataViewRowCursor cursor, IDataView view, DataViewSchema.Column column, GloroModel? model)
    {
        InputSpec spec = model is { IsImage: true } ? new InputSpec(model.Network.InputShape, isImage: true) : InputSpecInference.Infer(view, column, isImage: true);
        return new(FeatureReader.Create(cursor, column, spec, view));
    }

    /// <summary>The current row's picture, as PNG.</summary>
    /// <exception cref="InvalidOperationException">It cannot be read; the message says which row and why.</exception>
    public byte[] Read()
    {
        reader.ReadBytes(planes);
        var shape = reader.Spec.Shape;
        if ((width, height) == (shape.Width, shape.Height))
            return PngFile.Write(planes, width, height);
        var resampler = new PlaneResampler(width, height);
        int from = shape.Width * shape.Height, to = width * height;
        var small = new byte[3 * to];
        for (int channel = 0; channel < 3; channel++)
            resampler.Resize(planes.AsSpan(channel * from, from), shape.Width, shape.Height, small.AsSpan(channel * to, to));
        return PngFile.Write(small, width, height);
    }

    public void Dispose() => reader.Dispose();
}
