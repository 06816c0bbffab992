namespace Microsoft.ML.Gloro.Guarantees;

/// <summary>Where the maximum over k and the minimum over pairs in the bottom logit are attained for one row; see <see cref="BottomLogit"/>.</summary>
/// <param name="Top">The class with the highest logit.</param>
/// <param name="Inside">j, the class of F^K that an outside class comes closest to.</param>
/// <param name="Outside">i, the class outside F^K that comes closest.</param>
/// <param name="K">The k whose margin m_k is the largest among the allowed ones (the smallest such k); 1 if none is allowed.</param>
/// <param name="Margin">m_K = y_j − (y_i + ε·K_ij). NaN if a logit is not finite or ε is not a number of at least 0.</param>
/// <param name="IsAllowed">False if the guarantee allows no k for this row's order, so that k = 1 stands in. Such a row is never certified, whatever its margin is.</param>
internal readonly record struct BottomSelection(int Top, int Inside, int Outside, int K, double Margin, bool IsAllowed);
