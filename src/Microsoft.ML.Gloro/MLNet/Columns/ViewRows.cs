namespace Microsoft.ML.Gloro.MLNet;

/// <summary>Asks a view for its rows without reading a column.</summary>
internal static class ViewRows
{
    /// <summary>Whether the view has no rows.</summary>
    public static bool IsEmpty(IDataView data)
    {
        if (data.GetRowCount() is { } count)
            return count == 0;
        using var cursor = data.GetRowCursor([]);
        return !cursor.MoveNext();
    }

    /// <summary>The error that data which must have rows has none.</summary>
    /// <param name="what">The data, as a sentence begins: "The training data".</param>
    /// <param name="nothing">What there is nothing of: "to train on".</param>
    public static InvalidOperationException NoRows(string what, string nothing) => new(
        $"{what} has no rows: there is nothing {nothing}. Check where it was loaded from, and any filter behind that.");

    /// <summary>How many rows there are.</summary>
    public static long Count(IDataView data)
    {
        if (data.GetRowCount() is { } known)
            return known;
        long count = 0;
        using var cursor = data.GetRowCursor([]);
        while (cursor.MoveNext())
            count++;
        return count;
    }
}
