namespace Microsoft.ML.Gloro.Core;

/// <summary>A fully connected layer on vectors: y = Wx + b.</summary>
internal sealed class DeployedDense : DeployedLayer
{
    /// <param name="weights">W in row-major order, [outputs, inputs].</param>
    /// <param name="bias">b, one value per output.</param>
    /// <param name="inputs">Length of the input vector.</param>
    /// <param name="outputs">Length of the output vector.</param>
    public DeployedDense(float[] weights, float[] bias, int inputs, int outputs)
    {
        if (inputs < 1 || outputs < 1 || weights.LongLength != (long)inputs * outputs)
            throw new ArgumentException($"A dense layer from {inputs} to {outputs} cannot have {weights.Length} weights.", nameof(weights));
        if (bias.Length != outputs)
            throw new ArgumentException($"{outputs} outputs need as many biases, not {bias.Length}.", nameof(bias));
        (Weights, Bias, Inputs, Outputs) = (weights, bias, inputs, outputs);
    }

    public float[] Weights { get; }

    public float[] Bias { get; }

    public int Inputs { get; }

    public int Outputs { get; }

    /// <inheritdoc/>
    public override string Kind => "dense";

    /// <summary>Row <paramref name="output"/> of W.</summary>
    public ReadOnlySpan<float> Row(int output) => Weights.AsSpan(output * Inputs, Inputs);

    /// <inheritdoc/>
    public override TensorShape GetOutputShape(TensorShape input) => input == TensorShape.Vector(Inputs)
        ? TensorShape.Vector(Outputs)
        : throw new ArgumentException($"A dense layer on {Inputs} values cannot take {input}; flatten images first.", nameof(input));
}
