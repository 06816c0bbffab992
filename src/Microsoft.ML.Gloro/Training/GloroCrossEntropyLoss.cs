using Microsoft.ML.Gloro.Guarantees;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// Cross-entropy with the bottom class ⊥ of the guarantee as one more class that is never right. Where y_⊥ is attained (which k, which pair of classes) is decided
/// by <see cref="BottomLogit"/>, the same code for every guarantee; the value is then gathered from tensors, so that gradients reach the logits, the final rows and κ,
/// and no tensor larger than rows × classes is made.
/// </summary>
internal sealed class GloroCrossEntropyLoss(BoundGuarantee guarantee) : GloroLoss
{
    /// <inheritdoc/>
    public override Tensor Compute(LossInput input)
    {
        var gains = input.MarginGains();
        if (TrainingMargins.FromGains(gains) is not { } constants)
            return input.Logits.sum() * float.NaN; // There is no margin to speak of; the trainer says what to do about it.
        var (tops, insides, outsides) = Select(input.Logits, constants);
        Tensor Column(long[] classes) => input.Logits.gather(1, tensor(classes, device: input.Logits.device).unsqueeze(1));

        long classCount = input.Logits.shape[1];
        long[] pairs = [.. insides.Zip(outsides, (j, i) => (j * classCount) + i)];
        var pairGains = gains.flatten().index_select(0, tensor(pairs, device: gains.device)).unsqueeze(1);
        var bottom = Column(tops) - Column(insides) + Column(outsides) + pairGains;
        return nn.functional.cross_entropy(cat([input.Logits, bottom], 1), input.Labels);
    }

    private (long[] Tops, long[] Insides, long[] Outsides) Select(Tensor logits, MarginConstants gains)
    {
        float[] values = logits.detach().cpu().data<float>().ToArray();
        int classes = gains.ClassCount, rows = values.Length / classes;
        var (tops, insides, outsides) = (new long[rows], new long[rows], new long[rows]);
        int[] order = new int[classes];
        for (int row = 0; row < rows; row++)
        {
            var y = values.AsSpan(row * classes, classes);
            Certificate.TryOrder(y, order);

            // The gains are ε·K already, so ε is 1 here.
            var selection = BottomLogit.Select(y, order, gains, guarantee, epsilon: 1);
            (tops[row], insides[row], outsides[row]) = (selection.Top, selection.Inside, selection.Outside);
        }

        return (tops, insides, outsides);
    }
}
