namespace Microsoft.ML.Gloro;

/// <summary>What training minimises.</summary>
public enum GloroLossKind
{
    /// <summary>
    /// Every competing class is given, as a head start, the margin it could gain within ε, as far as it still needs it to draw level with the label (EMMA;
    /// Hu, Leino, Wang, Fredrikson, ICLR 2024). Strong for every guarantee, and the default.
    /// </summary>
    Emma,

    /// <summary>Cross-entropy with the bottom class ⊥ of the chosen guarantee as one more class (GloRo; Leino, Wang, Fredrikson, ICML 2021).</summary>
    CrossEntropy,
}
