namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Text that is markup and is not to be encoded.</summary>
/// <param name="Html">The markup.</param>
internal readonly record struct RawHtml(string Html);
