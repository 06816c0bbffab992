namespace Microsoft.ML.Gloro.Inference;

/// <summary>The buffers of one thread that runs a group of rows.</summary>
/// <param name="zeros">Zeros before each buffer.</param>
/// <param name="imageLength">Values of one row, in the steps that take rows one by one.</param>
/// <param name="vectorLength">Values of a whole group, in the steps that take it together.</param>
internal sealed class ForwardScratch(int zeros, int imageLength, int vectorLength)
{
    /// <summary>The buffers of a single row.</summary>
    public Pair Image { get; } = new(zeros, imageLength);

    /// <summary>The buffers of a group.</summary>
    public Pair Vector { get; } = new(zeros, vectorLength);

    /// <summary>What a step reads, and what it writes.</summary>
    internal sealed class Pair(int zeros, int length)
    {
        /// <summary>Holds the values.</summary>
        public ValueBuffer Current { get; private set; } = new(zeros, length);

        /// <summary>Takes the values of the next step.</summary>
        public ValueBuffer Other { get; private set; } = new(zeros, length);

        /// <summary>What was written is read next.</summary>
        public void Swap() => (Current, Other) = (Other, Current);
    }
}
