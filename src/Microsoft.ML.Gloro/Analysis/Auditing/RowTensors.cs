using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Row-wise operations on a batch of inputs, [rows, channels, height, width].</summary>
internal static class RowTensors
{
    private const float Tiny = 1e-30f;

    /// <summary>One number a row, shaped to multiply inputs.</summary>
    public static Tensor Column(float[] values) => tensor(values).reshape(-1, 1, 1, 1);

    /// <summary>‖row‖₂, shaped to multiply inputs.</summary>
    public static Tensor Norm(Tensor rows) => rows.flatten(1).norm(1).reshape(-1, 1, 1, 1);

    /// <summary>
    /// Scales each row to length 1; zero rows stay zero. Divides by the largest value first, since squares of small gradients underflow in
    /// float32.
    /// </summary>
    public static Tensor Unit(Tensor rows)
    {
        Tensor scaled = rows / rows.flatten(1).abs().amax([1]).clamp_min(Tiny).reshape(-1, 1, 1, 1);
        return scaled / Norm(scaled).clamp_min(Tiny);
    }

    /// <summary>Shortens rows longer than <paramref name="radius"/> to that length.</summary>
    public static Tensor Project(Tensor rows, Tensor radius) => rows * (radius / Norm(rows).clamp_min(Tiny)).clamp_max(1);

    /// <summary>Class indices, shaped for gather.</summary>
    public static Tensor Indices(IEnumerable<int> classes) => tensor(classes.Select(c => (long)c).ToArray()).reshape(-1, 1);

    /// <summary>The values of a tensor.</summary>
    public static float[] ToArray(Tensor tensor) => tensor.detach().to(ScalarType.Float32).contiguous().data<float>().ToArray();
}

/// <summary>Joins rows into one array, as scoring and tensors expect them.</summary>
internal static class Flat
{
    /// <summary>Joins rows of <paramref name="size"/> values.</summary>
    public static float[] Join(IEnumerable<float[]> rows, int size)
    {
        float[][] all = [.. rows];
        var joined = new float[checked(all.Length * size)];
        for (int row = 0; row < all.Length; row++)
            all[row].CopyTo(joined, row * size);
        return joined;
    }
}
