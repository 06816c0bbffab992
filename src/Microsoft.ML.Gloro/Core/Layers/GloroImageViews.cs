namespace Microsoft.ML.Gloro;

/// <summary>
/// Which views of an image a network is asked about. With more than one, its logits are the means of what it says of each. A view moves pixels and changes no distance, so the mean
/// has the Lipschitz constants of the network: certificates cost no radius, and rest on the same bound.
/// </summary>
/// <remarks>Views are a property of the deployed model. Training, and the progress it reports, see one view at a time.</remarks>
public enum GloroImageViews
{
    /// <summary>The image as it is.</summary>
    One,

    /// <summary>The image and its mirror image, left to right. Twice the time of <see cref="One"/>.</summary>
    Mirrored,

    /// <summary>
    /// The image and its mirror image, each turned by 0, 90, 180 and 270 degrees: for square images without an up, from above or through a microscope. Eight times the time of
    /// <see cref="One"/>. An image that is turned or mirrored so gets the same logits but for their rounding.
    /// </summary>
    MirroredAndTurned,
}
