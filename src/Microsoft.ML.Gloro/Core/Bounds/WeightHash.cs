using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// A fingerprint of everything that decides what a <see cref="DeployedNetwork"/> computes: kinds, shapes, options and every bit of every
/// float, biases included; and the tolerances, if there are any, because a bound holds for them alone. It ties a bound to the weights it
/// was proved for. The views are not in it: a bound holds for each of them, and so for their mean.
/// </summary>
internal static class WeightHash
{
    /// <summary>
    /// SHA-256 as 64 lower-case hexadecimal digits; the same on every machine and in every version that keeps the format tag.
    /// </summary>
    /// <exception cref="NotSupportedException">A layer is of a type that the hash does not know.</exception>
    public static string Compute(DeployedNetwork network)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, "gloro-plain-1");
        Append(hash, network.InputShape.Channels, network.InputShape.Height, network.InputShape.Width, network.Layers.Count);
        foreach (DeployedLayer layer in network.Layers)
            Append(hash, layer);
        if (network.Metric is { } metric)
        {
            Append(hash, "tolerances");
            Append(hash, metric.Tolerances);
        }

        return Convert.ToHexString(hash.GetHashAndReset()).ToLowerInvariant();
    }

    private static void Append(IncrementalHash hash, DeployedLayer layer)
    {
        LayerKind kind = LayerKinds.Of(layer);
        Append(hash, kind.Name);
        foreach ((LayerNumbers format, int[] numbers) in kind.Numbers.Zip(layer.Numbers))
        {
            if (format.IsHashed)
                Append(hash, numbers);
        }

        foreach (LayerTensor tensor in layer.Tensors)
            Append(hash, tensor.Values);
    }

    // Every variable-length part is preceded by its length: no two different networks give the same bytes.
    private static void Append(IncrementalHash hash, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Append(hash, bytes.Length);
        hash.AppendData(bytes);
    }

    private static void Append(IncrementalHash hash, params ReadOnlySpan<int> values)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        foreach (int value in values)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
            hash.AppendData(bytes);
        }
    }

    private static void Append(IncrementalHash hash, float[] values)
    {
        Append(hash, values.Length);
        if (BitConverter.IsLittleEndian)
            hash.AppendData(MemoryMarshal.AsBytes<float>(values));
        else
            Append(hash, MemoryMarshal.Cast<float, int>(values));
    }
}
