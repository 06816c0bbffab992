using System.Text;
using Microsoft.ML;
using Microsoft.ML.Gloro;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.MLNet;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(
    typeof(GloroTransformer), typeof(TransformerPersistence), null, typeof(SignatureLoadModel), "GloRo classifier",
    TransformerPersistence.LoaderSignature)]

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>
/// Writes a transformer into ML.NET's model.zip and reads it back; an application that loads one need not register anything. It uses
/// internals of ML.NET: build/Publicize.targets makes the named ones visible, and fails the build if one disappears.
/// </summary>
internal static class TransformerPersistence
{
    /// <summary>What ML.NET finds the loader by.</summary>
    internal const string LoaderSignature = "GloroTransformer"; // 24 ASCII characters at most

    private const string ModelPart = "Gloro.model", SettingsPart = "Gloro.settings";
    private const int MostSettings = 1 << 16; // bytes

    /// <summary>Writes <paramref name="transformer"/>.</summary>
    public static void Save(GloroTransformer transformer, ModelSaveContext ctx)
    {
        ArgumentNullException.ThrowIfNull(ctx);
        ctx.CheckAtModel();
        ctx.SetVersionInfo(GetVersionInfo());
        int bytes = Encoding.UTF8.GetByteCount(transformer.FeatureColumnName) + Encoding.UTF8.GetByteCount(transformer.Options.Prefix);
        if (bytes > MostSettings - 10)
        {
            throw new InvalidOperationException(
                $"The names of the feature column and of the output columns' prefix take more than {MostSettings - 10} bytes; " +
                "a model with such names cannot be stored.");
        }

        ctx.SaveBinaryStream(ModelPart, writer => GloroModelFile.Write(transformer.GloroModel, writer.BaseStream));
        ctx.SaveBinaryStream(SettingsPart, writer =>
        {
            writer.Write(transformer.FeatureColumnName);
            writer.Write(transformer.Options.Prefix);
        });
    }

    // ML.NET calls this by its name and signature through reflection: an exception reaches the user inside a TargetInvocationException.
    private static GloroTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(GetVersionInfo());
        GloroModel? model = null;
        string featureColumnName = "", prefix = "";
        bool complete = ctx.TryLoadBinaryStream(ModelPart, reader => model = GloroModelFile.Read(reader.BaseStream))
            & ctx.TryLoadBinaryStream(SettingsPart, reader => (featureColumnName, prefix) = ReadSettings(reader));
        return complete && model is not null
            ? new GloroTransformer(env, model, featureColumnName, new ScoringOptions { Prefix = prefix })
            : throw new FormatException(
                $"The model file is incomplete: a part ('{ModelPart}' or '{SettingsPart}') is missing. Save the model again.");
    }

    private static (string FeatureColumnName, string Prefix) ReadSettings(BinaryReader reader)
    {
        try
        {
            byte[] bytes = reader.ReadBytes(MostSettings); // no more, whatever the part claims to hold
            using var strings = new BinaryReader(new MemoryStream(bytes), new UTF8Encoding(false, throwOnInvalidBytes: true));
            var settings = (Feature: strings.ReadString(), Prefix: strings.ReadString());
            return settings.Feature.Length > 0 && strings.BaseStream.Position == bytes.Length
                ? settings
                : throw new FormatException("it does not hold the name of the feature column and a prefix, and nothing else.");
        }
        catch (Exception e) when (e is IOException or InvalidDataException or FormatException or DecoderFallbackException)
        {
            // No inner exception: GetBaseException must give this message.
            throw new FormatException(
                $"The part '{SettingsPart}' of the model file is damaged: {ErrorText.Sentence(e)} Save the model again.");
        }
    }

    // The assembly by its simple name: a model saved with one version of the library loads with the next.
    private static VersionInfo GetVersionInfo() => new(
        modelSignature: "GLORO ML",
        verWrittenCur: 0x00010001,
        verReadableCur: 0x00010001,
        verWeCanReadBack: 0x00010001,
        loaderAssemblyName: typeof(GloroTransformer).Assembly.GetName().Name!,
        loaderSignature: LoaderSignature);
}
