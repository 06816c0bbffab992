namespace Microsoft.ML.Gloro.Tests.TestSupport;

/// <summary>A folder that is removed with its files.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("gloro-tests-").FullName;

    /// <summary>Writes a file and returns its name in the folder.</summary>
    public string Write(string name, byte[] content)
    {
        File.WriteAllBytes(System.IO.Path.Combine(Path, name), content);
        return name;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
