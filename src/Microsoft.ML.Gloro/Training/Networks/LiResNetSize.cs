using System.Numerics;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Training;

/// <summary>The numbers of a <see cref="LiResNetLayers"/>.</summary>
/// <param name="Depth">Residual convolutions.</param>
/// <param name="Width">Their channels, even.</param>
/// <param name="TailWidth">The width of the orthogonal dense layers, even.</param>
/// <param name="TailDepth">How many of these there are, at least 1.</param>
internal readonly record struct LiResNetSize(int Depth, int Width, int TailWidth, int TailDepth)
{
    private const int SmallImage = 32, LargeImage = 128;
    private const int LeastTail = 64, LargestTail = 2048;

    private static readonly int[] s_widths = [32, 64, 96, 128, 192, 256];

    /// <summary>The numbers for a size in words; <see cref="GloroModelSize"/> documents them.</summary>
    public static LiResNetSize For(GloroModelSize size, TensorShape input, int classes)
    {
        var (depth, step, perClass, tailDepth) = size switch
        {
            GloroModelSize.Tiny => (2, 0, 1, 1),
            GloroModelSize.Small => (4, 1, 2, 1),
            GloroModelSize.Medium => (8, 2, 4, 1),
            GloroModelSize.Large => (12, 4, 8, 4),
            _ => throw new ArgumentOutOfRangeException(nameof(size), size, "Unknown size."),
        };

        // A small image is not made smaller by space-to-depth, so that each channel costs more; a large one has more to say in each place of the same grid.
        int side = Math.Min(input.Height, input.Width);
        step += side < SmallImage ? -1 : side >= LargeImage ? 1 : 0;
        uint tail = (uint)(perClass * Math.Clamp(classes, LeastTail, LargestTail));
        return new LiResNetSize(depth, s_widths[Math.Max(0, step)], (int)Math.Min(LargestTail, BitOperations.RoundUpToPowerOf2(tail)), tailDepth);
    }

    /// <summary>As a model's provenance tells it.</summary>
    public override string ToString() => $"LiResNet(depth {Depth}, width {Width}, tail {(TailDepth == 1 ? "" : $"{TailDepth}×")}{TailWidth})";
}
