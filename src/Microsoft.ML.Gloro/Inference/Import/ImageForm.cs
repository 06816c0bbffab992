using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// A tensor [1, channels, height, width] as whole channels of a layer, or of its space-to-depth blocks, with zeros around them. This is
/// what a convolution can read.
/// </summary>
/// <param name="Channels">
/// For each channel of the tensor: which channel of the blocks, in the order of <see cref="DeployedSpaceToDepth"/>. Null for a channel of
/// zeros.
/// </param>
/// <param name="Block">The side of the blocks; 1 for the layer's own pixels.</param>
/// <param name="Border">The zeros around the image.</param>
/// <param name="IsFilled">Whether the last blocks reach beyond the layer's image.</param>
internal sealed record ImageForm(Channel?[] Channels, int Block, ZeroPadding Border, bool IsFilled)
{
    /// <summary>The form of a tensor, or null if it has none.</summary>
    public static ImageForm? Of(Signal signal)
    {
        if (signal.Shape is not [1, var channels, var height, var width] || signal.Size == 0)
            return null;
        TensorShape source = signal.Source.Shape;
        bool IsZeroRow(int y) =>
            Enumerable.Range(0, channels * width).All(i => signal.IsZero(((((i / width) * height) + y) * width) + (i % width)));
        bool IsZeroColumn(int x) => Enumerable.Range(0, channels * height).All(i => signal.IsZero((i * width) + x));
        int top = Enumerable.Range(0, height).TakeWhile(IsZeroRow).Count();
        if (top == height)
            return null;
        int bottom = Enumerable.Range(0, height).TakeWhile(y => IsZeroRow(height - 1 - y)).Count();
        int left = Enumerable.Range(0, width).TakeWhile(IsZeroColumn).Count();
        int right = Enumerable.Range(0, width).TakeWhile(x => IsZeroColumn(width - 1 - x)).Count();
        var inner = new TensorShape(channels, height - top - bottom, width - left - right);
        var border = new ZeroPadding(top, left, bottom, right);
        int block = FindBlock(source, inner);
        if (block == 0)
            return null;
        bool isFilled = false;
        var found = new Channel?[channels];
        for (int c = 0; c < channels; c++)
        {
            if (!TryFind(signal, c, inner, border, block, out found[c], ref isFilled))
                return null;
        }

        return new ImageForm(found, block, border, isFilled);
    }

    private static int FindBlock(TensorShape source, TensorShape inner)
    {
        int block = Math.Max((source.Height + inner.Height - 1) / inner.Height, (source.Width + inner.Width - 1) / inner.Width);
        return (source.Height + block - 1) / block == inner.Height && (source.Width + block - 1) / block == inner.Width ? block : 0;
    }

    private static bool TryFind(
        Signal signal, int c, TensorShape inner, ZeroPadding border, int block, out Channel? channel, ref bool isFilled)
    {
        TensorShape source = signal.Source.Shape;
        int pixels = source.Height * source.Width;
        channel = null;
        (int Y, int X) offset = default;
        for (int pass = 0; pass < 2; pass++) // the first finds the channel, the second checks every pixel
        {
            for (int i = 0; i < inner.Height * inner.Width; i++)
            {
                (int y, int x) = (i / inner.Width, i % inner.Width);
                int place = ((((c * signal.Shape[2]) + border.Top + y) * signal.Shape[3]) + border.Left + x);
                if (pass == 0)
                {
                    if (signal.Index[place] < 0)
                        continue;
                    var first = PickedChannels.At(signal, place, pixels);
                    int pixel = signal.Index[place] % pixels;
                    offset = ((pixel / source.Width) - (y * block), (pixel % source.Width) - (x * block));
                    if (offset.Y < 0 || offset.Y >= block || offset.X < 0 || offset.X >= block)
                        return false;
                    channel = first;
                    break;
                }

                (int row, int column) = ((y * block) + offset.Y, (x * block) + offset.X);
                if (channel is { } found && row < source.Height && column < source.Width)
                {
                    if (signal.Index[place] != (((found.Index * source.Height) + row) * source.Width) + column
                        || signal.ScaleAt(place) != found.Scale || signal.ShiftAt(place) != found.Shift)
                        return false;
                }
                else if (!signal.IsZero(place))
                {
                    return false;
                }
                else if (channel is not null)
                {
                    isFilled = true;
                }
            }
        }

        if (channel is { } whole)
            channel = whole with { Index = (((offset.Y * block) + offset.X) * source.Channels) + whole.Index };
        return true;
    }
}
