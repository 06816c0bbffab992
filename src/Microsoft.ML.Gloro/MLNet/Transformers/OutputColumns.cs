using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Inference;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>The output columns, in the order in which they follow the input's.</summary>
internal enum OutputColumn
{
    /// <summary>Key: the top-1 class; missing (0) if a logit is not finite.</summary>
    PredictedLabel,

    /// <summary>Vector of Single: softmax of the logits over the model's temperature; NaN if a logit is not finite.</summary>
    Score,

    /// <summary>Vector of Single: y.</summary>
    Logits,

    /// <summary>Vector of Single: r_1, r_2, …; 0 where nothing is certified.</summary>
    TopKRadii,

    /// <summary>
    /// Single: the radius of the certified label set, r_CertifiedK. If nothing is certified at ε, the largest radius of the sets that the
    /// guarantee allows: at most ε, 0 if there is none.
    /// </summary>
    CertifiedRadius,

    /// <summary>Boolean: CertifiedRadius &gt; ε.</summary>
    IsCertified,

    /// <summary>
    /// Int32: the size of the certified label set, the smallest k with r_k &gt; ε that the guarantee allows; 0 if there is none.
    /// </summary>
    CertifiedK,

    /// <summary>Vector of keys: the certified label set in order of score; empty if not certified.</summary>
    CertifiedLabels,

    /// <summary>
    /// Int32: the size of the loosest set that holds, the largest k with r_k &gt; ε that the guarantee allows; 0 if none.
    /// </summary>
    LoosestK,

    /// <summary>Vector of keys: the classes that could be top-1 within ε; all of them if a logit is not finite.</summary>
    ReachableLabels,

    /// <summary>
    /// Text: the name of the certified label set. If it is one class, that class; else the smallest named affinity set that holds it;
    /// empty if there is none, or nothing is certified.
    /// </summary>
    CertifiedGroup,

    /// <summary>Vector of keys: the coverage set, in order of score; in calibrated models only.</summary>
    CoverageLabels,
}

/// <summary>Names, types and annotations of the output columns.</summary>
internal static class OutputColumns
{
    /// <summary>Annotation of CertifiedRadius (Single): the ε that IsCertified and the label sets are about.</summary>
    public const string EpsilonAnnotation = "GloroEpsilon";

    /// <summary>Annotation of CertifiedRadius (text): the guarantee, as <see cref="RobustnessGuarantee.Parse"/> reads it.</summary>
    public const string GuaranteeAnnotation = "GloroGuarantee";

    /// <summary>Annotation of CertifiedRadius (text): the <see cref="CertificateArithmetic"/> that the certificates speak of.</summary>
    public const string ArithmeticAnnotation = "GloroArithmetic";

    /// <summary>
    /// Annotation of CertifiedRadius (vector of Single): how far each feature can be off. All radii and ε are in these; without the
    /// annotation they are L2 distances.
    /// </summary>
    public const string TolerancesAnnotation = "GloroTolerances";

    /// <summary>The class names of a vector with one value per class.</summary>
    public const string SlotNamesAnnotation = "SlotNames";

    // ML.NET's evaluators and calibrators find the columns of one scorer by these three.
    public const string ScoreColumnKindAnnotation = "ScoreColumnKind";
    public const string ScoreValueKindAnnotation = "ScoreValueKind";
    public const string ScoreColumnSetIdAnnotation = "ScoreColumnSetId";
    public const string ScoreColumnKind = "MultiClassClassification";

    private static readonly OutputColumn[] s_all = Enum.GetValues<OutputColumn>();

    /// <summary>The output columns of a model as a trainer makes it, in order.</summary>
    public static IReadOnlyList<OutputColumn> Usual { get; } = s_all[..(int)OutputColumn.CoverageLabels];

    /// <summary>The output columns of a model, in order.</summary>
    public static IReadOnlyList<OutputColumn> Of(GloroModel model) => model.Coverage is null ? Usual : s_all;

