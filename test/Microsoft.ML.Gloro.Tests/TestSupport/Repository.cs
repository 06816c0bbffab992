namespace Microsoft.ML.Gloro.Tests.TestSupport;

/// <summary>Where the sources lie that the tests were built from.</summary>
internal static class Repository
{
    /// <summary>The folder of the solution.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Microsoft.ML.Gloro.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException("The repository was not found above the tests.");
    }
}
