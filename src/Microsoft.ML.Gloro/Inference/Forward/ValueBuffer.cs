namespace Microsoft.ML.Gloro.Inference;

/// <summary>A buffer for the values between two steps. Zeros stand before them: the channels of every pixel of padding, so that no padded copy of an image is ever made.</summary>
internal sealed class ValueBuffer(int zeros, int length)
{
    /// <summary>The zeros, then the data.</summary>
    public double[] Values { get; } = new double[checked(zeros + length)];

    /// <summary>Where the data begins.</summary>
    public int Origin => zeros;

    /// <summary>The data: rows, then image rows, columns and channels.</summary>
    public Span<double> Data => Values.AsSpan(zeros);
}
