using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro;

/// <summary>Options of <c>mlContext.Gloro.Calibrate</c>. They are copied when it begins.</summary>
public sealed class GloroCoverageOptions
{
    /// <summary>
    /// 1 − α: the least probability that a set holds the true label, above 0 and below 1. Default: 0.9. Higher coverage needs more
    /// calibration rows: 9 for 0.9, 19 for 0.95, 99 for 0.99; with a hundred times as many the sets vary little.
    /// </summary>
    public double Coverage { get; set; } = 0.9;

    /// <summary>
    /// The score of a label. Default: null, which is <see cref="CoverageScoreKind.Softmax"/>. Choose it before you see the calibration
    /// rows, or on other rows.
    /// </summary>
    public CoverageScoreKind? Score { get; set; }

    /// <summary>
    /// The temperature of <see cref="CoverageScoreKind.Softmax"/>, above 0. Default: null, half of the model's own temperature. Like the
    /// score, it must not be chosen on the calibration rows.
    /// </summary>
    public double? Temperature { get; set; }

    /// <summary>
    /// Whether every set also holds the predicted label, so that no set is empty. It never lowers the coverage. Default: false; without it,
    /// an empty set says that no label fits the row.
    /// </summary>
    public bool AlwaysIncludePrediction { get; set; }

    /// <summary>The key column of the true classes, matched to the model's by name. Default: "Label".</summary>
    public string LabelColumnName { get; set; } = "Label";

    /// <summary>Stops between batches, with <see cref="OperationCanceledException"/>. Default: none.</summary>
    public CancellationToken CancellationToken { get; set; }

    internal GloroCoverageOptions Copy() => (GloroCoverageOptions)MemberwiseClone();

    /// <summary>Throws one exception that lists every fault.</summary>
    /// <exception cref="ArgumentException">One or more values are invalid.</exception>
    internal void Validate() => OptionFaults.ThrowIfAny("the calibration", Faults());

    private IEnumerable<FormattableString> Faults()
    {
        if (!(Coverage > 0 && Coverage < 1))
            yield return $"{nameof(Coverage)} is a probability above 0 and below 1, not {Coverage}.";
        if (Score is { } score && !Enum.IsDefined(score))
            yield return $"{nameof(Score)} {score} is unknown.";
        if (Temperature is { } temperature && !(temperature > 0 && double.IsFinite(temperature)))
            yield return $"{nameof(Temperature)} is a finite number above 0, not {temperature}.";
        if (string.IsNullOrWhiteSpace(LabelColumnName))
            yield return $"{nameof(LabelColumnName)} is empty.";
    }
}
