using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// The views of a <see cref="DeployedNetwork"/> as ONNX operators around its layers, in any precision: V views of N images are V·N images,
/// view by view.
/// </summary>
internal static class OnnxViews
{
    /// <summary>From images [N, C, H, W] to the views [V·N, C, H, W]; <paramref name="input"/> itself if there is only one view.</summary>
    public static string Append(IOnnxGraph graph, DeployedNetwork network, string input) => network.ViewCount == 1
        ? input
        : graph.Node("Concat", [.. ImageView.Of(network.Views).Select(view => Append(graph, view, input))], integers: [("axis", 0)]);

    /// <summary>
    /// From the logits of the views, [V·N, C], to their means; <paramref name="logits"/> itself if there is only one view.
    /// </summary>
    public static string Mean(IOnnxGraph graph, DeployedNetwork network, string logits, string? output = null)
    {
        if (network.ViewCount == 1)
            return logits;
        string views = graph.Node("Reshape", [logits, graph.Initializer([network.ViewCount, -1, network.ClassCount])]);
        return graph.Node("ReduceMean", [views], [("axes", [0])], [("keepdims", 0)], output);
    }

    private static string Append(IOnnxGraph graph, ImageView view, string image)
    {
        if (view.IsTransposed)
            image = graph.Node("Transpose", [image], [("perm", [0, 1, 3, 2])]);
        if (view.IsUpsideDown)
            image = Reverse(graph, image, axis: 2);
        return view.IsMirrored ? Reverse(graph, image, axis: 3) : image;
    }

    // From the last to before the first.
    private static string Reverse(IOnnxGraph graph, string image, int axis) =>
        new GraphOperators(graph).Slice(image, [-1], [long.MinValue], [axis], [-1]);
}
