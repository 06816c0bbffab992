using Microsoft.ML.Data;
using Microsoft.ML.Gloro.MLNet;

namespace Microsoft.ML.Gloro.Bench;

/// <summary>Reads every output column of every row, as an application that uses them all would.</summary>
internal static class AllColumns
{
    public static void Read(IDataView scored)
    {
        DataViewSchema schema = scored.Schema;
        var outputs = schema.Where(column => Enum.IsDefined(typeof(OutputColumn), column.Name)).ToList();
        using var cursor = scored.GetRowCursor(outputs);
        ValueGetter<T> Getter<T>(string name) => cursor.GetGetter<T>(schema[name]);
        var (logits, score, radii) =
            (Getter<VBuffer<float>>("Logits"), Getter<VBuffer<float>>("Score"), Getter<VBuffer<float>>("TopKRadii"));
        var (set, reachable) = (Getter<VBuffer<uint>>("CertifiedLabels"), Getter<VBuffer<uint>>("ReachableLabels"));
        var (label, radius, certified) = (Getter<uint>("PredictedLabel"), Getter<float>("CertifiedRadius"), Getter<bool>("IsCertified"));
        var (k, loosest, group) = (Getter<int>("CertifiedK"), Getter<int>("LoosestK"), Getter<ReadOnlyMemory<char>>("CertifiedGroup"));
        VBuffer<float> floats = default;
        VBuffer<uint> keys = default;
        ReadOnlyMemory<char> name = default;
        (uint Top, float Radius, bool Certified, int Size, int Loosest) values = default;
        while (cursor.MoveNext())
        {
            logits(ref floats);
            score(ref floats);
            radii(ref floats);
            set(ref keys);
            reachable(ref keys);
            label(ref values.Top);
            radius(ref values.Radius);
            certified(ref values.Certified);
            k(ref values.Size);
            loosest(ref values.Loosest);
            group(ref name);
        }
    }
}
