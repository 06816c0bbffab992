using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Training;

/// <summary>The bytes of one image while it is changed, plane after plane, and a second buffer for changes not in place.</summary>
internal ref struct PixelBuffer(TensorShape shape, Span<byte> pixels, Span<byte> room)
{
    /// <summary>The number of channels of a color image: R, G and B.</summary>
    public const int ColorChannels = 3;

    private Span<byte> _pixels = pixels, _room = room;

    public readonly int Channels => shape.Channels;

    public readonly int Height => shape.Height;

    public readonly int Width => shape.Width;

    /// <summary>The number of values of a channel.</summary>
    public readonly int PlaneSize => shape.Height * shape.Width;

    /// <summary>All values.</summary>
    public readonly Span<byte> Pixels => _pixels;

    /// <summary>A buffer of the same size, whose values mean nothing until <see cref="Swap"/>.</summary>
    public readonly Span<byte> Room => _room;

    /// <summary>The values of one channel.</summary>
    public readonly Span<byte> Plane(int channel) => _pixels.Slice(channel * PlaneSize, PlaneSize);

    /// <summary>Makes the content of <see cref="Room"/> the image.</summary>
    public void Swap()
    {
        var pixels = _pixels;
        _pixels = _room;
        _room = pixels;
    }
}
