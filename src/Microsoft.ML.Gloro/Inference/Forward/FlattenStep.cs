using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>From [image row, column, channel] to a vector in the order channel, image row, column.</summary>
internal sealed class FlattenStep(TensorShape input) : ForwardStep(input, TensorShape.Vector(input.Size))
{
    /// <inheritdoc/>
    public override void Run(ValueBuffer input, ValueBuffer output, int rows, int threads)
    {
        int area = Input.Height * Input.Width;
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<double> source = input.Data.Slice(row * Input.Size, Input.Size);
            Span<double> target = output.Data.Slice(row * Input.Size, Input.Size);
            for (int channel = 0; channel < Input.Channels; channel++)
            {
                for (int pixel = 0; pixel < area; pixel++)
                    target[(channel * area) + pixel] = source[(pixel * Input.Channels) + channel];
            }
        }
    }
}
