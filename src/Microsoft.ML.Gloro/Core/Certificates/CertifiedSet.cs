namespace Microsoft.ML.Gloro.Core;

/// <summary>What a guarantee certifies for one row at ε. The certified label set is the tightest: the first TightestK classes of the row's
/// order.</summary>
/// <param name="Radius">The radius of the certified label set; <paramref name="LargestRadius"/> if the row is not certified at ε. It is
/// above ε exactly if the row is certified.</param>
/// <param name="TightestK">The smallest allowed k with r_k &gt; ε; 0 if the row is not certified at ε.</param>
/// <param name="LoosestK">The largest allowed k with r_k &gt; ε; 0 if the row is not certified at ε.</param>
/// <param name="LargestRadius">The largest r_k over the k that the guarantee allows, whatever ε is; 0 if there is none. The row is
/// certified at exactly the radii below it.</param>
internal readonly record struct CertifiedSet(float Radius, int TightestK, int LoosestK, float LargestRadius);
