using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>One layer, ready to run on values in the order [row, image row, column, channel].</summary>
/// <remarks>Immutable and safe for concurrent use on different buffers.</remarks>
internal abstract class ForwardStep(TensorShape input, TensorShape output)
{
    public TensorShape Input { get; } = input;

    public TensorShape Output { get; } = output;

    /// <summary>Whether the step writes over its input: both buffers are then the same.</summary>
    public virtual bool IsInPlace => false;

    /// <summary>Zeros that the step needs before its input (see <see cref="ValueBuffer"/>).</summary>
    public virtual int Zeros => 0;

    /// <summary>Runs the layer on <paramref name="rows"/> rows. At most <paramref name="threads"/> threads share the work; they have no part in the result.</summary>
    public abstract void Run(ValueBuffer input, ValueBuffer output, int rows, int threads);
}
