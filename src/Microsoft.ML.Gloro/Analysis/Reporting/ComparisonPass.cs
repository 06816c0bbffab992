using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.MLNet;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Tallies both sides of a comparison, row by row. Keeps twelve bytes per row for the other side, and a few thumbnails.</summary>
/// <param name="plan">What is compared.</param>
/// <param name="guarantee">The guarantee of the report's side.</param>
/// <param name="classNames">The classes in the order of the report's side.</param>
/// <param name="epsilon">ε.</param>
/// <param name="galleryRows">How many rows to show that only one side proves.</param>
/// <param name="hasLabels">Whether rows have labels. If not, a certified row counts, right or wrong.</param>
internal sealed class ComparisonPass(ComparisonPlan plan, ResolvedGuarantee guarantee, IReadOnlyList<string> classNames, float epsilon,
    int galleryRows, bool hasLabels)
{
    private readonly GuaranteeTally other = new(plan.OtherName, plan.Bound, epsilon, ReportPalette.Compared[1], ReportPalette.Dash(1));
    private readonly GalleryChoice<ComparedKind, ComparedRow> gallery = new(galleryRows, classNames.Count);
    private PairedFigure proved, localProved, right, certified;
    private PairedMean radius;

    /// <summary>Adds a row.</summary>
    /// <param name="number">Its number in the view.</param>
    /// <param name="own">The report's side.</param>
    /// <param name="ownSet">What is certified there.</param>
    /// <param name="compared">The other side.</param>
    /// <param name="show">Its name and image; called for few rows.</param>
    public void Add(long number, ReportRow own, CertifiedSet ownSet, ReportRow compared, Func<(string? Name, RowPicture? Picture)> show)
    {
        int label = hasLabels ? own.Label : LabelMap.Unknown, otherLabel = hasLabels ? compared.Label : LabelMap.Unknown;
        CertifiedSet otherSet = other.Add(otherLabel, compared);
        if (label == LabelMap.Missing)
            return;
        var (first, second) = (ComparedSide.Judge(own, label, ownSet, guarantee, classNames, epsilon),
            ComparedSide.Judge(compared, otherLabel, otherSet, plan.Bound, plan.Columns.ClassNames, epsilon));
        proved = proved.Add(first.IsProved, second.IsProved);
        localProved = localProved.Add(first.IsLocalProved, second.IsLocalProved);
        right = right.Add(first.IsRight, second.IsRight);
        certified = certified.Add(first.IsCertified, second.IsCertified);
        radius = radius.Add(ownSet.LargestRadius, otherSet.LargestRadius);
        bool isOwn = hasLabels ? first.IsProved : first.IsCertified, isOther = hasLabels ? second.IsProved : second.IsCertified;
        if (isOwn == isOther)
            return;
        gallery.Offer(isOwn ? ComparedKind.OnlyOwn : ComparedKind.OnlyOther, number, own.Order[0], () =>
        {
            var (name, picture) = show();
            return new(number, name, label >= 0 ? classNames[label] : null, first, second, picture);
        });
    }

    /// <summary>What came of it.</summary>
    /// <param name="own">The findings of the report's side.</param>
    /// <param name="ownArithmetic">The arithmetic that its certificates hold in.</param>
    public ComparisonData ToData(GuaranteeFindings own, CertificateArithmetic? ownArithmetic)
    {
        CertificateArithmetic? arithmetic = plan.Columns.ReadArithmetic();
        return new()
        {
            Own = own with { Name = plan.OwnName, Color = ReportPalette.Compared[0], Dash = ReportPalette.Dash(0) },
            Other = other.ToFindings(arithmetic, plan.Columns.ClassNames, plan.Columns.ReadTolerances()),
            IsSameModel = plan.IsSameModel,
            OtherArithmetic = arithmetic == ownArithmetic ? null : arithmetic,
            Proved = proved,
            LocalProved = localProved,
            Right = right,
            Certified = certified,
            Radius = radius,
            Gallery = galleryRows > 0 ? gallery.ToGroups() : [],
        };
    }
}

