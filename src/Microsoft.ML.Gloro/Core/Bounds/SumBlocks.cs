namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// How long sums are cut in single precision. A layer adds the products of each block of its inputs, in any order, and then the sums of the
/// blocks. So fewer roundings lie on the way of a product than the sum has terms, whatever order the engine takes within one operator.
/// </summary>
/// <remarks>
/// The sizes are a compromise. Smaller blocks prove smaller errors, but a convolution writes one output for each block, and engines work on
/// 8 or 16 channels at once.
/// </remarks>
internal static class SumBlocks
{
    private const int FewestChannels = 16, MostTerms = 144, MostInputs = 256, Least = 8;

    /// <summary>The number of blocks, all of the same size: a divisor of the layer's inputs (of a convolution, its channels).</summary>
    public static int Of(DeployedLayer layer) => layer switch
    {
        DeployedConvolution c => Count(c.InChannels, Math.Max(FewestChannels, MostTerms / (c.KernelHeight * c.KernelWidth))),
        DeployedDense d => Count(d.Inputs, MostInputs),
        _ => 1,
    };

    private static int Count(int inputs, int most)
    {
        if (inputs <= most)
            return 1;
        for (int size = most; size >= Least; size--)
        {
            if (inputs % size == 0)
                return inputs / size;
        }

        return 1;
    }
}
