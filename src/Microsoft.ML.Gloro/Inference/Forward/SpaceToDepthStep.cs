using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>Moves blocks of pixels into channels, as <see cref="DeployedSpaceToDepth"/> orders them. With channels last, a line of a block is one copy.</summary>
internal sealed class SpaceToDepthStep(DeployedSpaceToDepth layer, TensorShape input) : ForwardStep(input, layer.GetOutputShape(input))
{
    private readonly int _block = layer.Block;

    /// <inheritdoc/>
    public override void Run(ValueBuffer input, ValueBuffer output, int rows, int threads)
    {
        for (int row = 0; row < rows; row++)
            Move(input.Data.Slice(row * Input.Size, Input.Size), output.Data.Slice(row * Output.Size, Output.Size));
    }

    private void Move(ReadOnlySpan<double> source, Span<double> target)
    {
        int lineLength = _block * Input.Channels;
        int next = 0;
        for (int i = 0; i < Output.Height; i++)
        {
            for (int j = 0; j < Output.Width; j++)
            {
                for (int by = 0; by < _block; by++, next += lineLength)
                {
                    // Beyond the image, at the bottom and at the right, there are zeros.
                    Span<double> line = target.Slice(next, lineLength);
                    int y = (i * _block) + by;
                    int x = j * _block;
                    int inside = y < Input.Height ? Math.Min(_block, Input.Width - x) * Input.Channels : 0;
                    if (inside > 0)
                        source.Slice(((y * Input.Width) + x) * Input.Channels, inside).CopyTo(line);
                    line[inside..].Clear();
                }
            }
        }
    }
}
