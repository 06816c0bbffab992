using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using Quickstart.Drawing;

namespace CustomNetwork;

/// <summary>A drawn tile as a row.</summary>
internal sealed class TileImage
{
    public string Label { get; set; } = "";

    [ImageType(Tile.Size, Tile.Size)]
    public MLImage? Image { get; set; }

    /// <summary>The row of a tile; MLImage takes four bytes a pixel.</summary>
    public static TileImage Of(Tile tile)
    {
        byte[] rgba = new byte[4 * Tile.Size * Tile.Size];
        for (int i = 0; i < rgba.Length; i++)
            rgba[i] = i % 4 == 3 ? (byte)255 : tile.Pixels[(3 * (i / 4)) + (i % 4)];
        return new TileImage { Label = tile.Label, Image = MLImage.CreateFromPixels(Tile.Size, Tile.Size, MLPixelFormat.Rgba32, rgba) };
    }
}
