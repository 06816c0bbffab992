using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Inference;

[TestClass]
public sealed class GloroModelFileTests
{
    [TestMethod]
    public void Read_OfWhatWasWritten_GivesAnEqualModel()
    {
        GloroModel model = TestModels.EveryKind().WithTemperature(1 / 3.0);

        GloroModel read = ModelFiles.Read(ModelFiles.Write(model));

        Assert.AreEqual(model.Guarantee, read.Guarantee);
        Assert.AreEqual(model.Epsilon, read.Epsilon);
        Assert.AreEqual(model.IsImage, read.IsImage);
        Assert.AreEqual(1 / 3.0, read.Temperature);
        Assert.AreEqual(model.Provenance, read.Provenance);
        Assert.AreEqual(model.Bound.Value, read.Bound.Value);
        Assert.AreEqual(model.Bound.WeightHash, read.Bound.WeightHash);
        CollectionAssert.AreEqual(model.Bound.Layers.ToArray(), read.Bound.Layers.ToArray());
        CollectionAssert.AreEqual(model.ClassNames.ToArray(), read.ClassNames.ToArray());
        CollectionAssert.AreEqual(model.TrainingRowCounts.ToArray(), read.TrainingRowCounts.ToArray());
        CollectionAssert.AreEqual(model.Network.Shapes.ToArray(), read.Network.Shapes.ToArray());
        for (int i = 0; i < model.Network.Layers.Count; i++)
        {
            Assert.AreEqual(model.Network.Layers[i].GetType(), read.Network.Layers[i].GetType());
            float[][] expected = [.. model.Network.Layers[i].Tensors.Select(tensor => tensor.Values)];
            float[][] actual = [.. read.Network.Layers[i].Tensors.Select(tensor => tensor.Values)];
            for (int j = 0; j < expected.Length; j++)
                CollectionAssert.AreEqual(Bits(expected[j]), Bits(actual[j]));
        }
    }

    [TestMethod]
    [DataRow("local")]
    [DataRow("rtk:2")]
    [DataRow("affinity:class 0+class 1,class 1+class 2:exact:no-singletons")]
    [DataRow("affinity:#0+#2")]
    public void Write_AfterRead_GivesTheSameBytes(string guarantee)
    {
        GloroModel model = TestModels.Complete(new RandomNetworks(3).Vector(), RobustnessGuarantee.Parse(guarantee), epsilon: 0.1f);
        byte[] file = ModelFiles.Write(model);

        byte[] again = ModelFiles.Write(ModelFiles.Read(file));

        CollectionAssert.AreEqual(file, again);
    }

    [TestMethod]
    [DataRow(GloroImageViews.One)]
    [DataRow(GloroImageViews.Mirrored)]
    [DataRow(GloroImageViews.MirroredAndTurned)]
    public void Read_OfAModelWithViews_KeepsThem(GloroImageViews views)
    {
        GloroModel model = TestModels.Complete(new RandomNetworks(3).Turned().With(views));
        byte[] file = ModelFiles.Write(model);

        GloroModel read = ModelFiles.Read(file);

        Assert.AreEqual(views, read.Network.Views);
        Assert.AreEqual(model.Rounding.Margin, read.Rounding.Margin);
        CollectionAssert.AreEqual(file, ModelFiles.Write(read));
        Assert.AreEqual(
            views != GloroImageViews.One,
            ModelSurgery.HeaderText(file).Contains("\"views\"", StringComparison.Ordinal),
            "What has one view stays readable for what knows no others.");
    }

    [TestMethod]
    public void Read_OfAModelWithLabelsOfEachType_KeepsTheType()
    {
        foreach (LabelType type in LabelType.All)
        {
            byte[] file = ModelFiles.Write(WithLabels(type, "True", "False"));
            GloroModel read = ModelFiles.Read(file);
            Assert.AreSame(type, read.LabelType);
            CollectionAssert.AreEqual(file, ModelFiles.Write(read));
            string header = ModelSurgery.HeaderText(file);
            Assert.AreEqual(type != LabelType.Text, header.Contains("\"labelType\"", StringComparison.Ordinal), type.FileName);
        }
    }

