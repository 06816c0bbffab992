using System.IO.Compression;
using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Hostile;

/// <summary>A model.zip as ML.NET writes it, a copied column before the classifier, and what it makes of some rows.</summary>
internal sealed class HonestFile : IDisposable
{
    private const string ModelPart = "/Gloro.model";
    private readonly GloroTransformer _transformer;
    private readonly TransformerChain<ITransformer> _chain;

    public HonestFile(int seed = 1)
    {
        _transformer = TestModels.Transformer(
            TestModels.Vector(seed: seed, guarantee: RobustnessGuarantee.RelaxedTopK(3)), featureColumnName: "Copied");
        _chain = new TransformerChain<ITransformer>(Context.Transforms.CopyColumns("Copied", "Features").Fit(Data), _transformer);
        using var stream = new MemoryStream();
        Context.Model.Save(_chain, Data.Schema, stream);
        (Zip, Model) = (stream.ToArray(), Write(_transformer.GloroModel));
        (Rows, Columns) = (ScoredRow.All(_chain.Transform(Data)), ColumnsOf(_chain, Data));
    }

    public MLContext Context { get; } = new(seed: 1);

    public IDataView Data { get; } = VectorRow.View(VectorRow.Random(6, scale: 3));

    /// <summary>The whole file.</summary>
    public byte[] Zip { get; }

    /// <summary>The part that is ours.</summary>
    public byte[] Model { get; }

    /// <summary>The rows of <see cref="Data"/> as the honest model scores them.</summary>
    public List<ScoredRow> Rows { get; }

    /// <summary>Names and types of the columns that come out.</summary>
    public string Columns { get; }

    public GloroModel Honest => _transformer.GloroModel;

    /// <summary>Names and types of the columns that come out of <paramref name="transformer"/>.</summary>
    public static string ColumnsOf(ITransformer transformer, IDataView data) =>
        string.Join(", ", transformer.GetOutputSchema(data.Schema).Select(c => $"{c.Name} {c.Type}"));

    /// <summary>A valid archive with other bytes as the model.</summary>
    public byte[] Wrap(byte[] model)
    {
        using var result = new MemoryStream();
        using (var source = new ZipArchive(new MemoryStream(Zip)))
        using (var target = new ZipArchive(result, ZipArchiveMode.Create))
        {
            foreach (ZipArchiveEntry entry in source.Entries)
            {
                using Stream from = entry.Open();
                using Stream to = target.CreateEntry(entry.FullName, CompressionLevel.Fastest).Open();
                if (entry.FullName.EndsWith(ModelPart, StringComparison.Ordinal))
                    to.Write(model);
                else
                    from.CopyTo(to);
            }
        }

        return result.ToArray();
    }

    /// <summary>
    /// Whether ML.NET's own "Schema" part is damaged, and nothing else is known yet. Its reader follows the list of a column's annotations
    /// without an end if the list points back at itself, about once in 4000 flipped bits of a small file, before it comes to anything of
    /// ours; .NET does not compare an archive's checksums either. Such files are not loaded here.
    /// </summary>
    public bool IsSchemaDamaged(byte[] zip)
    {
        try
        {
            byte[]? schema = Part(zip, "Schema");
            return schema is not null && !schema.AsSpan().SequenceEqual(Part(Zip, "Schema"));
        }
        catch (Exception e) when (e is InvalidDataException or IOException or ArgumentException or NotSupportedException)
        {
            return false; // the archive cannot be read so far, and so neither by ML.NET
        }
    }

    /// <summary>Loads a file as an application does.</summary>
    public ITransformer Load(byte[] zip)
    {
        using var stream = new MemoryStream(zip, writable: false);
        return Context.Model.Load(stream, out _);
    }

    public void Dispose() => _transformer.Dispose();

    private static byte[] Write(GloroModel model)
    {
        using var stream = new MemoryStream();
        GloroModelFile.Write(model, stream);
        return stream.ToArray();
    }

    private static byte[]? Part(byte[] zip, string name)
    {
        using var archive = new ZipArchive(new MemoryStream(zip));
        if (archive.GetEntry(name) is not { } entry)
            return null;
        using Stream stream = entry.Open();
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }
}
