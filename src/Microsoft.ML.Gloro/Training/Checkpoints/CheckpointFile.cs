using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// One checkpoint on disk: a tag, a <see cref="CheckpointHeader"/> as JSON, tensors, and the SHA-256 of everything before it.
/// </summary>
internal static class CheckpointFile
{
    private const string Tag = "Gloro checkpoint 1";

    /// <summary>Writes a file completely. If the process is killed before, there is no file.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string path, CheckpointHeader header, Action<BinaryWriter> content) => AtomicFile.Write(path, file =>
    {
        using var hash = SHA256.Create();
        using (var hashed = new CryptoStream(file, hash, CryptoStreamMode.Write, leaveOpen: true))
        using (var writer = new BinaryWriter(hashed, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(Tag);
            writer.Write(JsonSerializer.Serialize(header, CheckpointJson.Default.CheckpointHeader));
            content(writer);
        }

        file.Write(hash.Hash!);
    });

    /// <summary>Checks every byte of a file and returns its header.</summary>
    /// <exception cref="InvalidDataException">The file is damaged or not a checkpoint.</exception>
    public static CheckpointHeader Check(string path)
    {
        using var file = File.OpenRead(path);
        long length = file.Length - SHA256.HashSizeInBytes;
        if (length <= 0)
            throw new InvalidDataException("it is cut off");
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[1 << 16];
        for (long left = length; left > 0;)
        {
            var part = buffer.AsSpan(0, (int)Math.Min(left, buffer.Length));
            file.ReadExactly(part);
            hash.AppendData(part);
            left -= part.Length;
        }

        file.ReadExactly(buffer.AsSpan(0, SHA256.HashSizeInBytes));
        if (!buffer.AsSpan(0, SHA256.HashSizeInBytes).SequenceEqual(hash.GetHashAndReset()))
            throw new InvalidDataException("its checksum is wrong");
        file.Position = 0;
        using var reader = new BinaryReader(file);
        return ReadHeader(reader);
    }

    /// <summary>Reads the content after the header of a file that passed <see cref="Check"/>.</summary>
    public static void Read(string path, Action<BinaryReader> content)
    {
        using var reader = new BinaryReader(File.OpenRead(path));
        ReadHeader(reader);
        content(reader);
    }

    private static CheckpointHeader ReadHeader(BinaryReader reader)
    {
        if (reader.ReadString() != Tag)
            throw new InvalidDataException("it is not a checkpoint of this version of the library");
        return JsonSerializer.Deserialize(reader.ReadString(), CheckpointJson.Default.CheckpointHeader)!;
    }
}

/// <summary>What a checkpoint says about itself before its tensors.</summary>
internal sealed record CheckpointHeader
{
    /// <summary>Completed epochs.</summary>
    public required int Epoch { get; init; }

    /// <summary>Whether training is over. The checkpoint then holds only the finished weights.</summary>
    public required bool Finished { get; init; }

    /// <summary>The time that training has taken.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Everything that determines the result of training, by name: options, data, network, versions.</summary>
    public required IReadOnlyDictionary<string, string> Fingerprint { get; init; }
}

/// <summary>Generated serialization, which also works where an application turns reflection off.</summary>
[JsonSerializable(typeof(CheckpointHeader))]
internal sealed partial class CheckpointJson : JsonSerializerContext;