    [TestMethod]
    [DataRow("int32", "1", "02")]
    [DataRow("int32", "1", "a")]
    [DataRow("uint8", "1", "256")]
    [DataRow("boolean", "True", "false")]
    [DataRow("float32", "1", "0.10")]
    [DataRow("dateTime", "2024-01-01", "01/02/2024")]
    [DataRow("text", "a", "b")]
    [DataRow("guid", "a", "b")]
    public void Read_NamesThatAreNoValuesOfTheLabelType_IsRefused(string type, string first, string second)
    {
        byte[] file = ModelSurgery.EditHeader(ModelFiles.Write(WithLabels(LabelType.Text, first, second)), header =>
        {
            header["labelType"] = type;
            header["classNames"] = new System.Text.Json.Nodes.JsonArray(first, second);
        });
        var e = Assert.ThrowsExactly<FormatException>(() => ModelFiles.Read(file));
        StringAssert.StartsWith(e.Message, "The GloRo model cannot be loaded: ");
    }

    [TestMethod]
    public void Write_OfTensorsLongerThanABlock_IsReadBack()
    {
        GloroModel model = TestModels.Complete(new RandomNetworks(4).Vector(inputs: 301, hidden: 500, classes: 7));
        byte[] file = ModelFiles.Write(model);

        CollectionAssert.AreEqual(file, ModelFiles.Write(ModelFiles.Read(file)));
    }

    [TestMethod]
    public void Write_OfExtremeWeights_KeepsEveryBit()
    {
        float[] weights = [float.Epsilon, -float.Epsilon, -0f, 0f, float.MaxValue, 1e-30f];
        var network = new DeployedNetwork(TensorShape.Vector(2), [new DeployedDense(weights, [-0f, 1, 2], 2, 3)]);
        byte[] file = ModelFiles.Write(TestModels.Complete(network));

        GloroModel read = ModelFiles.Read(file);

        CollectionAssert.AreEqual(Bits(weights), Bits(read.Network.Final.Weights));
        Assert.AreEqual(int.MinValue, BitConverter.SingleToInt32Bits(read.Network.Final.Bias[0]));
    }

    [TestMethod]
    public void Read_FromAStreamOfSinglesBytes_LeavesWhatFollowsUnread()
    {
        byte[] file = ModelFiles.Write(TestModels.SmallVector());
        using var stream = new DrippingStream([.. file, 42]);

        GloroModel read = GloroModelFile.Read(stream);

        CollectionAssert.AreEqual(file, ModelFiles.Write(read));
        Assert.AreEqual(42, stream.ReadByte());
    }

    [TestMethod]
    public void Read_FromAFailingStream_LetsItsErrorThrough()
    {
        using var stream = new DrippingStream(
            [.. ModelFiles.Write(TestModels.SmallVector()).Take(100)], failAtEnd: new IOException("the disk is gone"));

        IOException error = Assert.ThrowsExactly<IOException>(() => GloroModelFile.Read(stream));

        Assert.AreEqual("the disk is gone", error.Message);
    }

    [TestMethod]
    public void Read_FromABrokenArchive_SaysSo()
    {
        using var stream = new DrippingStream(
            [.. ModelFiles.Write(TestModels.SmallVector()).Take(100)], failAtEnd: new InvalidDataException("bad block"));

        FormatException error = Assert.ThrowsExactly<FormatException>(() => GloroModelFile.Read(stream));

        StringAssert.Contains(error.Message, "cannot be decompressed");
    }

    private static int[] Bits(float[] values) => Array.ConvertAll(values, BitConverter.SingleToInt32Bits);

    /// <summary>Gives one byte a call, cannot seek, and may fail at its end: what a network or an archive does.</summary>
    private sealed class DrippingStream(byte[] bytes, Exception? failAtEnd = null) : Stream
    {
        private int _position;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            if (_position == bytes.Length)
                return failAtEnd is null ? 0 : throw failAtEnd;
            buffer[offset] = bytes[_position++];
            return 1;
        }

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    // A value of each type.
    private static GloroModel WithLabels(LabelType type, params string[] names)
    {
        if (type != LabelType.Text)
        {
            names = type.FileName switch
            {
                "boolean" => ["False", "True"],
                "dateTime" => ["2024-02-29", "2024-02-29T12:00:00.5"],
                "dateTimeOffset" => ["2024-02-29T00:00:00+05:30", "2024-02-29T00:00:00+00:00"],
                "timeSpan" => ["00:00:00", "1.00:00:00"],
                _ => ["1", "2"],
            };
        }

        var network = new RandomNetworks(3).Vector(classes: 2);
        return new(network, RigorousBound.Compute(network), names, RobustnessGuarantee.Local, 0.1f, isImage: false, labelType: type);
    }
}
