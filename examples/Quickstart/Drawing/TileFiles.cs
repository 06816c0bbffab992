using Microsoft.ML.Data;

namespace Quickstart.Drawing;

/// <summary>Writes tiles as PNG files in class folders, the way image data sets come.</summary>
internal static class TileFiles
{
    /// <summary>Writes <c>folder/Label/00000.png</c> and so on, and gives each tile's path relative to the folder.</summary>
    public static IReadOnlyList<string> Save(IReadOnlyList<Tile> tiles, string folder)
    {
        foreach (string label in tiles.Select(t => t.Label).Distinct())
            Directory.CreateDirectory(Path.Combine(folder, label));
        var paths = new string[tiles.Count];
        Parallel.For(0, tiles.Count, i =>
        {
            paths[i] = Path.Combine(tiles[i].Label, $"{i:D5}.png");
            SavePng(Path.Combine(folder, paths[i]), Tile.Size, Tile.Size, tiles[i].Pixels);
        });
        return paths;
    }

    /// <summary>Writes pixels of three bytes (red, green, blue) as a PNG file.</summary>
    public static void SavePng(string path, int width, int height, ReadOnlySpan<byte> rgb)
    {
        // MLImage takes four bytes a pixel.
        var rgba = new byte[4 * width * height];
        for (int i = 0; i < width * height; i++)
            (rgba[4 * i], rgba[4 * i + 1], rgba[4 * i + 2], rgba[4 * i + 3]) = (rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2], 255);
        using MLImage image = MLImage.CreateFromPixels(width, height, MLPixelFormat.Rgba32, rgba);
        image.Save(path);
    }
}
