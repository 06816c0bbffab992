using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.Gloro;

/// <summary>
/// Options of the trainer for feature vectors. Its network multiplies all features by one number, which keeps the bound tight. Then come a
/// dense layer and <see cref="Depth"/> residual dense layers of <see cref="Width"/>, each with MinMax, or your own <see cref="Layers"/>.
/// </summary>
/// <remarks>Give the features comparable units: ε means the same length in each of them.</remarks>
public sealed class GloroMulticlassClassificationOptions : GloroTrainerOptions
{
    private const int DefaultDepth = 3, DefaultWidth = 128;

    /// <summary>Creates options with their defaults.</summary>
    public GloroMulticlassClassificationOptions()
        : base("Features")
    {
    }

    /// <summary>The number of residual dense layers, 0 or more. Default: 3.</summary>
    [Range(0, 16, init: DefaultDepth)]
    public int Depth { get; set; } = DefaultDepth;

    /// <summary>The width of all layers, an even number of at least 2. Default: 128.</summary>
    [Choice(new object[] { 32, 64, DefaultWidth, 256, 512 }, defaultValue: DefaultWidth)]
    public int Width { get; set; } = DefaultWidth;

    /// <summary>
    /// Your own network as a list of layers, which replaces <see cref="Depth"/> and <see cref="Width"/>. The scaling of the inputs before
    /// it and the last layer with a row per class are always added. An empty list gives a linear model. Layers for images cause an error.
    /// Default: null, no layers of your own.
    /// </summary>
    public IReadOnlyList<GloroLayer>? Layers { get; set; }

    internal override bool IsImage => false;

    private protected override IEnumerable<string> NetworkOptionsThatAreSet
    {
        get
        {
            if (Layers is not null)
                yield return nameof(Layers);
            if (Depth != DefaultDepth)
                yield return nameof(Depth);
            if (Width != DefaultWidth)
                yield return nameof(Width);
        }
    }

    internal override bool Uses(string option) =>
        option is nameof(Depth) or nameof(Width) ? Layers is null && InitialModel is null : base.Uses(option);

    internal override GloroTrainerOptions Copy()
    {
        var copy = (GloroMulticlassClassificationOptions)base.Copy();
        copy.Layers = Layers is null ? null : [.. Layers];
        return copy;
    }

    internal override IEnumerable<FormattableString> Faults()
    {
        foreach (var fault in base.Faults().Concat(FaultsOf(Layers)))
            yield return fault;
        if (Depth < 0)
            yield return $"{nameof(Depth)} must be at least 0, not {Depth}.";
        if (Width < 2 || Width % 2 != 0)
            yield return $"{nameof(Width)} must be an even number of at least 2 (MinMax pairs outputs), not {Width}.";
    }
}
