namespace Microsoft.ML.Gloro;

/// <summary>How <c>mlContext.Gloro.ImportOnnx</c> reads a network and what the model certifies. All values are copied.</summary>
public sealed class GloroImportOptions
{
    /// <summary>The guarantee to certify. Default: local robustness.</summary>
    public RobustnessGuarantee Guarantee { get; set; } = RobustnessGuarantee.Local;

    /// <summary>
    /// The L2 radius ε, in units of the model's input before <see cref="InputMeans"/> and <see cref="InputDeviations"/>: pixels in [0, 1],
    /// or features; or in <see cref="Tolerances"/>. Default: 36/255.
    /// </summary>
    public float Epsilon { get; set; } = GloroTrainerOptions.DefaultEpsilon;

    /// <summary>
    /// How far each feature of the model's input can be off, in order; ε and all radii are then measured in tolerances. For vectors, and
    /// networks that begin with a dense layer. Default: null, L2 distances.
    /// </summary>
    public GloroTolerances? Tolerances { get; set; }

    /// <summary>The column to read rows from. Default: null, "Image" for images and "Features" for vectors.</summary>
    public string? FeatureColumnName { get; set; }

    /// <summary>The prefix of the output columns. Default: "".</summary>
    public string OutputColumnPrefix { get; set; } = "";

    /// <summary>
    /// Whether rows are images: R, G, B in [0, 1]. Otherwise they are vectors of any range, in the order of the graph's input; a graph that
    /// takes [N, channels, height, width] reads vectors of channels × height × width values, such as one gray plane. Default: null, images
    /// if the graph's input is [N, 3, height, width] with more than one pixel.
    /// </summary>
    public bool? IsImage { get; set; }

    /// <summary>
    /// What is subtracted from each channel or feature before the graph, where the network was trained on (x − mean) / deviation and the
    /// graph does not contain that. Default: null, nothing.
    /// </summary>
    public IReadOnlyList<float>? InputMeans { get; set; }

    /// <summary>What each channel or feature is then divided by. Default: null, nothing.</summary>
    public IReadOnlyList<float>? InputDeviations { get; set; }

    /// <summary>The arithmetic that certificates cover. Default: <see cref="CertificateArithmetic.Float64"/>.</summary>
    public CertificateArithmetic Arithmetic { get; set; } = CertificateArithmetic.Float64;

    /// <summary>Stops the import. Default: none.</summary>
    public CancellationToken CancellationToken { get; set; }

    internal GloroImportOptions Copy()
    {
        var copy = (GloroImportOptions)MemberwiseClone();
        copy.InputMeans = InputMeans is null ? null : [.. InputMeans];
        copy.InputDeviations = InputDeviations is null ? null : [.. InputDeviations];
        return copy;
    }

    internal IEnumerable<FormattableString> Faults()
    {
        if (Guarantee is null)
            yield return $"{nameof(Guarantee)} is null.";
        if (!float.IsFinite(Epsilon) || Epsilon < 0)
            yield return $"{nameof(Epsilon)} must be a finite number, 0 or more, not {Epsilon}.";
        foreach (var fault in Tolerances?.Faults() ?? [])
            yield return $"{nameof(Tolerances)}: {fault}";
        if (FeatureColumnName is "")
            yield return $"{nameof(FeatureColumnName)} is empty.";
        if (OutputColumnPrefix is null)
            yield return $"{nameof(OutputColumnPrefix)} is null; use \"\" for no prefix.";
        if (InputMeans?.Any(mean => !float.IsFinite(mean)) == true)
            yield return $"{nameof(InputMeans)} must be finite numbers.";
        if (InputDeviations?.Any(deviation => !float.IsNormal(deviation)) == true)
            yield return $"{nameof(InputDeviations)} must be finite numbers other than 0.";
        if (!Enum.IsDefined(Arithmetic))
            yield return $"{nameof(Arithmetic)} is unknown: {Arithmetic}.";
    }
}
