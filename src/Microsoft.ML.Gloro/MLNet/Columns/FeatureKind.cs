namespace Microsoft.ML.Gloro.MLNet;

/// <summary>The column types that features may come in.</summary>
internal enum FeatureKind
{
    /// <summary>A decoded image: <see cref="Data.MLImage"/>.</summary>
    Image,

    /// <summary>A vector of bytes that holds an image file (PNG, JPEG …).</summary>
    EncodedImage,

    /// <summary>The planar pixel vector of ExtractPixels, scaled to [0, 1].</summary>
    Pixels,

    /// <summary>A feature vector.</summary>
    Vector,
}
