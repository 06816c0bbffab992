namespace Microsoft.ML.Gloro.Analysis;

/// <summary>A row of the data in a drawing of regions.</summary>
/// <param name="X">The first feature.</param>
/// <param name="Y">The second.</param>
/// <param name="Class">The class of its label, or less than 0.</param>
internal sealed record RegionPoint(float X, float Y, int Class);
