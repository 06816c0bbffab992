using System.Globalization;
using Microsoft.ML.Gloro.MLNet;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Checks the arguments of a sweep, opens its journal and runs it.</summary>
internal static class SweepRun
{
    public static GloroSweepResult Run(MLContext mlContext, IDataView train, IDataView validation, GloroSweepOptions options)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(validation);
        ArgumentNullException.ThrowIfNull(options);
        options = options.Copy();
        if (options.TrainerOptions is { } given)
        {
            given.ValidationSet ??= validation;
            given.Seed ??= options.Seed;
        }

        var dimensions = options.Validate();

        // Errors common to all trials (a missing column) are thrown immediately.
        IDataView[] validations = [.. new[] { validation, options.TrainerOptions!.ValidationSet! }.Distinct()];
        string[] classNames = [];
        foreach (var rows in validations)
            classNames = Estimator(mlContext, options, rows).Check(train).ClassNames;
        if (ViewRows.IsEmpty(validation))
            throw ViewRows.NoRows("The validation data", "to rank settings on");
        var host = ((IHostEnvironment)mlContext).Register("Gloro", null, null);
        using var channel = host.Start("Sweep");
        using var stop = new ExecutionStop(host, options.CancellationToken);
        options.CancellationToken = stop.Token;
        try
        {
            using var journal = options.JournalPath is { } path
                ? new SweepJournal(path, About(mlContext, options, dimensions, classNames, train, validations),
                    text => channel.Warning(MessageSensitivity.None, "{0}", text))
                : null;
            var trainer = new SweptTrainer(mlContext, train, validation, options.Metric);
            void Log(string line) => channel.Info(MessageSensitivity.None, "{0}", line);
            return new Sweeper(options, dimensions, trainer, journal, TimeProvider.System, Log).Run();
        }
        catch (OperationCanceledException) when (options.CancellationToken.IsCancellationRequested)
        {
            // Canceled while hashing the rows for the journal, before any training.
            return Sweeper.Result(options, [], null, isComplete: false, TimeSpan.Zero);
        }
    }

    // Everything that determines a trial's result. A resumed sweep must match its journal in all of it; the number of trials may differ.
    private static Dictionary<string, string> About(
        MLContext mlContext, GloroSweepOptions options, IReadOnlyList<SearchDimension> dimensions, string[] classNames, IDataView train,
        IDataView[] validations)
    {
        var trainer = options.TrainerOptions;
        var estimator = Estimator(mlContext, options, validations[0]);
        var about = CheckpointFingerprint.OfOptions(trainer, trainer.Seed!.Value, trainer.MixedPrecision ?? false, classNames)
            .ToDictionary();
        about.Remove(nameof(GloroTrainerOptions.Epochs)); // Each line has its own.
        about["what is searched"] = string.Join("; ", dimensions);
        about["the proposals"] = options.GridSteps is { } steps ? FormattableString.Invariant($"a grid of {steps}") : "drawn";
        about["the first trial"] = options.IncludeBaseline ? "as given" : "proposed";
        about["the seed of the proposals"] = options.Seed.ToString(CultureInfo.InvariantCulture);
        about["the metric"] = options.MetricName;
        about["the training rows"] = estimator.Identify(train, train);
        about["the rows measured on"] = estimator.Identify(validations[0], train);

        // A trainer with its own validation set chooses its best epoch on it.
        foreach (var rows in validations.Skip(1))
            about["the trainer's validation rows"] = estimator.Identify(rows, train);
        return about;
    }

    // This estimator is never fitted; it only checks the schema and reads rows.
    private static GloroEstimator Estimator(MLContext mlContext, GloroSweepOptions options, IDataView validation)
    {
        var copy = options.TrainerOptions.Copy();
        (copy.ValidationSet, copy.CancellationToken) = (validation, options.CancellationToken);
        return new GloroEstimator(mlContext, copy);
    }
}
