using System.Text.Json;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Inference;

/// <summary>Files that PyTorch itself wrote; <c>Fixtures/Onnx/make.py</c> made them, and the logits that are expected.</summary>
[TestClass]
public sealed class ImportedFileTests
{
    private static readonly string s_folder = Path.Combine(Repository.Root, "test", "Microsoft.ML.Gloro.Tests", "Fixtures", "Onnx");

    private static IEnumerable<object[]> Files =>
        Directory.GetFiles(s_folder, "*.onnx").Order().Select(path => new object[] { Path.GetFileNameWithoutExtension(path) });

    [TestMethod]
    public void Folder_Files_AreThoseWithExpectedLogits() =>
        CollectionAssert.AreEquivalent(Expected().Keys.ToArray(), Files.Select(file => (string)file[0]).ToArray());

    [TestMethod]
    [DynamicData(nameof(Files))]
    public void Import_FileOfPyTorch_HasItsLogits(string name)
    {
        DeployedNetwork network = Read(name).Network;
        double[][] expected = Expected()[name];
        for (int row = 0; row < expected.Length; row++)
        {
            float[] logits = new float[network.ClassCount];
            new ForwardPass(network).Run(Row(network, row), rows: 1, logits, threads: 1);
            for (int i = 0; i < logits.Length; i++)
                Assert.AreEqual(expected[row][i], logits[i], 1e-5, $"row {row}, logit {i}");
        }
    }

    [TestMethod]
    [DynamicData(nameof(Files))]
    public void Import_FileOfPyTorch_HasABoundNearWhatItsLayersAttain(string name)
    {
        DeployedNetwork network = Read(name).Network;
        LipschitzBound bound = RigorousBound.Compute(network);

        double attained = bound.Layers.Aggregate(1.0, (product, layer) => product * layer.Attained);
        Assert.IsLessThanOrEqualTo(bound.Value, attained);
        Assert.IsLessThan(0.02, (bound.Value / attained) - 1, $"{attained} and {bound.Value}");

        // No two inputs may come further apart in front of the last layer.
        int width = network.Shapes[^2].Size;
        DeployedDense identity = Explicit.Dense(width, width, i => i / width == i % width ? 1 : 0);
        var hidden = new DeployedNetwork(network.InputShape, [.. network.Layers.SkipLast(1), identity]);
        for (int row = 0; row < 3; row++)
        {
            float[] x = Row(network, row), step = new RandomNetworks(row).Values(x.Length, 1e-3);
            float[] y = [.. x.Zip(step, (a, b) => a + b)];
            double distance = Length(x.Zip(y, (a, b) => (double)a - b));
            double[] at = ReferenceForward.Run(hidden, x), beside = ReferenceForward.Run(hidden, y);
            Assert.IsLessThanOrEqualTo(bound.Value * distance * (1 + 1e-9), Length(at.Zip(beside, (a, b) => a - b)));
        }
    }

    [TestMethod]
    [DataRow("residual-minmax", "minmax")]
    [DataRow("residual-halfabs", "halfabsolute")]
    [DataRow("residual-rabs", "absolute")]
    public void Import_ResidualNetwork_HasOneLayerForEachStep(string name, string activation)
    {
        string kinds = string.Join(", ", Read(name).Network.Layers.Select(layer => layer.Kind));

        string block = $"convolution, {activation}, ";
        Assert.AreEqual($"scaling, {block}{block}{block}convolution, dense, {activation}, dense, {activation}, dense", kinds);
    }

    private static ImportedNetwork Read(string name) => GraphImporter.Import(File.ReadAllBytes(Path.Combine(s_folder, name + ".onnx")));

    private static Dictionary<string, double[][]> Expected() =>
        JsonSerializer.Deserialize<Dictionary<string, double[][]>>(File.ReadAllText(Path.Combine(s_folder, "expected.json")))!;

    // The same formula as in make.py; fractions of 64 are exact.
    private static float[] Row(DeployedNetwork network, int row) =>
        [.. Enumerable.Range(0, network.InputShape.Size).Select(i => ((37 * i) + (11 * row) + (5 * (i / 7))) % 65 / 64f)];

    private static double Length(IEnumerable<double> values) => Math.Sqrt(values.Sum(x => x * x));
}
