namespace Microsoft.ML.Gloro;

/// <summary>
/// Networks by name. LiResNet is the default. The others come from the literature and are for comparison: mCnF has m convolutions and n
/// dense layers, counting the last one. Convolutions of stride 1 are 3 × 3 and keep the image's size; those of stride 2 are 4 × 4 and
/// halve it. MinMax follows each layer but the last.
/// </summary>
/// <remarks>
/// The sizes are those of the code of Leino, Wang, Fredrikson (Globally-Robust Neural Networks, ICML 2021) and Lee, Lee, Park
/// (Lipschitz-Certifiable Training with a Tight Outer Bound, NeurIPS 2020). Here the last layer's rows have length 1, and the mean of the
/// inputs is subtracted.
/// </remarks>
public enum GloroArchitecture
{
    /// <summary>
    /// Space-to-depth to about 16 × 16, a stem, residual convolutions and an orthogonal dense tail. Its depth and width can be chosen
    /// (Hu et al., NeurIPS 2023 and ICLR 2024). The default, and the strongest.
    /// </summary>
    LiResNet,

    /// <summary>Convolutions 16 and 32, both of stride 2; dense 100. Wong, Schmidt, Metzen, Kolter (NeurIPS 2018) call it small.</summary>
    Conv2C2F,

    /// <summary>Convolutions 32, 32 (stride 2), 64, 64 (stride 2); dense 512, 512. Wong et al. call it large.</summary>
    Conv4C3F,

    /// <summary>Convolutions 32, 32, 32 (stride 2), 64, 64, 64 (stride 2); dense 512.</summary>
    Conv6C2F,

    /// <summary>
    /// Convolutions 64, 64, 64 (stride 2), 128, 128, 128 (stride 2), 256, 256 (stride 2); dense 256. For images of Tiny-ImageNet's size.
    /// </summary>
    Conv8C2F,
}

/// <summary>
/// The size of a LiResNet: its depth, width and tail, chosen for the images and the number of classes. The values below give the width for
/// images of 32 to 127 pixels (the shorter side) and the tail for up to 64 classes.
/// </summary>
/// <remarks>
/// Widths are steps of 32, 64, 96, 128, 192, 256. Images below 32 pixels are processed pixel by pixel and get one step less. Images of 128
/// pixels or more have larger blocks and get one step more. The tail is the smallest power of two with at least 1 (Tiny), 2 (Small),
/// 4 (Medium) or 8 (Large) outputs per class, counting at least 64 classes, and at most 2048: Medium with 100 classes has 512.
/// </remarks>
public enum GloroModelSize
{
    /// <summary>Depth 2, width 32, tail 64: for first trials, and for fewer than 1,000 images.</summary>
    Tiny,

    /// <summary>Depth 4, width 64, tail 128.</summary>
    Small,

    /// <summary>Depth 8, width 96, tail 256: the default numbers for images of 32 to 127 pixels and up to 64 classes.</summary>
    Medium,

    /// <summary>Depth 12, width 192, and a tail of four layers (CHORD) of 512: takes hours on a CPU.</summary>
    Large,
}
