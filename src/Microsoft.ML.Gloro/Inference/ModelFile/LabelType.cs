using System.Globalization;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// The type of the label values that the classes of a model stand for. A class's name is its value as text, in the invariant culture; this
/// type turns names back into values. Immutable.
/// </summary>
internal abstract class LabelType(string fileName)
{
    private const string DateFormat = "yyyy-MM-dd", TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF", OffsetFormat = TimeFormat + "zzz";

    /// <summary>Text: a name is its own value.</summary>
    public static LabelType Text { get; } =
        new LabelType<ReadOnlyMemory<char>>("text", value => value.ToString(), (string name, out ReadOnlyMemory<char> value) =>
        {
            value = name.AsMemory();
            return true;
        });

    /// <summary>Every type that a label may have.</summary>
    public static IReadOnlyList<LabelType> All { get; } =
    [
        Text, Of<bool>("boolean"),
        Of<sbyte>("int8"), Of<short>("int16"), Of<int>("int32"), Of<long>("int64"),
        Of<byte>("uint8"), Of<ushort>("uint16"), Of<uint>("uint32"), Of<ulong>("uint64"),
        Of<float>("float32"), Of<double>("float64"),
        // Like ML.NET's own files, names do not say whether a time is local or UTC.
        new LabelType<DateTime>(
            "dateTime",
            value => value.ToString(value.TimeOfDay == TimeSpan.Zero ? DateFormat : TimeFormat, CultureInfo.InvariantCulture),
            (string name, out DateTime value) =>
                DateTime.TryParseExact(name, [DateFormat, TimeFormat], CultureInfo.InvariantCulture, DateTimeStyles.None, out value)),
        new LabelType<DateTimeOffset>(
            "dateTimeOffset",
            value => value.ToString(OffsetFormat, CultureInfo.InvariantCulture),
            (string name, out DateTimeOffset value) =>
                DateTimeOffset.TryParseExact(name, OffsetFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out value)),
        Of<TimeSpan>("timeSpan"),
    ];

    /// <summary>The type's name in model files.</summary>
    public string FileName { get; } = fileName;

    /// <summary>The .NET type of the values; ReadOnlyMemory&lt;char&gt; for text, as in ML.NET.</summary>
    public abstract Type ValueType { get; }

    /// <summary>Whether a text is the name of a value.</summary>
    public abstract bool IsName(string text);

    /// <summary>Calls <paramref name="use"/> with the type as a type argument.</summary>
    public abstract TResult Use<TResult>(ILabelTypeUse<TResult> use);

    private static LabelType<T> Of<T>(string fileName)
        where T : IParsable<T> => new(
            fileName,
            value => Convert.ToString(value, CultureInfo.InvariantCulture)!,
            (string name, out T value) => T.TryParse(name, CultureInfo.InvariantCulture, out value!));
}

/// <summary>A label type with its values.</summary>
/// <param name="fileName">The type's name in model files.</param>
/// <param name="write">The name of a value.</param>
/// <param name="tryRead">Reads what <paramref name="write"/> wrote.</param>
internal sealed class LabelType<T>(string fileName, Func<T, string> write, LabelType<T>.Reader tryRead) : LabelType(fileName)
{
    internal delegate bool Reader(string name, out T value);

    public override Type ValueType => typeof(T);

    public override bool IsName(string text) => tryRead(text, out T value) && Name(value) == text;

    public override TResult Use<TResult>(ILabelTypeUse<TResult> use) => use.Run(this);

    /// <summary>The name of a value.</summary>
    public string Name(T value) => write(value);

    /// <summary>The value of a name.</summary>
    /// <exception cref="FormatException">There is no such value.</exception>
    public T Value(string name) => tryRead(name, out T value) ? value : throw new FormatException($"'{name}' is no {FileName}.");
}

/// <summary>Code that needs a label type as a type argument.</summary>
internal interface ILabelTypeUse<out TResult>
{
    TResult Run<T>(LabelType<T> type);
}
