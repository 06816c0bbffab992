namespace Microsoft.ML.Gloro;

/// <summary>How a step follows from the gradients seen so far.</summary>
public enum GloroOptimizer
{
    /// <summary>Adam with Nesterov's momentum (Dozat, 2016), the default.</summary>
    NAdam,

    /// <summary>Adam (Kingma, Ba, ICLR 2015).</summary>
    Adam,
}
