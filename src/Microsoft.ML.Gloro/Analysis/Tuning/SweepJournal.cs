using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// The file of a sweep's results: a JSON line that identifies the sweep, then one for each event. Lines are only appended, each with one
/// write that is flushed to disk before the sweep continues. If the process is killed, only the last line can be incomplete; it is removed
/// on opening. Lines that cannot be written (a full disk) are kept and written together with the next one.
/// </summary>
internal sealed class SweepJournal : IDisposable
{
    private const string Tag = "{\"gloroSweep\":1,";
    private const int MostBeginnings = 3;

    private readonly string _path;
    private readonly Action<string> _warn;
    private readonly Stream _file;
    private readonly Dictionary<(int Trial, int Epochs), JournalEntry> _ended = [];
    private readonly Dictionary<(int Trial, int Epochs), int> _begun = [];
    private long _end; // of the lines that are on disk
    private byte[] _unwritten = [];

    /// <summary>Opens or creates a journal.</summary>
    /// <param name="path">The file.</param>
    /// <param name="about">What identifies the sweep.</param>
    /// <param name="warn">Receives a message when lines can no longer be written.</param>
    /// <exception cref="InvalidOperationException">
    /// The file cannot be opened, is not a journal, is damaged, or belongs to another sweep.
    /// </exception>
    public SweepJournal(string path, IReadOnlyDictionary<string, string> about, Action<string> warn)
        : this(path, about, warn, Open)
    {
    }

