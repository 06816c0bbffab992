namespace Microsoft.ML.Gloro;

/// <summary>
/// Test-time augmentation: the views of an image over which the network's logits are averaged. A view moves pixels and changes no distance,
/// so the mean has the Lipschitz constants of the network. Certificates rest on the same bound and lose no radius.
/// </summary>
/// <remarks>Views are a property of the deployed model. Training and its reported progress use one view.</remarks>
public enum GloroImageViews
{
    /// <summary>The image as it is.</summary>
    One,

    /// <summary>The image and its mirror image, left to right. Takes twice the time of <see cref="One"/>.</summary>
    Mirrored,

    /// <summary>
    /// The image and its mirror image, each rotated by 0, 90, 180 and 270 degrees: for square images without an up, such as aerial or
    /// microscope images. Takes eight times the time of <see cref="One"/>. Rotated and mirrored images get the same logits, apart from
    /// rounding.
    /// </summary>
    MirroredAndTurned,
}
