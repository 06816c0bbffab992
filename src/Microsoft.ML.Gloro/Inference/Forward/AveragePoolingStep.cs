using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>The s × s values of a block added one by one, row by row, to 0, and the sum multiplied by the double that is nearest to 1/s².</summary>
internal sealed class AveragePoolingStep(DeployedAveragePooling layer, TensorShape input) : ForwardStep(input, layer.GetOutputShape(input))
{
    private readonly int _size = layer.Size;
    private readonly double _factor = 1 / ((double)layer.Size * layer.Size);

    /// <inheritdoc/>
    public override void Run(ValueBuffer input, ValueBuffer output, int rows, int threads)
    {
        ReadOnlySpan<double> source = input.Data;
        Span<double> target = output.Data;
        for (int row = 0; row < rows; row++)
        {
            for (int i = 0; i < Output.Height; i++)
            {
                for (int j = 0; j < Output.Width; j++)
                {
                    int pixel = (((row * Output.Height) + i) * Output.Width) + j;
                    int corner = (((row * Input.Height) + (i * _size)) * Input.Width) + (j * _size);
                    Average(source, corner, target.Slice(pixel * Output.Channels, Output.Channels));
                }
            }
        }
    }

    private void Average(ReadOnlySpan<double> source, int corner, Span<double> mean)
    {
        mean.Clear();
        for (int row = 0; row < _size; row++)
        {
            for (int column = 0; column < _size; column++)
            {
                ReadOnlySpan<double> pixel = source.Slice((corner + (row * Input.Width) + column) * mean.Length, mean.Length);
                for (int channel = 0; channel < mean.Length; channel++)
                    mean[channel] += pixel[channel];
            }
        }

        foreach (ref double x in mean)
            x *= _factor;
    }
}
