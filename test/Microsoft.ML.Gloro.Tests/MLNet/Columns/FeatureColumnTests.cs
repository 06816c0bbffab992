using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.MLNet;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.MLNet;

[TestClass]
public sealed class FeatureColumnTests
{
    [TestMethod]
    public void Transform_MissingColumn_ListsThoseThatAreThere()
    {
        using var transformer = TestModels.Transformer(TestModels.Vector(), "Fetures");
        var e = Assert.ThrowsExactly<ArgumentException>(() => transformer.Transform(VectorRow.View([])));
        StringAssert.Contains(
            e.Message, "There is no column 'Fetures' to read features from; the columns are 'Id', 'Label', 'Features', 'Note'.");
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => transformer.GetRowToRowMapper(VectorRow.View([]).Schema)).Message, "'Fetures'");
    }

    [TestMethod]
    [DataRow("Id", "Int32")]
    [DataRow("Note", "String")]
    [DataRow("Label", "Key<UInt32, 0-4>")]
    public void Transform_WrongType_SaysWhichAndWhatIsAccepted(string column, string type)
    {
        using var onVectors = TestModels.Transformer(TestModels.Vector(), column);
        using var onImages = TestModels.Transformer(TestModels.Image(), column);
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => onVectors.Transform(VectorRow.View([]))).Message,
                $"Column '{column}' is of type {type}; features must be a vector of Single.");
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => onImages.Transform(VectorRow.View([]))).Message,
                $"Column '{column}' is of type {type}; features must be an image (MLImage");
    }

    [TestMethod]
    public void Transform_WrongVectorSize_SaysBoth()
    {
        using var transformer = TestModels.Transformer(TestModels.Vector(inputs: 4));
        var e = Assert.ThrowsExactly<ArgumentException>(() => transformer.Transform(VectorRow.View([])));
        StringAssert.Contains(e.Message, "Column 'Features' holds Vector<Single, 6> but the model reads a vector of 4 values");
    }

    [TestMethod]
    public void Check_ShapesOfSchemas_AgreeWithClassify()
    {
        var mlContext = new MLContext();
        var data = VectorRow.View([]);
        var shape = mlContext.Transforms.CustomMapping<None, Columns>((_, _) => { }, null)
            .Append(mlContext.Transforms.LoadImages("Image", "", "Text")).GetOutputSchema(new SchemaShape([]));
        foreach (var (name, image, vector) in new[] { ("Image", true, false), ("Bytes", true, false), ("Floats", true, true),
            ("Text", false, false), ("Single", false, false) })
        {
            Check(image, () => FeatureColumn.Check(shape, name, isImage: true));
            Check(vector, () => FeatureColumn.Check(shape, name, isImage: false));
        }

        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => FeatureColumn.Check(shape, "Absent", isImage: true)).Message,
            "There is no column 'Absent'");
        Assert.IsNotNull(data);

        static void Check(bool accepted, Action check)
        {
            if (accepted)
                check();
            else
                Assert.ThrowsExactly<ArgumentException>(check);
        }
    }

    [TestMethod]
    public void InputSpec_ShapesThatAreNoImageOrVector_AreRefused()
    {
        Assert.ThrowsExactly<ArgumentException>(() => new InputSpec(new TensorShape(4, 8, 8), isImage: true));
        Assert.ThrowsExactly<ArgumentException>(() => new InputSpec(new TensorShape(3, 8, 8), isImage: false));
    }

    private sealed class None;

    private sealed class Columns
    {
        public string Text { get; set; } = "";

        public byte[] Bytes { get; set; } = [];

        public float[] Floats { get; set; } = [];

        public float Single { get; set; }
    }
}
