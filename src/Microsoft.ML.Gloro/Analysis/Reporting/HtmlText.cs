using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// HTML in the making. What stands in braces of an interpolated string is text and gets encoded, whether it is content or within the quotes of an attribute; only <see cref="RawHtml"/> is
/// markup. So class names, which are the user's data, cannot become markup by forgetting something.
/// </summary>
internal sealed partial class HtmlText
{
    /// <summary>
    /// Stands for a prefix of ids until the page is complete and its hash is known: reports may stand side by side in a notebook, where an id must be one report's own. No text holds it, being
    /// a control character, which encoding replaces.
    /// </summary>
    public const string IdPrefix = "\u0001";

    private readonly StringBuilder text = new();

    /// <summary>Adds markup with encoded values in it; numbers in the invariant culture.</summary>
    public HtmlText Add(FormattableString markup)
    {
        object?[] values = [.. markup.GetArguments().Select(Value)];
        text.AppendFormat(CultureInfo.InvariantCulture, markup.Format, values);
        return this;
    }

    /// <summary>Adds what is markup already.</summary>
    public HtmlText Add(RawHtml markup)
    {
        text.Append(markup.Html);
        return this;
    }

    /// <summary>Markup with encoded values in it.</summary>
    public static RawHtml Of(FormattableString markup) => new HtmlText().Add(markup).ToRaw();

    /// <summary>A name that may be broken where a new word begins in it, as in HerbaceousVegetation.</summary>
    public static RawHtml Name(string name) => new(string.Join("<wbr>", WordEnds().Split(name).Select(Encode)));

    /// <summary>The finished markup, with the hash of it in place of <see cref="IdPrefix"/>: what hashes alike is alike.</summary>
    public static string WithOwnIds(string html) =>
        html.Replace(IdPrefix, $"g{Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(html)))[..10].ToLowerInvariant()}-", StringComparison.Ordinal);

    public RawHtml ToRaw() => new(text.ToString());

    private static object? Value(object? value) => value switch
    {
        RawHtml raw => raw.Html,
        string one => Encode(one),
        char or Enum => Encode(value.ToString()!),
        _ => value,
    };

    private static string Encode(string value)
    {
        // HtmlEncode knows < > & " '; control characters are no characters of HTML at all.
        if (value.Any(c => char.IsControl(c)))
            value = string.Concat(value.Select(c => char.IsControl(c) ? (char.IsWhiteSpace(c) ? ' ' : '\uFFFD') : c));
        return WebUtility.HtmlEncode(value);
    }

    [GeneratedRegex(@"(?<=\p{Ll})(?=\p{Lu})|(?<=[_\-/])(?=\w)")]
    private static partial Regex WordEnds();
}
