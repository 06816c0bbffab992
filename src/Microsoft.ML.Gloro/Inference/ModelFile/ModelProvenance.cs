namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// Where a model comes from, for people to read. Holds no time and no machine name, so that the same training gives the same file.
/// </summary>
/// <param name="LibraryVersion">The version of this library that made the model.</param>
/// <param name="Training">The training in a line, such as architecture, epochs, loss and seed; may be empty.</param>
internal sealed record ModelProvenance(string LibraryVersion, string Training)
{
    /// <summary>A provenance of this version of the library.</summary>
    public static ModelProvenance OfThisLibrary(string training) =>
        new(typeof(ModelProvenance).Assembly.GetName().Version?.ToString(3) ?? "unknown", training);
}
