namespace Microsoft.ML.Gloro.Core;

/// <summary>Writes a file completely. If that fails or the process is killed, the old file stays as it was.</summary>
internal static class AtomicFile
{
    /// <summary>The end of a file's name while it is being written. A killed process may leave such a file.</summary>
    public const string PartialSuffix = ".partial";

    /// <summary>Lets <paramref name="content"/> write a file beside <paramref name="path"/>, and then moves it there.</summary>
    /// <exception cref="IOException">The file cannot be written. An old file is not changed.</exception>
    public static void Write(string path, Action<Stream> content)
    {
        string partial = path + PartialSuffix;
        using (var file = new FileStream(partial, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            // From here on the partial file is ours to delete.
            try
            {
                content(file);
                file.Flush(flushToDisk: true); // The name must not reach the disk before the content.
            }
            catch
            {
                Close(file);
                File.Delete(partial);
                throw;
            }
        }

        try
        {
            File.Move(partial, path, overwrite: true);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }

    // Dispose writes what is left in the buffer. On a full disk that fails again and would hide the first error.
    private static void Close(FileStream file)
    {
        try
        {
            file.Dispose();
        }
        catch (IOException)
        {
        }
    }
}
