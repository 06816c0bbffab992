using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.MLNet;

[TestClass]
public sealed class ScoringOptionsTests
{
    private readonly MLContext _mlContext = new(seed: 1);

    [TestMethod]
    public void Defaults_SmallNetwork_UseAllProcessorsAndFullBatches()
    {
        using var transformer = TestModels.Transformer(TestModels.Vector());
        Assert.AreEqual((Environment.ProcessorCount, 256), (transformer.Threads, transformer.ReadAheadRows));
    }

    [TestMethod]
    public void Defaults_LargeActivations_ScoreFewerRowsTogether()
    {
        // MinMax has 16 channels of 64 × 64 before it and behind it: 128 K values a row, of which 512 K may be at once.
        var network = new DeployedNetwork(new TensorShape(3, 64, 64),
        [
            new DeployedConvolution(new float[48], new float[16], 3, 16, 1, 1, 1, ZeroPadding.All(0)),
                new DeployedActivation(ActivationFunction.MinMax),
            new DeployedAveragePooling(16), new DeployedFlatten(), new DeployedDense(new float[2 * 256], new float[2], 256, 2),
        ]);
        using var transformer = TestModels.Transformer(TestModels.Create(network, RobustnessGuarantee.Local, 0.1f, isImage: true));
        Assert.AreEqual(4, transformer.ReadAheadRows);
        using var other = (GloroTransformer)_mlContext.Gloro.WithScoringOptions(transformer, readAheadRows: 100);
        Assert.AreEqual(100, other.ReadAheadRows);
    }

    [TestMethod]
    public void WithScoringOptions_OtherThreadsAndRows_GiveTheSameBits()
    {
        var view = VectorRow.View(VectorRow.Random(100));
        var model = TestModels.Transformer(TestModels.Vector());
        var expected = ScoredRow.All(model.Transform(view)).ConvertAll(r => r.ToString());
        foreach (var (threads, rows) in new[] { (1, 0), (3, 5), (0, 1), (0, 33) })
        {
            using var other = (GloroTransformer)_mlContext.Gloro.WithScoringOptions(model, threads, rows);
            Assert.AreEqual(
                (threads == 0 ? Environment.ProcessorCount : threads, rows == 0 ? 256 : rows), (other.Threads, other.ReadAheadRows));
            CollectionAssert.AreEqual(expected, ScoredRow.All(other.Transform(view)).ConvertAll(r => r.ToString()));
        }

        // Options stay where the guarantee changes, and outlive the model that they were given to.
        using var changed = (GloroTransformer)_mlContext.Gloro.WithScoringOptions(model, threads: 1, readAheadRows: 9);
        using var relaxed = (GloroTransformer)_mlContext.Gloro.WithGuarantee(changed, RobustnessGuarantee.Local);
        using var same = (GloroTransformer)_mlContext.Gloro.WithScoringOptions(model, readAheadRows: 9);
        model.Dispose();
        Assert.AreEqual((1, 9), (relaxed.Threads, relaxed.ReadAheadRows));
        CollectionAssert.AreEqual(expected, ScoredRow.All(same.Transform(view)).ConvertAll(r => r.ToString()));
        Assert.ThrowsExactly<ObjectDisposedException>(() => _mlContext.Gloro.WithScoringOptions(model, threads: 1));
    }

    [TestMethod]
    public void WithScoringOptions_SavedAndLoaded_AreThoseOfTheNewMachine()
    {
        var view = VectorRow.View(VectorRow.Random(10));
        using var model = (GloroTransformer)_mlContext.Gloro.WithScoringOptions(
            TestModels.Transformer(TestModels.Vector()), threads: 7, readAheadRows: 5);
        using var stream = new MemoryStream();
        _mlContext.Model.Save(model, view.Schema, stream);
        using var loaded = (GloroTransformer)_mlContext.Model.Load(new MemoryStream(stream.ToArray()), out _);
        Assert.AreEqual((Environment.ProcessorCount, 256), (loaded.Threads, loaded.ReadAheadRows));
    }

    [TestMethod]
    public void WithScoringOptions_ThatCannotBe_AreRefused()
    {
        using var model = TestModels.Transformer(TestModels.Vector());
        Assert.AreEqual("threads",
            Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => _mlContext.Gloro.WithScoringOptions(model, threads: -1)).ParamName);
        Assert.AreEqual("readAheadRows", Assert.ThrowsExactly<ArgumentOutOfRangeException>(
            () => _mlContext.Gloro.WithScoringOptions(model, readAheadRows: -1)).ParamName);
        Assert.AreEqual("model", Assert.ThrowsExactly<ArgumentNullException>(() => _mlContext.Gloro.WithScoringOptions(null!)).ParamName);
        var chain = new TransformerChain<ITransformer>(model);
        Assert.AreEqual(2, GloroOf(_mlContext.Gloro.WithScoringOptions(chain, threads: 2)).Threads);
    }

    private static GloroTransformer GloroOf(ITransformer chain) => ((IEnumerable<ITransformer>)chain).OfType<GloroTransformer>().Single();
}
