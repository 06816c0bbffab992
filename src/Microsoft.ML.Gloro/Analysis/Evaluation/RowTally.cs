using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.MLNet;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// Accumulates the metrics of one guarantee at one ε from the class order and radii of each row. Keeps two radii per row for the curves.
/// </summary>
internal sealed class RowTally
{
    private readonly ResolvedGuarantee guarantee;
    private readonly float epsilon;
    private readonly int[] order;
    private readonly List<float> labelRadii = [];
    private readonly List<float> localRadii = [];
    private readonly ClassTally[] classes;
    private readonly long[] tightestK, loosestK;
    private readonly (long Rows, long Correct)[] groups;
    private long correct, inTopK, verified, localVerified, top1Verified, certified;

    public RowTally(ResolvedGuarantee guarantee, float epsilon)
    {
        (this.guarantee, this.epsilon) = (guarantee, epsilon);
        order = new int[guarantee.ClassCount];
        classes = new ClassTally[guarantee.ClassCount];
        (tightestK, loosestK) = (new long[guarantee.MaxK + 1], new long[guarantee.MaxK + 1]);
        groups = new (long, long)[guarantee.GroupNames.Count];
    }

    public long Rows => labelRadii.Count;

    public long MissingLabelRows { get; private set; }

    public long UnknownLabelRows { get; private set; }

    /// <param name="label">The class index, <see cref="LabelMap.Missing"/> or <see cref="LabelMap.Unknown"/>.</param>
    /// <param name="logits">C logits.</param>
    /// <param name="radii">r_1, r_2, …: at least as many as the guarantee's largest k.</param>
    public void Add(int label, ReadOnlySpan<float> logits, ReadOnlySpan<float> radii)
    {
        if (label == LabelMap.Missing)
        {
            MissingLabelRows++;
            return;
        }

        if (label == LabelMap.Unknown)
            UnknownLabelRows++;
        if (!Certificate.TryOrder(logits, order))
        {
            // Non-finite logits predict nothing, so the row is wrong and rejected.
            Count(label, position: int.MaxValue, largestK: 0, labelRadius: 0, localRadius: 0, default);
            return;
        }

        CertifiedSet set = Certificate.Evaluate(guarantee, order, radii, epsilon);
        if (set.TightestK > 1 && guarantee.GroupOf(order.AsSpan(0, set.TightestK)) is { } group)
        {
            groups[group.Place].Rows++;
            Add(ref groups[group.Place].Correct, label >= 0 && group.Contains[label]);
        }

        int position = label < 0 ? int.MaxValue : Array.IndexOf(order, label) + 1;

        // The loosest certified set at ε holds the label if and only if some allowed k ≥ position has r_k > ε, so the row counts below the
        // largest of these radii.
        float labelRadius = 0;
        int largestK = 1;
        for (int k = 1; k <= guarantee.MaxK; k++)
        {
            if (!guarantee.Allows(order, k))
                continue;
            largestK = k;
            if (k >= position && radii[k - 1] > labelRadius && float.IsFinite(radii[k - 1]))
                labelRadius = radii[k - 1];
        }

        float localRadius = position == 1 && radii[0] > 0 && float.IsFinite(radii[0]) ? radii[0] : 0;
        Count(label, position, largestK, labelRadius, localRadius, set);
    }

    private void Count(int label, int position, int largestK, float labelRadius, float localRadius, CertifiedSet set)
    {
        bool isCertified = set.LoosestK > 0;
        bool isCorrect = position == 1;
        bool isVerified = isCertified && position <= set.LoosestK; // in any set that holds, as in the method's own code
        bool isLocalVerified = localRadius > epsilon;
        labelRadii.Add(labelRadius);
        localRadii.Add(localRadius);
        tightestK[set.TightestK]++;
        loosestK[set.LoosestK]++;
        Add(ref certified, isCertified);
        Add(ref correct, isCorrect);
        Add(ref inTopK, position <= largestK);
        Add(ref verified, isVerified);
        Add(ref localVerified, isLocalVerified);
        Add(ref top1Verified, isCertified && isCorrect);
        if (label < 0)
            return;
        ref ClassTally tally = ref classes[label];
        tally.Rows++;
        Add(ref tally.Correct, isCorrect);
        Add(ref tally.Verified, isVerified);
        Add(ref tally.LocalVerified, isLocalVerified);
        Add(ref tally.Certified, isCertified);
    }

