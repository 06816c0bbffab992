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
    private readonly GalleryChoice gallery;
    private readonly ResolvedGuarantee relaxed;
    private readonly long[] outcomes = new long[Enum.GetValues<RowOutcome>().Length];
    private readonly (long Rows, long Certified)[] predicted;
    private readonly int[] order;
    private long notFinite;

    /// <param name="guarantees">All guarantees, local robustness first.</param>
    /// <param name="main">The index of the guarantee that the report is about.</param>
    /// <param name="constants">The model's K_ij; null if the model is not known.</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="galleryRows">How many rows of each kind to show.</param>
    /// <param name="classNames">The classes.</param>
    /// <param name="hasLabels">Whether rows have labels. If not, each is added with <see cref="LabelMap.Unknown"/>.</param>
    public ReportPass(GuaranteeTally[] guarantees, int main, MarginConstants? constants, float epsilon, int galleryRows,
        IReadOnlyList<string> classNames, bool hasLabels)
    {
        (this.guarantees, this.main, this.epsilon, this.classNames, this.hasLabels) = (guarantees, main, epsilon, classNames, hasLabels);
        pairs = new RadiusLimits(constants, guarantees[main].Bound);
        gallery = new GalleryChoice(galleryRows, classNames.Count);
        order = new int[classNames.Count];
        predicted = new (long, long)[classNames.Count];
        // For a model that certifies single classes only, the gallery shows the sets that the largest K would certify.
        relaxed =
            guarantees[main > 0 ? main : Array.FindLastIndex(guarantees, one => one.Bound.Guarantee.Kind != GuaranteeKind.Affinity)].Bound;
    }

    public long Rows => guarantees[0].Rows;

    /// <summary>Adds a row.</summary>
    /// <param name="number">Its number in the view.</param>
    /// <param name="label">Its class index, or one of LabelMap's negative numbers.</param>
    /// <param name="logits">C logits.</param>
    /// <param name="radii">r_1, r_2, ….</param>
    /// <param name="picture">Makes its thumbnail.</param>
    public void Add(long number, int label, float[] logits, float[] radii, Func<byte[]?> picture)
    {
        bool isFinite = Certificate.TryOrder(logits, order);
        CertifiedSet local = default, own = default;
        for (int i = 0; i < guarantees.Length; i++)
        {
            CertifiedSet set = guarantees[i].Add(label, logits, radii, isFinite ? order : null);
            local = i == 0 ? set : local;
            own = i == main ? set : own;
        }

        if (label == LabelMap.Missing)
            return;
        outcomes[(int)Outcome(label, local, own)]++;
        if (!isFinite)
        {
            notFinite++;
            return;
        }

        predicted[order[0]].Rows++;
        predicted[order[0]].Certified += own.LoosestK > 0 ? 1 : 0;
        pairs.Add(logits, order, radii);
        CertifiedSet shown = Certificate.Evaluate(relaxed, order, radii, epsilon);
        // The gallery shows the tightest set first: a locally certified row shows its single class.
        int k = local.LoosestK > 0 ? 1 : shown.TightestK, loosest = Math.Max(k, shown.LoosestK);
        GalleryKind kind = k switch { 0 => GalleryKind.Nothing, 1 => GalleryKind.Local, _ => GalleryKind.Relaxed };
        gallery.Offer(kind, number, order[0], () => new GalleryRow(
            number, label >= 0 ? classNames[label] : null, [.. order.Take(Math.Max(loosest, 1)).Select(i => classNames[i])],
            k, k > 1 ? relaxed.NameOf(order.AsSpan(0, k)) : "",
            k == 0 ? shown.Radius : radii[k - 1], loosest, loosest == 0 ? 0 : radii[loosest - 1], radii[0], picture()));
    }

    public ReportData ToData(GloroReportOptions options, ScoredColumns columns, bool isImage, GloroModel? model, double leastShare)
    {
        CertificateArithmetic? arithmetic = columns.ReadArithmetic();
        GloroTolerances? tolerances = columns.ReadTolerances();
        GuaranteeFindings[] findings = [.. guarantees.Select(one => one.ToFindings(arithmetic, classNames, tolerances))];
        double end = options.MaximumEpsilon ?? Math.Max(1.5 * epsilon, findings.Max(one => End(one.Certified.Radii, leastShare)));
        return new ReportData
        {
            Options = options,
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
        };
    }

    private RowOutcome Outcome(int label, CertifiedSet local, CertifiedSet own)
    {
        if (own.LoosestK == 0)
            return RowOutcome.NotProved;
        if (!hasLabels)
            return own.TightestK == 1 ? RowOutcome.ProvedOneClass : RowOutcome.ProvedSet;
        int position = label < 0 ? int.MaxValue : Array.IndexOf(order, label) + 1;
        if (position > own.LoosestK)
            return RowOutcome.ProvedWrong;
        return position == 1 && local.LoosestK == 1 ? RowOutcome.ProvedOneClass : RowOutcome.ProvedSet;
    }

    private static double End(ReadOnlySpan<float> sorted, double leastShare) =>
        sorted[(int)Math.Min(sorted.Length - 1, Math.Ceiling(sorted.Length * (1 - leastShare)))];
}
