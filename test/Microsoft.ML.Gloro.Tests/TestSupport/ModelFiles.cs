using System.IO.Compression;
using Microsoft.ML.Gloro.Inference;

namespace Microsoft.ML.Gloro.Tests.TestSupport;

/// <summary>Models as bytes.</summary>
internal static class ModelFiles
{
    public static byte[] Save(ITransformer model, DataViewSchema schema)
    {
        using var stream = new MemoryStream();
        new MLContext().Model.Save(model, schema, stream);
        return stream.ToArray();
    }

    public static ITransformer Load(byte[] file)
    {
        using var stream = new MemoryStream(file);
        return new MLContext().Model.Load(stream, out _);
    }

    /// <summary>The parts of a model.zip with their content. A zip archive as a whole also holds the time at which ML.NET wrote each part.</summary>
    public static List<string> Parts(byte[] file)
    {
        using var archive = new ZipArchive(new MemoryStream(file));
        return [.. archive.Entries.OrderBy(e => e.FullName, StringComparer.Ordinal).Select(e =>
        {
            using var part = e.Open();
            using var content = new MemoryStream();
            part.CopyTo(content);
            return $"{e.FullName}: {Convert.ToHexString(content.ToArray())}";
        })];
    }

    /// <summary>The library's own part of the file: network, bound, classes, guarantee.</summary>
    public static string GloroPart(GloroTransformer transformer)
    {
        using var stream = new MemoryStream();
        GloroModelFile.Write(transformer.GloroModel, stream);
        return Convert.ToHexString(stream.ToArray());
    }
}
