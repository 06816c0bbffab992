using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>
/// The output columns as operators, for ML.NET's own ONNX export: every column as [N, number of values]. A tensor has one width for all
/// rows, so vectors of keys are filled up with 0, the missing key.
/// </summary>
internal sealed class OnnxColumns
{
    private readonly GraphOperators _ops;
    private readonly GloroModel _model;
    private readonly CertifiedRows _rows;
    private readonly GuaranteeGraph _guarantee;
    private readonly string _radius, _tightest, _loosest, _top;
    private readonly IReadOnlyList<ResolvedSet> _groups;

    /// <param name="ops">The graph.</param>
    /// <param name="model">The model.</param>
    /// <param name="input">The feature column, in single precision.</param>
    public OnnxColumns(GraphOperators ops, GloroModel model, string input)
    {
        (_ops, _model) = (ops, model);
        string flat = ops.Reshape(input, -1, model.Network.InputShape.Size); // a column may have several dimensions
        _rows = CertifiedRows.Append(ops, model, flat, model.RadiiCount, OnnxExporter.LargestCenter(model));
        _top = ops.Slice(_rows.Order, [0], [1], [1], [1]);
        _guarantee = new GuaranteeGraph(ops, model.RadiiCount);
        int sets = GuaranteeGraph.Sets(model.ResolvedGuarantee).Count;
        _groups = model.ResolvedGuarantee.Groups;
        (_radius, _tightest, _loosest) = _guarantee.Evaluate(_rows, model.ResolvedGuarantee, sets, ops.Single(model.Epsilon));
    }

    /// <summary>What a certified set can be called: the groups, the finest first, then the classes, then nothing.</summary>
    public IReadOnlyList<string> Names => [.. _groups.Select(group => group.Name!), .. _model.ClassNames, ""];

    /// <summary>The type of <paramref name="column"/> in the graph: of known size, even if the column's own type has none.</summary>
    public static DataViewType TypeOf(OutputColumn column, DataViewType type, GloroModel model) => column switch
    {
        OutputColumn.CertifiedLabels => new VectorDataViewType(((VectorDataViewType)type).ItemType, model.RadiiCount),
        OutputColumn.ReachableLabels or OutputColumn.CoverageLabels =>
            new VectorDataViewType(((VectorDataViewType)type).ItemType, model.ClassNames.Count),
        _ => type,
    };

    /// <summary>
    /// Adds the operators of <paramref name="column"/> and returns the name of its tensor. Of CertifiedGroup these are places in
    /// <see cref="Names"/>.
    /// </summary>
    public string Append(OutputColumn column) => column switch
    {
        OutputColumn.PredictedLabel => Keys(_top, _rows.IsScored),
        OutputColumn.Score => _ops.Where(_rows.IsScored, _rows.Scores, _ops.Single(float.NaN)),
        OutputColumn.Logits => _ops.Where(_rows.IsScored, _rows.Computed, _ops.Single(float.NaN)),
        OutputColumn.TopKRadii => _rows.Radii,
        OutputColumn.CertifiedRadius => _radius,
        OutputColumn.IsCertified => _ops.Greater(_loosest, _ops.Single(0.5f)),
        OutputColumn.CertifiedK => _ops.Cast(_tightest, OnnxType.Int32),
        OutputColumn.LoosestK => _ops.Cast(_loosest, OnnxType.Int32),
        OutputColumn.CertifiedLabels => Keys(_rows.Order, _ops.Greater(_guarantee.Within(_tightest), _ops.Single(0.5f))),
        OutputColumn.ReachableLabels => InOrder(Reachable()),
        OutputColumn.CoverageLabels => InOrder(new CoverageGraph(_ops, _model.Coverage!, _model)
            .Append(_rows, _ops.Single(_model.Epsilon))),
        OutputColumn.CertifiedGroup => CertifiedName(),
        _ => throw new ArgumentOutOfRangeException(nameof(column), column, "No such output column."),
    };

