using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// Linear layers whose sums are cut into <see cref="SumBlocks"/>: operators that add the products of one block, and one that adds the
/// blocks. The rounding that is proved for single precision counts on this (docs/soundness.md, 4.11). No optimization of ONNX Runtime
/// joins the two.
/// </summary>
internal sealed class BlockedSums(GraphOperators ops)
{
    /// <summary>A convolution in groups, one for each block, which all write every output channel.</summary>
    public string Convolution(DeployedConvolution layer, string value, TensorShape output, IReadOnlyList<(string, long[])> geometry)
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
        string sums = ops.Sum(ops.Reshape(convolution, -1, blocks, output.Size), axis: 1);
        return ops.Reshape(sums, -1, output.Channels, output.Height, output.Width);
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

        string sums = ops.Sum(ops.Reshape(ops.Concat(products, axis: 1), -1, blocks, layer.Outputs), axis: 1);
        return output is null ? ops.Reshape(sums, -1, layer.Outputs) : ops.Reshape(sums, [-1, layer.Outputs], output);
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
