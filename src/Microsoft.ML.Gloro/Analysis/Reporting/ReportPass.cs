using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.MLNet;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Tallies rows for a report. Keeps twelve bytes per row and guarantee, and a few thumbnails.</summary>
internal sealed class ReportPass
{
    private readonly GuaranteeTally[] guarantees;
    private readonly int main;
    private readonly bool hasLabels;
    private readonly float epsilon;
    private readonly IReadOnlyList<string> classNames;
    private readonly RadiusLimits pairs;
    private readonly GalleryChoice<GalleryKind, GalleryRow> gallery;
    private readonly ComparisonPass? comparison;
    private readonly ResolvedGuarantee relaxed;
    private readonly long[] outcomes = new long[Enum.GetValues<RowOutcome>().Length];
    private readonly (long Rows, long Certified)[] predicted;
    private long notFinite;

    /// <param name="guarantees">All guarantees, local robustness first.</param>
    /// <param name="main">The index of the guarantee that the report is about.</param>
    /// <param name="constants">The model's K_ij; null if the model is not known.</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="galleryRows">How many rows of each kind to show.</param>
    /// <param name="classNames">The classes.</param>
    /// <param name="hasLabels">Whether rows have labels. If not, each counts as one with <see cref="LabelMap.Unknown"/>.</param>
    /// <param name="plan">What to compare with; null for nothing.</param>
    public ReportPass(GuaranteeTally[] guarantees, int main, MarginConstants? constants, float epsilon, int galleryRows,
        IReadOnlyList<string> classNames, bool hasLabels, ComparisonPlan? plan)
    {
        (this.guarantees, this.main, this.epsilon, this.classNames, this.hasLabels) = (guarantees, main, epsilon, classNames, hasLabels);
        pairs = new RadiusLimits(constants, guarantees[main].Bound);
        gallery = new(galleryRows, classNames.Count);
        predicted = new (long, long)[classNames.Count];
        comparison = plan is null ? null : new(plan, guarantees[main].Bound, classNames, epsilon, galleryRows, hasLabels);
        // For a model that certifies single classes only, the gallery shows the sets that the largest K would certify.
        relaxed =
            guarantees[main > 0 ? main : Array.FindLastIndex(guarantees, one => one.Bound.Guarantee.Kind != GuaranteeKind.Affinity)].Bound;
    }

    public long Rows => guarantees[0].Rows;

    /// <summary>Adds a row.</summary>
    /// <param name="number">Its number in the view.</param>
    /// <param name="row">The row.</param>
    /// <param name="compared">The other side of a comparison; null if there is none.</param>
    /// <param name="show">Its name and image; called for few rows.</param>
    public void Add(long number, ReportRow row, ReportRow? compared, Func<(string? Name, RowPicture? Picture)> show)
    {
        int label = hasLabels ? row.Label : LabelMap.Unknown;
        CertifiedSet local = default, own = default;
        for (int i = 0; i < guarantees.Length; i++)
        {
            CertifiedSet set = guarantees[i].Add(label, row);
            local = i == 0 ? set : local;
            own = i == main ? set : own;
        }

        if (compared is not null)
            comparison?.Add(number, row, own, compared, show);
        if (label == LabelMap.Missing)
            return;
        outcomes[(int)Outcome(label, row, local, own)]++;
        if (!row.IsFinite)
        {
            notFinite++;
            return;
        }

        int[] order = row.Order;
        predicted[order[0]].Rows++;
        predicted[order[0]].Certified += own.LoosestK > 0 ? 1 : 0;
        pairs.Add(row.Logits, order, row.Radii);
        CertifiedSet shown = Certificate.Evaluate(relaxed, order, row.Radii, epsilon);
        // The gallery shows the tightest set first: a locally certified row shows its single class.
        int k = local.LoosestK > 0 ? 1 : shown.TightestK, loosest = Math.Max(k, shown.LoosestK);
        GalleryKind kind = k switch { 0 => GalleryKind.Nothing, 1 => GalleryKind.Local, _ => GalleryKind.Relaxed };
        gallery.Offer(kind, number, order[0], () =>
        {
            var (name, picture) = show();
            return new(number, name, label >= 0 ? classNames[label] : null,
                [.. order.Take(Math.Max(loosest, 1)).Select(i => classNames[i])], k, k > 1 ? relaxed.NameOf(order.AsSpan(0, k)) : "",
                k == 0 ? shown.Radius : row.Radii[k - 1], loosest, loosest == 0 ? 0 : row.Radii[loosest - 1], row.Radii[0], picture);
        });
    }

    public ReportData ToData(GloroReportOptions options, IDataView scored, ScoredColumns columns, bool isImage, GloroModel? model,
        double leastShare)
    {
        CertificateArithmetic? arithmetic = columns.ReadArithmetic();
        GloroTolerances? tolerances = columns.ReadTolerances();
        GuaranteeFindings[] findings = [.. guarantees.Select(one => one.ToFindings(arithmetic, classNames, tolerances))];
        ComparisonData? compared = comparison?.ToData(findings[main], arithmetic);
        IEnumerable<GuaranteeFindings> drawn = compared is null ? findings : findings.Append(compared.Other);
        double end = options.MaximumEpsilon ?? Math.Max(1.5 * epsilon, drawn.Max(one => End(one.Certified.Radii, leastShare)));
        return new ReportData
        {
            Options = options,
            Scored = scored,
            ClassNames = classNames,
            Epsilon = epsilon,
            Arithmetic = arithmetic,
            Tolerances = tolerances,
            IsImage = isImage,
            HasLabels = hasLabels,
            NotFiniteRows = notFinite,
            Guarantees = findings,
            Main = findings[main],
            Outcomes = outcomes,
            Predicted = predicted,
            Pairs = pairs,
            Gallery = options.GalleryImages > 0 ? gallery.ToGroups() : [],
            Axis = EpsilonAxis.Create(end > 0 ? end : 1, isImage, isExact: options.MaximumEpsilon is not null, tolerances is not null),
            Model = model,
            Comparison = compared,
        };
    }

    private RowOutcome Outcome(int label, ReportRow row, CertifiedSet local, CertifiedSet own)
    {
        if (own.LoosestK == 0)
            return RowOutcome.NotProved;
        if (!hasLabels)
            return own.TightestK == 1 ? RowOutcome.ProvedOneClass : RowOutcome.ProvedSet;
        int position = label < 0 ? int.MaxValue : Array.IndexOf(row.Order, label) + 1;
        if (position > own.LoosestK)
            return RowOutcome.ProvedWrong;
        return position == 1 && local.LoosestK == 1 ? RowOutcome.ProvedOneClass : RowOutcome.ProvedSet;
    }

    private static double End(ReadOnlySpan<float> sorted, double leastShare) =>
        sorted[(int)Math.Min(sorted.Length - 1, Math.Ceiling(sorted.Length * (1 - leastShare)))];
}