    /// <summary>Keys count from 1; 0 is the missing one.</summary>
    private string Keys(string classes, string present)
    {
        string numbers = _ops.Add(classes, _ops.Graph.Initializer([1L]));
        return _ops.Cast(_ops.Where(present, numbers, _ops.Graph.Initializer([0L])), OnnxType.UInt32);
    }

    /// <summary>The place in <see cref="Names"/> of the name of the certified set, [N, 1].</summary>
    private string CertifiedName()
    {
        string nothing = _ops.Graph.Initializer([_groups.Count + _model.ClassNames.Count]);
        string ofClass = _ops.Add(_top, _ops.Graph.Initializer([_groups.Count]));
        string named = _ops.Where(_ops.Less(_tightest, _ops.Single(1.5f)), ofClass, _groups.Count == 0 ? nothing : FinestGroup(nothing));
        return _ops.Where(_ops.Less(_tightest, _ops.Single(0.5f)), nothing, named);
    }

    /// <summary>The first group that holds the certified set, <paramref name="nothing"/> if none does; [N, 1].</summary>
    private string FinestGroup(string nothing)
    {
        int classes = _model.ClassNames.Count, groups = _groups.Count;
        float[] members = new float[classes * groups];
        for (int g = 0; g < groups; g++)
        {
            foreach (int index in _groups[g].Members())
                members[(index * groups) + g] = 1;
        }

        // How many classes of the certified set are in each group: all of them, or it is not the name.
        string ofOrder = _ops.Gather(_ops.Singles(members, classes, groups), _rows.Order, axis: 0); // [N, K, groups]
        string counts = _ops.Sum(_ops.Multiply(ofOrder, _ops.Unsqueeze(_guarantee.Within(_tightest), axis: 2)), axis: 1);
        string holds = _ops.Greater(_ops.Reshape(counts, -1, groups), _ops.Subtract(_tightest, _ops.Single(0.5f)));
        float[] weights = [.. Enumerable.Range(0, groups).Select(place => (float)(groups - place))];
        string weighted = _ops.Multiply(_ops.Cast(holds, OnnxType.Single), _ops.Singles(weights, groups));
        (string found, string first) = _ops.TopK(weighted, 1, axis: 1);
        return _ops.Where(_ops.Greater(found, _ops.Single(0.5f)), first, nothing);
    }

    /// <summary>The classes of a mask, [N, C], in the order of their logits.</summary>
    private string InOrder(string mask)
    {
        int classes = _model.ClassNames.Count;
        (_, string order) = _ops.TopK(_rows.Logits, classes, axis: 1);

        // Moves them to the front: each weighs its distance from the end of the order, the other classes nothing.
        float[] weights = [.. Enumerable.Range(0, classes).Select(place => (float)(classes - place))];
        string present = _ops.GatherElements(_ops.Cast(mask, OnnxType.Single), order, axis: 1);
        string ordered = _ops.Multiply(present, _ops.Singles(weights, classes));
        (string found, string places) = _ops.TopK(ordered, classes, axis: 1);
        return Keys(_ops.GatherElements(order, places, axis: 1), _ops.Greater(found, _ops.Single(0.5f)));
    }

    /// <summary>All classes but those whose quotient, rounded down, exceeds ε in a row that is certified; [N, C].</summary>
    private string Reachable()
    {
        var certificate = new CertificateGraph(_ops, _model.With(CertificateArithmetic.Float64).Constants, _model.RadiiCount);
        string quotients = certificate.TopQuotients(_rows.Logits, _rows.Highest, _top, _rows.Checks);
        double epsilon = _model.Epsilon <= _rows.LargestRadius ? _model.Epsilon : double.MaxValue; // nothing is excluded beyond
        string excluded = _ops.And(_ops.Greater(quotients, _ops.Double(epsilon)), _rows.CanCertify);
        return _ops.Not(excluded);
    }
}
