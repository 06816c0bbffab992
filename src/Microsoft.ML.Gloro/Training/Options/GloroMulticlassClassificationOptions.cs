using Microsoft.ML.Gloro.Core;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.Gloro;

/// <summary>
/// Options of the trainer for feature vectors. Its network multiplies all features by one number, which keeps the bound tight. Then come a
/// dense layer and <see cref="Depth"/> residual dense layers of <see cref="Width"/>, each with MinMax, or your own <see cref="Layers"/>.
/// </summary>
/// <remarks>
/// Give the features comparable units, since ε means the same length in each of them; or set <see cref="Tolerances"/>, and ε counts them.
/// </remarks>
public sealed class GloroMulticlassClassificationOptions : GloroTrainerOptions
{
    internal const int DefaultDepth = 3, DefaultWidth = 128;

    /// <summary>Creates options with their defaults.</summary>
    public GloroMulticlassClassificationOptions()
        : base("Features")
    {
    }

    /// <summary>
    /// The number of residual dense layers, 0 or more. Default: null, which is 3; if <see cref="Width"/> is null too, it is 2 for fewer
    /// than 500 rows.
    /// </summary>
    [Range(0, 16, init: DefaultDepth)]
    public int? Depth { get; set; }

    /// <summary>
    /// The width of all layers, an even number of at least 2. Default: null, which is 128; if <see cref="Depth"/> is null too, it is 64
    /// for fewer than 500 rows.
    /// </summary>
    [Choice(new object[] { 32, 64, DefaultWidth, 256, 512 }, defaultValue: DefaultWidth)]
    public int? Width { get; set; }

    /// <summary>
    /// Your own network as a list of layers, which replaces <see cref="Depth"/> and <see cref="Width"/>. The scaling of the inputs before
    /// it and the last layer with a row per class are always added. An empty list gives a linear model. Layers for images cause an error.
    /// Default: null, no layers of your own.
    /// </summary>
    public IReadOnlyList<GloroLayer>? Layers { get; set; }

    /// <summary>
    /// How far each feature can be off, by the slot names of the feature column or in its order; 0 for a feature that cannot be changed. ε
    /// and all radii are then measured in tolerances, and a feature that cannot be changed costs no radius. Set
    /// <see cref="GloroTrainerOptions.Epsilon"/> with them: 1 for one feature that is off by its tolerance,
    /// <see cref="GloroTolerances.AllAtOnce"/> for all. The network must begin with a dense layer. Default: null, the tolerances of
    /// <see cref="GloroTrainerOptions.InitialModel"/> if it has any, and else L2 distances in the units of the features.
    /// </summary>
    public GloroTolerances? Tolerances { get; set; }

    internal override GloroTolerances? FeatureTolerances => Tolerances;

    internal override bool IsImage => false;

    internal override bool ChoosesNetwork => (Layers, Depth, Width, InitialModel) is (null, null, null, null);

    private protected override IEnumerable<string> NetworkOptionsThatAreSet
    {
        get
        {
            if (Layers is not null)
                yield return nameof(Layers);
            if (Depth is not null)
                yield return nameof(Depth);
            if (Width is not null)
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
        foreach (var fault in Tolerances?.Faults() ?? [])
            yield return $"{nameof(Tolerances)}: {fault}";
        if (Tolerances is not null && Layers?.FirstOrDefault(layer => layer is not CenteringDescription) is { NeedsVector: false } first)
            yield return $"{nameof(Tolerances)} need a network that begins with a dense layer, and {nameof(Layers)} begin with {first}.";
        if (Depth < 0)
            yield return $"{nameof(Depth)} must be at least 0, not {Depth}.";
        if (Width is { } width && (width < 2 || width % 2 != 0))
            yield return $"{nameof(Width)} must be an even number of at least 2 (MinMax pairs outputs), not {Width}.";
    }
}
