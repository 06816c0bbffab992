using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Training;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>
/// Fits the temperature of a finished model's scores. The logits come from the scorer that will be deployed, not from the network in
/// training, so rounding is the same and rows without scores do not count.
/// </summary>
internal static class ScoreCalibration
{
    private const int BatchSize = 64;

    /// <summary>The temperature that makes the labels of <paramref name="rows"/> most likely.</summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">The validation rows.</param>
    /// <param name="scored">Called after each batch with the number of rows that are scored.</param>
    /// <param name="cancellationToken">Honored before each batch.</param>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    public static double Fit(GloroModel model, TrainingSet rows, Action<int> scored, CancellationToken cancellationToken)
    {
        int size = rows.Shape.Size, classes = model.ClassNames.Count;
        float[] inputs = new float[BatchSize * size], batch = new float[BatchSize * classes];
        float[][] logits = new float[rows.Count][];
        var guard = new InputGuard(model);
        var scorer = new SharedScorer(model, threads: 0);
        try
        {
            for (int start = 0; start < rows.Count; start += BatchSize)
            {
                cancellationToken.ThrowIfCancellationRequested();
                int count = Math.Min(BatchSize, rows.Count - start);
                for (int i = 0; i < count; i++)
                    rows.Read(start + i, inputs.AsSpan(i * size, size));
                scorer.Get().Score(inputs, count, batch);
                for (int i = 0; i < count; i++)
                {
                    logits[start + i] = batch[(i * classes)..((i + 1) * classes)];
                    if (!guard.TryJudge(inputs.AsSpan(i * size, size), out _))
                        Array.Fill(logits[start + i], float.NaN); // as it will be scored
                }

                scored(start + count);
            }
        }
        finally
        {
            scorer.Release();
        }

        return TemperatureFit.Fit(logits, [.. Enumerable.Range(0, rows.Count).Select(rows.Label)]);
    }
}
