namespace Quickstart;

/// <summary>A tile's file and the class it is labeled with.</summary>
internal sealed class ImageRow
{
    public string Label { get; set; } = "";

    public string ImagePath { get; set; } = "";

    public string Description { get; set; } = "";
}
