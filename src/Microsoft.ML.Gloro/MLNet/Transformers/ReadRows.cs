using System.Runtime.ExceptionServices;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>Rows that were read ahead.</summary>
/// <param name="First">The place of the first one in the window.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Ended">Whether the source has no more.</param>
/// <param name="Failure">Why the row after them could not be read; null if nothing went wrong.</param>
internal readonly record struct ReadRows(int First, int Count, bool Ended, ExceptionDispatchInfo? Failure);
