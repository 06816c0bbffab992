namespace Microsoft.ML.Gloro.Core;

/// <summary>What a guarantee certifies for one row. The certified label set is the first K classes of the row's order.</summary>
/// <param name="Radius">The certified radius: the largest r_k over the k that the guarantee allows, whatever ε is; 0 if there is none.</param>
/// <param name="LoosestK">The largest allowed k with r_k &gt; ε; 0 if the row is not certified at ε.</param>
/// <param name="StrictestK">The smallest allowed k with r_k &gt; ε; 0 if the row is not certified at ε.</param>
internal readonly record struct CertifiedSet(float Radius, int LoosestK, int StrictestK);
