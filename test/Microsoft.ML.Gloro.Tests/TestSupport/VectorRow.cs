using Microsoft.ML.Data;

namespace Microsoft.ML.Gloro.Tests.TestSupport;

/// <summary>A row of six features, for <see cref="TestModels.Vector"/>.</summary>
internal sealed class VectorRow
{
    public int Id { get; set; }

    /// <summary>Counted from 0: LoadFromEnumerable adds the one that keys are counted from everywhere else.</summary>
    [KeyType(5)]
    public uint Label { get; set; }

    [VectorType(6)]
    public float[] Features { get; set; } = [];

    public string Note { get; set; } = "";

    /// <summary>Random rows.</summary>
    public static List<VectorRow> Random(int count, int seed = 7, float scale = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(
            i => new VectorRow { Id = i, Label = (uint)(i % 5), Features = TestModels.Features(random, 6, scale), Note = $"note {i}" })];
    }

    /// <summary>A view of <paramref name="rows"/>.</summary>
    public static IDataView View(IEnumerable<VectorRow> rows) => new MLContext().Data.LoadFromEnumerable(rows);
}
