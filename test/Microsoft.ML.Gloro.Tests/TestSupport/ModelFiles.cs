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

    /// <summary>The parts of a model.zip with their content, without the time at which ML.NET wrote each part.</summary>
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
    public static string GloroPart(GloroTransformer transformer) => Convert.ToHexString(Write(transformer.GloroModel));

    /// <summary>The library's own part of the file, as bytes.</summary>
    public static byte[] Write(GloroModel model)
    {
        using var stream = new MemoryStream();
        GloroModelFile.Write(model, stream);
        return stream.ToArray();
    }

    /// <summary>The model of a file that <see cref="Write"/> made.</summary>
    public static GloroModel Read(byte[] file)
    {
        using var stream = new MemoryStream(file);
        return GloroModelFile.Read(stream);
    }
}
