namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Rows one after the other in one array, as scoring and tensors take them.</summary>
internal static class Flat
{
    /// <summary>Joins rows of <paramref name="size"/> values.</summary>
    public static float[] Join(IEnumerable<float[]> rows, int size)
    {
        float[][] all = [.. rows];
        var joined = new float[checked(all.Length * size)];
        for (int row = 0; row < all.Length; row++)
            all[row].CopyTo(joined, row * size);
        return joined;
    }
}
