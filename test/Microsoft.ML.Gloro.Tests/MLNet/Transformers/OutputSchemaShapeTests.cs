using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.MLNet;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.MLNet;

[TestClass]
public sealed class OutputSchemaShapeTests
{
    [TestMethod]
    [DataRow("")]
    [DataRow("My")]
    public void Append_AnyPrefix_MatchesTheSchemaOfTheTransformer(string prefix)
    {
        using var transformer = TestModels.Transformer(TestModels.Vector(), prefix: prefix);
        var schema = transformer.GetOutputSchema(VectorRow.View([]).Schema);
        var shape = OutputSchemaShape.Append(Shape(), LabelType.Text, prefix);
        Assert.AreEqual(15, shape.Count);
        foreach (var column in OutputColumns.Usual)
        {
            string name = OutputColumns.Name(column, prefix);
            var promised = shape.Single(c => c.Name == name);
            var given = schema[name];
            var kind = given.Type is VectorDataViewType vector
                ? vector.IsKnownSize ? SchemaShape.Column.VectorKind.Vector : SchemaShape.Column.VectorKind.VariableVector
                : SchemaShape.Column.VectorKind.Scalar;
            var item = given.Type is VectorDataViewType v ? v.ItemType : given.Type;
            Assert.AreEqual(
                (kind, item is KeyDataViewType, item.RawType), (promised.Kind, promised.IsKey, promised.ItemType.RawType), name);
            CollectionAssert.AreEquivalent(
                given.Annotations.Schema.Select(a => a.Name).ToArray(), promised.Annotations.Select(a => a.Name).ToArray(), name);
        }
    }

    [TestMethod]
    public void Append_InputThatHasTheColumns_ReplacesThem()
    {
        var once = OutputSchemaShape.Append(Shape(), LabelType.Text);
        Assert.AreEqual(once.Count, OutputSchemaShape.Append(once, LabelType.Text).Count);
    }

    // The columns of VectorRow, made by an estimator: a shape has no public constructor of columns.
    private static SchemaShape Shape() =>
        new MLContext().Transforms.CustomMapping<NoInput, VectorRowOut>((_, _) => { }, null).GetOutputSchema(new SchemaShape([]));

    private sealed class NoInput;

    private sealed class VectorRowOut
    {
        public int Id { get; set; }

        [KeyType(5)]
        public uint Label { get; set; }

        [VectorType(6)]
        public float[] Features { get; set; } = [];

        public string Note { get; set; } = "";
    }
}
