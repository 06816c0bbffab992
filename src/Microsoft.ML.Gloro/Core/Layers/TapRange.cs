namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// One dimension of a strided, zero-padded convolution, written as a circular convolution of stride 1: y_i = Σ_b K_b·X_{i+b} with b from
/// <paramref name="First"/> to <paramref name="Last"/>, over <paramref name="Period"/> positions.
/// </summary>
/// <param name="First">The smallest offset b of a tap.</param>
/// <param name="Last">The largest offset.</param>
/// <param name="Period">N, the number of positions of the circle.</param>
/// <remarks>
/// <para>Stride. Output i reads pixel q = s·i + u − p for tap u of the kernel, where p is the padding before. Write q = s·a + r with 0 ≤ r
/// &lt; s. The pixels with the same a form a block X_a. This regrouping is an isometry; a last block that the image does not fill contains
/// zeros. With u − p = s·b + r, a = i + b. So the block convolution has stride 1, taps b = ⌊(u − p)/s⌋, and n' = ⌈n/s⌉ input blocks.</para>
/// <para>Period. Outputs i &lt; m read blocks a from First to m − 1 + Last, where blocks outside [0, n') are zero. Take a circle of N
/// positions with the n' blocks and then zeros. A block before 0 is read from a + N, which is zero if N + First ≥ n'. A block after the
/// image is read in place if m − 1 + Last &lt; N. If also N ≥ m, the true outputs are m different outputs of the circular convolution. The
/// true operator is then the circular one between a restriction and an embedding of norm 1, so its norm is no larger. At stride 1 this is
/// N ≥ n + p with p the larger padding of the two sides. N = n is wrong: [1, 0, −1] on 6 pixels with padding 1 has norm 1.802, on a circle
/// of 6 it has norm 1.732.</para>
/// <para>Taps that read no pixel for any output are left out first. A single tap only changes phases, so all frequencies have the same
/// norm: N = 1.</para>
/// </remarks>
internal readonly record struct TapRange(int First, int Last, int Period)
{
    /// <summary>The number of taps; zero or less if no output reads any pixel.</summary>
    public int Count => Last - First + 1;

    public static TapRange Create(int pixels, int kernel, int stride, int paddingBefore, int outputs)
    {
        int blocks = ((pixels - 1) / stride) + 1;
        int first = Math.Max(FloorDivide(-paddingBefore, stride), 1 - outputs);
        int last = Math.Min(FloorDivide(kernel - 1 - paddingBefore, stride), blocks - 1);
        int period = first >= last ? 1 : Math.Max(Math.Max(blocks, outputs), Math.Max(blocks - first, checked(outputs + last)));
        return new TapRange(first, last, period);
    }

    private static int FloorDivide(int x, int y) => x >= 0 ? x / y : -((y - 1 - x) / y);
}
