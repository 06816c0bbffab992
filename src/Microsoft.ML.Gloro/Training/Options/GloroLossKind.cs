namespace Microsoft.ML.Gloro;

/// <summary>What training minimizes.</summary>
public enum GloroLossKind
{
    /// <summary>
    /// Adds to each competing class the margin it could gain within ε, but no more than it needs to draw level with the label (EMMA; Hu,
    /// Leino, Wang, Fredrikson, ICLR 2024). Strong for every guarantee. The default.
    /// </summary>
    Emma,

    /// <summary>
    /// Cross-entropy with the bottom class ⊥ of the guarantee as an additional class (GloRo; Leino, Wang, Fredrikson, ICML 2021).
    /// </summary>
    CrossEntropy,

    /// <summary>
    /// Cross-entropy of the logits plus λ times −ln(1 − q_⊥), which is the Kullback–Leibler divergence to the softmax q that includes the
    /// bottom class ⊥ of the guarantee (TRADES, Zhang et al., ICML 2019, for GloRo networks). λ rises from 0 to
    /// <see cref="GloroTrainerOptions.TradesWeight"/> over the first half of training.
    /// </summary>
    Trades,

    /// <summary>
    /// Adds to each competing class <see cref="GloroTrainerOptions.FixedMargin"/> times the margin it could gain on the label within ε,
    /// whether it needs it or not (Lipschitz margin training; Tsuzuku, Sato, Sugiyama, NeurIPS 2018).
    /// </summary>
    FixedMargin,

    /// <summary><see cref="Emma"/> with less loss for rows that have their margin (logit annealing; Lai et al., ICML 2025).</summary>
    AnnealedEmma,

    /// <summary>
    /// <see cref="Emma"/> with margins only where the guarantee needs them: for each row, between the set of classes that contains the
    /// label and is easiest to certify, and the other classes. For local robustness it is the same as <see cref="Emma"/>. New in this
    /// library.
    /// </summary>
    RelaxedEmma,
}

/// <summary>How the gradients seen so far determine a step.</summary>
public enum GloroOptimizer
{
    /// <summary>Adam with Nesterov momentum (Dozat, 2016). The default.</summary>
    NAdam,

    /// <summary>Adam (Kingma, Ba, ICLR 2015).</summary>
    Adam,
}
