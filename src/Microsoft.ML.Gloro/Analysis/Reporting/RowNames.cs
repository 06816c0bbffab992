using Microsoft.ML.Data;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Names of rows: the file names of their images.</summary>
internal static class RowNames
{
    /// <summary>The column that is used if none is named: the one of ML.NET's documents that LoadImages reads.</summary>
    public const string UsualColumn = "ImagePath";

    /// <summary>The column of names; null if there is none.</summary>
    /// <exception cref="ArgumentException">The requested column is missing or holds no text.</exception>
    public static DataViewSchema.Column? Find(DataViewSchema schema, string? wanted)
    {
        DataViewSchema.Column? column = schema.GetColumnOrNull(wanted ?? UsualColumn);
        if (column is { Type: TextDataViewType })
            return column;
        if (wanted is null)
            return null;
        throw new ArgumentException(column is { } other
            ? $"{nameof(GloroReportOptions.NameColumnName)}: column '{wanted}' is of type {other.Type}; names must be text."
            : $"{nameof(GloroReportOptions.NameColumnName)}: the scored view has no column '{wanted}'.");
    }

    /// <summary>A getter of the row's text; it gives null if there is no column, or no text in it.</summary>
    public static Func<string?> GetGetter(DataViewRow row, DataViewSchema.Column? column)
    {
        if (column is not { } named)
            return () => null;
        ValueGetter<ReadOnlyMemory<char>> read = row.GetGetter<ReadOnlyMemory<char>>(named);
        ReadOnlyMemory<char> text = default;
        return () =>
        {
            read(ref text);
            return text.IsEmpty ? null : text.ToString();
        };
    }

    /// <summary>The part of a path after the last slash of either kind: folders say where a file was, which is nobody's business.</summary>
    public static string? FileName(string? path) => path?[(path.LastIndexOfAny(['/', '\\']) + 1)..] is { Length: > 0 } name ? name : null;
}
