using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.MLNet;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Makes thumbnails of the rows of a cursor: the network's input, reduced if it is large.</summary>
internal sealed class Thumbnails
{
    private const int MostPixels = 96, MostWindow = 128;

    private readonly FeatureReader reader;
    private readonly bool isModelSize;
    private readonly byte[] planes;
    private readonly int width, height;

    private Thumbnails(FeatureReader reader, bool isModelSize)
    {
        (this.reader, this.isModelSize) = (reader, isModelSize);
        planes = new byte[reader.Spec.Size];
        var shape = reader.Spec.Shape;
        double scale = Math.Min(1, (double)MostPixels / Math.Max(shape.Width, shape.Height));
        (width, height) = (Math.Max(1, (int)(shape.Width * scale)), Math.Max(1, (int)(shape.Height * scale)));
    }

    /// <summary>The column to take images from; null if there is none.</summary>
    /// <param name="schema">The schema of the scored view.</param>
    /// <param name="wanted">The requested column; null if none.</param>
    /// <param name="read">The column that the model reads images from; null if unknown.</param>
    /// <exception cref="ArgumentException">The requested column is missing or holds no images.</exception>
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

    /// <summary>Creates thumbnails for a cursor's rows.</summary>
    /// <param name="cursor">The cursor, with the column active.</param>
    /// <param name="view">The cursor's view.</param>
    /// <param name="column">The column of images.</param>
    /// <param name="model">The model, which determines the image size; null for the size of the column or its first row.</param>
    public static Thumbnails Create(DataViewRowCursor cursor, IDataView view, DataViewSchema.Column column, GloroModel? model)
    {
        InputSpec spec = model is { IsImage: true } ? new InputSpec(model.Network.InputShape, isImage: true)
            : InputSpecInference.Infer(view, column, isImage: true);
        return new(FeatureReader.Create(cursor, column, spec, view), model is { IsImage: true });
    }

    /// <summary>The current row's image.</summary>
    /// <exception cref="InvalidOperationException">The image cannot be read; the message names the row and the reason.</exception>
    public RowPicture Read()
    {
        reader.ReadBytes(planes);
        return new(PngFile.Write(Reduced(), width, height), isModelSize ? Window() : null, reader.SourcePath);
    }

    private byte[] Reduced()
    {
        var shape = reader.Spec.Shape;
        if ((width, height) == (shape.Width, shape.Height))
            return planes;
        var resampler = new PlaneResampler(width, height);
        int from = shape.Width * shape.Height, to = width * height;
        var small = new byte[3 * to];
        for (int channel = 0; channel < 3; channel++)
            resampler.Resize(planes.AsSpan(channel * from, from), shape.Width, shape.Height, small.AsSpan(channel * to, to));
        return small;
    }

    private ImageWindow Window()
    {
        var shape = reader.Spec.Shape;
        int across = Math.Min(shape.Width, MostWindow), down = Math.Min(shape.Height, MostWindow);
        int left = (shape.Width - across) / 2, top = (shape.Height - down) / 2;
        var window = new byte[3 * across * down];
        for (int channel = 0; channel < 3; channel++)
        {
            for (int y = 0; y < down; y++)
                planes.AsSpan((((channel * shape.Height) + top + y) * shape.Width) + left, across)
                    .CopyTo(window.AsSpan(((channel * down) + y) * across));
        }

        return new(window, across, down, (across, down) == (shape.Width, shape.Height));
    }
}

/// <summary>The image of a row.</summary>
/// <param name="Png">A thumbnail: the network's input, reduced if it is large.</param>
/// <param name="Window">The network's input, or its middle; null if the network's input size is not known.</param>
/// <param name="Path">The file it was loaded from; null if the image does not tell.</param>
internal sealed record RowPicture(byte[] Png, ImageWindow? Window, string? Path);
