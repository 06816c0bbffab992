using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.Gloro;

/// <summary>
/// Options of the trainer for feature vectors. Its network scales all features by one number, so that the bound stays tight, and goes on with a dense layer and
/// <see cref="Depth"/> residual ones of <see cref="Width"/> with MinMax, or with <see cref="Layers"/> of one's own. Give features comparable units: ε means the same length in each of them.
/// </summary>
public sealed class GloroMulticlassClassificationOptions : GloroTrainerOptions
{
    private const int DefaultDepth = 3, DefaultWidth = 128;

    /// <summary>Creates options with their defaults.</summary>
    public GloroMulticlassClassificationOptions()
        : base("Features")
    {
    }

    /// <summary>Residual dense layers. Default: 3.</summary>
    [Range(0, 16, init: DefaultDepth)]
    public int Depth { get; set; } = DefaultDepth;

    /// <summary>Their width, an even number. Default: 128.</summary>
    [Choice(new object[] { 32, 64, DefaultWidth, 256, 512 }, defaultValue: DefaultWidth)]
    public int Width { get; set; } = DefaultWidth;

    /// <summary>
    /// The network as a sequence of layers of one's own, between the scaling of the inputs and the rows of the classes, which every network has. It takes the place of
    /// <see cref="Depth"/> and <see cref="Width"/>; layers that take images are refused. An empty list is a linear model. Default: null, none.
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

    internal override bool Uses(string option) => option is nameof(Depth) or nameof(Width) ? Layers is null && InitialModel is null : base.Uses(option);

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
            yield return $"{nameof(Depth)} must not be negative, not {Depth}.";
        if (Width < 2 || Width % 2 != 0)
            yield return $"{nameof(Width)} must be an even number of at least 2 (MinMax pairs outputs), not {Width}.";
    }
}
