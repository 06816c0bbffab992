using Microsoft.ML.Gloro.Core;
using TorchSharp;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// What training needs besides the rows and the network: the user's options, and the values they resolve to for this data and machine.
/// </summary>
/// <param name="Options">Validated options. Training reads them and never changes them.</param>
/// <param name="Guarantee">The guarantee, resolved for the classes of the data.</param>
/// <param name="Device">The device to train on.</param>
/// <param name="Seed">The seed in effect.</param>
/// <param name="MixedPrecision">Whether the body of the network runs in bfloat16.</param>
/// <param name="KeepBest">Whether to keep the weights of a good epoch instead of taking the last.</param>
internal sealed record TrainingContext(
    GloroTrainerOptions Options,
    ResolvedGuarantee Guarantee,
    torch.Device Device,
    int Seed,
    bool MixedPrecision = false,
    bool KeepBest = false)
{
    /// <summary>The number of epochs.</summary>
    public int Epochs => Options.Epochs ?? throw NotChosen();

    /// <summary>The rows of a batch.</summary>
    public int BatchSize => Options.BatchSize ?? throw NotChosen();

    /// <summary>The highest learning rate.</summary>
    public double LearningRate => Options.LearningRate ?? throw NotChosen();

    /// <summary>The ε of the first step, as a multiple of ε.</summary>
    public double InitialEpsilonFactor => Options.InitialEpsilonFactor ?? throw NotChosen();

    /// <summary>The type of the arithmetic in the body of the network.</summary>
    public torch.ScalarType ComputeType => MixedPrecision ? torch.ScalarType.BFloat16 : torch.ScalarType.Float32;

    private static InvalidOperationException NotChosen() => new($"{nameof(AutomaticOptions)} comes before training.");
}
