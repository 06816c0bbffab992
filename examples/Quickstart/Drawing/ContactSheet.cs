namespace Quickstart.Drawing;

/// <summary>Many tiles in one picture: a row for each class.</summary>
internal static class ContactSheet
{
    private const int Gap = 4;

    /// <summary>
    /// Saves the first <paramref name="columns"/> tiles of every class, classes in alphabetical order from top to bottom, as a PNG file.
    /// </summary>
    public static void Save(IReadOnlyList<Tile> tiles, string path, int columns = 12)
    {
        List<Tile[]> rows =
            [.. tiles.GroupBy(t => t.Label).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => g.Take(columns).ToArray())];
        int width = columns * (Tile.Size + Gap) + Gap, height = rows.Count * (Tile.Size + Gap) + Gap;
        var sheet = new byte[3 * width * height];
        Array.Fill(sheet, (byte)255);
        for (int row = 0; row < rows.Count; row++)
        {
            for (int column = 0; column < rows[row].Length; column++)
            {
                byte[] pixels = rows[row][column].Pixels;
                for (int y = 0; y < Tile.Size; y++)
                {
                    int to = 3 * ((row * (Tile.Size + Gap) + Gap + y) * width + column * (Tile.Size + Gap) + Gap);
                    pixels.AsSpan(3 * y * Tile.Size, 3 * Tile.Size).CopyTo(sheet.AsSpan(to));
                }
            }
        }

        TileFiles.SavePng(path, width, height, sheet);
    }
}
