namespace Microsoft.ML.Gloro;

/// <summary>What stands where a shifted, turned or sheared training image has no pixel.</summary>
public enum GloroAugmentationBorder
{
    /// <summary>The image, mirrored at its border.</summary>
    Mirror,

    /// <summary>Black: what the literature's crop from a padded image has.</summary>
    Black,

    /// <summary>The mean color of the training images.</summary>
    Mean,
}
