using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.MLNet;

/// <summary>Models that are asked about several views of an image.</summary>
[TestClass]
public sealed class ImageViewsTests
{
    private readonly MLContext _mlContext = new(seed: 1);

    [ClassInitialize]
    public static void Prepare(TestContext _) => TorchProcess.Prepare();

    [TestMethod]
    [DataRow(CertificateArithmetic.Float64)]
    [DataRow(CertificateArithmetic.Real)]
    public void WithViews_TurnedImages_GetTheSameCertificates(CertificateArithmetic arithmetic)
    {
        using var one = TestModels.Transformer(TestModels.Image(8, 8).With(arithmetic));
        using var all = (GloroTransformer)_mlContext.Gloro.WithViews(one, GloroImageViews.MirroredAndTurned);
        TensorShape shape = one.GloroModel.Network.InputShape;
        float[][] images = Pixels(40, shape.Size);
        float[][] turned = [.. images.Select(image => TurnedImages.Turn(shape, image))];
        Assert.AreEqual((GloroImageViews.One, GloroImageViews.MirroredAndTurned), (one.Views, all.Model.Views));
        Assert.AreEqual((one.LipschitzBound, one.Temperature, arithmetic), (all.LipschitzBound, all.Temperature, all.Arithmetic));
        Assert.IsGreaterThan(1e-3, Distance(one, images, turned), "The network alone sees the difference.");
        Assert.IsLessThan(1e-5, Distance(all, images, turned));
    }

    [TestMethod]
    public void WithViews_ModelOfImages_TakesTheMeanOfItsLogits()
    {
        using var one = TestModels.Transformer(TestModels.Image(8, 6));
        using var two = (GloroTransformer)_mlContext.Gloro.WithViews(one, GloroImageViews.Mirrored);
        using var back = (GloroTransformer)_mlContext.Gloro.WithViews(two, GloroImageViews.One);
        TensorShape shape = one.GloroModel.Network.InputShape;
        float[][] images = Pixels(20, shape.Size);
        var rows = Score(two, images);
        var ofEach = images.Select(image => Score(one, TurnedImages.Of(GloroImageViews.Mirrored, shape, image))).ToList();
        for (int n = 0; n < images.Length; n++)
        {
            for (int i = 0; i < rows[n].Logits.Length; i++)
                Assert.AreEqual((ofEach[n][0].Logits[i] + ofEach[n][1].Logits[i]) / 2, rows[n].Logits[i], 1e-6);
        }

        CollectionAssert.AreEqual(
            Score(one, images).SelectMany(r => r.Logits).ToArray(), Score(back, images).SelectMany(r => r.Logits).ToArray());
    }

    [TestMethod]
    public void WithViews_SavedAndLoaded_IsKept()
    {
        using var folder = new TemporaryFolder();
        string file = Path.Combine(folder.Path, "model.zip");
        using var model = TestModels.Transformer(TestModels.Image(8, 8).With(GloroImageViews.MirroredAndTurned));
        _mlContext.Model.Save(model, View([]).Schema, file);
        using var loaded = (GloroTransformer)_mlContext.Model.Load(file, out _);
        using var other = loaded.With(RobustnessGuarantee.Local, 0.5f);
        using var real = loaded.With(CertificateArithmetic.Real);
        float[][] images = Pixels(5, 3 * 8 * 8);
        CollectionAssert.AreEqual(
            Score(model, images).SelectMany(r => r.Logits).ToArray(), Score(loaded, images).SelectMany(r => r.Logits).ToArray());
        Assert.AreEqual((GloroImageViews.MirroredAndTurned, GloroImageViews.MirroredAndTurned, GloroImageViews.MirroredAndTurned),
            (loaded.Views, other.Views, real.Views));
    }

    [TestMethod]
    public void WithViews_ThatTheInputsDoNotHave_AreRefused()
    {
        using var oblong = TestModels.Transformer(TestModels.Image(8, 6));
        using var vector = TestModels.Transformer(TestModels.Vector());
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(
            () => _mlContext.Gloro.WithViews(oblong, GloroImageViews.MirroredAndTurned)).Message, "8×6");
        Assert.ThrowsExactly<ArgumentException>(() => _mlContext.Gloro.WithViews(vector, GloroImageViews.Mirrored));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => _mlContext.Gloro.WithViews(oblong, (GloroImageViews)3));
        Assert.AreEqual(
            "model", Assert.ThrowsExactly<ArgumentNullException>(() => _mlContext.Gloro.WithViews(null!, GloroImageViews.One)).ParamName);
    }

    [TestMethod]
    public void Audit_ModelWithViews_BreaksNothingAndAttacksAllOfThem()
    {
        using var model = TestModels.Transformer(TestModels.Image(8, 8, epsilon: 0.05f).With(GloroImageViews.MirroredAndTurned));
        GloroAuditReport report =
            _mlContext.Gloro.Audit(model, View(Pixels(30, 3 * 8 * 8)), new() { Steps = 30, Restarts = 1, BoundaryRows = 4 });
        Assert.IsGreaterThan(10, report.AttackedRows);
        Assert.IsTrue(report.LargestConsumedMargin is > 0.1 and < 1, $"{report.LargestConsumedMargin}: the attack sees what is scored.");
    }

    [TestMethod]
    public void Margins_OfViews_AreBoundedByTheConstantsOfTheNetwork()
    {
        // The steepest the mean can be is where all views are as steep: a network whose only layer sums the pixels. Its bound is attained,
        // and not passed.
        var dense = new DeployedDense([.. Enumerable.Repeat(1f, 48), .. Enumerable.Repeat(-1f, 48)], [0, 0], 48, 2);
        var network = new DeployedNetwork(new TensorShape(3, 4, 4), [new DeployedFlatten(), dense], GloroImageViews.MirroredAndTurned);
        var constants = MarginLipschitz.Compute(network, RigorousBound.Compute(network));
        double[] low = ReferenceForward.Run(network, new double[48]), high = ReferenceForward.Run(network, [.. Enumerable.Repeat(1.0, 48)]);
        double slope = ((high[0] - high[1]) - (low[0] - low[1])) / Math.Sqrt(48);
        Assert.AreEqual(constants[0, 1], slope, 1e-9 * slope);
        Assert.IsLessThanOrEqualTo(constants[0, 1], slope);
    }

    private static double Distance(GloroTransformer model, float[][] images, float[][] others) =>
        Score(model, images).Zip(Score(model, others), (x, y) => x.Logits.Zip(y.Logits, (a, b) => Math.Abs(a - b)).Max()).Max();

    private static List<ScoredRow> Score(GloroTransformer model, float[][] images) => ScoredRow.All(model.Transform(View(images)));

    private static IDataView View(float[][] images)
    {
        var mlContext = new MLContext();
        var schema = Microsoft.ML.Data.SchemaDefinition.Create(typeof(VectorRow));
        schema[nameof(VectorRow.Features)].ColumnType = new Microsoft.ML.Data.VectorDataViewType(
            Microsoft.ML.Data.NumberDataViewType.Single, images.Length == 0 ? 3 * 8 * 8 : images[0].Length);
        return mlContext.Data.LoadFromEnumerable(images.Select(image => new VectorRow { Features = image }), schema);
    }

    private static float[][] Pixels(int count, int size)
    {
        var random = new Random(5);
        return [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, size).Select(_ => random.NextSingle()).ToArray())];
    }
}
