using System.Text;

namespace Microsoft.ML.Gloro.Reporting;

/// <summary>Writes a text file that is there as a whole or, whatever happens, as it was before.</summary>
internal static class AtomicFile
{
    /// <summary>What a file's name ends with while it is being written.</summary>
    public const string PartialSuffix = ".partial";

    /// <summary>Writes <paramref name="text"/> in UTF-8 beside <paramref name="path"/>, and puts it in its place.</summary>
    /// <exception cref="IOException">It cannot be written; what was there is untouched.</exception>
    public static void Write(string path, string text)
    {
        string partial = path + PartialSuffix;
        using (var file = new FileStream(partial, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            // From here on the partial file is ours to clear away.
            try
            {
                file.Write(new UTF8Encoding(encoderShouldEmitUTF8Identifier: false).GetBytes(text));
                file.Flush(flushToDisk: true); // The name must not reach the disk before the content.
            }
            catch
            {
                file.Dispose();
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
}
