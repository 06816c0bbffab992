using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>What attacks do with a batch of inputs, [rows, channels, height, width], row by row.</summary>
internal static class RowTensors
{
    private const float Tiny = 1e-30f;

    /// <summary>One number a row, shaped to multiply inputs.</summary>
    public static Tensor Column(float[] values) => tensor(values).reshape(-1, 1, 1, 1);

    /// <summary>‖row‖₂, shaped to multiply inputs.</summary>
    public static Tensor Norm(Tensor rows) => rows.flatten(1).norm(1).reshape(-1, 1, 1, 1);

    /// <summary>Rows of length 1 (of zeros where a row is zero). The largest value is divided out first: squares of small gradients vanish in float32.</summary>
    public static Tensor Unit(Tensor rows)
    {
        Tensor scaled = rows / rows.flatten(1).abs().amax([1]).clamp_min(Tiny).reshape(-1, 1, 1, 1);
        return scaled / Norm(scaled).clamp_min(Tiny);
    }

    /// <summary>Rows shortened to <paramref name="radius"/> where they are longer.</summary>
    public static Tensor Project(Tensor rows, Tensor radius) => rows * (radius / Norm(rows).clamp_min(Tiny)).clamp_max(1);

    /// <summary>Class indices, shaped for gather.</summary>
    public static Tensor Indices(IEnumerable<int> classes) => tensor(classes.Select(c => (long)c).ToArray()).reshape(-1, 1);

    /// <summary>Floats of a tensor.</summary>
    public static float[] ToArray(Tensor tensor) => tensor.detach().to(ScalarType.Float32).contiguous().data<float>().ToArray();
}
