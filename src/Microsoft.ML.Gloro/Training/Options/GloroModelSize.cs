namespace Microsoft.ML.Gloro;

/// <summary>
/// How large a LiResNet is: its depth, width and tail, chosen for the images and the number of classes. In the lists the width is for images of 32 to 127 pixels (the shorter
/// side) and the tail for up to 64 classes.
/// </summary>
/// <remarks>
/// Widths are steps of 32, 64, 96, 128, 192, 256: images below 32 pixels, which are worked on pixel by pixel, get one step less, and images from 128 pixels on, whose blocks hold
/// more, one step more. The tail is the least power of two with at least 1 (Tiny), 2 (Small), 4 (Medium) or 8 (Large) outputs for each class, or for each of 64 if there
/// are fewer, and at most 2048: Medium with 100 classes has 512.
/// </remarks>
public enum GloroModelSize
{
    /// <summary>Depth 2, width 32, tail 64: for first trials.</summary>
    Tiny,

    /// <summary>Depth 4, width 64, tail 128.</summary>
    Small,

    /// <summary>Depth 8, width 96, tail 256: for images of 32 to 127 pixels and up to 64 classes the default numbers.</summary>
    Medium,

    /// <summary>Depth 12, width 192, tail 512, of which there are 4 in a row (CHORD): hours on a CPU.</summary>
    Large,
}
