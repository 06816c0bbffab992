namespace Microsoft.ML.Gloro.Core;

/// <summary>Writes a file that is there as a whole or, whatever happens and whenever the process is killed, as it was before.</summary>
internal static class AtomicFile
{
    /// <summary>What a file's name ends with while it is being written. A process that is killed may leave such a file.</summary>
    public const string PartialSuffix = ".partial";

    /// <summary>Lets <paramref name="content"/> write a file beside <paramref name="path"/>, and puts it in its place.</summary>
    /// <exception cref="IOException">It cannot be written; what was there is untouched.</exception>
    public static void Write(string path, Action<Stream> content)
    {
        string partial = path + PartialSuffix;
        using (var file = new FileStream(partial, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            // From here on the partial file is ours to clear away.
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
