namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Settings that a sweep tries.</summary>
/// <param name="Number">Their number, from 0.</param>
/// <param name="IsBaseline">Whether they are the options as given.</param>
/// <param name="Text">What is searched and has a say.</param>
/// <param name="Options">All options, for a whole training. Copied before each use.</param>
internal sealed record SweepSettings(int Number, bool IsBaseline, string Text, GloroTrainerOptions Options);
