namespace Microsoft.ML.Gloro.Inference;

/// <summary>A tensor of the graph for one row: the batch dimension is 1.</summary>
/// <param name="Shape">Its sides.</param>
internal abstract record GraphValue(int[] Shape)
{
    /// <summary>The number of its values.</summary>
    public abstract int Size { get; }

    /// <summary>The value at each place of another shape, taken from places of this one; −1 gives <paramref name="fill"/>.</summary>
    public abstract GraphValue Pick(int[] shape, int[] places, double fill = 0);

    /// <summary>The same values under another shape.</summary>
    public abstract GraphValue As(int[] shape);
}

/// <summary>A tensor that does not depend on the input.</summary>
/// <param name="Shape">Its sides.</param>
/// <param name="Values">Its values in row-major order.</param>
/// <param name="IsInteger">Whether they are integers or booleans, whose division rounds toward zero.</param>
internal sealed record ConstantTensor(int[] Shape, double[] Values, bool IsInteger = false) : GraphValue(Shape)
{
    public override int Size => Values.Length;

    /// <summary>The values as numbers of type int.</summary>
    public int[] Integers => [.. Values.Select(value => (int)Math.Clamp(value, int.MinValue, int.MaxValue))];

    public override ConstantTensor Pick(int[] shape, int[] places, double fill = 0) =>
        this with { Shape = shape, Values = [.. places.Select(place => place < 0 ? fill : Values[place])] };

    public override ConstantTensor As(int[] shape) => this with { Shape = shape };
}

/// <summary>
/// A tensor whose values are scale · x + shift, where x is one output of <paramref name="Source"/>, or are constant. Moving, copying and
/// padding values, and affine maps of each value, never leave this form. So they cost nothing until a layer reads them.
/// </summary>
/// <param name="Shape">Its sides.</param>
/// <param name="Source">The layer whose outputs it holds.</param>
/// <param name="Index">The number of the output at each place; −1 for a constant.</param>
/// <param name="Scale">The factors; null for 1.</param>
/// <param name="Shift">The summands; null for 0.</param>
internal sealed record Signal(int[] Shape, SourceLayer Source, int[] Index, double[]? Scale = null, double[]? Shift = null)
    : GraphValue(Shape)
{
    public override int Size => Index.Length;

    /// <summary>All outputs of a source in their order.</summary>
    public static Signal Of(SourceLayer source, params int[] shape) => new(shape, source, [.. Enumerable.Range(0, source.Shape.Size)]);

    public double ScaleAt(int place) => Index[place] < 0 ? 0 : Scale?[place] ?? 1;

    public double ShiftAt(int place) => Shift?[place] ?? 0;

    /// <summary>Whether the value at a place is the constant 0.</summary>
    public bool IsZero(int place) => Index[place] < 0 && ShiftAt(place) == 0;

    public override Signal Pick(int[] shape, int[] places, double fill = 0)
    {
        var index = new int[places.Length];
        double[]? scale = Scale is null ? null : new double[places.Length];
        double[]? shift = Shift is null && fill == 0 ? null : new double[places.Length];
        for (int i = 0; i < places.Length; i++)
        {
            int place = places[i];
            index[i] = place < 0 ? -1 : Index[place];
            if (scale is not null)
                scale[i] = place < 0 ? 0 : Scale![place];
            if (shift is not null)
                shift[i] = place < 0 ? fill : ShiftAt(place);
        }

        return new Signal(shape, Source, index, scale, shift);
    }

    public override Signal As(int[] shape) => this with { Shape = shape };

    /// <summary>factor · this + summand, place by place.</summary>
    public Signal Affine(Func<int, double> factor, Func<int, double> summand)
    {
        var (scale, shift) = (new double[Size], new double[Size]);
        for (int i = 0; i < Size; i++)
            (scale[i], shift[i]) = (ScaleAt(i) * factor(i), (ShiftAt(i) * factor(i)) + summand(i));
        return this with { Scale = scale, Shift = shift };
    }

    /// <summary>Whether both read the same outputs in the same places.</summary>
    public bool ReadsAs(Signal other) => Source == other.Source && Index.AsSpan().SequenceEqual(other.Index);

    /// <summary>Whether both hold the same values.</summary>
    public bool IsSameAs(Signal other)
    {
        if (!ReadsAs(other))
            return false;
        for (int i = 0; i < Size; i++)
        {
            if (ScaleAt(i) != other.ScaleAt(i) || ShiftAt(i) != other.ShiftAt(i))
                return false;
        }

        return true;
    }
}

/// <summary>The result of comparing two tensors, which only Where may read.</summary>
/// <param name="Shape">Its sides.</param>
/// <param name="Larger">Where it is true, this is larger than <paramref name="Smaller"/>, or as large.</param>
/// <param name="Smaller">The other tensor.</param>
internal sealed record Comparison(int[] Shape, GraphValue Larger, GraphValue Smaller) : GraphValue(Shape)
{
    public override int Size => Larger.Size;

    public override GraphValue Pick(int[] shape, int[] places, double fill = 0) => throw ImportFault.Damaged("a comparison is moved");

    public override GraphValue As(int[] shape) => throw ImportFault.Damaged("a comparison is reshaped");
}
