namespace Microsoft.ML.Gloro.Inference;

/// <summary>One attribute of a node: whichever value the file holds.</summary>
internal sealed class OnnxAttribute
{
    public float? Single { get; set; }

    public long? Integer { get; set; }

    public string? Text { get; set; }

    public ConstantTensor? Tensor { get; set; }

    public List<double> Singles { get; } = [];

    public List<long> Integers { get; } = [];
}

/// <summary>One node of the graph.</summary>
/// <param name="Name">Its name, or its number in the file.</param>
/// <param name="Operation">The operator.</param>
/// <param name="Inputs">Names of tensors; empty for an optional input that is left out.</param>
/// <param name="Outputs">Names of tensors.</param>
/// <param name="Attributes">The attributes by name.</param>
internal sealed record FileNode(
    string Name, string Operation, IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs,
    IReadOnlyDictionary<string, OnnxAttribute> Attributes)
{
    public long Integer(string name, long missing) => Attributes.TryGetValue(name, out var value) ? value.Integer ?? missing : missing;

    public float Single(string name, float missing) => Attributes.TryGetValue(name, out var value) ? value.Single ?? missing : missing;

    public string Text(string name, string missing) => Attributes.TryGetValue(name, out var value) ? value.Text ?? missing : missing;

    /// <summary>A list of integers; null if the node does not have it.</summary>
    public int[]? Integers(string name) => Attributes.TryGetValue(name, out var value) ? [.. value.Integers.Select(Clamp)] : null;

    /// <summary>The error that names this node.</summary>
    public NotSupportedException Unsupported(string why, string remedy) =>
        ImportFault.Unsupported($"node '{Name}' ({Operation}): {why}", remedy);

    /// <summary>The error for a node that breaks the rules of ONNX.</summary>
    public FormatException Damaged(string why) => ImportFault.Damaged($"node '{Name}' ({Operation}): {why}");

    /// <summary>An integer within the range of int: ends of slices may be the largest long.</summary>
    public static int Clamp(long value) => (int)Math.Clamp(value, int.MinValue, int.MaxValue);
}
