namespace Microsoft.ML.Gloro.Tests.Training;

/// <summary>S of one row, j*(i) for every class, and e_i for every class.</summary>
internal sealed record RelaxedPlan(int[] Members, int[] Weakest, double[] Shares);
