using System.Reflection;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>
/// Says what training does: to MLContext.Log always, to <see cref="GloroTrainerOptions.Progress"/>, and to the console as
/// <see cref="GloroTrainerOptions.ShowProgress"/> asks. If no one listens, it says once how to see progress.
/// </summary>
/// <remarks>
/// A library must not print unasked: standard output may be data, and servers collect standard error. But a silent training of half an
/// hour looks like a hang. One line on standard error, and only then, is the compromise.
/// </remarks>
internal sealed class TrainingVoice : IDisposable
{
    public const string Hint =
        "Gloro is training. Set ShowProgress = true in the trainer's options to see a line for each epoch, or false to hide this hint.";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly IChannel _channel;
    private readonly IProgress<GloroTrainingProgress>? _progress;
    private readonly TextWriter? _console;
    private readonly ITimer? _timer;

    /// <param name="channel">A channel of the MLContext.</param>
    /// <param name="options">The trainer's options.</param>
    /// <param name="hasListener">Whether MLContext.Log has a handler.</param>
    /// <param name="time">The clock; null for the system's.</param>
    /// <param name="console">The console; null for standard error.</param>
    public TrainingVoice(
        IChannel channel, GloroTrainerOptions options, bool hasListener, TimeProvider? time = null, TextWriter? console = null)
    {
        (_channel, _progress) = (channel, options.Progress);
        console ??= Console.Error;
        if (options.ShowProgress == true)
            _console = console;
        if (options.ShowProgress is null && _progress is null && !hasListener)
            _timer = (time ?? TimeProvider.System).CreateTimer(_ => console.WriteLine(Hint), null, s_patience, Timeout.InfiniteTimeSpan);
    }

    /// <summary>
    /// Whether MLContext.Log has a handler. ML.NET does not say, so the event's field is read. True if there is no such field: then no
    /// hint appears.
    /// </summary>
    public static bool HasListener(MLContext mlContext) =>
        typeof(MLContext).GetField(nameof(MLContext.Log), BindingFlags.Instance | BindingFlags.NonPublic) is not { } field
        || field.GetValue(mlContext) is not null;

    public void Info(string text)
    {
        _channel.Info(MessageSensitivity.None, text);
        _console?.WriteLine(text);
    }

    public void Warn(string text)
    {
        _channel.Warning(MessageSensitivity.None, text);
        _console?.WriteLine($"Warning: {text}");
    }

    public void Epoch(GloroTrainingProgress progress)
    {
        Info(progress.ToString());
        _progress?.Report(progress);
    }

    public void Dispose() => _timer?.Dispose();
}
