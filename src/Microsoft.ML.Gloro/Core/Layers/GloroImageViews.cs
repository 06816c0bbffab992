namespace Microsoft.ML.Gloro;

/// <summary>
/// The views of an image that a model averages its logits over: test-time augmentation whose result is certified. A view moves pixels and
/// changes no distance, so the mean has the network's Lipschitz constants: radii do not shrink, and certificates rest on the same bound.
/// </summary>
/// <remarks>Views are a property of the deployed model. Training and its progress reports use one view at a time.</remarks>
public enum GloroImageViews
{
    /// <summary>The image as it is.</summary>
    One,

    /// <summary>The image and its mirror image, left to right. Takes twice the time of <see cref="One"/>.</summary>
    Mirrored,

    /// <summary>
    /// The image and its mirror image, each turned by 0, 90, 180 and 270 degrees: for square images without a natural orientation, such as
    /// aerial or microscope images. Eight times the time of <see cref="One"/>. A turned or mirrored image gets the same logits, up to
    /// rounding.
    /// </summary>
    MirroredAndTurned,
}
