using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Training;

namespace Microsoft.ML.Gloro.Tests.Training;

/// <summary>An operation on bytes, run.</summary>
internal static class TestPixels
{
    public static readonly ImageBorder Mirror = new(mirrored: true, [0, 0, 0]);

    public delegate void Operation(ref PixelBuffer image);

    public static byte[] Random(TensorShape shape, int seed, int from = 0, int to = 256)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, shape.Size).Select(_ => (byte)random.Next(from, to))];
    }

    public static byte[] Apply(TensorShape shape, byte[] image, Operation operation)
    {
        byte[] room = new byte[image.Length];
        Array.Fill(room, (byte)0xAB); // Whatever was there must not show.
        var buffer = new PixelBuffer(shape, (byte[])image.Clone(), room);
        operation(ref buffer);
        return buffer.Pixels.ToArray();
    }
}
