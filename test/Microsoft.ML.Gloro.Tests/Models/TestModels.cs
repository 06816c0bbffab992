using Microsoft.ML.Gloro.Lipschitz;
using Microsoft.ML.Gloro.Models;
using Microsoft.ML.Gloro.Plain;

namespace Microsoft.ML.Gloro.Tests.Models;

/// <summary>Models of random networks with their true bounds.</summary>
internal static class TestModels
{
    public static GloroModel Create(PlainNetwork network, RobustnessGuarantee? guarantee = null, float epsilon = 36f / 255f) => new(
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
