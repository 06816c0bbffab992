using System.Security.Cryptography;
using Microsoft.ML;
using Microsoft.ML.Gloro;
using Microsoft.ML.Gloro.Models;
using Microsoft.ML.Gloro.Scoring;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(GloroTransformer), typeof(TransformerPersistence), null, typeof(SignatureLoadModel), "GloRo classifier", TransformerPersistence.LoaderSignature)]

namespace Microsoft.ML.Gloro.Scoring;

/// <summary>
/// Writes a transformer into ML.NET's model.zip and reads it back; an application that loads one need not register anything. The only file of the library that uses
/// internals of ML.NET: build/Publicize.targets makes the named ones visible, and fails the build if one disappears.
/// </summary>
internal static class TransformerPersistence
{
    /// <summary>What ML.NET finds the loader by.</summary>
    internal const string LoaderSignature = "GloroTransformer"; // 24 ASCII characters at most

    private const string ModelPart = "Gloro.model", SettingsPart = "Gloro.settings";
    private const int MostSettings = 1 << 18;

    /// <summary>Writes <paramref name="transformer"/>.</summary>
    public static void Save(GloroTransformer transformer, ModelSaveContext ctx)
    {
        ArgumentNullException.ThrowIfNull(ctx);
        ctx.CheckAtModel();
        ctx.SetVersionInfo(GetVersionInfo());
        ctx.SaveBinaryStream(ModelPart, writer => GloroModelFile.Write(transformer.GloroModel, writer.BaseStream));
        ctx.SaveBinaryStream(SettingsPart, writer => writer.Write(WriteSettings(transformer)));
    }

    // Called by ML.NET, by its name and signature, through reflection: what is thrown here reaches the user inside a TargetInvocationException.
    private static GloroTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(GetVersionInfo());
        GloroModel? model = null;
        string featureColumnName = "", prefix = "";
        bool complete = ctx.TryLoadBinaryStream(ModelPart, reader => model = GloroModelFile.Read(reader.BaseStream))
            & ctx.TryLoadBinaryStream(SettingsPart, reader => (featureColumnName, prefix) = ReadSettings(reader));
        return complete && model is not null
            ? new GloroTransformer(env, model, featureColumnName, new ScoringOptions { Prefix = prefix })
            : throw new FormatException($"The model file is incomplete: a part ('{ModelPart}' or '{SettingsPart}') is missing. Save the model again.");
    }

    // Two strings and the SHA-256 of their bytes: the archive's own checksums are not looked at when it is read.
    private static byte[] WriteSettings(GloroTransformer transformer)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(transformer.FeatureColumnName);
        writer.Write(transformer.Options.Prefix);
        writer.Write(SHA256.HashData(stream.ToArray()));
        return stream.Length <= MostSettings
            ? stream.ToArray()
            : throw new InvalidOperationException($"The names of the feature column and of the output columns' prefix take {stream.Length} bytes; at most {MostSettings} can be stored.");
    }

    private static (string FeatureColumnName, string Prefix) ReadSettings(BinaryReader reader)
    {
        try
        {
            byte[] bytes = reader.ReadBytes(MostSettings + 1); // no more, whatever the part claims to hold
            int length = bytes.Length - SHA256.HashSizeInBytes;
            if (bytes.Length > MostSettings || length < 2 || !SHA256.HashData(bytes.AsSpan(0, length)).AsSpan().SequenceEqual(bytes.AsSpan(length)))
                throw new FormatException("its checksum does not match its contents.");
            using var strings = new BinaryReader(new MemoryStream(bytes, 0, length));
            return (strings.ReadString(), strings.ReadString()) is { Item1.Length: > 0 } settings && strings.PeekChar() < 0
                ? settings
                : throw new FormatException("it does not hold the name of the feature column and a prefix.");
        }
        catch (Exception e) when (e is IOException or InvalidDataException or FormatException)
        {
            throw new FormatException($"The part '{SettingsPart}' of the model file is damaged: {e.Message} Save the model again."); // no inner exception: GetBaseException must give this message
        }
    }

    // The assembly by its simple name: a model that was saved with one version of the library loads with the next.
    private static VersionInfo GetVersionInfo() => new(
        modelSignature: "GLORO ML",
        verWrittenCur: 0x00010001,
        verReadableCur: 0x00010001,
        verWeCanReadBack: 0x00010001,
        loaderAssemblyName: typeof(GloroTransformer).Assembly.GetName().Name!,
        loaderSignature: LoaderSignature);
}
