namespace Microsoft.ML.Gloro.Inference;

/// <summary>An ONNX graph under construction: a file of our own, or the graph of a pipeline that ML.NET exports.</summary>
internal interface IOnnxGraph
{
    /// <summary>The version of the standard operators. In 13, some attributes of 12 became inputs.</summary>
    int OpsetVersion { get; }

    /// <summary>Adds a tensor of single-precision numbers and returns its name.</summary>
    string Initializer(ReadOnlySpan<float> values, ReadOnlySpan<long> dimensions);

    /// <summary>Adds a tensor of double-precision numbers and returns its name.</summary>
    string Initializer(ReadOnlySpan<double> values, ReadOnlySpan<long> dimensions);

    /// <summary>Adds a vector of 64-bit integers, such as a shape or paddings, and returns its name.</summary>
    string Initializer(ReadOnlySpan<long> values);

    /// <summary>Adds a tensor that the caller of the graph can override, where the graph allows that.</summary>
    string Parameter(string name, ReadOnlySpan<float> values, ReadOnlySpan<long> dimensions);

    /// <summary>Adds an integer, as a vector of one, that the caller of the graph can override, where the graph allows that.</summary>
    string Parameter(string name, long value);

    /// <summary>Adds an operator with one output and returns the output's name: <paramref name="output"/>, or a fresh one.</summary>
    string Node(
        string operation,
        IReadOnlyList<string> inputs,
        IReadOnlyList<(string Name, long[] Values)>? lists = null,
        IReadOnlyList<(string Name, long Value)>? integers = null,
        string? output = null);

    /// <summary>Adds an operator with two outputs and an axis. A Split has two equal parts.</summary>
    (string First, string Second) NodeOfTwo(string operation, IReadOnlyList<string> inputs, int axis);
}

/// <summary>The element types of tensors in our graphs, with the numbers of TensorProto.DataType in onnx.proto.</summary>
internal enum OnnxType
{
    Single = 1,
    Int32 = 6,
    Int64 = 7,
    Boolean = 9,
    Double = 11,
    UInt32 = 12,
}
