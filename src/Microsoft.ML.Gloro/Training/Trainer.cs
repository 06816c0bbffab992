using Microsoft.ML.Gloro.Torch;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// The epoch loop: gathers batches, takes optimizer steps, and after each epoch validates, writes a checkpoint and reports. It works on
/// tensors and rows in memory and does not depend on ML.NET.
/// </summary>
internal sealed class Trainer(TrainingContext context, LipschitzNetwork network, TrainingSet train, TrainingSet? validation)
{
    // More than in training: no batch has just improved the singular vectors of averaged weights.
    private const int PowerStepsForAverages = 10;

    private readonly GloroTrainerOptions _options = context.Options;
    private readonly GloroLoss _loss = GloroLoss.Create(context);
    private readonly Schedule _learningRate = Schedule.WarmUpCosine(context.LearningRate, context.Options.WarmUpFraction);
    private readonly Schedule _epsilon = Schedule.HalfFlatThenClosing(
        context.Options.Epsilon * context.InitialEpsilonFactor,
        context.Options.Epsilon * context.Options.EpsilonFactor,
        context.Options.Epsilon * (context.Options.ClosingEpsilonFactor ?? context.Options.EpsilonFactor));

    /// <summary>Keeps checkpoints and resumes from them; null for no checkpoints.</summary>
    public CheckpointStore? Checkpoints { get; init; }

    /// <summary>Makes the teacher's targets of the training rows, if training is not complete already; null without a teacher.</summary>
    public Func<CancellationToken, TeacherTargets>? Teacher { get; init; }

    /// <summary>Receives messages that are not part of a progress report (resume, early stop).</summary>
    public Action<string>? Note { get; init; }

    /// <summary>The clock; tests replace it.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Trains the network in place.</summary>
    /// <param name="report">Called after each epoch, once its checkpoint is written.</param>
    /// <param name="cancellationToken">
    /// Checked before each batch of training and of validation. The network keeps the weights after the last batch.
    /// </param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="InvalidOperationException">Training diverged: the loss or the network became infinite or NaN.</exception>
    public void Run(Action<GloroTrainingProgress>? report, CancellationToken cancellationToken)
    {
        using var collector = new BlockingCollections();
        using var memory = new RetainedMemory();
        using var scope = NewDisposeScope();
        using var state = new TrainingState(network, context, validation?.Count ?? 0);
        var batches = new BatchSource(train, context.BatchSize, context.Device);
        var clock = new TrainingClock(Time, _options.TimeBudget, (long)batches.PerEpoch * context.Epochs);
        bool finished = Resume(state, clock, batches.PerEpoch, cancellationToken);
        using var targets = finished ? null : Teacher?.Invoke(cancellationToken);
        while (!finished)
        {
            double loss = RunEpoch(state, batches, targets, clock, cancellationToken);
            var trained = clock.Elapsed;
            finished = state.Epoch + 1 == context.Epochs || clock.Progress >= 1;
            if (finished)
                state.Lookahead?.Synchronize();
            RequireFiniteWeights(state.Epoch);
            var (figures, kappa) = Measure(state, state.Epoch + 1, cancellationToken);
            state.Epoch++;
            finished |= IsOutOfPatience(state) || clock.Progress >= 1;
            if (finished)
                End(state);
            Checkpoints?.Save(state.Epoch, finished, clock.Elapsed, writer => state.Save(writer, finished));
            var elapsed = clock.Elapsed;
            clock.Reserve = elapsed - trained;
            report?.Invoke(new GloroTrainingProgress
            {
                Epoch = state.Epoch,
                Epochs = context.Epochs,
                Loss = loss,
                Guarantee = _options.Guarantee,
                CleanAccuracy = figures.CleanAccuracy,
                VerifiedRobustAccuracy = figures.VerifiedRobustAccuracy,
                LocalVerifiedRobustAccuracy = figures.LocalVerifiedRobustAccuracy,
                Kappa = kappa,
                Elapsed = elapsed,
                Remaining = finished ? TimeSpan.Zero : clock.Remaining(elapsed),
            });
        }
    }

