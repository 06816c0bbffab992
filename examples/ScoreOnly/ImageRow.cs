namespace ScoreOnly;

/// <summary>An image to score. The label is part of the pipeline that the model was trained in; it may stay empty.</summary>
internal sealed class ImageRow
{
    public string Label { get; set; } = "";

    public string ImagePath { get; set; } = "";
}
