using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;
using Microsoft.ML.Gloro.Training;
using TorchSharp;

namespace Microsoft.ML.Gloro.Tests.Training;

/// <summary>Lists of layers become networks, or one error that says which layer does not fit.</summary>
[TestClass]
public sealed class NetworkBuilderTests
{
    private static readonly TensorShape s_image = new(3, 16, 16);

    [ClassInitialize]
    public static void Load(TestContext _) => TorchProcess.Prepare();

    [TestMethod]
    [DataRow(16, 16, 0, 6, 10)]
    [DataRow(33, 48, 2, 8, 12)]
    [DataRow(64, 64, 8, 96, 256)]
    public void Create_LiResNet_HasTheWeightsItHadLayerByLayer(int height, int width, int depth, int channels, int tail)
    {
        var input = new TensorShape(3, height, width);
        float[] means = [0.4f, 0.5f, 0.6f];
        using var network = LiResNetLayers.Create(input, 10, depth, channels, tail, means, Nets.Factory(11));
        using var expected = ImperativeNets.LiResNet(input, 10, depth, channels, tail, means, Nets.Factory(11));
        AssertSame(expected, network);
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(3)]
    public void Create_Mlp_HasTheWeightsItHadLayerByLayer(int depth)
    {
        float[] means = [1, 2, 3, 4, 5, 6, 7];
        using var network = Mlp.Create(7, 4, depth, 12, means, 0.7f, Nets.Factory(11));
        using var expected = ImperativeNets.Mlp(7, 4, depth, 12, means, 0.7f, Nets.Factory(11));
        AssertSame(expected, network);
    }

    [TestMethod]
    [DataRow("convolution 5 3×3; minmax", "Layer 2 of 2 (minmax) cannot take an image of 5×16×16: it pairs channels, and 5 is odd.")]
    [DataRow("minmax", "Layer 1 of 1 (minmax) cannot take an image of 3×16×16: it pairs channels")]
    [DataRow("flatten; dense 7; minmax; relu", "Layer 3 of 4 (minmax) cannot take a vector of 7 values: it pairs channels")]
    [DataRow("relu; dense 10", "Layer 2 of 2 (dense 10) cannot take an image of 3×16×16: it takes vectors only; put Flatten before it.")]
    [DataRow("residual dense", "(residual dense) cannot take an image of 3×16×16: it takes vectors only")]
    [DataRow("orthogonal dense 10", "(orthogonal dense 10) cannot take an image")]
    [DataRow("reflector dense 10 rank 2", "(reflector dense 10 rank 2) cannot take an image")]
    [DataRow(
        "flatten; reflector dense 10 rank 385",
        "cannot take a vector of 768 values: its rank may be at most 384, half of the larger of its input and its width.")]
    [DataRow("orthogonal residual dense", "(orthogonal residual dense) cannot take an image")]
    [DataRow("halfabs", "Layer 1 of 1 (halfabs) cannot take an image of 3×16×16: it halves the channels, and 3 is odd.")]
    [DataRow("channel shift 1/8", "it moves one channel of 8 in each direction, and there are only 3.")]
    [DataRow("flatten; channel shift 1/4", "(channel shift 1/4) cannot take a vector of 768 values: it takes images only.")]
    [DataRow("flatten; orthogonal convolution 4", "(orthogonal convolution 4) cannot take a vector")]
    [DataRow(
        "space-to-depth 16; space-to-depth 2",
        "Layer 2 of 2 (space-to-depth 2) cannot take an image of 768×1×1: its block is larger than the image.")]
    [DataRow("average pooling 17", "(average pooling 17) cannot take an image of 3×16×16: its pool is larger than the image.")]
    [DataRow(
        "space-to-depth 16; convolution 4 4×4 stride 2",
        "(convolution 4 4×4 stride 2) cannot take an image of 768×1×1: a 4×4 kernel with padding 1 is larger than the image.")]
    [DataRow("flatten; convolution 4 3×3", "Layer 2 of 2 (convolution 4 3×3) cannot take a vector of 768 values: it takes images only.")]
    [DataRow("flatten; residual convolution 3×3", "(residual convolution 3×3) cannot take a vector")]
    [DataRow("flatten; space-to-depth 2", "(space-to-depth 2) cannot take a vector")]
    [DataRow("flatten; average pooling 2", "(average pooling 2) cannot take a vector")]
    [DataRow("convolution 2000000000 3×3", "(convolution 2000000000 3×3) cannot take an image of 3×16×16: its output would be too large.")]
    public void Build_LayerThatDoesNotFit_SaysWhichAndWhyAndLeavesNoTensor(string layers, string message)
    {
        var factory = Nets.Factory(1);
        long before = TorchProcess.LiveTensors();
        var e = Assert.ThrowsExactly<ArgumentException>(() => NetworkBuilder.Build(s_image, 3, Read(layers), new float[3], 1, factory));
        StringAssert.Contains(e.Message, message);
        Assert.AreEqual(before, TorchProcess.LiveTensors());
    }

