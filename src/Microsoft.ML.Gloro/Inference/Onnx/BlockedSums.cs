using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// Linear layers whose sums are cut into <see cref="SumBlocks"/>: operators that add the products of one block, and others that add the
/// blocks. The rounding that is proved for single precision counts on this (docs/soundness.md, 4.11). No optimization of ONNX Runtime
/// joins them.
/// </summary>
/// <remarks>
/// The blocks are added one by one, since the order of a ReduceSum depends on the number of rows: the bits of a row would, too.
/// </remarks>
internal sealed class BlockedSums(GraphOperators ops)
{
    /// <summary>A convolution in groups, one for each block, which all write every output channel.</summary>
    public string Convolution(DeployedConvolution layer, string value, IReadOnlyList<(string, long[])> geometry)
    {
        int blocks = SumBlocks.Of(layer), channels = layer.InChannels / blocks;
        float[] kernel = Cut(layer.Kernel, layer.OutChannels, blocks);
        string convolution = ops.Graph.Node(
            "Conv",
            [
                value,
                ops.Singles(kernel, (long)blocks * layer.OutChannels, channels, layer.KernelHeight, layer.KernelWidth),
                ops.Singles(BiasOfFirst(layer.Bias, blocks), (long)blocks * layer.OutChannels),
            ],
            geometry,
            [("group", blocks)]);
        string[] sums = [.. Enumerable.Range(0, blocks).Select(i =>
            ops.Slice(convolution, [(long)i * layer.OutChannels], [(long)(i + 1) * layer.OutChannels], [1], [1]))];
        return Add(sums, output: null);
    }

    /// <summary>One product of matrices for each block.</summary>
    public string Dense(DeployedDense layer, string value, string? output)
    {
        int blocks = SumBlocks.Of(layer), inputs = layer.Inputs / blocks, block = layer.Outputs * inputs;
        float[] weights = Cut(layer.Weights, layer.Outputs, blocks);
        float[] biases = BiasOfFirst(layer.Bias, blocks);
        var products = new string[blocks];
        for (int i = 0; i < blocks; i++)
        {
            string values = ops.Slice(value, [(long)i * inputs], [(long)(i + 1) * inputs], [1], [1]);
            string matrix = ops.Singles(weights[(i * block)..((i + 1) * block)], layer.Outputs, inputs);
            string bias = ops.Singles(biases[(i * layer.Outputs)..((i + 1) * layer.Outputs)], layer.Outputs);
            products[i] = ops.Graph.Node("Gemm", [values, matrix, bias], integers: [("transB", 1)]);
        }

        return Add(products, output);
    }

    private string Add(string[] blocks, string? output)
    {
        string sum = blocks[0];
        for (int i = 1; i < blocks.Length; i++)
            sum = ops.Graph.Node("Add", [sum, blocks[i]], output: i == blocks.Length - 1 ? output : null);
        return sum;
    }

    /// <summary>From [outputs, blocks, rest] to [blocks, outputs, rest].</summary>
    private static float[] Cut(float[] weights, int outputs, int blocks)
    {
        int length = weights.Length / outputs / blocks;
        var cut = new float[weights.Length];
        for (int i = 0; i < outputs * blocks; i++)
            Array.Copy(weights, i * length, cut, ((i % blocks * outputs) + (i / blocks)) * length, length);
        return cut;
    }

    private static float[] BiasOfFirst(float[] bias, int blocks)
    {
        var biases = new float[blocks * bias.Length];
        bias.CopyTo(biases, 0);
        return biases;
    }
}
