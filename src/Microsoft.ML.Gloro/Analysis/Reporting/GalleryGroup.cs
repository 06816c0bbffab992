
namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Rows of one kind in a gallery.</summary>
/// <param name="Kind">What they have in common.</param>
/// <param name="Count">How many rows of the view do.</param>
/// <param name="Rows">Some of them.</param>
internal sealed record GalleryGroup(GalleryKind Kind, long Count, IReadOnlyList<GalleryRow> Rows);
