namespace Quickstart.Drawing;

/// <summary>One drawn image.</summary>
/// <param name="Pixels">64 × 64 pixels, row by row, three bytes each: red, green, blue.</param>
/// <param name="Label">The class.</param>
/// <param name="Description">What is to be seen, the second subject included: "a highway through fields".</param>
internal sealed record Tile(byte[] Pixels, string Label, string Description)
{
    /// <summary>Width and height in pixels.</summary>
    public const int Size = Canvas.Size;
}
