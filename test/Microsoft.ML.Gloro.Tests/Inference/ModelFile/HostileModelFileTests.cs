using System.Buffers.Binary;
using System.Text.Json.Nodes;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Inference;

/// <summary>Files that were cut, damaged, or forged with a right checksum: each is refused with a FormatException, at no cost.</summary>
[TestClass]
public sealed class HostileModelFileTests
{
    private static readonly byte[] Small = ModelFiles.Write(TestModels.SmallVector());
    private static readonly byte[] Image = ModelFiles.Write(TestModels.EveryKind());

    [TestMethod]
    public void Read_TruncatedAtEveryLength_IsRefused()
    {
        for (int length = 0; length < Small.Length; length++)
            StringAssert.Contains(Refused(Small[..length]), "ends after");
    }

    [TestMethod]
    public void Read_WithAnyByteChanged_IsRefused()
    {
        for (int i = 0; i < Small.Length; i++)
        {
            foreach (byte mask in (ReadOnlySpan<byte>)[0x01, 0x20, 0x80, 0xFF])
            {
                byte[] file = [.. Small];
                file[i] ^= mask;
                Refused(file);
            }
        }
    }

    [TestMethod]
    public void Read_OfRandomSplices_IsRefusedOrTheSameModel()
    {
        var random = new Random(5);
        for (int i = 0; i < 1000; i++)
        {
            byte[] from = random.Next(2) == 0 ? Small : Image;
            int length = random.Next(1, 200);
            byte[] file = [.. Small];
            from.AsSpan(random.Next(from.Length - length), length).CopyTo(file.AsSpan(random.Next(file.Length - length)));
            if (!file.AsSpan().SequenceEqual(Small))
                Refused(file);
        }
    }

