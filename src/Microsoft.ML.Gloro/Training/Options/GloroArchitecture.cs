namespace Microsoft.ML.Gloro;

/// <summary>
/// Networks by name. Apart from LiResNet they are those of the literature, for comparison: m convolutions and n dense layers, counting the last, are mCnF. Convolutions of stride
/// 1 are 3 × 3 and keep the image's size, those of stride 2 are 4 × 4 and halve it; MinMax follows each layer but the last.
/// </summary>
/// <remarks>
/// Sizes as in the code of Leino, Wang, Fredrikson (Globally-Robust Neural Networks, ICML 2021) and Lee, Lee, Park (Lipschitz-Certifiable Training with a Tight Outer Bound, NeurIPS
/// 2020). The last layer's rows have length 1 here, and the inputs' mean is subtracted.
/// </remarks>
public enum GloroArchitecture
{
    /// <summary>
    /// Space-to-depth to about 16 × 16, a stem, residual convolutions and an orthogonal dense tail, of chosen depth and width (Hu et al., NeurIPS 2023 and ICLR 2024). The default,
    /// and the strongest.
    /// </summary>
    LiResNet,

    /// <summary>Convolutions 16 and 32, both of stride 2; dense 100. Wong, Schmidt, Metzen, Kolter (NeurIPS 2018) call it small.</summary>
    Conv2C2F,

    /// <summary>Convolutions 32, 32 (stride 2), 64, 64 (stride 2); dense 512, 512. Wong et al. call it large.</summary>
    Conv4C3F,

    /// <summary>Convolutions 32, 32, 32 (stride 2), 64, 64, 64 (stride 2); dense 512.</summary>
    Conv6C2F,

    /// <summary>Convolutions 64, 64, 64 (stride 2), 128, 128, 128 (stride 2), 256, 256 (stride 2); dense 256. For images of Tiny-ImageNet's size.</summary>
    Conv8C2F,
}
