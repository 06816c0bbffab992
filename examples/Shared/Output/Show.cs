using Spectre.Console;

namespace Examples;

/// <summary>Prints lines and tables: drawn on a terminal, plain where the output goes to a file or to another program.</summary>
internal static class Show
{
    /// <summary>Whether somebody looks at a terminal that can draw.</summary>
    public static bool IsTerminal { get; } = !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Ansi;

    /// <summary>A line of text. On a terminal it goes above whatever is being drawn.</summary>
    public static void Line(string text = "")
    {
        if (IsTerminal)
            AnsiConsole.WriteLine(text);
        else
            Console.WriteLine(text);
    }

    /// <summary>A radius with three decimals, rounded down: the number that is shown must be proved too.</summary>
    public static string Radius(float radius) => $"{Math.Floor(radius * 1000.0) / 1000:F3}";

    /// <summary>A table; columns that hold nothing but numbers are aligned to the right.</summary>
    public static void Table(IReadOnlyList<string> header, IEnumerable<IReadOnlyList<string>> rows)
    {
        var cells = rows.ToList();
        static bool IsNumber(string cell) => cell.Length > 0 && (char.IsAsciiDigit(cell[0]) || cell[0] is '-' or '.' or '+');
        bool[] isNumber = [.. header.Select((_, column) => cells.TrueForAll(row => IsNumber(row[column])))];
        if (IsTerminal)
            Draw(header, cells, isNumber);
        else
            Print(header, cells, isNumber);
    }

    private static void Draw(IReadOnlyList<string> header, List<IReadOnlyList<string>> rows, bool[] isNumber)
    {
        var table = new Table().Border(TableBorder.Rounded);
        for (int i = 0; i < header.Count; i++)
            table.AddColumn(new TableColumn(new Text(header[i])) { Alignment = isNumber[i] ? Justify.Right : Justify.Left });
        foreach (var row in rows)
            table.AddRow([.. row.Select(cell => new Text(cell))]);
        AnsiConsole.Write(table);
    }

    private static void Print(IReadOnlyList<string> header, List<IReadOnlyList<string>> rows, bool[] isNumber)
    {
        int[] widths = [.. header.Select((_, column) => rows.Prepend(header).Max(row => row[column].Length))];
        string Pad(string cell, int column) => isNumber[column] ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]);
        foreach (var row in rows.Prepend(header))
            Console.WriteLine("  " + string.Join("  ", row.Select(Pad)).TrimEnd());
    }
}
