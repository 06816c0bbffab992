namespace Microsoft.ML.Gloro.Core;

/// <summary>The message of an exception as a part of another message.</summary>
internal static class ErrorText
{
    private const int Longest = 1000;

    /// <summary>
    /// The message as one sentence with its full stop. It leaves out the parameter's name that .NET adds, since the reader called another
    /// method, and cuts a message that quotes long input.
    /// </summary>
    public static string Sentence(Exception exception)
    {
        string text = exception.Message;
        if (exception is ArgumentException { ParamName: { Length: > 0 } name })
            text = text.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal);
        text = text.Length <= Longest ? text.TrimEnd('.', ' ') : text[..Longest] + "…";
        return text + ".";
    }
}
