using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;

namespace Microsoft.ML.Gloro.Tests.Inference;

/// <summary>Models of random networks with their true bounds.</summary>
internal static class ModelSamples
{
    public static GloroModel Create(DeployedNetwork network, RobustnessGuarantee? guarantee = null, float epsilon = 36f / 255f) => new(
        network,
        RigorousBound.Compute(network),
        [.. Enumerable.Range(0, network.ClassCount).Select(i => $"class {i}")],
        guarantee ?? RobustnessGuarantee.Local,
        epsilon,
        isImage: !network.InputShape.IsVector,
        [.. Enumerable.Range(0, network.ClassCount)],
        new ModelProvenance("0.1.0", "a test: ε, \"quotes\", 日本"));

    public static GloroModel SmallVector() => Create(new RandomNetworks(1).Vector());

    public static GloroModel EveryKind() => Create(new RandomNetworks(2).EveryKind(), RobustnessGuarantee.RelaxedTopK(3));

    public static byte[] Write(GloroModel model)
    {
        using var stream = new MemoryStream();
        GloroModelFile.Write(model, stream);
        return stream.ToArray();
    }

    public static GloroModel Read(byte[] file)
    {
        using var stream = new MemoryStream(file);
        return GloroModelFile.Read(stream);
    }
}
