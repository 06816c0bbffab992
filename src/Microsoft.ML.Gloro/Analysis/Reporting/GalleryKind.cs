namespace Microsoft.ML.Gloro.Analysis;

/// <summary>The kinds of rows that a gallery shows.</summary>
internal enum GalleryKind
{
    /// <summary>A set of classes is certified at ε, and the top-1 class alone is not.</summary>
    Relaxed,

    /// <summary>The top-1 class is certified at ε.</summary>
    Local,

    /// <summary>Nothing is certified at ε.</summary>
    Nothing,
}
