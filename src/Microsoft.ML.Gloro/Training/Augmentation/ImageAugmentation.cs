using System.Buffers;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// Changes one image at random. Flips, quarter turns and shifts are one map from target pixels to source pixels. Changes of values and
/// interpolation follow on the bytes, which become floats at the end.
/// </summary>
/// <param name="shape">The images' shape.</param>
/// <param name="options">The changes to make.</param>
/// <param name="meanColor">A byte per channel; null for black.</param>
/// <remarks>Immutable; safe for concurrent use.</remarks>
internal sealed class ImageAugmentation(TensorShape shape, GloroAugmentationOptions options, byte[]? meanColor = null)
{
    private readonly byte[] _meanColor = meanColor ?? new byte[shape.Channels];
    private readonly ImageBorder _border = new(
        options.Border == GloroAugmentationBorder.Mirror,
        options.Border == GloroAugmentationBorder.Mean && meanColor is not null ? meanColor : new byte[shape.Channels]);

    // Without these options their random values are not drawn, so that images are the same as in versions without these options.
    private readonly bool _hasMore =
        options.Affine is not null || options.RandAugment is not null || options.ColorJitter is not null || options.CutoutSide > 0;

    /// <summary>Whether <paramref name="options"/> use the mean color.</summary>
    public static bool NeedsMeanColor(GloroAugmentationOptions options) =>
        options.CutoutSide > 0 || options.Border == GloroAugmentationBorder.Mean;

    /// <summary>Writes a changed copy of an image, scaled to [0, 1].</summary>
    public void Apply(ReadOnlySpan<byte> pixels, Span<float> destination, Random random)
    {
        int plane = shape.Height * shape.Width;
        int[] sources = ArrayPool<int>.Shared.Rent(plane);
        byte[] bytes = ArrayPool<byte>.Shared.Rent(2 * shape.Size);
        Draw(random, sources.AsSpan(0, plane));
        var image = new PixelBuffer(shape, bytes.AsSpan(0, shape.Size), bytes.AsSpan(shape.Size, shape.Size));
        for (int c = 0; c < shape.Channels; c++)
            Gather(pixels.Slice(c * plane, plane), sources.AsSpan(0, plane), image.Plane(c), _border.Color[c]);
        if (_hasMore)
            Change(ref image, random);
        PixelScale.Apply(image.Pixels, destination);
        ArrayPool<byte>.Shared.Return(bytes);
        ArrayPool<int>.Shared.Return(sources);
    }

    /// <summary>
    /// Writes, for every pixel of a plane, the index of its source pixel or <see cref="ImageBorder.Outside"/>. It always draws the same
    /// number of random values, so that one option does not change the values of the others.
    /// </summary>
    public void Draw(Random random, Span<int> sources)
    {
        bool flipX = random.Next(2) == 1 && options.FlipHorizontally;
        bool flipY = random.Next(2) == 1 && options.FlipVertically;
        int turns = random.Next(4);
        if (!options.Rotate)
            turns = 0;
        if (shape.Height != shape.Width)
            turns &= 2;
        int span = (2 * options.MaximumShift) + 1;
        int shiftX = random.Next(span) - options.MaximumShift;
        int shiftY = random.Next(span) - options.MaximumShift;

        // A turn by 90° is a transpose and one mirror, by 180° both mirrors, by 270° a transpose and the other mirror.
        flipX ^= turns is 1 or 2;
        flipY ^= turns is 2 or 3;
        bool transpose = turns is 1 or 3;

        for (int row = 0, i = 0; row < shape.Height; row++)
        {
            int y = Source(row + shiftY, shape.Height, flipY);
            for (int column = 0; column < shape.Width; column++, i++)
            {
                int x = Source(column + shiftX, shape.Width, flipX);
                sources[i] = (x | y) < 0 ? ImageBorder.Outside : transpose ? (x * shape.Width) + y : (y * shape.Width) + x;
            }
        }
    }

    private static void Gather(ReadOnlySpan<byte> pixels, ReadOnlySpan<int> sources, Span<byte> target, byte outside)
    {
        target = target[..sources.Length];
        for (int i = 0; i < sources.Length; i++)
        {
            int source = sources[i];
            target[i] = source < 0 ? outside : pixels[source];
        }
    }

    // Always draws the same number of values for each option, except for RandAugment, which therefore draws last.
    private void Change(ref PixelBuffer image, Random random)
    {
        double turn = Around(random), zoom = Around(random), shear = Around(random);
        double brightness = Around(random), contrast = Around(random), saturation = Around(random);
        int cutX = random.Next(shape.Width), cutY = random.Next(shape.Height);

        if (options.Affine is { IsIdentity: false } affine)
        {
            double lean = Math.Tan(shear * affine.Shear * Math.PI / 180), scale = Math.Exp(zoom * Math.Log(1 + affine.Scale));
            AffineWarp.Apply(ref image, AffineMap.ShearTurnZoom(lean, turn * affine.Rotation, scale), _border);
        }

        if (options.RandAugment is { } policy)
            RandAugmentPolicy.Apply(ref image, policy, _border, random);
        if (options.ColorJitter is { } jitter)
        {
            PixelTone.Brightness(ref image, 1 + (brightness * jitter.Brightness));
            PixelTone.Contrast(ref image, 1 + (contrast * jitter.Contrast));
            PixelTone.Saturation(ref image, 1 + (saturation * jitter.Saturation));
        }

        if (options.CutoutSide > 0)
            Cut(ref image, cutX - (options.CutoutSide / 2), cutY - (options.CutoutSide / 2));
    }

    private void Cut(ref PixelBuffer image, int left, int top)
    {
        int right = Math.Min(left + options.CutoutSide, shape.Width);
        int bottom = Math.Min(top + options.CutoutSide, shape.Height);
        (left, top) = (Math.Max(left, 0), Math.Max(top, 0));
        for (int c = 0; c < shape.Channels; c++)
        {
            for (int row = top; row < bottom; row++)
                image.Plane(c).Slice((row * shape.Width) + left, right - left).Fill(_meanColor[c]);
        }
    }

    private int Source(int i, int length, bool flip)
    {
        int source = _border.Source(i, length);
        return flip && source >= 0 ? length - 1 - source : source;
    }

    // Uniform from −1 to 1.
    private static double Around(Random random) => (2 * random.NextDouble()) - 1;
}
