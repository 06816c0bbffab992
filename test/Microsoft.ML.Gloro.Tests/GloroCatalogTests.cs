using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests;

[TestClass]
public sealed class GloroCatalogTests
{
    private static readonly RobustnessGuarantee s_relaxed = RobustnessGuarantee.RelaxedTopK(4);

    private readonly MLContext _mlContext = new(seed: 1);

    [TestMethod]
    public void Gloro_OfAContext_IsTheCatalogThatOlderCallersMake()
    {
        Assert.IsNotNull(_mlContext.Gloro.MulticlassClassification());
        Assert.IsNotNull(new GloroCatalog(_mlContext).ImageClassification());
        Assert.AreEqual("mlContext", Assert.ThrowsExactly<ArgumentNullException>(() => new GloroCatalog(null!)).ParamName);
    }

    [TestMethod]
    public void Trainers_NullOptions_AreRefusedByName()
    {
        Assert.AreEqual(
            "options", Assert.ThrowsExactly<ArgumentNullException>(() => _mlContext.Gloro.ImageClassification(null!)).ParamName);
        Assert.AreEqual("options", Assert.ThrowsExactly<ArgumentNullException>(
            () => _mlContext.Gloro.MulticlassClassification((GloroMulticlassClassificationOptions)null!)).ParamName);
    }

    [TestMethod]
    public void Methods_NullArguments_AreRefusedByName()
    {
        var catalog = _mlContext.Gloro;
        using var model = TestModels.Transformer(TestModels.Vector());
        Assert.AreEqual("scored", Assert.ThrowsExactly<ArgumentNullException>(() => catalog.Evaluate(null!)).ParamName);
        Assert.AreEqual(
            "data", Assert.ThrowsExactly<ArgumentNullException>(() => catalog.CrossValidate(null!, Blobs.Pipeline(_mlContext))).ParamName);
        Assert.AreEqual(
            "estimator", Assert.ThrowsExactly<ArgumentNullException>(() => catalog.CrossValidate(Blobs.View(), null!)).ParamName);
        Assert.AreEqual("model", Assert.ThrowsExactly<ArgumentNullException>(() => catalog.WithGuarantee(null!, s_relaxed)).ParamName);
        Assert.AreEqual("guarantee", Assert.ThrowsExactly<ArgumentNullException>(() => catalog.WithGuarantee(model, null!)).ParamName);
    }

    [TestMethod]
    public void WithGuarantee_Transformer_CertifiesAnewAndLeavesTheOldOneAlone()
    {
        using var model = TestModels.Transformer(TestModels.Vector(guarantee: RobustnessGuarantee.Local, epsilon: 0.1f));
        using var other = (GloroTransformer)_mlContext.Gloro.WithGuarantee(model, s_relaxed, 0.25f);
        Assert.AreEqual(
            (RobustnessGuarantee.Local, 0.1f, s_relaxed, 0.25f), (model.Guarantee, model.Epsilon, other.Guarantee, other.Epsilon));
        using var same = (GloroTransformer)_mlContext.Gloro.WithGuarantee(model, s_relaxed);
        Assert.AreEqual(0.1f, same.Epsilon);

        var data = VectorRow.View(VectorRow.Random(100));
        var (before, after) = (ScoredRow.All(model.Transform(data)), ScoredRow.All(other.Transform(data)));
        Assert.IsTrue(before.Zip(after)
            .All(p => p.First.Logits.SequenceEqual(p.Second.Logits) && p.First.CertifiedRadius <= p.Second.CertifiedRadius));
        Assert.IsTrue(before.Zip(after).Any(p => p.First.CertifiedRadius < p.Second.CertifiedRadius));
        Assert.IsTrue(after.All(r => r.IsCertified == r.CertifiedRadius > 0.25f));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void WithGuarantee_ChainOrLoadedChain_ChangesTheModelWithinIt(bool load)
    {
        var data = VectorRow.View(VectorRow.Random(50));
        ITransformer chain = Chain(data);
        if (load)
            chain = ModelFiles.Load(ModelFiles.Save(chain, data.Schema));
        var other = _mlContext.Gloro.WithGuarantee(chain, s_relaxed, 0.25f);
        var metrics = _mlContext.Gloro.Evaluate(other.Transform(data));
        Assert.AreEqual((s_relaxed, 0.25f), (metrics.Guarantee, metrics.Epsilon));
        Assert.IsNotNull(other.Transform(data).Schema.GetColumnOrNull("Name"));
        Assert.AreEqual(RobustnessGuarantee.Local, _mlContext.Gloro.Evaluate(chain.Transform(data)).Guarantee);

        // The changed chain is a model like any other.
        var again = ModelFiles.Load(ModelFiles.Save(other, data.Schema));
        Assert.AreEqual(metrics.ToString(), _mlContext.Gloro.Evaluate(again.Transform(data)).ToString());
    }

    [TestMethod]
    public void WithGuarantee_ChainWithinAChain_FindsTheModel()
    {
        var data = VectorRow.View(VectorRow.Random(50));
        var outer = new TransformerChain<ITransformer>(_mlContext.Transforms.CopyColumns("Copy", "Features").Fit(data), Chain(data));
        Assert.AreEqual(s_relaxed, _mlContext.Gloro.Evaluate(_mlContext.Gloro.WithGuarantee(outer, s_relaxed).Transform(data)).Guarantee);
    }

    [TestMethod]
    public void WithGuarantee_NoModelOrTwo_IsRefused()
    {
        var data = VectorRow.View(VectorRow.Random(5));
        var none = _mlContext.Transforms.CopyColumns("Copy", "Features").Fit(data);
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => _mlContext.Gloro.WithGuarantee(none, s_relaxed)).Message, "has 0");
        using var model = TestModels.Transformer(TestModels.Vector());
        using var prefixed = TestModels.Transformer(TestModels.Vector(), prefix: "Second");
        var two = new TransformerChain<ITransformer>(model, prefixed);
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => _mlContext.Gloro.WithGuarantee(two, s_relaxed)).Message, "has 2");
    }

    [TestMethod]
    public void WithGuarantee_GuaranteeOrEpsilonThatDoesNotFit_IsRefused()
    {
        using var model = TestModels.Transformer(TestModels.Vector());
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(
            () => _mlContext.Gloro.WithGuarantee(model, RobustnessGuarantee.RelaxedTopK(5))).Message, "5 classes");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(
            () => _mlContext.Gloro.WithGuarantee(model, RobustnessGuarantee.Parse("affinity:ant+yak"))).Message, "'yak'");
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => _mlContext.Gloro.WithGuarantee(model, s_relaxed, -1));
    }

    private TransformerChain<ITransformer> Chain(IDataView data)
    {
        var gloro = TestModels.Transformer(TestModels.Vector(guarantee: RobustnessGuarantee.Local, epsilon: 0.1f));
        return new TransformerChain<ITransformer>(
            gloro, _mlContext.Transforms.Conversion.MapKeyToValue("Name", "PredictedLabel").Fit(gloro.Transform(data)));
    }
}
