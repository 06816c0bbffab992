namespace WebApi;

/// <summary>A class and its probability, as the model estimates it; no part of the proof.</summary>
internal sealed record ScoredClass(string Name, float Score);
