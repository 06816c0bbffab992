using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.Core;

namespace Microsoft.ML.Gloro.Tests.Hostile;

/// <summary>
/// A forger who writes every hash and checksum anew and makes bounds smaller, to certify more. States exactly what loading refuses, and
/// what is left for those who prove the bound again.
/// </summary>
[TestClass]
public sealed class ForgedBoundTests
{
    private static readonly DeployedNetwork Network = SmallNetworks.LiResNet();
    private static readonly LipschitzBound True = RigorousBound.Compute(Network);

    [TestMethod]
    public void Load_HalfOfAnyLayersBound_IsRefusedAndNamesTheLayer()
    {
        for (int i = 0; i < True.Layers.Count; i++)
        {
            StringAssert.Contains(Refused(Forge(i, 0.5, 0.5)), $"The bound of layer {i} ({Network.Layers[i].Kind})");
            StringAssert.Contains(
                Refused(Forge(i, 0.5, 1)), $"ayer {i} ({Network.Layers[i].Kind})", "without touching what is attained, no better");
        }
    }

    [TestMethod]
    public void Load_BoundOfALayerBelowWhatIsSaidToBeAttained_IsRefused()
    {
        // An honest file says what is attained of each layer to within a thousandth or so: who makes the bound smaller must forge that too.
        for (int i = 0; i < True.Layers.Count; i++)
            StringAssert.Contains(Refused(Forge(i, 1 - (1.1 * True.Layers[i].Slack) - 1e-6, 1)), $"ayer {i} ({Network.Layers[i].Kind})");
    }

    [TestMethod]
    public void Load_TotalBelowTheProductOfTheLayers_IsRefused() =>
        StringAssert.Contains(Refused(new LipschitzBound(True.Value * (1 - 1e-8), True.Layers, True.WeightHash)), "multiply to");

    [TestMethod]
    public void Load_BoundALittleTooSmallAndConsistent_IsLoadedAndRefutedByProvingItAgain()
    {
        // What loading cannot see in the time of scoring a row: norms of matrices, which a few steps of power iteration find to within a
        // tenth or so.
        for (int i = 0; i < Network.Layers.Count - 1; i++)
        {
            if (Network.Layers[i] is not (DeployedConvolution or DeployedDense))
            {
                Refused(Forge(i, 1 - 1e-6, 1 - 1e-6)); // their norms are known exactly
                continue;
            }

            GloroModel loaded = Load(Forge(i, 0.98, 0.98));
            LayerBound again = RigorousBound.Compute(loaded.Network).Layers[i];
            Assert.IsGreaterThan(loaded.Bound.Layers[i].Bound, again.Attained,
                "an input that the layer stretches by more than the bound in the file is the refutation");
        }
    }

    /// <summary>The true bound with one layer's made smaller, and the total with it.</summary>
    private static LipschitzBound Forge(int layer, double factor, double attainedFactor) => new(
        True.Value * factor,
        [.. True.Layers.Select(bound => bound.Index == layer
            ? bound with { Bound = bound.Bound * factor, Attained = bound.Attained * attainedFactor } : bound)],
        True.WeightHash);

    private static GloroModel Load(LipschitzBound bound)
    {
        using var stream = new MemoryStream();
        GloroModelFile.Write(new GloroModel(Network, bound, ["a", "b"], RobustnessGuarantee.Local, 0.1f, isImage: true), stream);
        stream.Position = 0;
        return GloroModelFile.Read(stream);
    }

    private static string Refused(LipschitzBound bound) => Assert.ThrowsExactly<FormatException>(() => Load(bound)).Message;
}
