using Microsoft.ML.Gloro.Core;
using TorchSharp;

namespace Microsoft.ML.Gloro.Training;

/// <summary>What the trainer needs to know besides the data and the network: the validated form of the public options.</summary>
internal sealed record TrainerSettings
{
    public required float Epsilon { get; init; }

    public required ResolvedGuarantee Guarantee { get; init; }

    public required GloroLossKind Loss { get; init; }

    /// <summary>λ of <see cref="GloroLossKind.Trades"/> from half of the training on.</summary>
    public double TradesWeight { get; init; } = 2;

    /// <summary>The margin of <see cref="GloroLossKind.FixedMargin"/>, in units of ε·K.</summary>
    public double FixedMargin { get; init; } = 1;

    /// <summary>Whether the label of <see cref="GloroLossKind.RelaxedEmma"/> competes with the other classes of its set.</summary>
    public bool CompeteWithinSet { get; init; } = true;

    public required int Epochs { get; init; }

    public required int BatchSize { get; init; }

    public required double LearningRate { get; init; }

    /// <summary>Multiple of ε trained for at the start, from half of the training on, and in its last fifth.</summary>
    public required (double Start, double Full, double Closing) EpsilonFactors { get; init; }

    public required double WarmUpFraction { get; init; }

    public GloroOptimizer Optimizer { get; init; } = GloroOptimizer.NAdam;

    /// <summary>Whether slow weights hold the fast ones back.</summary>
    public bool Lookahead { get; init; }

    /// <summary>The share of the weights that a step at learning rate 1 takes away; 0 for none.</summary>
    public double WeightDecay { get; init; }

    /// <summary>How much of the averaged weights a step keeps; 0 for no average.</summary>
    public double AveragingDecay { get; init; }

    /// <summary>α of mixup; 0 for none.</summary>
    public double MixupAlpha { get; init; }

    /// <summary>Epochs to go on without a better VRA; null for all.</summary>
    public int? EarlyStoppingPatience { get; init; }

    /// <summary>Whether the network ends with the weights of the best VRA.</summary>
    public bool KeepBest { get; init; }

    /// <summary>The time that training may take; null for any.</summary>
    public TimeSpan? TimeBudget { get; init; }

    public required double MaximumGradientNorm { get; init; }

    public required int PowerSteps { get; init; }

    public required bool MixedPrecision { get; init; }

    public required int Seed { get; init; }

    public required torch.Device Device { get; init; }
}
