namespace Microsoft.ML.Gloro.Models;

/// <summary>Writes a <see cref="GloroModel"/> to a stream and reads it back.</summary>
internal static class GloroModelFile
{
    /// <summary>Writes a model. The same model gives the same bytes. The stream stays open.</summary>
    public static void Write(GloroModel model, Stream stream) => throw new NotImplementedException();

    /// <summary>Reads a model from where <paramref name="stream"/> stands; what follows the model is left unread, and the stream stays open.</summary>
    /// <exception cref="FormatException">The bytes are not a model that this version can trust; the message says what is wrong and what to do.</exception>
    public static GloroModel Read(Stream stream) => throw new NotImplementedException();
}