    [TestMethod]
    [DataRow("convolution 4 3×3")]
    [DataRow("space-to-depth 1")]
    public void Build_ImageLayerForVectors_IsRefused(string layer) => StringAssert.Contains(
        Assert.ThrowsExactly<ArgumentException>(
            () => NetworkBuilder.Build(TensorShape.Vector(6), 3, Read(layer), new float[6], 1, Nets.Factory(1))).Message,
        $"Layer 1 of 1 ({layer}) cannot take a vector of 6 values: it takes images only.");

    [TestMethod]
    public void Build_EmptyList_IsALinearModel()
    {
        using var scope = torch.NewDisposeScope();
        foreach (var (shape, means, scale) in new[]
        {
            (TensorShape.Vector(5), new float[5], 0.5f), (new TensorShape(2, 3, 4), [0.25f, 0.5f], 1f),
        })
        {
            var factory = Nets.Factory(2);
            using var network = NetworkBuilder.Build(shape, 3, [], means, scale, factory);
            Assert.AreEqual(scale, network.EstimateKappa(1).item<float>());
            var plain = network.Fold();
            Assert.AreEqual(scale, RigorousBound.Compute(plain).Value, 1e-12);
            Assert.HasCount(shape.Size * 3, plain.Final.Weights);
            var x = Nets.Batch(shape, 3, factory);
            foreach (var (row, logits) in Nets.Rows(x).Zip(Nets.Rows(network.Forward(x, training: false))))
                Assert.IsLessThan(1e-5, Nets.Distance(ReferenceForward.Run(plain, row), logits));
        }
    }

    [TestMethod]
    public void Build_ImageAtTheEnd_IsFlattenedForTheLastLayer()
    {
        using var network = NetworkBuilder.Build(s_image, 3, Read("space-to-depth 16; relu"), new float[3], 1, Nets.Factory(1));
        var plain = network.Fold();
        Assert.AreEqual("scaling, space-to-depth, relu, flatten, dense", string.Join(", ", plain.Layers.Select(l => l.Kind)));
        using var x = Nets.Batch(s_image, 2, Nets.Factory(2));
        using var logits = network.Forward(x, training: false);
        CollectionAssert.AreEqual(new long[] { 2, 3 }, logits.shape);
    }

