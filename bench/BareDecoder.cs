using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Bench;

/// <summary>Image files of the network's size to its inputs, as one would write it without ML.NET's pipelines.</summary>
internal sealed class BareDecoder(TensorShape shape)
{
    /// <summary>Decodes files and runs the session on them, batch after batch.</summary>
    public void RunAfter(BareSession session, string[] files, int batch, float[] inputs, float[] logits)
    {
        int classes = logits.Length / files.Length;
        for (int start = 0; start < files.Length; start += batch)
        {
            int count = Math.Min(batch, files.Length - start);
            for (int row = start; row < start + count; row++)
                Decode(files[row], inputs.AsSpan(row * shape.Size, shape.Size));
            session.Run(inputs.AsMemory(start * shape.Size), count, logits.AsMemory(start * classes));
        }
    }

    /// <summary>Decodes one file.</summary>
    public void Decode(string path, Span<float> input)
    {
        using MLImage image = MLImage.CreateFromFile(path);
        ReadOnlySpan<byte> pixels = image.Pixels;
        int plane = shape.Height * shape.Width;
        int red = image.PixelFormat == MLPixelFormat.Rgba32 ? 0 : 2;
        for (int p = 0; p < plane; p++)
        {
            input[p] = pixels[(4 * p) + red] / 255f;
            input[plane + p] = pixels[(4 * p) + 1] / 255f;
            input[(2 * plane) + p] = pixels[(4 * p) + 2 - red] / 255f;
        }
    }
}
