using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// A folder with the checkpoints of one training: the last one, and the one before in case the last is damaged. A lock file keeps other
/// trainings out.
/// </summary>
/// <remarks>
/// No work is lost: a folder with the checkpoint of an interrupted training is refused to a different training. The checkpoint of a
/// finished training holds its result. The same training takes it, a longer one continues from it, any other replaces it.
/// </remarks>
internal sealed class CheckpointStore : IDisposable
{
    private const string Extension = ".checkpoint";
    private const string LockName = "gloro.lock";

    private readonly string _folder;
    private readonly Action<string> _warn;
    private readonly FileStream _lock;
    private readonly Dictionary<string, string> _fingerprint = [];
    private string? _path;

    /// <summary>Opens or creates a folder, and looks for the latest checkpoint.</summary>
    /// <param name="folder">The folder; it may hold other files.</param>
    /// <param name="warn">Receives messages about damaged files that were skipped and checkpoints that could not be written.</param>
    /// <exception cref="InvalidOperationException">
    /// The folder cannot be used, is used by another training, or holds only damaged checkpoints.
    /// </exception>
    public CheckpointStore(string folder, Action<string> warn)
    {
        (_folder, _warn) = (Path.GetFullPath(folder), warn);
        try
        {
            Directory.CreateDirectory(_folder);
            _lock = new FileStream(Path.Combine(_folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException(
                $"The checkpoint folder '{_folder}' cannot be used: {e.Message} " +
                "Each training needs a folder of its own that it can write to.",
                e);
        }

        try
        {
            (_path, Latest) = FindLatest();
        }
        catch
        {
            _lock.Dispose();
            throw;
        }
    }

    /// <summary>The checkpoint to continue from; null for none.</summary>
    public CheckpointHeader? Latest { get; private set; }

    /// <summary>Whether the latest checkpoint is that of a finished training, and this training continues it.</summary>
    public bool IsProlonged { get; private set; }

    /// <summary>Adds to the fingerprint of this training, and compares the latest checkpoint with it.</summary>
    /// <param name="fingerprint">Names and values.</param>
    /// <param name="isProlonged">Whether this training may continue a finished one that differs in these names; null for never.</param>
    /// <exception cref="InvalidOperationException">The folder holds the checkpoint of an interrupted training that differs.</exception>
    public void Identify(
        IEnumerable<KeyValuePair<string, string>> fingerprint,
        Func<CheckpointHeader, IReadOnlyCollection<string>, bool>? isProlonged = null)
    {
        var differences = new Dictionary<string, string>();
        foreach (var (name, value) in fingerprint)
        {
            _fingerprint[name] = value;
            string? before = Latest?.Fingerprint.GetValueOrDefault(name);
            if (before != value)
                differences.Add(name, $"{name} was {before ?? "not known"} and is {value}");
        }

        if (Latest is not { } latest || differences.Count == 0)
            return;
        if (!latest.Finished)
        {
            string changes = string.Join("; ", differences.Values);
            throw new InvalidOperationException(
                $"The checkpoint folder '{_folder}' holds epoch {latest.Epoch} of another training: {changes}. " +
                "Fit with the same settings to continue it, delete the folder to give it up, or name another CheckpointFolder.");
        }

        IsProlonged = isProlonged?.Invoke(latest, differences.Keys) ?? false;
        if (!IsProlonged)
            (_path, Latest) = (null, null);
    }

    /// <summary>Reads the content of the latest checkpoint.</summary>
    public void Read(Action<BinaryReader> content) => CheckpointFile.Read(_path!, content);

    /// <summary>
    /// Writes the checkpoint of an epoch and removes those before the last two, or all others once training is over. If it cannot be
    /// written (a full disk), it warns and keeps the existing ones; training continues.
    /// </summary>
    public void Save(int epoch, bool finished, TimeSpan elapsed, Action<BinaryWriter> content)
    {
        string path = Path.Combine(_folder, $"epoch-{epoch:D5}{Extension}");
        try
        {
            var header = new CheckpointHeader { Epoch = epoch, Finished = finished, Elapsed = elapsed, Fingerprint = _fingerprint };
            CheckpointFile.Write(path, header, content);
            string? previous = finished ? null : _path;
            _path = path;
            foreach (string other in Files().Concat(Directory.EnumerateFiles(_folder, $"*{Extension}{AtomicFile.PartialSuffix}")))
            {
                if (other != path && other != previous)
                    File.Delete(other);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _warn($"Writing the checkpoint of epoch {epoch} failed: {e.Message} Training goes on.");
        }
    }

    public void Dispose() => _lock.Dispose();

    private string[] Files() => [.. Directory.EnumerateFiles(_folder, $"epoch-*{Extension}")];

    private (string? Path, CheckpointHeader? Header) FindLatest()
    {
        var faults = new List<string>();
        foreach (string path in Files().OrderDescending(StringComparer.Ordinal))
        {
            try
            {
                var header = CheckpointFile.Check(path);
                if (faults.Count > 0)
                    _warn($"Skipped damaged checkpoints ({string.Join("; ", faults)}) and took that of epoch {header.Epoch}.");
                return (path, header);
            }
            catch (Exception e) when (e is IOException or InvalidDataException or System.Text.Json.JsonException)
            {
                faults.Add($"{Path.GetFileName(path)}: {e.Message}");
            }
        }

        return faults.Count == 0 ? (null, null) : throw new InvalidOperationException(
            $"The checkpoint folder '{_folder}' holds only damaged checkpoints ({string.Join("; ", faults)}). " +
            "Restore one of these files, or delete the folder to train from the beginning.");
    }
}
