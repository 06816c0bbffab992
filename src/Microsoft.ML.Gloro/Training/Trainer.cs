using System.Diagnostics;
using Microsoft.ML.Gloro.Networks;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// The epoch loop: gathers batches, steps the optimiser on the loss of the guarantee, and reports an epoch at a time.
/// It knows tensors and rows in memory, and nothing of ML.NET.
/// </summary>
internal sealed class Trainer(TrainerSettings settings, LipschitzNetwork network, TrainingSet train, TrainingSet? validation)
{
    private readonly GloroLoss _loss = GloroLoss.Create(settings);
    private readonly Schedule _learningRate = Schedules.WarmUpCosine(settings.LearningRate, settings.WarmUpFraction);
    private readonly Schedule _epsilon = Schedules.HalfThenFlat(settings.Epsilon * settings.EpsilonFactors.Start, settings.Epsilon * settings.EpsilonFactors.End);

    /// <summary>Trains the network in place.</summary>
    /// <param name="report">Called after each epoch.</param>
    /// <param name="cancellationToken">Honoured before each batch, of training and of validation; the network is left as the last batch made it.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="InvalidOperationException">Training diverged: the loss or the network became infinite or NaN.</exception>
    public void Run(Action<GloroTrainingProgress>? report, CancellationToken cancellationToken)
    {
        using var collector = new BlockingCollections();
        using var scope = NewDisposeScope();
        using var optimizer = optim.NAdam(network.Parameters, lr: settings.LearningRate);
        using var lookahead = new Lookahead(network.Parameters);
        var batches = new BatchSource(train, settings.BatchSize, settings.Device);
        var clock = Stopwatch.StartNew();
        long steps = (long)batches.PerEpoch * settings.Epochs, step = 0;

        for (int epoch = 0; epoch < settings.Epochs; epoch++)
        {
            double lossSum = 0;
            var random = new Random(unchecked((settings.Seed * 1_000_003) + epoch));
            foreach (var (rows, labels) in batches.Shuffled(random))
            {
                cancellationToken.ThrowIfCancellationRequested();
                using var batchScope = NewDisposeScope();
                double progress = (double)step / steps;
                SetLearningRate(optimizer, _learningRate.At(progress));
                lossSum += Step(optimizer, batches.Gather(rows, random), labels, progress, epoch);
                lookahead.Step();
                step++;
            }

            if (epoch == settings.Epochs - 1)
                lookahead.Synchronize();
            RequireFiniteWeights(epoch);
            report?.Invoke(Measure(epoch, lossSum / batches.PerEpoch, (double)step / steps, clock.Elapsed, cancellationToken));
        }
    }

    private double Step(optim.Optimizer optimizer, Tensor inputs, Tensor labels, double progress, int epoch)
    {
        optimizer.zero_grad();
        var logits = network.Forward(inputs, training: true, settings.MixedPrecision ? ScalarType.BFloat16 : ScalarType.Float32);
        var kappa = network.EstimateKappa(settings.PowerSteps);
        var loss = _loss.Compute(new LossInput(logits, labels, network.Final.Rows(), kappa, _epsilon.At(progress), progress));
        float value = loss.item<float>();
        if (!float.IsFinite(value))
            throw Diverged(epoch, $"the loss became {value}");
        loss.backward();
        nn.utils.clip_grad_norm_(network.Parameters, settings.MaximumGradientNorm);
        optimizer.step();
        return value;
    }

    // The loss speaks of the weights before a step; those after an epoch's last step would go unseen, and be deployed.
    private void RequireFiniteWeights(int epoch)
    {
        using var scope = NewDisposeScope();
        foreach (var tensor in network.State)
        {
            if (!tensor.isfinite().all().item<bool>())
                throw Diverged(epoch, "a weight became infinite or NaN");
        }
    }

    private InvalidOperationException Diverged(int epoch, string what) => new(FormattableString.Invariant(
        $"Training diverged in epoch {epoch + 1}: {what}. Lower the learning rate (now {settings.LearningRate}) or scale the features to about one."));

    private GloroTrainingProgress Measure(int epoch, double loss, double progress, TimeSpan elapsed, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var kappa = network.EstimateKappa(powerSteps: 0);
        float value = kappa.item<float>();
        if (!float.IsFinite(value))
            throw Diverged(epoch, $"the Lipschitz constant became {value}");
        var (clean, verified) = validation is null || validation.Count == 0
            ? (double.NaN, double.NaN)
            : Validator.Measure(network, validation, settings.Guarantee, settings.Epsilon, kappa, settings.Device, cancellationToken);
        return new GloroTrainingProgress
        {
            Epoch = epoch + 1,
            Epochs = settings.Epochs,
            Loss = loss,
            CleanAccuracy = clean,
            VerifiedRobustAccuracy = verified,
            Kappa = value,
            Elapsed = elapsed,
            Remaining = progress >= 1 ? TimeSpan.Zero : elapsed * ((1 - progress) / progress),
        };
    }

    private static void SetLearningRate(optim.Optimizer optimizer, double rate)
    {
        foreach (var group in optimizer.ParamGroups)
            group.LearningRate = rate;
    }
}
