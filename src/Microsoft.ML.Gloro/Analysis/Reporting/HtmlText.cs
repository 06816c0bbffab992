using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// Builds HTML. Values in the braces of an interpolated string are encoded, as content and within quoted attributes; only <see
/// cref="RawHtml"/> is inserted as markup. So user data such as class names cannot become markup by mistake.
/// </summary>
internal sealed partial class HtmlText
{
    /// <summary>
    /// A placeholder for the prefix of ids until the page is complete and its hash is known. A notebook may hold several reports, so ids
    /// must be unique to each. Text cannot contain the placeholder, since encoding replaces control characters.
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

    /// <summary>Adds markup without encoding.</summary>
    public HtmlText Add(RawHtml markup)
    {
        text.Append(markup.Html);
        return this;
    }

    /// <summary>Markup with encoded values in it, in as many parts as the code needs to be readable.</summary>
    public static RawHtml Of(params FormattableString[] parts) =>
        parts.Aggregate(new HtmlText(), (html, part) => html.Add(part)).ToRaw();

    /// <summary>A name with optional line breaks where a word begins, as in HerbaceousVegetation.</summary>
    public static RawHtml Name(string name) => new(string.Join("<wbr>", WordEnds().Split(name).Select(Encode)));

    /// <summary>
    /// The finished markup with its hash in place of <see cref="IdPrefix"/>. Equal hashes mean equal markup, so shared ids do no harm.
    /// </summary>
    public static string WithOwnIds(string html) =>
        html.Replace(IdPrefix, $"g{Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(html)))[..10].ToLowerInvariant()}-",
            StringComparison.Ordinal);

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
        // HtmlEncode knows < > & " '; HTML does not allow control characters.
        if (value.Any(c => char.IsControl(c)))
            value = string.Concat(value.Select(c => char.IsControl(c) ? (char.IsWhiteSpace(c) ? ' ' : '\uFFFD') : c));
        return WebUtility.HtmlEncode(value);
    }

    [GeneratedRegex(@"(?<=\p{Ll})(?=\p{Lu})|(?<=[_\-/])(?=\w)")]
    private static partial Regex WordEnds();
}

/// <summary>Markup that must not be encoded.</summary>
/// <param name="Html">The markup.</param>
internal readonly record struct RawHtml(string Html);
