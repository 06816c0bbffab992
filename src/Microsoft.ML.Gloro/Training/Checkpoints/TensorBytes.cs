using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>Tensors as their exact bits in a stream, read back into tensors that are there already.</summary>
internal static class TensorBytes
{
    /// <summary>Writes types, shapes and values, in row-major order, from whatever device.</summary>
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

    /// <summary>Reads what <see cref="Write"/> wrote into tensors of the same types and shapes, which keep their place in memory.</summary>
    /// <exception cref="InvalidDataException">The tensors written were other ones.</exception>
    public static void Read(BinaryReader reader, IReadOnlyList<Tensor> tensors)
    {
        if (reader.ReadInt32() is var count && count != tensors.Count)
            throw new InvalidDataException($"it holds {count} tensors where {tensors.Count} belong");
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

    /// <summary>Copies that no dispose scope ends.</summary>
    public static Tensor[] Copy(IReadOnlyList<Tensor> tensors)
    {
        using var _ = NewDisposeScope();
        return [.. tensors.Select(t => t.detach().clone().DetachFromDisposeScope())];
    }

    /// <summary>Gives each target the value of its source.</summary>
    public static void Assign(IReadOnlyList<Tensor> targets, IReadOnlyList<Tensor> sources)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        for (int i = 0; i < targets.Count; i++)
            targets[i].copy_(sources[i]);
    }
}
