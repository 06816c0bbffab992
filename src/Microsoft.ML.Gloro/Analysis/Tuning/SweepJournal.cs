using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// The file of a sweep's results: a JSON line that identifies the sweep, then one for each event. Lines are only appended, each with one
/// write that is flushed to disk before the sweep continues. If the process is killed, only the last line can be incomplete; it is removed
/// on opening.
/// </summary>
internal sealed class SweepJournal : IDisposable
{
    private const string Tag = "{\"gloroSweep\":1,";
    private const int MostBeginnings = 3;

    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private readonly string _path;
    private readonly FileStream _file;
    private readonly Dictionary<(int Trial, int Epochs), JournalEntry> _ended = [];
    private readonly Dictionary<(int Trial, int Epochs), int> _begun = [];

    /// <summary>Opens or creates a journal.</summary>
    /// <exception cref="InvalidOperationException">
    /// The file cannot be opened, is not a journal, is damaged, or belongs to another sweep.
    /// </exception>
    public SweepJournal(string path, IReadOnlyDictionary<string, string> about)
    {
        _path = Path.GetFullPath(path);
        try
        {
            _file = new FileStream(_path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException($"The journal '{_path}' cannot be used: {e.Message} Each sweep needs a file of its own that it can write to, in a folder that is there.", e);
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
            $"The journal '{_path}' holds trial {entry.Trial} with other settings ({entry.Settings}) than this sweep's ({settings.Text}). Delete it, or name another {nameof(GloroSweepOptions.JournalPath)}.");
    }

    /// <summary>Whether this training crashed the process so often that it should be skipped.</summary>
    public bool IsDeadly(SweepSettings settings, int epochs) => _begun.GetValueOrDefault((settings.Number, epochs)) >= MostBeginnings;

    /// <summary>Adds a line.</summary>
    /// <exception cref="InvalidOperationException">It cannot be written.</exception>
    public void Add(JournalEntry entry) => Write(JsonSerializer.Serialize(entry, s_json));

    /// <inheritdoc/>
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
            throw new InvalidOperationException($"The file '{_path}' is no journal of a sweep. Name another {nameof(GloroSweepOptions.JournalPath)}.");
        _file.SetLength(whole);
        _file.Position = whole;
        if (lines.Length == 0)
        {
            Write($"{Tag}\"about\":{JsonSerializer.Serialize(about)}}}");
            return;
        }

        Compare(lines[0], about);
        for (int i = 1; i < lines.Length; i++)
        {
            var entry = Parse<JournalEntry>(lines[i], i + 1);
            var key = (entry.Trial, entry.Epochs);
            _begun[key] = entry.Event == JournalEntry.Began ? _begun.GetValueOrDefault(key) + 1 : 0;
            if (entry.Event == JournalEntry.Ended)
                _ended[key] = entry;
        }
    }

    private void Compare(string first, IReadOnlyDictionary<string, string> about)
    {
        var before = Parse<Header>(first, 1).About;
        string[] differences = [.. about.Keys.Union(before.Keys).Where(name => about.GetValueOrDefault(name) != before.GetValueOrDefault(name))
            .Select(name => $"{name} was {before.GetValueOrDefault(name) ?? "not known"} and is {about.GetValueOrDefault(name) ?? "not known"}")];
        if (differences.Length > 0)
        {
            throw new InvalidOperationException($"The journal '{_path}' is of another sweep: {string.Join("; ", differences)}. " +
                $"Sweep with what it was begun with to go on with it, delete it to give it up, or name another {nameof(GloroSweepOptions.JournalPath)}.");
        }
    }

    private T Parse<T>(string line, int number)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(line, s_json) ?? throw new JsonException("The line is null.");
        }
        catch (JsonException e)
        {
            throw new InvalidOperationException($"Line {number} of the journal '{_path}' is damaged: {e.Message} Delete that line to do its trial again, or the file to begin anew.", e);
        }
    }

    private void Write(string line)
    {
        try
        {
            _file.Write(Encoding.UTF8.GetBytes(line + "\n"));
            _file.Flush(flushToDisk: true);
        }
        catch (IOException e)
        {
            throw new InvalidOperationException($"The journal '{_path}' cannot be written: {e.Message} What it holds stays; the same sweep goes on from there.", e);
        }
    }

    private sealed record Header
    {
        public required int GloroSweep { get; init; }

        public required Dictionary<string, string> About { get; init; }
    }
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
