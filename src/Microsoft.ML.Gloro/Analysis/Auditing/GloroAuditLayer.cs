namespace Microsoft.ML.Gloro;

/// <summary>A layer and its part of the bound.</summary>
public sealed record GloroAuditLayer
{
    internal GloroAuditLayer()
    {
    }

    /// <summary>The layer's place in the network, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>What it is, such as "convolution".</summary>
    public required string Kind { get; init; }

    /// <summary>How the model's bound was proved.</summary>
    public required string Method { get; init; }

    /// <summary>The proved upper bound of the layer's Lipschitz constant (L2) that the model holds.</summary>
    public required double StoredBound { get; init; }

    /// <summary>The bound as proved anew; NaN if that was not done.</summary>
    public required double RecomputedBound { get; init; }

    /// <summary>A lower bound of the layer's Lipschitz constant, which a concrete pair of inputs attains; computed anew if the bound was.</summary>
    public required double Attained { get; init; }

    /// <summary>By which fraction <see cref="StoredBound"/> may exceed the truth at most.</summary>
    public double Slack => StoredBound == 0 ? 0 : (StoredBound / Attained) - 1;
}
