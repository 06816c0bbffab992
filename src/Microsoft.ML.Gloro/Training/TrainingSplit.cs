namespace Microsoft.ML.Gloro.Training;

/// <summary>Sets rows aside for validation.</summary>
internal static class TrainingSplit
{
    /// <summary>A random part of <paramref name="rows"/> for validation, drawn with <paramref name="seed"/>, and the rest for training; null if the part is empty.</summary>
    public static (TrainingSet Train, TrainingSet? Validation) Split(TrainingSet rows, double fraction, int seed)
    {
        int count = (int)(rows.Count * fraction);
        if (count == 0)
            return (rows, null);
        int[] order = [.. Enumerable.Range(0, rows.Count)];
        new Random(seed).Shuffle(order);
        return (rows.Subset([.. order[count..].Order()]), rows.Subset([.. order[..count].Order()]));
    }
}
