using System.IO.Compression;
using Microsoft.ML;

namespace Examples;

/// <summary>Loads models, and says clearly when a file is not one: ML.NET reports a missing "End of Central Directory record".</summary>
internal static class SavedModel
{
    /// <summary>The model in a file.</summary>
    /// <exception cref="IOException">There is no such file.</exception>
    /// <exception cref="FormatException">The file is not a zip file.</exception>
    public static ITransformer Load(MLContext mlContext, string path)
    {
        Check(path);
        return mlContext.Model.Load(path, out _);
    }

    /// <summary>The same check without loading.</summary>
    /// <exception cref="IOException">There is no such file.</exception>
    /// <exception cref="FormatException">The file is not a zip file.</exception>
    public static void Check(string path)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no model {path}.", path);
        try
        {
            ZipFile.OpenRead(path).Dispose();
        }
        catch (InvalidDataException)
        {
            throw new FormatException(
                $"{path} is not a saved model: it is not the zip file that mlContext.Model.Save writes, or it was cut off.");
        }
    }
}
