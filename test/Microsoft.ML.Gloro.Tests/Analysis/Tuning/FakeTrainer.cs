using Microsoft.ML.Gloro.Analysis;

namespace Microsoft.ML.Gloro.Tests.Analysis;

/// <summary>A trainer that computes at once what a real one would take its time for.</summary>
internal sealed class FakeTrainer(Func<GloroTrainerOptions, double> metric) : ISweptTrainer
{
    /// <summary>What it was asked to train with.</summary>
    public List<GloroTrainerOptions> Seen { get; } = [];

    public (TrialMeasures Measures, GloroTransformer? Model) Run(GloroTrainerOptions options, CancellationToken cancellationToken)
    {
        Seen.Add(options);
        double value = metric(options);
        cancellationToken.ThrowIfCancellationRequested();
        return (Measures(value), null);
    }

    /// <summary>Figures that follow from a metric.</summary>
    public static TrialMeasures Measures(double value) => new()
    {
        Metric = value,
        VerifiedRobustAccuracy = value,
        CleanAccuracy = 1 - value,
        Top1VerifiedRobustAccuracy = value / 2,
        LocalVerifiedRobustAccuracy = value / 3,
        MeanCertifiedSetSize = 1 + value,
    };

    /// <summary>A sweep with it.</summary>
    public static GloroSweepResult Sweep(
        GloroSweepOptions options, ISweptTrainer trainer, SweepJournal? journal = null, TimeProvider? time = null) =>
        new Sweeper(options, options.Validate(), trainer, journal, time ?? new FakeTime(), _ => { }).Run();

    /// <summary>A sweep of 12 learning rates, for 2, 6 and 18 epochs.</summary>
    public static GloroSweepOptions Options() => new(new GloroMulticlassClassificationOptions { Epochs = 18, Seed = 1 })
    {
        Parameters = [GloroSweepParameter.Annotated("LearningRate")],
        IncludeBaseline = false,
    };
}
