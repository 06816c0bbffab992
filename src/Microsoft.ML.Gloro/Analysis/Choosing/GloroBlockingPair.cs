namespace Microsoft.ML.Gloro;

/// <summary>Two classes that keep rows from being proved.</summary>
/// <param name="First">A class.</param>
/// <param name="Second">Another.</param>
/// <param name="RowCount">
/// Rows that local robustness does not prove, and whose smallest top-k set that cannot change within ε and holds the label has both classes in it. With two classes in that set, either the margin
/// (y_j − y_i) / K_ij between these two is the one that is not above ε, or the label is the second of them.
/// </param>
/// <param name="Share">The same, as a fraction of the rows that were looked at.</param>
public sealed record GloroBlockingPair(string First, string Second, long RowCount, double Share);