    /// <summary>Opens or creates a journal in a stream that <paramref name="open"/> returns.</summary>
    internal SweepJournal(string path, IReadOnlyDictionary<string, string> about, Action<string> warn, Func<string, Stream> open)
    {
        (_path, _warn) = (Path.GetFullPath(path), warn);
        try
        {
            _file = open(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException(
                $"The journal '{_path}' cannot be used: {e.Message} Each sweep needs its own writable file in an existing folder.", e);
        }

        try
        {
            Read(about);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>The number of results in the journal when it was opened.</summary>
    public int Count => _ended.Count;

    /// <summary>The recorded result of a training, or null.</summary>
    /// <exception cref="InvalidOperationException">It was recorded for other settings.</exception>
    public JournalEntry? Find(SweepSettings settings, int epochs)
    {
        if (!_ended.TryGetValue((settings.Number, epochs), out var entry))
            return null;
        return entry.Settings == settings.Text ? entry : throw new InvalidOperationException(
            $"The journal '{_path}' holds trial {entry.Trial} with other settings ({entry.Settings}) " +
            $"than this sweep's ({settings.Text}). Delete it, or name another {nameof(GloroSweepOptions.JournalPath)}.");
    }

    /// <summary>Whether this training crashed the process so often that it should be skipped.</summary>
    public bool IsDeadly(SweepSettings settings, int epochs) => _begun.GetValueOrDefault((settings.Number, epochs)) >= MostBeginnings;

    /// <summary>Adds a line, or warns that it cannot be written: trainings must not be lost because of their journal.</summary>
    public void Add(JournalEntry entry)
    {
        bool hadUnwritten = _unwritten.Length > 0;
        Append(JsonSerializer.Serialize(entry, JournalJson.Default.JournalEntry));
        try
        {
            Write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (!hadUnwritten)
                _warn($"The journal '{_path}' cannot be written: {e.Message} The sweep continues and tries again after each training.");
        }
    }

    public void Dispose() => _file.Dispose();

    private void Read(IReadOnlyDictionary<string, string> about)
    {
        byte[] bytes = new byte[_file.Length];
        _file.ReadExactly(bytes);
        int whole = Array.LastIndexOf(bytes, (byte)'\n') + 1;
        string[] lines = Encoding.UTF8.GetString(bytes, 0, whole).Split('\n')[..^1];

        // Never overwrite a file that does not start like a journal.
        int known = Math.Min(bytes.Length, Tag.Length);
        if (!bytes.AsSpan(0, known).SequenceEqual(Encoding.UTF8.GetBytes(Tag).AsSpan(0, known)))
        {
            throw new InvalidOperationException(
                $"The file '{_path}' is not the journal of a sweep. Name another {nameof(GloroSweepOptions.JournalPath)}.");
        }

        _file.SetLength(whole);
        _end = whole;
        if (lines.Length == 0)
        {
            Begin(about);
            return;
        }

        Compare(lines[0], about);
        for (int i = 1; i < lines.Length; i++)
        {
            var entry = Parse(lines[i], i + 1, JournalJson.Default.JournalEntry);
            var key = (entry.Trial, entry.Epochs);
            _begun[key] = entry.Event == JournalEntry.Began ? _begun.GetValueOrDefault(key) + 1 : 0;
            if (entry.Event == JournalEntry.Ended)
                _ended[key] = entry;
        }
    }

    private void Compare(string first, IReadOnlyDictionary<string, string> about)
    {
        static string Value(IReadOnlyDictionary<string, string> values, string name) => values.GetValueOrDefault(name) ?? "not known";
        var before = Parse(first, 1, JournalJson.Default.JournalHeader).About;
        string[] differences =
        [
            .. about.Keys.Union(before.Keys).Where(name => about.GetValueOrDefault(name) != before.GetValueOrDefault(name))
                .Select(name => $"{name} was {Value(before, name)} and is {Value(about, name)}"),
        ];
        if (differences.Length > 0)
        {
            throw new InvalidOperationException($"The journal '{_path}' belongs to another sweep: {string.Join("; ", differences)}. " +
                "Use the same values to continue that sweep, delete the file to discard it, " +
                $"or name another {nameof(GloroSweepOptions.JournalPath)}.");
        }
    }

    private T Parse<T>(string line, int number, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(line, type) ?? throw new JsonException("The line is null.");
        }
        catch (JsonException e)
        {
            throw new InvalidOperationException(
                $"Line {number} of the journal '{_path}' is damaged: {e.Message} " +
                "Delete the line to repeat its trial, or the file to start over.", e);
        }
    }

    // Nothing is lost yet if the first line cannot be written, so that is an error.
    private void Begin(IReadOnlyDictionary<string, string> about)
    {
        try
        {
            Append(JsonSerializer.Serialize(new JournalHeader { GloroSweep = 1, About = about }, JournalJson.Default.JournalHeader));
            Write();
        }
        catch (IOException e)
        {
            throw new InvalidOperationException($"The journal '{_path}' cannot be written: {e.Message}", e);
        }
    }

    private void Append(string line) => _unwritten = [.. _unwritten, .. Encoding.UTF8.GetBytes(line + "\n")];

    // After a failure the same bytes go to the same place again, so a line that was cut off is completed.
    private void Write()
    {
        _file.Position = _end;
        _file.Write(_unwritten);
        if (_file is FileStream file)
            file.Flush(flushToDisk: true);
        _end += _unwritten.Length;
        _unwritten = [];
    }

    // Unbuffered: a buffer that could not be written would be written again by Dispose, which would then throw as well.
    private static FileStream Open(string path) => new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
}

/// <summary>The first line of a sweep's journal.</summary>
internal sealed record JournalHeader
{
    public required int GloroSweep { get; init; }

    public required IReadOnlyDictionary<string, string> About { get; init; }
}

/// <summary>A line of a sweep's journal, except the first.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record JournalEntry
{
    public const string Began = "began", Ended = "ended", Stopped = "stopped";

    /// <summary>A training began, ended, or was stopped and does not count.</summary>
    public required string Event { get; init; }

    public required int Trial { get; init; }

    public required int Epochs { get; init; }

    public string? Settings { get; init; }

    public double? Seconds { get; init; }

    public TrialMeasures? Measures { get; init; }

    public string? Error { get; init; }
}

/// <summary>Generated serialization, which also works where an application turns reflection off.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(JournalHeader))]
[JsonSerializable(typeof(JournalEntry))]
internal sealed partial class JournalJson : JsonSerializerContext;
