using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>A <see cref="DeployedChannelShift"/> as ONNX operators on images [N, C, H, W], in any precision: it copies values.</summary>
internal static class OnnxShift
{
    /// <summary>Adds the layer and returns the name of its output.</summary>
    public static string Append(IOnnxGraph graph, DeployedChannelShift layer, string image, TensorShape shape)
    {
        var ops = new GraphOperators(graph);
        var parts = new List<string>();
        int first = 0;
        foreach (var (down, right) in DeployedChannelShift.Directions)
        {
            string group = ops.Slice(image, [first], [first + layer.Group], [1], [1]);
            (int axis, int side, int step) = down == 0 ? (3, shape.Width, right) : (2, shape.Height, down);

            // Place i gets what was at i − step.
            long[] from = [.. Enumerable.Range(0, side).Select(i => (long)((i - step + side) % side))];
            parts.Add(ops.Gather(group, graph.Initializer(from), axis));
            first += layer.Group;
        }

        if (first < shape.Channels)
            parts.Add(ops.Slice(image, [first], [shape.Channels], [1], [1]));
        return ops.Concat(parts, axis: 1);
    }
}
