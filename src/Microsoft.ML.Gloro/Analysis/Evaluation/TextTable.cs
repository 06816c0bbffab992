using System.Globalization;
using System.Text;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Collects the lines of a text table, formatted in the invariant culture. Lines end with \n on every system.</summary>
internal sealed class TextTable
{
    private const int NameWidth = 36;

    private readonly StringBuilder text = new();

    /// <summary>A line, in as many parts as the code needs to be readable.</summary>
    public void Line(params FormattableString[] parts) =>
        text.AppendJoin("", parts.Select(part => part.ToString(CultureInfo.InvariantCulture))).Append('\n');

    /// <summary>A name and a number, indented and aligned with the other rows.</summary>
    public void Row(string name, double value, string format = "F4") =>
        Line($"  {name,-NameWidth}{value.ToString(format, CultureInfo.InvariantCulture),8}");

    /// <summary>A name and what there is to say, indented and aligned with the other rows.</summary>
    public void Row(string name, params FormattableString[] value) => Line([$"  {name,-NameWidth}", .. value]);

    /// <summary>The lines, without a line end after the last.</summary>
    public override string ToString() => text.ToString().TrimEnd('\n');
}