    /// <param name="requested">The guarantee as the user gave it.</param>
    /// <param name="arithmetic">The arithmetic that the radii cover.</param>
    /// <param name="classNames">The names of the classes in the order of the logits.</param>
    /// <param name="classification">ML.NET's own metrics of the same rows.</param>
    /// <param name="tolerances">What ε and the radii are measured in; null for L2.</param>
    public GloroMetrics ToMetrics(RobustnessGuarantee requested, CertificateArithmetic? arithmetic, IReadOnlyList<string> classNames,
        Data.MulticlassClassificationMetrics? classification, GloroTolerances? tolerances)
    {
        var curve = new CertifiedAccuracyCurve(requested, [.. labelRadii]);
        return new GloroMetrics
        {
            Epsilon = epsilon,
            Tolerances = tolerances,
            Guarantee = requested,
            Arithmetic = arithmetic,
            RowCount = Rows,
            MissingLabelRows = MissingLabelRows,
            UnknownLabelRows = UnknownLabelRows,
            CleanAccuracy = Share(correct, Rows),
            TopKAccuracy = Share(inTopK, Rows),
            VerifiedRobustAccuracy = Share(verified, Rows),
            LocalVerifiedRobustAccuracy = Share(localVerified, Rows),
            Top1VerifiedRobustAccuracy = Share(top1Verified, Rows),
            CertifiedFraction = Share(certified, Rows),
            RejectionRate = Share(Rows - certified, Rows),
            GroupFraction = Share(groups.Sum(group => group.Rows), Rows),
            PerGroup = Array.AsReadOnly([.. guarantee.Groups.OrderBy(group => group.Place).Select(ToMetrics)]),
            MeanCertifiedSetSize = MeanSize(tightestK),
            MeanLoosestSetSize = MeanSize(loosestK),
            CertifiedKCounts = Array.AsReadOnly(tightestK),
            LoosestKCounts = Array.AsReadOnly(loosestK),
            AverageCertifiedRadius = curve.Area,
            CertifiedAccuracyCurve = curve,
            LocalCertifiedAccuracyCurve = new CertifiedAccuracyCurve(RobustnessGuarantee.Local, [.. localRadii]),
            PerClass = Array.AsReadOnly([.. classes.Select((tally, i) => tally.ToMetrics(classNames[i]))]),
            Classification = classification,
        };
    }

    private GloroGroupMetrics ToMetrics(ResolvedSet group) => new()
    {
        Name = group.Name!,
        ClassCount = group.Count,
        RowCount = groups[group.Place].Rows,
        CorrectRowCount = groups[group.Place].Correct,
    };

    private static void Add(ref long counter, bool condition) => counter += condition ? 1 : 0;

    private double MeanSize(long[] counts) => Share(counts.Select((count, k) => k * count).Sum(), certified);

    private static double Share(long part, long whole) => whole == 0 ? 0 : (double)part / whole;

    private struct ClassTally
    {
        public long Rows, Correct, Verified, LocalVerified, Certified;

        public readonly GloroClassMetrics ToMetrics(string name) => new()
        {
            Name = name,
            RowCount = Rows,
            CertifiedRowCount = Certified,
            CleanAccuracy = Share(Correct, Rows),
            VerifiedRobustAccuracy = Share(Verified, Rows),
            LocalVerifiedRobustAccuracy = Share(LocalVerified, Rows),
        };
    }
}