/// <summary>What one side of a comparison says of a row.</summary>
/// <param name="IsRight">The top-1 class is the label.</param>
/// <param name="IsCertified">A set is certified at ε.</param>
/// <param name="IsProved">The label is in the loosest set that is, which VRA counts.</param>
/// <param name="IsLocalProved">The top-1 class alone is certified at ε, and is the label.</param>
/// <param name="Predicted">The top-1 class; null if a logit is not finite.</param>
/// <param name="Set">The set to show: the tightest that holds the label, or if none does, the tightest; empty if nothing is certified.
/// </param>
/// <param name="Radius">Its radius, or the largest if nothing is certified.</param>
internal sealed record ComparedSide(bool IsRight, bool IsCertified, bool IsProved, bool IsLocalProved, string? Predicted,
    IReadOnlyList<string> Set, float Radius)
{
    /// <summary>Judges a row as <see cref="RowTally"/> does.</summary>
    public static ComparedSide Judge(ReportRow row, int label, CertifiedSet set, ResolvedGuarantee guarantee,
        IReadOnlyList<string> classNames, float epsilon)
    {
        if (!row.IsFinite)
            return new(false, false, false, false, null, [], 0);
        int position = label < 0 ? int.MaxValue : Array.IndexOf(row.Order, label) + 1;
        bool isProved = set.LoosestK > 0 && position <= set.LoosestK;
        int k = set.TightestK;
        // The loosest set ends the search: it is allowed, holds at ε, and holds the label.
        while (isProved && k < set.LoosestK && !(k >= position && Holds(row.Radii[k - 1], epsilon) && guarantee.Allows(row.Order, k)))
            k++;
        return new(position == 1, set.LoosestK > 0, isProved, position == 1 && Holds(row.Radii[0], epsilon),
            classNames[row.Order[0]], [.. row.Order.Take(k).Select(i => classNames[i])], k == 0 ? set.Radius : row.Radii[k - 1]);
    }

    private static bool Holds(float radius, float epsilon) => float.IsFinite(radius) && radius > epsilon;
}

/// <summary>The kinds of rows that a comparison shows.</summary>
internal enum ComparedKind
{
    /// <summary>Only the report's side proves the label, or certifies a row without one.</summary>
    OnlyOwn,

    /// <summary>Only the other side does.</summary>
    OnlyOther,
}

/// <summary>A row that only one side proves.</summary>
/// <param name="Number">Its number in the view, from 0.</param>
/// <param name="Name">The name of its file; null if there is none.</param>
/// <param name="Label">The class of its label; null if it has none, or one that the model does not know.</param>
/// <param name="Own">What the report's side says.</param>
/// <param name="Other">What the other side says.</param>
/// <param name="Picture">Its image; null if there are no images.</param>
internal sealed record ComparedRow(long Number, string? Name, string? Label, ComparedSide Own, ComparedSide Other, RowPicture? Picture);

/// <summary>What a report shows of a comparison.</summary>
internal sealed record ComparisonData
{
    /// <summary>The report's side, with its name and color in the comparison.</summary>
    public required GuaranteeFindings Own { get; init; }

    public required GuaranteeFindings Other { get; init; }

    /// <summary>Whether both sides come from the same columns of one view.</summary>
    public required bool IsSameModel { get; init; }

    /// <summary>The other side's arithmetic if it is another one; otherwise null.</summary>
    public required CertificateArithmetic? OtherArithmetic { get; init; }

    public required PairedFigure Proved { get; init; }

    public required PairedFigure LocalProved { get; init; }

    public required PairedFigure Right { get; init; }

    public required PairedFigure Certified { get; init; }

    /// <summary>The largest certified radius, 0 where nothing is certified.</summary>
    public required PairedMean Radius { get; init; }

    public required IReadOnlyList<GalleryGroup<ComparedKind, ComparedRow>> Gallery { get; init; }
}
