using System.Buffers.Binary;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Gloro.Tests.Hostile;

/// <summary>Damages bytes, JSON and weights at random; the same seed gives the same damage.</summary>
internal sealed partial class Mutator(int seed)
{
    private static readonly string[] Numbers = ["0", "-1", "1e999", "-1e999", "1e-400", "NaN", "Infinity", "99999999999999999999",
        "2147483647", "2147483648", "00", "1.", ".5", "-", "0x10", "null", "true", "\"1\"", "[]", "{}", "1e-45", "4.5"];
    private static readonly string[] Structure =
        ["{", "}", "[", "]", "\"", ",", ":", "\\", "\\u0000", "\\ud800", "//", "\0", "\uFEFF", "{}", "[[[[[[[[[[[[", "\"a\":1,"];
    private static readonly int[] Integers = [0, -1, 1, int.MaxValue, int.MinValue, 0x7F, 0xFF, 0x10000, 1 << 22, 1 << 30];

    private readonly Random _random = new(seed);

    /// <summary>Whether this happens, once in <paramref name="n"/> times.</summary>
    public bool Once(int n) => _random.Next(n) == 0;

    /// <summary>One kind of damage, or rarely several on top of each other.</summary>
    public byte[] Bytes(byte[] bytes, byte[] other)
    {
        for (int count = Once(8) ? 3 : 1; count > 0 && bytes.Length > 0; count--)
            bytes = DamageBytes(bytes, other);
        return bytes;
    }

    /// <summary>A JSON text with a token changed, doubled, removed or inserted, or with a property twice.</summary>
    public string Json(string text)
    {
        switch (_random.Next(8))
        {
            case 0:
                return Edit(text, Digit(), _ => _random.Next(10).ToString(CultureInfo.InvariantCulture));
            case 1:
                return Edit(text, Number(), _ => Numbers[_random.Next(Numbers.Length)]);
            case 2:
                return Edit(text, Text(), token => _random.Next(
                    4) switch
                { 0 => token + token, 1 => "\"\"", 2 => "null", _ => $"\"{new string('x', 1 << _random.Next(14))}\"" });
            case 3:
                return Edit(text, Punctuation(), token => Once(2) ? "" : token + token);
            case 4:
                return text.Insert(_random.Next(text.Length + 1), Structure[_random.Next(Structure.Length)]);
            case 5:
                return Edit(text, Property(), token => Once(2) ? token + token : "");
            case 6:
                int depth = 1 << _random.Next(3, 18);
                return Edit(text, Number(), token => new string('[', depth) + token + (Once(2) ? new string(']', depth) : ""));
            default:
                return Swap(text);
        }
    }

    /// <summary>Weights with one made NaN, infinite, of another sign or another exponent, or two of them swapped.</summary>
    public void Weights(byte[] tensors)
    {
        Span<byte> weight = tensors.AsSpan(4 * _random.Next(tensors.Length / 4), 4);
        int bits = BinaryPrimitives.ReadInt32LittleEndian(weight);
        int damaged = _random.Next(6) switch
        {
            0 => 0x7FC00000 | _random.Next(1 << 22),
            1 => Once(2) ? 0x7F800000 : unchecked((int)0xFF800000),
            2 => bits ^ int.MinValue,
            3 => bits ^ (1 << _random.Next(23, 31)),
            4 => _random.Next(1, 1 << 23),
            _ => bits ^ (1 << _random.Next(23)),
        };
        BinaryPrimitives.WriteInt32LittleEndian(weight, damaged);
    }

    private byte[] DamageBytes(byte[] bytes, byte[] other)
    {
        int at = _random.Next(bytes.Length), length = Math.Min(bytes.Length - at, 1 << _random.Next(10));
        byte[] damaged = [.. bytes];
        switch (_random.Next(12))
        {
            case 0 or 1 or 2:
                damaged[at] ^= (byte)(1 << _random.Next(8));
                return damaged;
            case 3:
                damaged[at] = (byte)_random.Next(256);
                return damaged;
            case 4:
                return damaged[..at];
            case 5:
                return [.. bytes[..at], .. bytes[(at + length)..]];
            case 6:
                var inserted = new byte[length];
                _random.NextBytes(inserted);
                return [.. bytes[..at], .. inserted, .. bytes[at..]];
            case 7:
                return [.. bytes[..(at + length)], .. bytes[at..]];
            case 8:
                int from = _random.Next(bytes.Length - length + 1);
                bytes.AsSpan(from, length).CopyTo(damaged.AsSpan(at));
                bytes.AsSpan(at, length).CopyTo(damaged.AsSpan(from));
                return damaged;
            case 9:
                damaged.AsSpan(at, length).Fill(Once(2) ? (byte)0 : (byte)0xFF);
                return damaged;
            case 10:
                other.AsSpan(Math.Min(at, other.Length - 1), Math.Min(length, other.Length - Math.Min(at, other.Length - 1)))
                    .CopyTo(damaged.AsSpan(Math.Min(at, other.Length - 1)));
                return damaged;
            default:
                if (at + 4 <= damaged.Length)
                    BinaryPrimitives.WriteInt32LittleEndian(damaged.AsSpan(at), Integers[_random.Next(Integers.Length)]);
                return damaged;
        }
    }

    private string Edit(string text, Regex tokens, Func<string, string> change)
    {
        MatchCollection found = tokens.Matches(text);
        Match match = found[_random.Next(found.Count)];
        return string.Concat(text.AsSpan(0, match.Index), change(match.Value), text.AsSpan(match.Index + match.Length));
    }

    private string Swap(string text)
    {
        MatchCollection found = Number().Matches(text);
        Match one = found[_random.Next(found.Count)], two = found[_random.Next(found.Count)];
        if (one.Index > two.Index)
            (one, two) = (two, one);
        return one.Index == two.Index
            ? text
            : string.Concat(
                text[..one.Index], two.Value, text[(one.Index + one.Length)..two.Index], one.Value + text[(two.Index + two.Length)..]);
    }

    [GeneratedRegex("[0-9]")]
    private static partial Regex Digit();

    [GeneratedRegex("(?<=[:,\\[])-?[0-9][0-9.eE+-]*")]
    private static partial Regex Number();

    [GeneratedRegex("\"[^\"]*\"")]
    private static partial Regex Text();

    [GeneratedRegex("[{}\\[\\],:\"]")]
    private static partial Regex Punctuation();

    [GeneratedRegex("\"[^\"]*\":(\"[^\"]*\"|[0-9.eE+-]+|true|false|\\[[^\\[\\]{}]*\\]),")]
    private static partial Regex Property();
}
