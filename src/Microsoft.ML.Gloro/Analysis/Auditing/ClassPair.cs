namespace Microsoft.ML.Gloro.Analysis;

/// <summary>j ∈ F^k and i ∉ F^k: the top-k set changes when y_i overtakes y_j.</summary>
internal readonly record struct ClassPair(int Inside, int Outside);
