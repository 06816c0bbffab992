namespace Microsoft.ML.Gloro.Core;

/// <summary>A rotated or mirrored view of an image: transposed first, then turned upside down, then mirrored left to right.</summary>
internal readonly record struct ImageView(bool IsTransposed, bool IsUpsideDown, bool IsMirrored)
{
    /// <summary>
    /// The views of <paramref name="views"/>, in the order in which their logits are added. The first is the unchanged image. Their number
    /// is a power of two.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The views are unknown.</exception>
    public static IReadOnlyList<ImageView> Of(GloroImageViews views) => views switch
    {
        GloroImageViews.One => [default],
        GloroImageViews.Mirrored => [default, new(false, false, true)],
        GloroImageViews.MirroredAndTurned =>
            [.. Enumerable.Range(0, 8).Select(n => new ImageView((n & 4) != 0, (n & 2) != 0, (n & 1) != 0))],
        _ => throw new ArgumentOutOfRangeException(nameof(views), views, "Unknown views of images."),
    };

    /// <summary>Why inputs of shape <paramref name="shape"/> have no such views; null if they have.</summary>
    public static string? FaultFor(GloroImageViews views, TensorShape shape) =>
        views != GloroImageViews.One && shape.IsVector ? $"Feature vectors cannot be turned or mirrored: {views} is for images."
        : views == GloroImageViews.MirroredAndTurned && shape.Height != shape.Width
            ? $"Only square images can be turned by 90 degrees, and these have {shape.Height}×{shape.Width} pixels (height × width): "
                + $"use {GloroImageViews.Mirrored}, or resize images to a square."
        : null;

    /// <summary>
    /// Where the pixels come from: pixel (row, column) of the view is pixel Origin + row · RowStep + column · ColumnStep of the image with
    /// <paramref name="height"/> × <paramref name="width"/> pixels.
    /// </summary>
    public (int Origin, int RowStep, int ColumnStep) Steps(int height, int width)
    {
        (int rowStep, int columnStep) = IsTransposed ? (1, width) : (width, 1);
        int origin = 0;
        if (IsUpsideDown)
            (origin, rowStep) = (origin + ((height - 1) * rowStep), -rowStep);
        if (IsMirrored)
            (origin, columnStep) = (origin + ((width - 1) * columnStep), -columnStep);
        return (origin, rowStep, columnStep);
    }
}