    [TestMethod]
    public void Build_ResidualLayers_AreScaledByTheNumberOfTheirSort()
    {
        using var scope = torch.NewDisposeScope();
        var layers = Read(
            "convolution 4 3×3; residual convolution 3×3; relu; residual convolution 5×5; residual convolution 1×1; flatten; dense 6; "
            + "residual dense; orthogonal residual dense");
        var factory = Nets.Factory(4);
        using var network = NetworkBuilder.Build(new TensorShape(2, 4, 4), 3, layers, new float[2], 1, factory);
        Nets.Perturb(network.Parameters, factory);
        var plain = network.Fold();
        var convolution = plain.Layers.OfType<DeployedConvolution>().ElementAt(1);
        var dense = plain.Layers.OfType<DeployedDense>().ElementAt(1);

        // The stem's weight and bias come first; then weight, bias and gain. Off the diagonal the identity is zero.
        AssertOffDiagonal(network.Parameters[2], network.Parameters[4], convolution.Kernel[9..18], Math.Sqrt(1.0 / 3));
        AssertOffDiagonal(network.Parameters[13], network.Parameters[15], dense.Weights[1..2], Math.Sqrt(1.0 / 2));

        static void AssertOffDiagonal(torch.Tensor weight, torch.Tensor gain, float[] deployed, double scale)
        {
            float[] raw = weight.flatten(1)[0].data<float>().ToArray()[deployed.Length..(2 * deployed.Length)];
            for (int i = 0; i < raw.Length; i++)
                Assert.AreEqual(raw[i] * gain[0].item<float>() * scale, deployed[i], 1e-6);
        }
    }

    [TestMethod]
    [DataRow(GloroArchitecture.Conv2C2F, "16×16×16, 32×8×8, 2048, 100")]
    [DataRow(GloroArchitecture.Conv4C3F, "32×32×32, 32×16×16, 64×16×16, 64×8×8, 4096, 512, 512")]
    [DataRow(GloroArchitecture.Conv6C2F, "32×32×32, 32×32×32, 32×16×16, 64×16×16, 64×16×16, 64×8×8, 4096, 512")]
    [DataRow(GloroArchitecture.Conv8C2F, "64×32×32, 64×32×32, 64×16×16, 128×16×16, 128×16×16, 128×8×8, 256×8×8, 256×4×4, 4096, 256")]
    public void Layers_ConvNetOnCifar_HaveTheFieldsShapes(GloroArchitecture architecture, string shapes)
    {
        var layers = ConvNet.Layers(architecture);
        var traced = NetworkBuilder.Trace(new TensorShape(3, 32, 32), layers);
        Assert.AreEqual(
            shapes, string.Join(", ", traced.Skip(1).Zip(layers).Where(p => p.Second.ToString() != "minmax").Select(p => p.First)));

        // MinMax follows all but the flattening: m convolutions and n − 1 dense layers before the last.
        int linear = layers.Select(l => l.ToString())
            .Count(l => l.StartsWith("convolution", StringComparison.Ordinal) || l.StartsWith("dense", StringComparison.Ordinal));
        Assert.AreEqual(linear, layers.Count(l => l == GloroLayer.MinMax()));
        Assert.AreEqual($"Conv{layers.Count(l => l.NeedsImage)}C{linear - layers.Count(l => l.NeedsImage) + 1}F", $"{architecture}");
    }

    [TestMethod]
    public void Trace_SampleOfTheReadme_HasTheShapesItTells()
    {
        // Kept the same by DocsTests.
        var options = new GloroImageClassificationOptions
        {
            Layers =
            [
                GloroLayer.SpaceToDepth(2),
                GloroLayer.Convolution(48), GloroLayer.Centering(), GloroLayer.MinMax(),
                .. GloroLayer.Repeat(2, GloroLayer.ResidualConvolution(), GloroLayer.Centering(), GloroLayer.MinMax()),
                GloroLayer.Convolution(96, kernelSize: 4, stride: 2), GloroLayer.Centering(), GloroLayer.MinMax(),
                .. GloroLayer.Repeat(6, GloroLayer.ResidualConvolution(), GloroLayer.Centering(), GloroLayer.MinMax()),
                GloroLayer.SpaceToDepth(4),
                GloroLayer.Convolution(192, kernelSize: 1), GloroLayer.Centering(), GloroLayer.MinMax(),
                GloroLayer.Flatten(),
                GloroLayer.OrthogonalDense(512), GloroLayer.Centering(), GloroLayer.MinMax(),
                .. GloroLayer.Repeat(3, GloroLayer.OrthogonalResidualDense(), GloroLayer.Centering(), GloroLayer.MinMax()),
            ],
        };
        var shapes = NetworkBuilder.Trace(new TensorShape(3, 64, 64), options.Layers);
        Assert.AreEqual("3×64×64, 12×32×32, 48×32×32, 96×16×16, 1536×4×4, 192×4×4, 3072, 512", string.Join(", ", shapes.Distinct()));
    }

