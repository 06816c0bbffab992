using Microsoft.ML.Data;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>Reads the network's input from the feature column of a row.</summary>
/// <remarks>One reader serves one row or cursor and is not safe for concurrent use.</remarks>
internal abstract class FeatureReader(string columnName, InputSpec spec, RowLocator locator)
{
    /// <summary>What is read.</summary>
    public InputSpec Spec { get; } = spec;

    /// <summary>Whether <see cref="ReadBytes"/> works: for every image source.</summary>
    public virtual bool ReadsBytes => false;

    /// <summary>The file that the image read last came from; null if it does not tell.</summary>
    public virtual string? SourcePath => null;

    /// <summary>A reader over <paramref name="column"/> of <paramref name="row"/>.</summary>
    /// <param name="row">The row or cursor, with that column active.</param>
    /// <param name="column">The column.</param>
    /// <param name="spec">What the network reads.</param>
    /// <param name="source">The row's view, if any: messages then quote the row's texts, such as the path of an image.</param>
    /// <exception cref="ArgumentException">Features of that type or size cannot be read.</exception>
    public static FeatureReader Create(DataViewRow row, DataViewSchema.Column column, InputSpec spec, IDataView? source = null)
    {
        Delegate getter = FeatureColumn.Classify(column, spec) switch
        {
            FeatureKind.Image => row.GetGetter<MLImage>(column),
            FeatureKind.EncodedImage => row.GetGetter<VBuffer<byte>>(column),
            _ => row.GetGetter<VBuffer<float>>(column),
        };
        return Create(column, spec, getter, new RowLocator(row, source));
    }

    /// <summary>A reader over a getter of the values of <paramref name="column"/>.</summary>
    /// <param name="column">The column, for its type and name.</param>
    /// <param name="spec">What the network reads.</param>
    /// <param name="getter">A <see cref="ValueGetter{TValue}"/> of the column's type. What it gives is not disposed here.</param>
    /// <param name="locator">Names rows in messages.</param>
    public static FeatureReader Create(DataViewSchema.Column column, InputSpec spec, Delegate getter, RowLocator locator) =>
        FeatureColumn.Classify(column, spec) switch
        {
            FeatureKind.Image => new MLImageReader(column.Name, spec, (ValueGetter<MLImage>)getter, locator),
            FeatureKind.EncodedImage => new EncodedImageReader(column.Name, spec, (ValueGetter<VBuffer<byte>>)getter, locator),
            FeatureKind.Pixels => new PixelVectorReader(column.Name, spec, (ValueGetter<VBuffer<float>>)getter, locator),
            _ => new VectorReader(column.Name, spec, (ValueGetter<VBuffer<float>>)getter, locator),
        };

    /// <summary>Reads the current row's input: <see cref="InputSpec.Size"/> values, finite if the column's are.</summary>
    /// <exception cref="InvalidOperationException">The row's features cannot be read; the message says which row and why.</exception>
    public abstract void Read(Span<float> destination);

    /// <summary>
    /// The pixels of the current row as bytes, plane by plane (R, G, B). <see cref="Read"/> gives b / 255f of the same bytes if the source
    /// has bytes.
    /// </summary>
    /// <exception cref="InvalidOperationException">The row's features cannot be read; the message says which row and why.</exception>
    public virtual void ReadBytes(Span<byte> destination) => throw new NotSupportedException("A feature vector has no pixels.");

    private protected string ColumnName { get; } = columnName;

    private protected RowLocator Locator { get; } = locator;

    /// <summary>An error about the current row.</summary>
    private protected InvalidOperationException RowError(string what, Exception? inner = null) =>
        Locator.Error(ColumnName, what, inner);

    private protected void CheckLength(int length)
    {
        if (length != Spec.Size)
            throw RowError($"{length} values where the model reads {Spec.WithSize}.");
    }
}
