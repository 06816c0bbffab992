using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.MLNet;

/// <summary>Scoring in Real on an execution provider that the application names.</summary>
[TestClass]
public sealed class ExecutionProviderTests
{
    private readonly MLContext _mlContext = new(seed: 1);

    [TestMethod]
    [DataRow("CPU")]
    [DataRow("cpuExecutionProvider")]
    public void WithScoringOptions_TheProcessor_ChangesNoBit(string provider)
    {
        using var model = TestModels.Transformer(TestModels.Vector().With(CertificateArithmetic.Real));
        using var named = (GloroTransformer)_mlContext.Gloro.WithScoringOptions(model, executionProvider: provider);
        var data = VectorRow.View(VectorRow.Random(40));
        var (expected, rows) = (ScoredRow.All(model.Transform(data)), ScoredRow.All(named.Transform(data)));
        Assert.IsTrue(expected.Zip(rows).All(p => p.First.Logits.SequenceEqual(p.Second.Logits)));
    }

    [TestMethod]
    public void WithScoringOptions_ProviderThatIsNotThere_NamesThoseThatAre()
    {
        using var model = TestModels.Transformer(TestModels.Vector().With(CertificateArithmetic.Real));
        string message = Assert.ThrowsExactly<ArgumentException>(
            () => _mlContext.Gloro.WithScoringOptions(model, executionProvider: "CUDA")).Message;
        StringAssert.Contains(message, "no execution provider 'CUDA'");
        StringAssert.Contains(message, "CPU");
        StringAssert.Contains(message, "Microsoft.ML.OnnxRuntime.Gpu.Linux");
    }

    [TestMethod]
    public void WithScoringOptions_ProviderForFloat64_IsRefused()
    {
        using var model = TestModels.Transformer(TestModels.Vector());
        var error = Assert.ThrowsExactly<ArgumentException>(() => _mlContext.Gloro.WithScoringOptions(model, executionProvider: "CPU"));
        StringAssert.Contains(error.Message, "WithArithmetic");
    }

    [TestMethod]
    public void Score_ProviderThatDoesNotStart_SaysWhich()
    {
        using var cpu = TestModels.Transformer(TestModels.Vector().With(CertificateArithmetic.Real));
        using var model = cpu.With(0, 0, new ExecutionProvider("CUDA"));
        var data = VectorRow.View(VectorRow.Random(3));
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => ScoredRow.All(model.Transform(data)));
        StringAssert.Contains(error.Message, "execution provider 'CUDA'");
    }
}