    [TestMethod]
    [DataRow("")]
    [DataRow(
        "space-to-depth 2; convolution 8 3×3; minmax; residual convolution 5×5; centering; convolution 6 4×4 stride 2; "
        + "channel shift 1/4; orthogonal convolution 10; halfabs; "
        + "average pooling 2; flatten; dense 10; residual dense; minmax; orthogonal dense 7; orthogonal residual dense; "
        + "reflector dense 5 rank 3")]
    public void CountWeights_OfAnyList_IsWhatIsDeployed(string layers)
    {
        using var network = NetworkBuilder.Build(s_image, 5, Read(layers), new float[3], 1, Nets.Factory(1));
        long deployed = network.Fold().Layers.Sum(
            l => l switch { DeployedConvolution c => c.Kernel.Length, DeployedDense d => d.Weights.Length, _ => 0L });
        Assert.AreEqual(deployed, NetworkBuilder.CountWeights(s_image, 5, Read(layers)));
    }

    [TestMethod]
    [DataRow(GloroModelSize.Tiny, 64, 10, "LiResNet(depth 2, width 32, tail 64)")]
    [DataRow(GloroModelSize.Tiny, 28, 100, "LiResNet(depth 2, width 32, tail 128)")]
    [DataRow(GloroModelSize.Small, 64, 10, "LiResNet(depth 4, width 64, tail 128)")]
    [DataRow(GloroModelSize.Medium, 64, 10, "LiResNet(depth 8, width 96, tail 256)")]
    [DataRow(GloroModelSize.Medium, 32, 100, "LiResNet(depth 8, width 96, tail 512)")]
    [DataRow(GloroModelSize.Medium, 64, 200, "LiResNet(depth 8, width 96, tail 1024)")]
    [DataRow(GloroModelSize.Medium, 28, 10, "LiResNet(depth 8, width 64, tail 256)")]
    [DataRow(GloroModelSize.Medium, 224, 1000, "LiResNet(depth 8, width 128, tail 2048)")]
    [DataRow(GloroModelSize.Large, 64, 10, "LiResNet(depth 12, width 192, tail 4×512)")]
    [DataRow(GloroModelSize.Large, 224, 4096, "LiResNet(depth 12, width 256, tail 4×2048)")]
    public void For_SizeImagesAndClasses_GivesTheDocumentedNumbers(GloroModelSize size, int side, int classes, string expected) =>
        Assert.AreEqual(expected, LiResNetSize.For(size, new TensorShape(3, side, side + 5), classes).ToString());

    [TestMethod]
    public void For_MediumImagesOf64AndTenClasses_HasTheDefaultNumbers()
    {
        Assert.AreEqual(
            new LiResNetSize(
                GloroImageClassificationOptions.DefaultDepth,
                GloroImageClassificationOptions.DefaultWidth,
                GloroImageClassificationOptions.DefaultTailWidth,
                GloroImageClassificationOptions.DefaultTailDepth),
            LiResNetSize.For(GloroModelSize.Medium, new TensorShape(3, 64, 64), 10));
    }

    private static List<GloroLayer> Read(string layers) =>
        [.. layers.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(GloroLayer.Parse)];

    private static void AssertSame(LipschitzNetwork expected, LipschitzNetwork actual)
    {
        Assert.AreEqual(WeightHash.Compute(expected.Fold()), WeightHash.Compute(actual.Fold()));

        // Power iteration's start vectors, the gains and the means too.
        Assert.HasCount(expected.State.Count, actual.State);
        foreach (var (x, y) in expected.State.Zip(actual.State))
            Assert.IsTrue(x.shape.SequenceEqual(y.shape) && TorchProcess.Same(x, y));
    }
}
