namespace Microsoft.ML.Gloro.Inference;

/// <summary>The errors of an import.</summary>
internal static class ImportFault
{
    /// <summary>The bytes are no ONNX model.</summary>
    public static FormatException Damaged(string what) => new($"This is not an ONNX model that can be imported: {what}.");

    /// <summary>A part of a correct model has no layer with a proof.</summary>
    public static NotSupportedException Unsupported(string what, string remedy) =>
        new($"The ONNX model cannot be imported: {what}. {remedy}");
}

/// <summary>What one import may hold in memory and compute, whatever the file asks for.</summary>
internal sealed class ImportBudget
{
    // Index, factor and summand of a value between two nodes take 20 bytes.
    private long _values = 1L << 27;
    private long _weights = 2 * ModelLimits.Weights;
    private long _work = 1L << 32;

    /// <summary>Checks that a tensor between two nodes may have this shape, before it is computed.</summary>
    public static void Check(ReadOnlySpan<int> shape) => SizeOf(shape, ModelLimits.Activations);

    /// <summary>Takes room for a tensor between two nodes, until <see cref="GiveBack"/>.</summary>
    public void Hold(int values)
    {
        Take(ref _values, values);
        Take(ref _work, values);
    }

    /// <summary>Gives back the room that <see cref="Hold"/> took.</summary>
    public void GiveBack(int values) => _values += values;

    /// <summary>Takes room for a constant of this shape, and returns the number of its values.</summary>
    public int TakeWeights(ReadOnlySpan<int> shape) => (int)Take(ref _weights, SizeOf(shape, ModelLimits.Weights));

    /// <summary>Takes time for a number of multiplications.</summary>
    public void Work(long operations) => Take(ref _work, operations);

    private static long SizeOf(ReadOnlySpan<int> shape, long limit)
    {
        long size = 1;
        foreach (int side in shape)
        {
            // The product of two stays within a long.
            size = side < 0 ? throw ImportFault.Damaged($"a tensor has a side of {side}") : size * side;
            if (size > limit)
                throw ImportFault.Damaged($"a tensor has more than {limit} values");
        }

        return size;
    }

    private static long Take(ref long rest, long size)
    {
        rest -= size;
        return rest >= 0 ? size : throw ImportFault.Damaged("it takes more memory or time than an import may use");
    }
}
