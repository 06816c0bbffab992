using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.ML.Gloro.Inference;

namespace Microsoft.ML.Gloro.Tests.Inference;

/// <summary>Alters model files as someone would who knows the format: the header's length and the checksum are made right again.</summary>
internal static class ModelSurgery
{
    /// <summary>The file with its header edited as JSON.</summary>
    public static byte[] EditHeader(byte[] file, Action<JsonObject> edit)
    {
        JsonObject header = JsonNode.Parse(HeaderText(file))!.AsObject();
        edit(header);
        return WithHeader(file, header.ToJsonString());
    }

    /// <summary>The header as text.</summary>
    public static string HeaderText(byte[] file) => Encoding.UTF8.GetString(Header(file));

    /// <summary>The file with another text as its header.</summary>
    public static byte[] WithHeader(byte[] file, string header) => Assemble(Encoding.UTF8.GetBytes(header), Tensors(file));

    /// <summary>The file with its weights edited.</summary>
    public static byte[] EditTensors(byte[] file, Action<byte[]> edit)
    {
        byte[] tensors = Tensors(file);
        edit(tensors);
        return Assemble(Header(file), tensors);
    }

    private static byte[] Header(byte[] file) => file[ModelFileFormat.PreambleLength..TensorStart(file)];

    private static byte[] Tensors(byte[] file) => file[TensorStart(file)..^SHA256.HashSizeInBytes];

    private static int TensorStart(byte[] file) => ModelFileFormat.PreambleLength + BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(12));

    private static byte[] Assemble(byte[] header, byte[] tensors)
    {
        var preamble = new byte[ModelFileFormat.PreambleLength];
        ModelFileFormat.Magic.CopyTo(preamble);
        BinaryPrimitives.WriteInt32LittleEndian(preamble.AsSpan(8), ModelFileFormat.Version);
        BinaryPrimitives.WriteInt32LittleEndian(preamble.AsSpan(12), header.Length);
        byte[] contents = [.. preamble, .. header, .. tensors];
        return [.. contents, .. SHA256.HashData(contents)];
    }
}
