using Microsoft.ML.Gloro.Inference;

namespace Microsoft.ML.Gloro;

/// <summary>What is known of a trained model: its classes, and what it certifies. Immutable and safe for concurrent use.</summary>
public sealed class GloroModelParameters
{
    private readonly GloroModel _model;

    internal GloroModelParameters(GloroModel model) => _model = model;

    /// <summary>The classes, in the order of the label's keys: the label's values as text, in the invariant culture.</summary>
    public IReadOnlyList<string> ClassNames => _model.ClassNames;

    /// <summary>The guarantee that <see cref="Epsilon"/> is certified for.</summary>
    public RobustnessGuarantee Guarantee => _model.Guarantee;

    /// <summary>
    /// The radius ε: L2, in units of pixels scaled to [0, 1] or of the raw feature vector; or in <see cref="Tolerances"/> if the model has
    /// them.
    /// </summary>
    public float Epsilon => _model.Epsilon;

    /// <summary>
    /// How far each feature can be off, in which all distances are measured; null if they are measured in L2 of the features themselves.
    /// </summary>
    public GloroTolerances? Tolerances => _model.Network.Metric is { } metric ? GloroTolerances.InOrder(metric.Tolerances) : null;

    /// <summary>The arithmetic that certificates speak of.</summary>
    public CertificateArithmetic Arithmetic => _model.Arithmetic;

    /// <summary>The views of an image whose mean the logits are.</summary>
    public GloroImageViews Views => _model.Network.Views;

    /// <summary>κ: a proved upper bound of the Lipschitz constant (L2) from the input to the penultimate layer.</summary>
    public double LipschitzBound => _model.Bound.Value;

    /// <summary>T: scores are softmax(logits / T). Certificates do not depend on it.</summary>
    public double Temperature => _model.Temperature;

    /// <summary>The model in a line, in the invariant culture.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"{ClassNames.Count} classes, {Guarantee} at epsilon {Epsilon:G4}{Unit}, {Arithmetic}, κ {LipschitzBound:G4}");

    private string Unit => _model.Network.Metric is null ? "" : " tolerances";
}
