using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Tests.TestSupport;

/// <summary>
/// The views of an image by their definition, pixel by pixel: what <see cref="ImageView"/> means, written down once more.
/// </summary>
internal static class TurnedImages
{
    /// <summary>
    /// What a network with these views is asked about, in the order in which logits are added. Images are [channel, row, column].
    /// </summary>
    public static T[][] Of<T>(GloroImageViews views, TensorShape shape, IReadOnlyList<T> image)
    {
        T[] mirrored = Move(shape, image, (i, j) => (i, shape.Width - 1 - j));
        if (views != GloroImageViews.MirroredAndTurned)
            return views == GloroImageViews.One ? [[.. image]] : [[.. image], mirrored];
        T[] transposed = Move(shape, image, (i, j) => (j, i));
        return [.. new[] { [.. image], transposed }.SelectMany(
            start => new[] { start, Move(shape, start, (i, j) => (shape.Height - 1 - i, j)) })
            .SelectMany(start => new[] { start, Move(shape, start, (i, j) => (i, shape.Width - 1 - j)) })];
    }

    /// <summary>The image turned by 90 degrees, clockwise.</summary>
    public static T[] Turn<T>(TensorShape shape, IReadOnlyList<T> image) => Move(shape, image, (i, j) => (shape.Height - 1 - j, i));

    private static T[] Move<T>(TensorShape shape, IReadOnlyList<T> image, Func<int, int, (int Row, int Column)> source)
    {
        var moved = new T[image.Count];
        for (int n = 0; n < moved.Length; n++)
        {
            int area = shape.Height * shape.Width;
            var (row, column) = source(n % area / shape.Width, n % shape.Width);
            moved[n] = image[(n / area * area) + (row * shape.Width) + column];
        }

        return moved;
    }
}