    /// <summary>The type of the keys of a score column set.</summary>
    public static KeyDataViewType ScoreColumnSetIdType { get; } = new(typeof(uint), int.MaxValue);

    /// <summary>The name of <paramref name="column"/> under a prefix ("" by default).</summary>
    public static string Name(OutputColumn column, string prefix = "") => prefix + column;

    /// <summary>Adds the output columns to <paramref name="builder"/>.</summary>
    public static void AddTo(DataViewSchema.Builder builder, GloroModel model, string prefix, uint scoreColumnSetId)
    {
        int classes = model.ClassNames.Count;
        var key = new KeyDataViewType(typeof(uint), classes);
        var perClass = new VectorDataViewType(NumberDataViewType.Single, classes);
        var names = new VBuffer<ReadOnlyMemory<char>>(classes, [.. model.ClassNames.Select(name => name.AsMemory())]);
        var namesType = new VectorDataViewType(TextDataViewType.Instance, classes);

        foreach (var column in Of(model))
        {
            var annotations = new DataViewSchema.Annotations.Builder();
            DataViewType type = column switch
            {
                OutputColumn.PredictedLabel => key,
                OutputColumn.Score or OutputColumn.Logits => perClass,
                OutputColumn.TopKRadii => new VectorDataViewType(NumberDataViewType.Single, model.RadiiCount),
                OutputColumn.CertifiedRadius => NumberDataViewType.Single,
                OutputColumn.IsCertified => BooleanDataViewType.Instance,
                OutputColumn.CertifiedK or OutputColumn.LoosestK => NumberDataViewType.Int32,
                OutputColumn.CertifiedGroup => TextDataViewType.Instance,
                _ => new VectorDataViewType(key),
            };
            if (type == perClass)
                annotations.Add(SlotNamesAnnotation, namesType, (ValueGetter<VBuffer<ReadOnlyMemory<char>>>)GetNames);
            else if (column is OutputColumn.PredictedLabel or OutputColumn.CertifiedLabels or OutputColumn.ReachableLabels
                or OutputColumn.CoverageLabels)
                KeyNames.Add(annotations, model.LabelType, model.ClassNames);
            if (column is OutputColumn.PredictedLabel or OutputColumn.Score)
            {
                annotations.AddPrimitiveValue(ScoreColumnKindAnnotation, TextDataViewType.Instance, ScoreColumnKind.AsMemory());
                annotations.AddPrimitiveValue(ScoreValueKindAnnotation, TextDataViewType.Instance, column.ToString().AsMemory());
                annotations.AddPrimitiveValue(ScoreColumnSetIdAnnotation, ScoreColumnSetIdType, scoreColumnSetId);
            }
            else if (column == OutputColumn.CertifiedRadius)
            {
                annotations.AddPrimitiveValue(EpsilonAnnotation, NumberDataViewType.Single, model.Epsilon);
                annotations.AddPrimitiveValue(GuaranteeAnnotation, TextDataViewType.Instance, model.Guarantee.ToString().AsMemory());
                annotations.AddPrimitiveValue(ArithmeticAnnotation, TextDataViewType.Instance, model.Arithmetic.ToString().AsMemory());
                if (model.Network.Metric is { } metric)
                    AddTolerances(annotations, metric.Tolerances);
            }

            builder.AddColumn(Name(column, prefix), type, annotations.ToAnnotations());
        }

        void GetNames(ref VBuffer<ReadOnlyMemory<char>> destination) => names.CopyTo(ref destination);
    }

    private static void AddTolerances(DataViewSchema.Annotations.Builder annotations, float[] tolerances)
    {
        var values = new VBuffer<float>(tolerances.Length, tolerances);
        annotations.Add(
            TolerancesAnnotation, new VectorDataViewType(NumberDataViewType.Single, tolerances.Length),
            (ref VBuffer<float> destination) => values.CopyTo(ref destination));
    }
}
