namespace Microsoft.ML.Gloro.Analysis;

/// <summary>A row of a report's gallery.</summary>
/// <param name="Number">Its number in the view, from 0.</param>
/// <param name="Label">The class of its label; null if it has none, or one that the model does not know.</param>
/// <param name="Order">The first classes by logit, the certified ones among them.</param>
/// <param name="CertifiedK">How many of them are certified at ε; 0 for none.</param>
/// <param name="Radius">Within what the certified set cannot change; if none is certified, the row's radius under the guarantee.</param>
/// <param name="LocalRadius">r_1.</param>
/// <param name="Png">A thumbnail; null if there are no images.</param>
internal sealed record GalleryRow(long Number, string? Label, IReadOnlyList<string> Order, int CertifiedK, float Radius, float LocalRadius, byte[]? Png);
