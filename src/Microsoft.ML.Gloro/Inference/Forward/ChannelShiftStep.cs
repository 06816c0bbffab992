using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>Moves groups of channels by a pixel. With channels last, a pixel takes one piece of each of its four neighbors.</summary>
internal sealed class ChannelShiftStep(DeployedChannelShift layer, TensorShape shape) : ForwardStep(shape, layer.GetOutputShape(shape))
{
    private readonly int _group = layer.Group;

    public override void Run(ValueBuffer input, ValueBuffer output, int rows, int threads)
    {
        for (int row = 0; row < rows; row++)
            Move(input.Data.Slice(row * Input.Size, Input.Size), output.Data.Slice(row * Input.Size, Input.Size));
    }

    private void Move(ReadOnlySpan<double> source, Span<double> target)
    {
        int channels = Input.Channels;
        for (int i = 0; i < Input.Height; i++)
        {
            for (int j = 0; j < Input.Width; j++)
            {
                Span<double> pixel = target.Slice(Place(i, j), channels);
                int first = 0;
                foreach (var (down, right) in DeployedChannelShift.Directions)
                {
                    source.Slice(Place(i - down, j - right) + first, _group).CopyTo(pixel[first..]);
                    first += _group;
                }

                source.Slice(Place(i, j) + first, channels - first).CopyTo(pixel[first..]);
            }
        }
    }

    // Where the pixel's channels begin; one step beyond a side is the other side.
    private int Place(int i, int j) =>
        (((i + Input.Height) % Input.Height * Input.Width) + ((j + Input.Width) % Input.Width)) * Input.Channels;
}
