using Microsoft.ML.Data;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>Names rows in messages.</summary>
/// <param name="row">The row or cursor that is read.</param>
/// <param name="source">The row's view, if any: messages then quote the row's texts (usually a path).</param>
internal sealed class RowLocator(DataViewRow row, IDataView? source)
{
    private const int MostTexts = 3, LongestText = 200;

    /// <summary>An error about the current row.</summary>
    public InvalidOperationException Error(string columnName, string what, Exception? inner = null) =>
        new($"R{Describe()[1..]}, column '{columnName}': {what}", inner);

    /// <summary>The current row in words.</summary>
    public string Describe() => $"row {row.Position} (counted from 0{Texts()})";

    // LoadImages does not say which file it cannot decode. The path is in a text column, which may not be active here, so the row is
    // searched by its id, which also works if rows come shuffled or in several cursors. Only errors pay for this search.
    private string Texts()
    {
        if (source is null)
            return "";
        try
        {
            var columns = source.Schema.Where(c => !c.IsHidden && c.Type is TextDataViewType).Take(MostTexts).ToList();
            DataViewRowId wanted = default, found = default;
            row.GetIdGetter()(ref wanted);
            if (columns.Count == 0)
                return "";
            using var cursor = source.GetRowCursor(columns);
            var idGetter = cursor.GetIdGetter();
            while (cursor.MoveNext())
            {
                idGetter(ref found);
                if (found.Equals(wanted))
                    return string.Concat(columns.Select(c => $"; {c.Name}: '{Text(cursor, c)}'"));
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The first error is the one to report.
        }

        return "";
    }

    private static string Text(DataViewRow row, DataViewSchema.Column column)
    {
        ReadOnlyMemory<char> value = default;
        row.GetGetter<ReadOnlyMemory<char>>(column)(ref value);
        return value.Length <= LongestText ? value.ToString() : $"{value[..LongestText]}…";
    }
}
