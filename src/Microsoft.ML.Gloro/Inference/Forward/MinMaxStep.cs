using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// Channel halves a, b become the larger and the smaller. A pair is exchanged or left alone, so nothing is lost, whatever it holds: NaN stays, in one of the two places.
/// </summary>
internal sealed class MinMaxStep(TensorShape shape) : ForwardStep(shape, shape)
{
    /// <inheritdoc/>
    public override bool IsInPlace => true;

    /// <inheritdoc/>
    public override void Run(ValueBuffer input, ValueBuffer output, int rows, int threads)
    {
        int half = Input.Channels / 2;
        Span<double> values = output.Data[..checked(rows * Input.Size)];
        for (int start = 0; start < values.Length; start += Input.Channels)
            Sort(values.Slice(start, half), values.Slice(start + half, half));
    }

    private static void Sort(Span<double> first, Span<double> second)
    {
        Span<Vector<double>> firsts = MemoryMarshal.Cast<double, Vector<double>>(first);
        Span<Vector<double>> seconds = MemoryMarshal.Cast<double, Vector<double>>(second)[..firsts.Length];
        for (int i = 0; i < firsts.Length; i++)
        {
            (Vector<double> a, Vector<double> b) = (firsts[i], seconds[i]);
            Vector<long> isSorted = Vector.GreaterThan(a, b);
            firsts[i] = Vector.ConditionalSelect(isSorted, a, b);
            seconds[i] = Vector.ConditionalSelect(isSorted, b, a);
        }

        for (int i = firsts.Length * Vector<double>.Count; i < first.Length; i++)
            (first[i], second[i]) = first[i] > second[i] ? (first[i], second[i]) : (second[i], first[i]);
    }
}
