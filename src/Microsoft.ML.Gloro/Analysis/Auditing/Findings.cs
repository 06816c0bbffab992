namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Collects what attacks find. A broken certificate ends the audit with an exception; other findings are counted.</summary>
internal sealed class Findings(Judge judge, Func<long, string> describeRow)
{
    /// <summary>Counterexamples caused by rounding alone, in a model whose certificates do not cover rounding.</summary>
    public int LastBitCounterexamples { get; private set; }

    /// <summary>The nearest changed top-k set outside a row's certified radius, in multiples of the radius; +∞ if none was found.</summary>
    public double NearestFlip { get; private set; } = double.PositiveInfinity;

    /// <summary>The row of <see cref="NearestFlip"/>; −1 if none was found.</summary>
    public long NearestFlipRow { get; private set; } = -1;

    /// <summary>Evaluates an input near a certified point.</summary>
    /// <param name="row">The row where the attack started.</param>
    /// <param name="point">The certified point: the row itself, or a point that its attack reached.</param>
    /// <param name="changed">The input.</param>
    /// <param name="logits">Its logits from the scoring graph.</param>
    /// <returns>Whether the input lies within the certified radius and has another top-k set because of rounding.</returns>
    /// <exception cref="GloroBrokenCertificateException">The input breaks the certificate, and rounding does not explain it.</exception>
    public bool Weigh(AuditRow row, CertifiedPoint point, float[] changed, ReadOnlySpan<float> logits)
    {
        if (!judge.IsFlip(point, logits))
            return false;
        double distance = Distance.Upper(point.Input, changed, judge.Metric);
        if (!(distance < point.Radius))
        {
            if (ReferenceEquals(point, row.Point) && distance / point.Radius < NearestFlip)
                (NearestFlip, NearestFlipRow) = (distance / point.Radius, row.Number);
            return false;
        }

        bool refutesBound = judge.RefutesBound(point, changed);
        if (refutesBound || judge.CoversRounding)
            throw Broken(row, point, changed, logits, distance, refutesBound);
        LastBitCounterexamples++;
        return true;
    }

    private GloroBrokenCertificateException Broken(AuditRow row, CertifiedPoint point, float[] changed, ReadOnlySpan<float> logits,
        double distance, bool refutesBound)
    {
        string[] Names(IEnumerable<int> classes) => [.. classes.Select(c => judge.Model.ClassNames[c])];
        var found = new GloroCounterexample
        {
            Row = row.Number,
            IsRowItself = ReferenceEquals(point, row.Point),
            Original = [.. point.Input],
            Changed = [.. changed],
            Distance = distance,
            CertifiedRadius = point.Radius,
            CertifiedLabels = Names(point.Inside.ToArray()),
            LabelsFound = Names(judge.TopSet(logits, point.K)),
        };
        string where = found.IsRowItself ? $"of {describeRow(row.Number)}"
            : $"of a point near the decision boundary that the attack on {describeRow(row.Number)} led to";
        string cause = refutesBound
            ? "A margin changes by more than its Lipschitz bound allows: the bound is wrong."
            : "Every margin keeps its Lipschitz bound in real arithmetic: the bound of the rounding errors is wrong.";
        return new GloroBrokenCertificateException(
            FormattableString.Invariant($"The certificate {where} is broken: within its certified radius {point.Radius:R}, ") +
            FormattableString.Invariant($"at distance {distance:R}, the top-{point.K} set ") +
            $"{{{string.Join(", ", found.CertifiedLabels)}}} becomes {{{string.Join(", ", found.LabelsFound)}}}. {cause} " +
            "Do not use the model; prove its bound again from the weights that it has.", found);
    }
}
