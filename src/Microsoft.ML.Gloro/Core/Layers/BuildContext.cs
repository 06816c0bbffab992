namespace Microsoft.ML.Gloro.Core;

/// <summary>What a layer has to know of its network to be made.</summary>
/// <param name="ResidualConvolutions">How many there are in the network: the depth of its residual part.</param>
/// <param name="ResidualDenseLayers">The same of dense layers, orthogonal or not. They are counted apart, as in LiResNet's own code: each sort is a stack by itself.</param>
/// <param name="Factory">The source of weights.</param>
internal sealed record BuildContext(int ResidualConvolutions, int ResidualDenseLayers, LayerFactory Factory);
