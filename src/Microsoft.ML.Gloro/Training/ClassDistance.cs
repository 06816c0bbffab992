using System.Numerics;

namespace Microsoft.ML.Gloro.Training;

/// <summary>How far apart rows of different classes are, which is the scale that ε is compared with.</summary>
internal static class ClassDistance
{
    // At most this many distances, each of a whole row: a fraction of a second for images.
    private const int Samples = 128, Others = 512;

    /// <summary>
    /// The median, over a sample of rows, of the distance to the nearest sampled row of another class; null if most have none, as where
    /// rows differ in features that cannot be changed. With all rows the distances would be smaller.
    /// </summary>
    /// <param name="rows">The rows.</param>
    /// <param name="tolerances">How far each feature can be off, in which distances are measured; null for L2.</param>
    public static double? Typical(TrainingSet rows, IReadOnlyList<float>? tolerances = null)
    {
        int count = Math.Min(rows.Count, Others);
        int[] sample = [.. Enumerable.Range(0, count).Select(i => (int)((long)i * rows.Count / count))];
        float[][] values = [.. sample.Select(index =>
        {
            float[] row = new float[rows.Shape.Size];
            rows.Read(index, row);
            for (int i = 0; i < tolerances?.Count; i++)
                row[i] /= tolerances[i] > 0 ? tolerances[i] : 1;
            return row;
        })];
        int[] fixedFeatures = [.. Enumerable.Range(0, tolerances?.Count ?? 0).Where(i => tolerances![i] == 0)];
        int probes = Math.Min(count, Samples);
        double[] nearest = [.. Enumerable.Range(0, probes).Select(p => (int)((long)p * count / probes)).Select(Nearest)
            .Order()];
        return nearest.Length > 0 && double.IsFinite(nearest[nearest.Length / 2]) ? nearest[nearest.Length / 2] : null;

        double Nearest(int probe)
        {
            double least = double.PositiveInfinity;
            for (int i = 0; i < count; i++)
            {
                if (rows.Label(sample[i]) != rows.Label(sample[probe]) && fixedFeatures.All(f => values[probe][f] == values[i][f]))
                    least = Math.Min(least, SquaredDistance(values[probe], values[i]));
            }

            return Math.Sqrt(least);
        }
    }

    private static double SquaredDistance(float[] a, float[] b)
    {
        var sums = Vector<float>.Zero;
        int i = 0;
        for (; i <= a.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var difference = new Vector<float>(a, i) - new Vector<float>(b, i);
            sums += difference * difference;
        }

        double sum = Vector.Sum(sums);
        for (; i < a.Length; i++)
            sum += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
        return sum;
    }
}
