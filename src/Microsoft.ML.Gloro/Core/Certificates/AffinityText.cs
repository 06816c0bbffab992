using System.Globalization;
using System.Text;

namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// The text form of affinity sets: <c>Highway+River,Forest+Pasture</c> by name, <c>#3+#8,#1+#5</c> by index.
/// A backslash makes the next character part of a name, so that every name, whatever it contains, can be written and read back.
/// </summary>
internal static class AffinityText
{
    internal const char ClassSeparator = '+';
    internal const char SetSeparator = ',';
    internal const char OptionSeparator = ':';
    private const char Escape = '\\';
    private const char IndexMark = '#';

    public static string Format(IEnumerable<IEnumerable<string>> sets) => Join(sets.Select(set => set.Select(EscapeName)));

    public static string Format(IEnumerable<IEnumerable<int>> sets) =>
        Join(sets.Select(set => set.Select(index => string.Create(CultureInfo.InvariantCulture, $"{IndexMark}{index}"))));

    /// <summary>Cuts at the separators that no backslash precedes; the parts keep their backslashes.</summary>
    public static List<string> Split(string text, char separator)
    {
        var parts = new List<string>();
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == Escape)
            {
                i++;
            }
            else if (text[i] == separator)
            {
                parts.Add(text[start..i]);
                start = i + 1;
            }
        }
        parts.Add(text[start..]);
        return parts;
    }

    /// <summary>Reads one class: an index if it is written with a # that no backslash precedes, else a name.</summary>
    /// <exception cref="FormatException">Nothing is left, a # without a number, or a backslash at the end.</exception>
    public static (string? Name, int Index) ReadClass(string part, string text)
    {
        var name = Unescape(part, text);
        if (name.Length == 0)
            throw new FormatException(
                $"The affinity sets '{text}' hold an empty class or set. Write them like " +
                $"Highway{ClassSeparator}River{SetSeparator}Forest{ClassSeparator}Pasture.");
        if (part.TrimStart()[0] != IndexMark)
            return (name, -1);
        return int.TryParse(name.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            ? (null, index)
            : throw new FormatException(
                $"'{name}' in the affinity sets '{text}' is no class index such as {IndexMark}3. If a class has that name, write " +
                $"{Escape}{name}.");
    }

    /// <summary>Drops the white space around a part and the backslashes in it; white space after a backslash stays.</summary>
    private static string Unescape(string part, string text)
    {
        var name = new StringBuilder(part.Length);
        var kept = 0;
        for (var i = 0; i < part.Length; i++)
        {
            var escaped = part[i] == Escape;
            if (escaped && ++i == part.Length)
                throw new FormatException(
                    $"The affinity sets '{text}' have a backslash with nothing after it. Write two backslashes for one in a name.");
            if (!escaped && char.IsWhiteSpace(part[i]))
            {
                if (name.Length > 0)
                    name.Append(part[i]);
                continue;
            }
            name.Append(part[i]);
            kept = name.Length;
        }
        return name.ToString(0, kept);
    }

    private static string EscapeName(string name)
    {
        var text = new StringBuilder(name.Length);
        for (var i = 0; i < name.Length; i++)
        {
            var atEdge = i == 0 || i == name.Length - 1;
            if (name[i] is ClassSeparator or SetSeparator or OptionSeparator or Escape
                || (i == 0 && name[i] == IndexMark)
                || (atEdge && char.IsWhiteSpace(name[i])))
            {
                text.Append(Escape);
            }

            text.Append(name[i]);
        }
        return text.ToString();
    }

    private static string Join(IEnumerable<IEnumerable<string>> sets) =>
        string.Join(SetSeparator, sets.Select(set => string.Join(ClassSeparator, set)));
}
