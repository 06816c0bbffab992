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
    /// <param name="cancellationToken">Honoured before each batch; the network is left as the last batch made it.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="InvalidOperationException">The loss became infinite or NaN.</exception>
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
                SetLearningRate(optimizer, _learningRate(progress));
                lossSum += Step(optimizer, batches.Gather(rows, random), labels, _epsilon(progress), epoch);
                lookahead.Step();
                step++;
            }

            if (epoch == settings.Epochs - 1)
                lookahead.Synchronize();
            report?.Invoke(Measure(epoch, lossSum / batches.PerEpoch, (double)step / steps, clock.Elapsed));
        }
    }

    private double Step(optim.Optimizer optimizer, Tensor inputs, Tensor labels, double epsilon, int epoch)
    {
        optimizer.zero_grad();
        var logits = network.Forward(inputs, training: true, settings.MixedPrecision ? ScalarType.BFloat16 : ScalarType.Float32);
        var kappa = network.EstimateKappa(settings.PowerSteps);
        var loss = _loss.Compute(new LossInput(logits, labels, network.Final.Rows(), kappa, epsilon));
        loss.backward();
        nn.utils.clip_grad_norm_(network.Parameters, settings.MaximumGradientNorm);
        optimizer.step();
        float value = loss.item<float>();
        return float.IsFinite(value)
            ? value
            : throw new InvalidOperationException($"Training diverged in epoch {epoch + 1}: the loss became {value}. Lower the learning rate (now {settings.LearningRate}) or scale the features to about one.");
    }

    private GloroTrainingProgress Measure(int epoch, double loss, double progress, TimeSpan elapsed)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        using var kappa = network.EstimateKappa(powerSteps: 0);
        var (clean, verified) = validation is null || validation.Count == 0
            ? (double.NaN, double.NaN)
            : Validator.Measure(network, validation, settings.Guarantee, settings.Epsilon, kappa, settings.Device);
        return new GloroTrainingProgress
        {
            Epoch = epoch + 1,
            Epochs = settings.Epochs,
            Loss = loss,
            CleanAccuracy = clean,
            VerifiedRobustAccuracy = verified,
            Kappa = kappa.item<float>(),
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
