using System.Globalization;
using System.Text;

namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// The text form of affinity sets: <c>Highway+River,Forest+Pasture</c> by name, <c>#3+#8,#1+#5</c> by index; <c>trees=maple+oak</c> for a
/// set with a name. A backslash makes the next character part of a class name, so that every class name can be written and read back.
/// </summary>
internal static class AffinityText
{
    internal const char ClassSeparator = '+';
    internal const char SetSeparator = ',';
    internal const char OptionSeparator = ':';
    internal const char NameSeparator = '=';
    private const char Escape = '\\';
    private const char IndexMark = '#';

    /// <summary>The text of one set.</summary>
    /// <param name="group">Its name; null for none.</param>
    /// <param name="classes">Its classes by name.</param>
    public static string Format(string? group, IEnumerable<string> classes) =>
        Join(group, classes.Select((name, index) => EscapeName(name, isAfterNoName: index == 0 && group is null)));

    /// <inheritdoc cref="Format(string?, IEnumerable{string})"/>
    public static string Format(string? group, IEnumerable<int> classes) =>
        Join(group, classes.Select(index => string.Create(CultureInfo.InvariantCulture, $"{IndexMark}{index}")));

    /// <summary>What is wrong with the name of a set, as the end of a sentence; null if nothing is.</summary>
    public static string? FaultOfName(string name)
    {
        if (string.IsNullOrWhiteSpace(name))
            return "is empty";
        int bad = name.AsSpan().IndexOfAny([ClassSeparator, SetSeparator, OptionSeparator, NameSeparator, Escape]);
        if (bad >= 0)
            return $"holds '{name[bad]}', which the text of affinity sets separates with";
        return name[0] == IndexMark || char.IsWhiteSpace(name[0]) || char.IsWhiteSpace(name[^1])
            ? $"begins with {IndexMark} or white space, or ends with white space"
            : null;
    }

    /// <summary>
    /// Cuts a set into its name and the rest. The name ends at the first = that no backslash precedes. Texts from before sets had names may
    /// hold such a =, as part of their first class: where a + or a backslash comes before it, or nothing, it is none of a name.
    /// </summary>
    /// <returns>The name, null for none; and the classes.</returns>
    public static (string? Group, string Classes) SplitName(string set)
    {
        int end = set.AsSpan().IndexOfAny(NameSeparator, ClassSeparator, Escape);
        return end >= 0 && set[end] == NameSeparator && set[..end].Trim() is { Length: > 0 } name
            ? (name, set[(end + 1)..])
            : (null, set);
    }

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

    private static string EscapeName(string name, bool isAfterNoName)
    {
        var text = new StringBuilder(name.Length);
        for (var i = 0; i < name.Length; i++)
        {
            var atEdge = i == 0 || i == name.Length - 1;
            if (name[i] is ClassSeparator or SetSeparator or OptionSeparator or Escape
                || (isAfterNoName && name[i] == NameSeparator)
                || (i == 0 && name[i] == IndexMark)
                || (atEdge && char.IsWhiteSpace(name[i])))
            {
                text.Append(Escape);
            }

            text.Append(name[i]);
        }
        return text.ToString();
    }

    private static string Join(string? group, IEnumerable<string> classes) =>
        (group is null ? "" : $"{group}{NameSeparator}") + string.Join(ClassSeparator, classes);
}
