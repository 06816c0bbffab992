using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Inference;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>
/// What an estimator's GetOutputSchema promises: the shapes of the output columns, with KeyValues and SlotNames. Without these,
/// MapKeyToValue on CertifiedLabels fails before anything is trained. The column of a shape has no public constructor, but the estimator
/// of a custom mapping makes such columns from a class definition with annotations.
/// </summary>
internal static class OutputSchemaShape
{
    /// <summary><paramref name="input"/> with the output columns; they replace columns of the same name.</summary>
    /// <param name="input">The shape of the input.</param>
    /// <param name="labelType">The type of the label's values.</param>
    /// <param name="prefix">Put before the names of the output columns.</param>
    public static SchemaShape Append(SchemaShape input, LabelType labelType, string prefix = "")
    {
        // Neither the number of classes nor their names are part of a shape.
        var key = new KeyDataViewType(typeof(uint), 2);
        var single = NumberDataViewType.Single;
        var namesType = new VectorDataViewType(TextDataViewType.Instance, 2);
        var names = new VBuffer<ReadOnlyMemory<char>>(2, ["a".AsMemory(), "b".AsMemory()]);
        var definition = SchemaDefinition.Create(typeof(Row), SchemaDefinition.Direction.Write);
        var keys = new VectorDataViewType(key);

        KeyNames.Promise(Define(OutputColumn.PredictedLabel, key), labelType);
        Define(OutputColumn.Score, new VectorDataViewType(single, 2)).AddAnnotation(OutputColumns.SlotNamesAnnotation, names, namesType);
        Define(OutputColumn.Logits, new VectorDataViewType(single, 2)).AddAnnotation(OutputColumns.SlotNamesAnnotation, names, namesType);
        Define(OutputColumn.TopKRadii, new VectorDataViewType(single, 2));
        var radius = Define(OutputColumn.CertifiedRadius, single);
        radius.AddAnnotation(OutputColumns.EpsilonAnnotation, 0f, single);
        radius.AddAnnotation(OutputColumns.GuaranteeAnnotation, ReadOnlyMemory<char>.Empty, TextDataViewType.Instance);
        radius.AddAnnotation(OutputColumns.ArithmeticAnnotation, ReadOnlyMemory<char>.Empty, TextDataViewType.Instance);
        Define(OutputColumn.IsCertified, BooleanDataViewType.Instance);
        Define(OutputColumn.CertifiedK, NumberDataViewType.Int32);
        KeyNames.Promise(Define(OutputColumn.CertifiedLabels, keys), labelType);
        Define(OutputColumn.LoosestK, NumberDataViewType.Int32);
        KeyNames.Promise(Define(OutputColumn.ReachableLabels, keys), labelType);
        Define(OutputColumn.CertifiedGroup, TextDataViewType.Instance);
        foreach (var column in new[] { OutputColumn.PredictedLabel, OutputColumn.Score })
        {
            var defined = definition[column.ToString()];
            var text = TextDataViewType.Instance;
            defined.AddAnnotation(OutputColumns.ScoreColumnKindAnnotation, OutputColumns.ScoreColumnKind.AsMemory(), text);
            defined.AddAnnotation(OutputColumns.ScoreValueKindAnnotation, column.ToString().AsMemory(), text);
            defined.AddAnnotation(OutputColumns.ScoreColumnSetIdAnnotation, 1u, OutputColumns.ScoreColumnSetIdType);
        }

        foreach (var column in definition)
            column.ColumnName = prefix + column.ColumnName;
        return new MLContext().Transforms
            .CustomMapping<NoInput, Row>((_, _) => { }, contractName: null, inputSchemaDefinition: null, outputSchemaDefinition: definition)
            .GetOutputSchema(input);

        SchemaDefinition.Column Define(OutputColumn column, DataViewType type)
        {
            var defined = definition[column.ToString()];
            defined.ColumnType = type;
            return defined;
        }
    }

    private sealed class NoInput;

    private sealed class Row
    {
        public uint PredictedLabel { get; set; }

        public VBuffer<float> Score { get; set; }

        public VBuffer<float> Logits { get; set; }

        public VBuffer<float> TopKRadii { get; set; }

        public float CertifiedRadius { get; set; }

        public bool IsCertified { get; set; }

        public int CertifiedK { get; set; }

        public VBuffer<uint> CertifiedLabels { get; set; }

        public int LoosestK { get; set; }

        public VBuffer<uint> ReachableLabels { get; set; }

        public ReadOnlyMemory<char> CertifiedGroup { get; set; }
    }
}
