namespace Microsoft.ML.Gloro.Inference;

/// <summary>The buffers of one thread that runs a group of rows.</summary>
/// <param name="zeros">The number of zeros before each buffer.</param>
/// <param name="imageLength">The values of one row, for the steps that take rows one by one.</param>
/// <param name="vectorLength">The values of a group, for the steps that take it as a whole.</param>
internal sealed class ForwardScratch(int zeros, int imageLength, int vectorLength)
{
    /// <summary>The buffers of a single row.</summary>
    public Pair Image { get; } = new(zeros, imageLength);

    /// <summary>The buffers of a group.</summary>
    public Pair Vector { get; } = new(zeros, vectorLength);

    /// <summary>The buffer that a step reads, and the one that it writes.</summary>
    internal sealed class Pair(int zeros, int length)
    {
        /// <summary>Holds the values.</summary>
        public ValueBuffer Current { get; private set; } = new(zeros, length);

        /// <summary>Takes the values of the next step.</summary>
        public ValueBuffer Other { get; private set; } = new(zeros, length);

        /// <summary>Makes the buffer that was written the one to read next.</summary>
        public void Swap() => (Current, Other) = (Other, Current);
    }
}

/// <summary>
/// A buffer for the values between two steps. Before the values it has zeros, which serve as the channels of every padding pixel. So no
/// padded copy of an image is needed.
/// </summary>
internal sealed class ValueBuffer(int zeros, int length)
{
    /// <summary>The zeros, then the data.</summary>
    public double[] Values { get; } = new double[checked(zeros + length)];

    /// <summary>Where the data begins.</summary>
    public int Origin => zeros;

    /// <summary>The data: rows, then image rows, columns and channels.</summary>
    public Span<double> Data => Values.AsSpan(zeros);
}
