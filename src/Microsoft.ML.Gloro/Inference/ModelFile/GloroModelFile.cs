using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// Writes a <see cref="GloroModel"/> to a stream and reads it back. Layout: the magic "GLOROMDL"; format version and length of the header,
/// 32 bits each, little-endian; the header, JSON in UTF-8; the weights of each layer, little-endian floats; the tolerances, if the header
/// says that there are any, as floats; the SHA-256 of all bytes before it.
/// </summary>
/// <remarks>
/// The checksum shows that a file is whole. It does not show who made it: a forger can write a new one. Four checks remain. The bound is
/// tied to the hash of the weights and tolerances it was proved for; it must not be below the product of its layers' bounds; no layer's
/// bound may be below what the file says is attained of it; and none may be below what <see cref="NormFromBelow"/> finds. So weights cannot
/// be exchanged under a bound, and no bound can be made much too small. What is left to a forger who writes every hash again: bounds that
/// are too small by less than that, and a different network with a true bound, which is a model like any other. Load models from sources
/// you trust, or run the audit, which proves the bounds again.
/// </remarks>
internal static class GloroModelFile
{
    /// <summary>Writes a model. The same model gives the same bytes. The stream stays open.</summary>
    public static void Write(GloroModel model, Stream stream)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] header = ModelHeader.Write(model);
        if (header.Length > ModelFileFormat.MaxHeaderLength)
            throw new InvalidOperationException(
                $"The description of the model has {header.Length} bytes; at most {ModelFileFormat.MaxHeaderLength} can be stored. Use " +
                "shorter class names.");

        var preamble = new byte[ModelFileFormat.PreambleLength];
        ModelFileFormat.Magic.CopyTo(preamble);
        BinaryPrimitives.WriteInt32LittleEndian(preamble.AsSpan(8), ModelFileFormat.Version);
        BinaryPrimitives.WriteInt32LittleEndian(preamble.AsSpan(12), header.Length);
        Append(preamble);
        Append(header);
        var block = new byte[1 << 16];
        var tensors = model.Network.Layers.SelectMany(layer => layer.Tensors).Select(tensor => tensor.Values);
        foreach (float[] tensor in model.Network.Metric is { } metric ? tensors.Append(metric.Tolerances) : tensors)
        {
            for (int start = 0; start < tensor.Length; start += block.Length / sizeof(float))
            {
                ReadOnlySpan<float> part = tensor.AsSpan(start, Math.Min(tensor.Length - start, block.Length / sizeof(float)));
                SingleBytes.Write(part, block);
                Append(block.AsSpan(0, part.Length * sizeof(float)));
            }
        }

        stream.Write(hash.GetCurrentHash());

        void Append(ReadOnlySpan<byte> bytes)
        {
            hash.AppendData(bytes);
            stream.Write(bytes);
        }
    }

    /// <summary>
    /// Reads a model from where <paramref name="stream"/> stands; what follows the model is left unread, and the stream stays open.
    /// </summary>
    /// <exception cref="FormatException">
    /// The bytes are not a model that this version can trust; the message says what is wrong and what to do. (ML.NET reports its own broken
    /// models with this type too.)
    /// </exception>
    /// <exception cref="IOException">The stream itself failed.</exception>
    public static GloroModel Read(Stream stream)
    {
        using var reader = new ModelFileReader(stream);
        ModelHeader header = ModelHeader.Read(reader.ReadBytes(ReadPreamble(reader), "the header"));
        var layers = new DeployedLayer[header.Layers.Length];
        for (int i = 0; i < layers.Length; i++)
        {
            string what = $"the weights of layer {i}";
            float[][] tensors = [.. header.Layers[i].TensorLengths.Select(length => reader.ReadSingles(length, what))];
            layers[i] = header.Layers[i].Create(tensors);
        }

        float[]? tolerances = header.HasTolerances ? reader.ReadSingles(header.InputShape.Size, "the tolerances") : null;
        reader.CheckHash();
        try
        {
            var network = new DeployedNetwork(header.InputShape, layers, header.Views, tolerances);
            var guarantee = RobustnessGuarantee.Parse(header.Guarantee);
            var model = new GloroModel(
                network, header.Bound, header.ClassNames, guarantee, header.Epsilon, header.IsImage, header.TrainingRowCounts,
                header.Provenance, header.Arithmetic, header.Temperature, header.LabelType, header.Coverage);
            StoredBound.Check(network, header.Bound);
            return model;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException or NotSupportedException)
        {
            throw ModelFileFormat.Damaged(
                e is OverflowException ? "the layers ask for sizes beyond all limits" : ErrorText.Sentence(e).TrimEnd('.'));
        }
    }

    private static int ReadPreamble(ModelFileReader reader)
    {
        if (!reader.ReadBytes(ModelFileFormat.Magic.Length, "its first bytes").AsSpan().SequenceEqual(ModelFileFormat.Magic))
            throw ModelFileFormat.Damaged("it does not start as one");
        byte[] numbers = reader.ReadBytes(ModelFileFormat.PreambleLength - ModelFileFormat.Magic.Length, "its first bytes");
        int version = BinaryPrimitives.ReadInt32LittleEndian(numbers);
        int headerLength = BinaryPrimitives.ReadInt32LittleEndian(numbers.AsSpan(4));
        if (version > ModelFileFormat.Version)
            throw ModelFileFormat.Error(
                $"it has format version {version}, and this version of Microsoft.ML.Gloro reads version {ModelFileFormat.Version}. " +
                "Use the version of the package that wrote it, or a newer one.");
        if (version is > 0 and < ModelFileFormat.Version)
            throw ModelFileFormat.Error(
                $"it has format version {version}, which no release ever wrote; this version of Microsoft.ML.Gloro reads version " +
                $"{ModelFileFormat.Version}. Train and save the model again.");
        if (version != ModelFileFormat.Version)
            throw ModelFileFormat.Damaged($"it claims format version {version}, which never was");
        if (headerLength is < 2 or > ModelFileFormat.MaxHeaderLength)
            throw ModelFileFormat.Damaged(
                $"it claims a header of {headerLength} bytes, where 2 to {ModelFileFormat.MaxHeaderLength} are possible");
        return headerLength;
    }
}
