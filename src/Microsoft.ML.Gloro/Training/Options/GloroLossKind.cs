namespace Microsoft.ML.Gloro;

/// <summary>What training minimizes.</summary>
public enum GloroLossKind
{
    /// <summary>
    /// Every competing class is given, as a head start, the margin it could gain within ε, as far as it still needs it to draw level with the label (EMMA;
    /// Hu, Leino, Wang, Fredrikson, ICLR 2024). Strong for every guarantee, and the default.
    /// </summary>
    Emma,

    /// <summary>Cross-entropy with the bottom class ⊥ of the chosen guarantee as one more class (GloRo; Leino, Wang, Fredrikson, ICML 2021).</summary>
    CrossEntropy,

    /// <summary>
    /// Cross-entropy of the logits plus λ times the Kullback–Leibler divergence to the softmax that has the bottom class ⊥ of the chosen guarantee as well, which is
    /// −ln(1 − q_⊥) (TRADES, Zhang et al., ICML 2019, for GloRo networks). λ rises from 0 to <see cref="GloroTrainerOptions.TradesWeight"/> over the first half.
    /// </summary>
    Trades,

    /// <summary>
    /// Cross-entropy after every competing class is given <see cref="GloroTrainerOptions.FixedMargin"/> times the margin it could gain on the label within ε, needed or not
    /// (Lipschitz margin training; Tsuzuku, Sato, Sugiyama, NeurIPS 2018).
    /// </summary>
    FixedMargin,

    /// <summary><see cref="Emma"/> whose loss fades for rows that have their margin (logit annealing; Lai et al., ICML 2025).</summary>
    AnnealedEmma,

    /// <summary>
    /// <see cref="Emma"/> that pays margin only where the chosen guarantee needs it: between the set of classes that is easiest to certify with the label in it (chosen for
    /// each row) and the rest, not within the set. For local robustness it is <see cref="Emma"/>. This library's own.
    /// </summary>
    RelaxedEmma,
}
