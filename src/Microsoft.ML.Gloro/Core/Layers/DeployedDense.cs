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

    public override string Kind => Format.Name;

    /// <summary>Row <paramref name="output"/> of W.</summary>
    public ReadOnlySpan<float> Row(int output) => Weights.AsSpan(output * Inputs, Inputs);

    public static LayerKind Format { get; } = new(
        "dense",
        typeof(DeployedDense),
        [new("weights", Least: 1, [NumberLimit.Activations, NumberLimit.Activations], IsList: true)],
        numbers => [numbers[0], [numbers[0][0]]],
        (numbers, tensors) => new DeployedDense(tensors[0], tensors[1], inputs: numbers[0][1], outputs: numbers[0][0]));

    public override int[][] Numbers => [[Outputs, Inputs]];

    public override LayerTensor[] Tensors => [new("weight", Weights), new("bias", Bias)];

    public override TensorShape GetOutputShape(TensorShape input) => input == TensorShape.Vector(Inputs)
        ? TensorShape.Vector(Outputs)
        : throw new ArgumentException($"A dense layer on {Inputs} values cannot take {input}; flatten images first.", nameof(input));
}

/// <summary>Describes a <see cref="DenseLayer"/>.</summary>
internal sealed record DenseDescription(int Width) : GloroLayer
{
    internal override bool NeedsVector => true;

    internal override string Text => $"dense {Width}";

    internal override TensorShape GetOutputShape(TensorShape input) => TensorShape.Vector(Width);

    internal override long CountWeights(TensorShape input) => (long)input.Size * Width;

    internal override TrainableLayer Create(TensorShape input, BuildContext context) => new DenseLayer(input.Size, Width, context.Factory);
}
