using System.Globalization;
using Microsoft.ML.Gloro.Estimators;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Gloro.Tuning;

/// <summary>A sweep from its arguments to its result.</summary>
internal static class SweepRun
{
    public static GloroSweepResult Run(
        MLContext mlContext, IDataView train, IDataView validation, GloroSweepOptions options, IProgress<GloroSweepProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(validation);
        ArgumentNullException.ThrowIfNull(options);
        options = options.Copy();
        if (options.TrainerOptions is { } trainer)
        {
            trainer.ValidationSet ??= validation;
            trainer.Seed ??= options.Seed;
        }

        var dimensions = options.Validate();

        // What no training could do without is asked for once, and not reported as so many failed trials.
        string[] classNames = DataDescription.Check(train, validation, options.TrainerOptions!);
        using var channel = ((IHostEnvironment)mlContext).Register("Gloro", null, null).Start("Sweep");
        try
        {
            using var journal = options.JournalPath is { } path ? new SweepJournal(path, About(options, dimensions, classNames, train, validation, cancellationToken)) : null;
            return new Sweeper(options, dimensions, new SweptTrainer(mlContext, train, validation, options.Metric), journal, TimeProvider.System, line => channel.Info(MessageSensitivity.None, "{0}", line))
                .Run(progress, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Cancelled while the rows were read for the journal: nothing was trained.
            return Sweeper.Result(options, [], null, GloroSweepOutcome.Cancelled, TimeSpan.Zero);
        }
    }

    /// <summary>What a journal must agree in with the sweep that goes on from it: all that decides what a trial comes to, and not how many there are.</summary>
    internal static Dictionary<string, string> About(
        GloroSweepOptions options, IReadOnlyList<SearchDimension> dimensions, string[] classNames, IDataView train, IDataView validation, CancellationToken cancellationToken)
    {
        var trainer = options.TrainerOptions;
        var about = CheckpointFingerprint.OfOptions(trainer, trainer.Seed!.Value, trainer.MixedPrecision ?? false, classNames).ToDictionary();
        about.Remove(nameof(GloroTrainerOptions.Epochs)); // Each line has its own.
        about["what is searched"] = string.Join("; ", dimensions);
        about["the proposals"] = options.Proposals == GloroSweepProposals.Grid ? string.Create(CultureInfo.InvariantCulture, $"Grid of {options.GridSteps}") : options.Proposals.ToString();
        about["the first trial"] = options.IncludeBaseline ? "as given" : "proposed";
        about["the seed of the proposals"] = options.Seed.ToString(CultureInfo.InvariantCulture);
        about["the metric"] = options.MetricName;
        about["the training rows"] = DataDescription.Describe(train, train, trainer, cancellationToken);
        about["the rows measured on"] = DataDescription.Describe(validation, train, trainer, cancellationToken);
        return about;
    }
}
