using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// max(x, 0). What is not positive becomes x − x: 0 for a number, and NaN for NaN and −∞, since an overflow must not vanish here and leave logits that look sound.
/// </summary>
internal sealed class ReluStep(TensorShape shape) : ForwardStep(shape, shape)
{
    /// <inheritdoc/>
    public override bool IsInPlace => true;

    /// <inheritdoc/>
    public override void Run(ValueBuffer input, ValueBuffer output, int rows, int threads)
    {
        Span<double> values = output.Data[..checked(rows * Input.Size)];
        Span<Vector<double>> vectors = MemoryMarshal.Cast<double, Vector<double>>(values);
        foreach (ref Vector<double> x in vectors)
            x = Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<double>.Zero), x, x - x);
        foreach (ref double x in values[(vectors.Length * Vector<double>.Count)..])
            x = x > 0 ? x : x - x;
    }
}
