namespace Microsoft.ML.Gloro.Core;

/// <summary>The activations a deployed network may use; every one is 1-Lipschitz in L2.</summary>
internal enum ActivationFunction
{
    /// <summary>max(x, 0) elementwise.</summary>
    ReLU,

    /// <summary>Channel halves a, b become max(a, b), min(a, b): a sort of pairs, which keeps norms of gradients (Anil, Lucas, Grosse, 2019).</summary>
    MinMax,
}
