using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Training;

/// <summary>One checkpoint on disk: a tag, a <see cref="CheckpointHeader"/> as JSON, tensors, and at the end the SHA-256 of all before it.</summary>
internal static class CheckpointFile
{
    private const string Tag = "Gloro checkpoint 1";

    /// <summary>Writes a file that is there as a whole or, whenever the process is killed, not at all.</summary>
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

    /// <summary>The header of a file, once every byte of the file has been checked.</summary>
    /// <exception cref="InvalidDataException">The file is damaged or no checkpoint.</exception>
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

    /// <summary>Reads what follows the header of a file that <see cref="Check"/> passed.</summary>
    public static void Read(string path, Action<BinaryReader> content)
    {
        using var reader = new BinaryReader(File.OpenRead(path));
        ReadHeader(reader);
        content(reader);
    }

    private static CheckpointHeader ReadHeader(BinaryReader reader)
    {
        if (reader.ReadString() != Tag)
            throw new InvalidDataException("it is no checkpoint of this version of the library");
        return JsonSerializer.Deserialize(reader.ReadString(), CheckpointJson.Default.CheckpointHeader)!;
    }
}
