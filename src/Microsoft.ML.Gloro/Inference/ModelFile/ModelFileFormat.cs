namespace Microsoft.ML.Gloro.Inference;

/// <summary>The layout of a model file in the large, and the errors that reading one can end in.</summary>
internal static class ModelFileFormat
{
    /// <summary>The version that is written, and the only one that is read: no file of an earlier one was ever released.</summary>
    public const int Version = 3;

    /// <summary>
    /// Bytes before the header: the magic, the version and the header's length, the last two as 32-bit little-endian numbers.
    /// </summary>
    public const int PreambleLength = 16;

    /// <summary>Bytes of JSON. Everything that <see cref="ModelLimits"/> allows fits.</summary>
    public const int MaxHeaderLength = 1 << 22;

    /// <summary>Levels of nesting in the JSON; the format has four.</summary>
    public const int MaxHeaderDepth = 8;

    /// <summary>What a model file starts with.</summary>
    public static ReadOnlySpan<byte> Magic => "GLOROMDL"u8;

    /// <summary>
    /// The file does not hold what this library wrote. The message says all there is to say: an inner exception would hide it from
    /// GetBaseException.
    /// </summary>
    public static FormatException Damaged(string what) =>
        Error(
            $"{what}. The file was damaged or altered, or was not written by this library: copy it again from its source, or train " +
            "and save the model again.");

    /// <summary>The file cannot be used; <paramref name="what"/> says why and what to do.</summary>
    public static FormatException Error(string what) => new($"The GloRo model cannot be loaded: {what}");
}
