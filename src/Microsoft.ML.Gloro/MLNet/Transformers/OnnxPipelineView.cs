using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Model.OnnxConverter;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>
/// A view that ML.NET's <c>mlContext.Model.ConvertToOnnx</c> recognizes as a step of a pipeline. It walks from the last view back to the
/// data through these interfaces; it takes any other view for the data, and its columns for inputs of the graph.
/// </summary>
internal sealed class OnnxPipelineView(GloroTransformer transformer, ScoringSchema schema, IDataView source)
    : GloroDataView(transformer, schema, source), ITransformCanSaveOnnx
{
    private readonly GloroTransformer _transformer = transformer;
    private readonly ScoringSchema _schema = schema;

    IDataView IDataTransform.Source { get; } = source;

    // Always true: after a "no", ML.NET would take our columns from the data if it has columns of these names. A certificate must not come
    // from the data, so SaveAsOnnx throws instead.
    bool ICanSaveOnnx.CanSaveOnnx(OnnxContext ctx) => true;

    void ISaveAsOnnx.SaveAsOnnx(OnnxContext ctx)
    {
        if (Obstacle(ctx) is { } obstacle)
            throw new InvalidOperationException($"The pipeline cannot be converted to ONNX: {obstacle}");
        ctx.CheckOpSetVersion(OnnxContextGraph.Opset, nameof(GloroTransformer));
        GloroModel model = _transformer.GloroModel;
        var graph = new OnnxContextGraph(ctx);
        var columns = new OnnxColumns(new GraphOperators(graph), model, ctx.GetVariableName(_schema.Feature.Name));
        foreach (var column in OutputColumns.Of(model))
        {
            string value = columns.Append(column);
            if (column == OutputColumn.CertifiedGroup)
                value = graph.Node("Gather", [graph.Texts(columns.Names), value], integers: [("axis", 0)]);
            var output = _schema.Output[_schema.Input.Count + (int)column];
            string name = ctx.AddIntermediateVariable(OnnxColumns.TypeOf(column, output.Type, model), output.Name);
            graph.Node("Identity", [value], output: name);
        }
    }

    void ICanSaveModel.Save(ModelSaveContext ctx) =>
        throw new NotSupportedException("A scored view cannot be saved; save the transformer with mlContext.Model.Save.");

    /// <summary>Why the pipeline cannot be exported; null if it can.</summary>
    private string? Obstacle(OnnxContext ctx)
    {
        const string Instead = "mlContext.Gloro.ConvertToOnnx exports the network and its certificate.";
        GloroModel model = _transformer.GloroModel;
        var feature = _schema.Feature;
        if (model.IsImage)
            return $"ML.NET cannot export the steps that load, resize or decode images. {Instead}";
        if (model.RadiiCount is > GloroOnnxOptions.MostRadii and var count)
        {
            return string.Create(
                CultureInfo.InvariantCulture, $"TopKRadii has {count} values, and a graph at most {GloroOnnxOptions.MostRadii}. {Instead}");
        }

        if (model.Coverage is not null)
            return $"the coverage sets of a calibrated model cannot be exported this way. {Instead}";
        if (feature.Type is not VectorDataViewType { IsKnownSize: true })
            return $"column '{feature.Name}' is of type {feature.Type}, a vector of unknown size.";

        // ML.NET drops all steps before one that it cannot export; their columns would come from the data as they are there.
        for (var view = ((IDataTransform)this).Source; view is IDataTransform step; view = step.Source)
        {
            if (step is not ITransformCanSaveOnnx exportable || !exportable.CanSaveOnnx(ctx))
                return $"an earlier step, {step.GetType().Name}, cannot be exported. {Instead}";
        }

        return ctx.ContainsColumn(feature.Name) ? null : $"the step that makes column '{feature.Name}' was not exported. {Instead}";
    }

    /// <summary>The graph of ML.NET's export.</summary>
    private sealed class OnnxContextGraph(OnnxContext ctx) : IOnnxGraph
    {
        public const int Opset = 12; // ML.NET's default and highest; Max and Min of doubles need it

        private int _count;

        public int OpsetVersion => Opset;

        public string Initializer(ReadOnlySpan<float> values, ReadOnlySpan<long> dimensions) =>
            ctx.AddInitializer(values.ToArray(), Dimensions(dimensions), NextName());

        public string Initializer(ReadOnlySpan<double> values, ReadOnlySpan<long> dimensions) =>
            ctx.AddInitializer(values.ToArray(), Dimensions(dimensions), NextName());

        public string Initializer(ReadOnlySpan<long> values) =>
            ctx.AddInitializer(values.ToArray(), new long[] { values.Length }, NextName());

        public string Texts(IReadOnlyList<string> values) => ctx.AddInitializer(values, new long[] { values.Count }, NextName());

        // ML.NET's graphs have no inputs but the columns of the data.
        public string Parameter(string name, ReadOnlySpan<float> values, ReadOnlySpan<long> dimensions) => Initializer(values, dimensions);

        public string Parameter(string name, long value) => Initializer([value]);

        public string Node(
            string operation,
            IReadOnlyList<string> inputs,
            IReadOnlyList<(string Name, long[] Values)>? lists = null,
            IReadOnlyList<(string Name, long Value)>? integers = null,
            string? output = null)
        {
            output ??= Variable();
            OnnxNode node = Create(operation, inputs, [output]);
            foreach ((string name, long[] values) in lists ?? [])
                node.AddAttribute(name, values);
            foreach ((string name, long value) in integers ?? [])
                node.AddAttribute(name, value);
            return output;
        }

        public (string First, string Second) NodeOfTwo(string operation, IReadOnlyList<string> inputs, int axis)
        {
            (string first, string second) = (Variable(), Variable());
            Create(operation, inputs, [first, second]).AddAttribute("axis", (long)axis);
            return (first, second);
        }

        // ML.NET takes no scalars.
        private static long[] Dimensions(ReadOnlySpan<long> dimensions) => dimensions.IsEmpty ? [1] : dimensions.ToArray();

        private OnnxNode Create(string operation, IReadOnlyList<string> inputs, string[] outputs) =>
            ctx.CreateNode(operation, inputs, outputs, ctx.GetNodeName(operation), domain: "");

        private string Variable() => ctx.AddIntermediateVariable(null!, NextName(), skip: true);

        // ML.NET registers every name as that of a column, so it must not be one.
        private string NextName()
        {
            string name;
            do
                name = string.Create(CultureInfo.InvariantCulture, $"Gloro.{_count++}");
            while (ctx.ContainsColumn(name) || ctx.IsVariableDefined(name));
            return name;
        }
    }
}
