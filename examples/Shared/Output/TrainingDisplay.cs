using Microsoft.ML.Gloro;
using Spectre.Console;

namespace Examples;

/// <summary>
/// Shows the <see cref="GloroTrainerOptions.Progress"/> of a training: a live bar on a terminal, elsewhere a line for each epoch.
/// </summary>
/// <param name="lines">Whether there are lines where there is no bar; not if the context's log prints them already.</param>
internal sealed class TrainingDisplay(bool lines = true) : IProgress<GloroTrainingProgress>
{
    private ProgressTask? _bar;

    /// <summary>Runs a training that reports to this.</summary>
    public T Run<T>(Func<T> train)
    {
        if (!Show.IsTerminal)
            return train();
        T result = default!;
        AnsiConsole.Progress().Columns(new SpinnerColumn(), new ProgressBarColumn { Width = 20 }, new TaskDescriptionColumn { Alignment = Justify.Left }).Start(context =>
        {
            _bar = context.AddTask("training begins");
            result = train();
            _bar.StopTask();
            _bar = null;
        });
        return result;
    }

    /// <inheritdoc/>
    public void Report(GloroTrainingProgress value)
    {
        // In order and at once: Progress<T> would hand epochs to the thread pool.
        if (_bar is { } bar)
        {
            bar.MaxValue = value.Epochs;
            bar.Value = value.Epoch;
            string accuracies = double.IsNaN(value.CleanAccuracy)
                ? "no validation rows"
                : FormattableString.Invariant($"VRA {value.VerifiedRobustAccuracy:F3}, clean {value.CleanAccuracy:F3}");
            bar.Description = FormattableString.Invariant(
                $"epoch {value.Epoch}/{value.Epochs}, {accuracies}, {(int)value.Remaining.TotalMinutes}:{value.Remaining:ss} left");
        }
        else if (lines && !Show.IsTerminal)
        {
            Console.WriteLine($"  {value}");
        }
    }
}
