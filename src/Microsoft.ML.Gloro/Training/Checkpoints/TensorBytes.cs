using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>Writes tensors to a stream bit for bit, and reads them back into existing tensors.</summary>
internal static class TensorBytes
{
    /// <summary>Writes types, shapes and values in row-major order. The tensors may be on any device.</summary>
    public static void Write(BinaryWriter writer, IReadOnlyList<Tensor> tensors)
    {
        writer.Write(tensors.Count);
        foreach (var tensor in tensors)
        {
            using var scope = NewDisposeScope();
            writer.Write((int)tensor.dtype);
            writer.Write(tensor.shape.Length);
            foreach (long side in tensor.shape)
                writer.Write(side);
            writer.Write(tensor.detach().cpu().contiguous().bytes);
        }
    }

    /// <summary>Reads what <see cref="Write"/> wrote into tensors of the same types and shapes. They keep their place in memory.</summary>
    /// <exception cref="InvalidDataException">The written tensors have other types or shapes.</exception>
    public static void Read(BinaryReader reader, IReadOnlyList<Tensor> tensors)
    {
        if (reader.ReadInt32() is var count && count != tensors.Count)
            throw new InvalidDataException($"it holds {count} tensors but must hold {tensors.Count}");
        using var _ = no_grad();
        for (int i = 0; i < count; i++)
        {
            using var scope = NewDisposeScope();
            var target = tensors[i];
            bool same = reader.ReadInt32() == (int)target.dtype & reader.ReadInt32() == target.shape.Length;
            for (int d = 0; same && d < target.shape.Length; d++)
                same = reader.ReadInt64() == target.shape[d];
            if (!same)
                throw new InvalidDataException($"tensor {i} is not of type {target.dtype} and shape [{string.Join(", ", target.shape)}]");
            var values = empty(target.shape, dtype: target.dtype);
            reader.BaseStream.ReadExactly(values.bytes);
            target.copy_(values);
        }
    }

    /// <summary>Copies that belong to no dispose scope.</summary>
    public static Tensor[] Copy(IReadOnlyList<Tensor> tensors)
    {
        using var _ = NewDisposeScope();
        return [.. tensors.Select(t => t.detach().clone().DetachFromDisposeScope())];
    }

    /// <summary>Copies the value of each source to its target.</summary>
    public static void Assign(IReadOnlyList<Tensor> targets, IReadOnlyList<Tensor> sources)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        for (int i = 0; i < targets.Count; i++)
            targets[i].copy_(sources[i]);
    }
}