    [TestMethod]
    public void Read_OfANewerVersion_SaysToUpdate()
    {
        byte[] file = [.. Small];
        file[8] = ModelFileFormat.Version + 1;

        StringAssert.Contains(Refused(file), "a newer one");
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    public void Read_OfAnOlderVersion_SaysToTrainAgain(int version)
    {
        byte[] file = [.. Small];
        file[8] = (byte)version;

        StringAssert.Contains(Refused(file), "Train and save the model again");
    }

    [TestMethod]
    [DataRow("layers[1].weights[0]", "16777217")]
    [DataRow("layers[1].weights[0]", "16777216")]
    [DataRow("layers[1].weights[0]", "0")]
    [DataRow("layers[1].weights[0]", "-4")]
    [DataRow("layers[1].weights[0]", "4.5")]
    [DataRow("layers[1].weights[0]", "99999999999999999999")]
    [DataRow("layers[1].weights[0]", "\"4\"")]
    [DataRow("layers[1].weights[0]", "5")]
    [DataRow("layers[1].weights", "[4]")]
    [DataRow("layers[1].weights", "[4,3,1]")]
    [DataRow("layers[1].weights", "null")]
    [DataRow("layers[1].kind", "\"System.Diagnostics.Process\"")]
    [DataRow("layers[1].kind", "\"flatten\"")]
    [DataRow("layers[1]", "[]")]
    [DataRow("layers", "[]")]
    [DataRow("layers", "{}")]
    [DataRow("inputShape", "[16777216,16777216,16777216]")]
    [DataRow("inputShape", "[3,1,1,1]")]
    [DataRow("inputShape", "[4,1,1]")]
    [DataRow("classNames", "[\"a\",\"b\"]")]
    [DataRow("classNames", "[\"a\",\"b\",3]")]
    [DataRow("trainingRowCounts", "[1,2]")]
    [DataRow("trainingRowCounts", "[1,2,-3]")]
    [DataRow("epsilon", "-1")]
    [DataRow("epsilon", "1e39")]
    [DataRow("epsilon", "\"NaN\"")]
    [DataRow("temperature", "0")]
    [DataRow("temperature", "-0.5")]
    [DataRow("temperature", "1e-13")]
    [DataRow("temperature", "1.1e12")]
    [DataRow("temperature", "1e999")]
    [DataRow("temperature", "-1e999")]
    [DataRow("temperature", "\"NaN\"")]
    [DataRow("temperature", "\"1\"")]
    [DataRow("temperature", "null")]
    [DataRow("temperature", "[1]")]
    [DataRow("guarantee", "\"rtk:3\"")]
    [DataRow("guarantee", "\"rtk:99999999999\"")]
    [DataRow("guarantee", "\"affinity:nobody\"")]
    [DataRow("views", "\"mirrored\"")]
    [DataRow("isImage", "null")]
    [DataRow("isImage", "1")]
    [DataRow("bound.value", "1e999")]
    [DataRow("bound.value", "-1")]
    [DataRow("bound.value", "null")]
    [DataRow("bound.weightHash", "\"\"")]
    [DataRow("bound.layers", "[]")]
    [DataRow("bound.layers[0].bound", "0")]
    [DataRow("bound.layers[0].attained", "-1e-300")]
    [DataRow("bound.layers[0].attained", "1e999")]
    [DataRow("bound.layers[0].attained", "\"NaN\"")]
    [DataRow("bound.layers[0].attained", "null")]
    [DataRow("bound.layers[0].attained", "1000")]
    [DataRow("bound.layers[0].index", "1")]
    [DataRow("bound.layers[0].kind", "\"flatten\"")]
    public void Read_OfAForgedVectorModel_IsRefused(string path, string value) =>
        Refused(ModelSurgery.EditHeader(Small, header => Set(header, path, value)));

    [TestMethod]
    [DataRow("layers[1].block", "16384")]
    [DataRow("layers[1].block", "0")]
    [DataRow("layers[1].block", "1000000")]
    [DataRow("layers[2].kernel", "[16777216,16777216,16384,16384]")]
    [DataRow("layers[2].kernel", "[10,12,3,1000000]")]
    [DataRow("layers[2].stride", "0")]
    [DataRow("layers[2].padding", "[16384,16384,16384,16384]")]
    [DataRow("layers[2].padding", "[-1,0,2,1]")]
    [DataRow("layers[6].size", "0")]
    [DataRow("layers[6].size", "16384")]
    [DataRow("views", "\"one\"")]
    [DataRow("views", "\"Mirrored\"")]
    [DataRow("views", "8")]
    [DataRow("views", "null")]
    [DataRow("views", "\"mirroredAndTurned\"")] // 13 × 17 pixels
    [DataRow("inputShape", "[3,16777216,1]")]
    [DataRow("inputShape", "[3,16384,16384]")]
    public void Read_OfAForgedImageModel_IsRefused(string path, string value) =>
        Refused(ModelSurgery.EditHeader(Image, header => Set(header, path, value)));

    [TestMethod]
    [DataRow("")]
    [DataRow("{}")]
    [DataRow("[]")]
    [DataRow("null")]
    [DataRow("{\"library\":\"\"} x")]
    [DataRow("/* comment */ {}")]
    public void Read_OfAHeaderThatIsNone_IsRefused(string header) => Refused(ModelSurgery.WithHeader(Small, header));

    [TestMethod]
    public void Read_OfAStringThatIsNotUnicode_IsRefused()
    {
        string header = ModelSurgery.HeaderText(Small);
        Refused(ModelSurgery.WithHeader(Small, header.Replace("class 1", "\\ud800", StringComparison.Ordinal)));
        Refused(ModelSurgery.WithHeader(Small, header.Replace("epsilon", "\\ud800", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Read_OfATemperatureThatIsNoJson_IsRefused()
    {
        string header = ModelSurgery.HeaderText(Small);
        StringAssert.Contains(header, "\"temperature\":1,");
        foreach (string number in new[] { "NaN", "Infinity", "-", "1.", "0x1", "" })
            Refused(ModelSurgery.WithHeader(
                Small, header.Replace("\"temperature\":1,", $"\"temperature\":{number},", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Read_OfDeepJson_IsRefused()
    {
        Refused(ModelSurgery.WithHeader(Small, new string('[', 1_000_000)));
        Refused(ModelSurgery.WithHeader(Small, string.Concat(Enumerable.Repeat("{\"layers\":", 100_000))));
    }

    [TestMethod]
    public void Read_OfAnUnknownOrDoubledProperty_IsRefused()
    {
        StringAssert.Contains(Refused(ModelSurgery.EditHeader(Small, header => header["$type"] = "x")), "$.$type");
        string header = ModelSurgery.HeaderText(Small);
        StringAssert.Contains(Refused(ModelSurgery.WithHeader(Small, header[..^1] + ",\"epsilon\":0}")), "twice");
    }

    [TestMethod]
    public void Read_WithoutAnyOneProperty_IsRefusedAndNamesIt()
    {
        string[] names = [.. JsonNode.Parse(ModelSurgery.HeaderText(Small))!.AsObject().Select(p => p.Key)];
        Assert.Contains("temperature", names);
        foreach (string name in names)
            StringAssert.Contains(Refused(ModelSurgery.EditHeader(Small, header => header.Remove(name))), $"has no property '{name}'");
    }

    [TestMethod]
    public void Read_OfManyWeightsInAShortFile_TakesMemoryForWhatIsThereOnly()
    {
        byte[] file = ModelSurgery.EditHeader(Small, header => Set(header, "layers[1].weights", "[8000000,16]"));
        long before = GC.GetAllocatedBytesForCurrentThread();

        StringAssert.Contains(Refused(file), "ends after");

        Assert.IsLessThan(4_000_000, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [TestMethod]
    [DataRow(float.NaN)]
    [DataRow(float.PositiveInfinity)]
    public void Read_OfWeightsThatAreNoNumbers_IsRefused(float weight) =>
        StringAssert.Contains(
            Refused(ModelSurgery.EditTensors(Small, tensors => BinaryPrimitives.WriteSingleLittleEndian(tensors.AsSpan(24), weight))),
            "among its weights");

    [TestMethod]
    public void Read_OfOtherWeights_IsRefusedByTheirHash() =>
        StringAssert.Contains(Refused(ModelSurgery.EditTensors(Small, tensors => tensors[40] ^= 1)), "proved for other weights");

    [TestMethod]
    public void Read_OfATotalBoundMadeSmaller_IsRefused() =>
        StringAssert.Contains(
            Refused(ModelSurgery.EditHeader(Small, header => Scale(header["bound"]!.AsObject(), "value", 1 - 1e-6))), "multiply to");

    [TestMethod]
    public void Read_OfALayersBoundMadeSmaller_IsRefused()
    {
        foreach (byte[] file in (byte[][])[Small, Image])
        {
            int count = ModelFiles.Read(file).Bound.Layers.Count;
            for (int i = 0; i < count; i++)
            {
                byte[] altered = ModelSurgery.EditHeader(file, header =>
                {
                    JsonObject bound = header["bound"]!.AsObject();
                    Scale(bound["layers"]![i]!.AsObject(), "bound", 0.5);
                    Scale(bound, "value", 0.5);
                });
                StringAssert.Contains(Refused(altered), $"layer {i} ");
            }
        }
    }

    [TestMethod]
    public void Read_OfAnAttainedNormAboveItsBound_IsRefused()
    {
        int count = ModelFiles.Read(Image).Bound.Layers.Count;
        for (int i = 0; i < count; i++)
        {
            byte[] altered = ModelSurgery.EditHeader(Image, header =>
            {
                JsonObject layer = header["bound"]!["layers"]![i]!.AsObject();
                layer["attained"] = layer["bound"]!.GetValue<double>() * (1 + 1e-6);
            });
            StringAssert.Contains(Refused(altered), $"Layer {i} ");
        }
    }

    [TestMethod]
    public void Read_OfABoundForOtherWeightsWithTheirHash_IsRefused()
    {
        // The forger multiplies the weights by 8, writes the right hash, and keeps the bound.
        DeployedNetwork network = new RandomNetworks(1).Vector();
        var dense = (DeployedDense)network.Layers[1];
        var grown = new DeployedNetwork(
            network.InputShape,
            [
                network.Layers[0], new DeployedDense(Array.ConvertAll(dense.Weights, w => 8 * w), dense.Bias, dense.Inputs, dense.Outputs),
                .. network.Layers.Skip(2),
            ]);
        LipschitzBound old = RigorousBound.Compute(network);
        var forged = new GloroModel(
            grown,
            new LipschitzBound(old.Value, old.Layers, WeightHash.Compute(grown)),
            ["a", "b", "c"],
            RobustnessGuarantee.Local,
            0.1f,
            isImage: false);

        StringAssert.Contains(Refused(ModelFiles.Write(forged)), "its norm is at least");
    }

    [TestMethod]
    public void Read_OfADenseLayerWithAForgedBound_IsRefused()
    {
        // The forger writes every hash and every other number right.
        const int Rows = 1000;
        float[] weights = [1, 0, .. Enumerable.Range(0, Rows - 1).SelectMany(_ => (float[])[0, 0.999f])];
        var dense = new DeployedDense(weights, new float[Rows], 2, Rows);
        var network = new DeployedNetwork(TensorShape.Vector(2), [dense, new RandomNetworks(1).Dense(Rows, 3)]);
        var bound = new LipschitzBound(1, [new LayerBound(0, "dense", "Gram iteration", 1, 1)], WeightHash.Compute(network));
        var forged = new GloroModel(network, bound, ["a", "b", "c"], RobustnessGuarantee.Local, 0.1f, isImage: false);

        StringAssert.Contains(Refused(ModelFiles.Write(forged)), "its norm is at least");
    }

    private static string Refused(byte[] file)
    {
        FormatException error = Assert.ThrowsExactly<FormatException>(() => ModelFiles.Read(file));
        StringAssert.StartsWith(error.Message, "The GloRo model cannot be loaded: ");
        Assert.IsLessThan(2000, error.Message.Length);
        return error.Message;
    }

    private static void Scale(JsonObject owner, string name, double factor) => owner[name] = owner[name]!.GetValue<double>() * factor;

    /// <summary>Replaces the value at a path such as layers[1].weights[0].</summary>
    private static void Set(JsonObject header, string path, string value)
    {
        string[] steps = path.Replace("[", ".[", StringComparison.Ordinal).Split('.');
        JsonNode node = header;
        foreach (string step in steps[..^1])
            node = step[0] == '[' ? node[Index(step)]! : node[step]!;
        JsonNode? replacement = JsonNode.Parse(value);
        if (steps[^1][0] == '[')
            node[Index(steps[^1])] = replacement;
        else
            node[steps[^1]] = replacement;

        static int Index(string step) => int.Parse(step[1..^1], System.Globalization.CultureInfo.InvariantCulture);
    }
}