    /// <summary>Measures the trained network on <paramref name="rows"/>, which may be empty.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValidationFigures Assess(TrainingSet? rows, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        return Assess(rows, network.EstimateKappa(PowerStepsForAverages), cancellationToken);
    }

    // True if nothing is left to do.
    private bool Resume(TrainingState state, TrainingClock clock, int batchesPerEpoch, CancellationToken cancellationToken)
    {
        if (Checkpoints?.Latest is not { } latest)
            return false;
        Checkpoints.Read(reader => state.Load(reader, latest));
        clock.Resume(latest.Elapsed, (long)latest.Epoch * batchesPerEpoch);
        if (Checkpoints.IsProlonged)
            Measure(state, latest.Epoch, cancellationToken); // these weights are kept unless training finds others as good
        Note?.Invoke(!latest.Finished ? $"Going on after epoch {latest.Epoch} of the checkpoint folder."
            : Checkpoints.IsProlonged ? $"Going on from the training of {latest.Epoch} epochs that is complete in the checkpoint folder."
            : $"The same training is complete in the checkpoint folder, after {latest.Epoch} epochs.");
        return latest.Finished && !Checkpoints.IsProlonged;
    }

    // The mean loss of an epoch, or of its part before the time budget ends.
    private double RunEpoch(
        TrainingState state, BatchSource batches, TeacherTargets? targets, TrainingClock clock, CancellationToken cancellationToken)
    {
        double lossSum = 0;
        long first = clock.Step;
        var random = new Random(unchecked((context.Seed * 1_000_003) + state.Epoch));
        foreach (var (rows, labels, weights) in batches.Shuffled(random))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var batchScope = NewDisposeScope();
            double progress = clock.Progress, rate = _learningRate.At(progress);
            var begun = clock.Elapsed;
            SetLearningRate(state.Optimizer, rate);
            var inputs = batches.Gather(rows, random);
            double alpha = _options.ImageAugmentation.MixupAlpha;
            var mixture = alpha > 0 ? Mixture.Draw(alpha, rows.Length, random) : null;
            lossSum += Step(
                state.Optimizer, mixture?.Mix(inputs) ?? inputs, labels, rate, progress, state.Epoch, mixture, weights,
                targets?.Of(rows));
            state.Lookahead?.Step();
            state.Average?.Step();

            clock.Step++;

            // An estimate until the first validation is measured: validation runs forward only, about a third of a step.
            if (clock.Reserve == TimeSpan.Zero && validation is not null)
                clock.Reserve = (clock.Elapsed - begun) * (validation.Count / (3.0 * context.BatchSize));
            if (clock.Progress >= 1)
                break;
        }

        return lossSum / (clock.Step - first);
    }

    /// <summary>Takes one optimizer step on one batch. Returns the loss before it.</summary>
    internal double Step(
        optim.Optimizer optimizer,
        Tensor inputs,
        Tensor labels,
        double learningRate,
        double progress,
        int epoch,
        Mixture? mixture = null,
        Tensor? weights = null,
        Tensor? teacher = null)
    {
        optimizer.zero_grad();
        var logits = network.Forward(inputs, training: true, context.ComputeType);
        var kappa = network.EstimateKappa(_options.PowerIterationSteps);
        var lossInput = new LossInput(logits, labels, network.MarginRows(), kappa, _epsilon.At(progress), progress, weights, teacher);
        var loss = mixture?.Loss(_loss, lossInput) ?? _loss.Compute(lossInput);
        float value = loss.item<float>();
        if (!float.IsFinite(value))
            throw Diverged(epoch, $"the loss became {value}");
        loss.backward();
        nn.utils.clip_grad_norm_(network.Parameters, _options.MaximumGradientNorm);
        if (_options.WeightDecay > 0)
            Decay(learningRate * _options.WeightDecay);
        optimizer.step();
        return value;
    }

    // Decoupled (Loshchilov, Hutter: Decoupled Weight Decay Regularization, ICLR 2019): it does not go into the optimizer's moments.
    private void Decay(double share)
    {
        using var _ = no_grad();
        foreach (var parameter in network.Parameters)
        {
            // Not biases and gains, which have one value per channel: only weights grow without need.
            if (parameter.NumberOfElements > parameter.shape[0])
                parameter.mul_(1 - share);
        }
    }

    // The loss only checks the weights before a step. Those after the last step of an epoch may be deployed.
    private void RequireFiniteWeights(int epoch)
    {
        using var scope = NewDisposeScope();
        foreach (var tensor in network.State)
        {
            if (!tensor.isfinite().all().item<bool>())
                throw Diverged(epoch, "a weight became infinite or NaN");
        }
    }

    private InvalidOperationException Diverged(int epoch, string what)
    {
        string advice = FormattableString.Invariant(
            $"Lower the learning rate (now {context.LearningRate}) or scale the features to about one.");
        return new InvalidOperationException(FormattableString.Invariant($"Training diverged in epoch {epoch + 1}: {what}. {advice}"));
    }

    // Measures the weights that would be deployed if this epoch were the last or the best.
    private (ValidationFigures Figures, float Kappa) Measure(TrainingState state, int epoch, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        state.Average?.Swap();
        try
        {
            var kappa = network.EstimateKappa(state.Average is null ? 0 : PowerStepsForAverages);
            float value = kappa.item<float>();
            if (!float.IsFinite(value))
                throw Diverged(epoch - 1, $"the Lipschitz constant became {value}");
            var figures = Assess(validation, kappa, cancellationToken);
            state.Best.Consider(epoch, figures.VerifiedRobustAccuracy);
            return (figures, value);
        }
        finally
        {
            state.Average?.Swap();
        }
    }

    private ValidationFigures Assess(TrainingSet? rows, Tensor kappa, CancellationToken cancellationToken) => rows is { Count: > 0 }
        ? Validator.Measure(network, rows, context.Guarantee, _options.Epsilon, kappa, context.Device, cancellationToken)
        : ValidationFigures.None;

    private bool IsOutOfPatience(TrainingState state) =>
        state.Best.ReachedAt > 0 && state.Epoch - state.Best.ReachedAt >= _options.EarlyStoppingPatience;

    private void End(TrainingState state)
    {
        var best = state.Best;
        if (state.Epoch < context.Epochs)
        {
            Note?.Invoke(IsOutOfPatience(state)
                ? $"Stopped after epoch {state.Epoch}: no better VRA since epoch {best.ReachedAt}."
                : $"Stopped in or after epoch {state.Epoch}: the time budget is used up.");
        }

        state.Settle();
        if (best.KeptEpoch > 0)
        {
            Note?.Invoke(FormattableString.Invariant(
                $"The weights of epoch {best.KeptEpoch} are taken. Best VRA on the validation rows: {best.VerifiedRobustAccuracy:F3}."));
        }
    }

    private static void SetLearningRate(optim.Optimizer optimizer, double rate)
    {
        foreach (var group in optimizer.ParamGroups)
            group.LearningRate = rate;
    }
}
