namespace Microsoft.ML.Gloro.Inference;

/// <summary>The element types of tensors that our graphs use; the numbers are those of TensorProto.DataType in onnx.proto.</summary>
internal enum OnnxType
{
    /// <summary>FLOAT.</summary>
    Single = 1,

    /// <summary>INT32.</summary>
    Int32 = 6,

    /// <summary>INT64.</summary>
    Int64 = 7,

    /// <summary>BOOL.</summary>
    Boolean = 9,

    /// <summary>DOUBLE.</summary>
    Double = 11,

    /// <summary>UINT32.</summary>
    UInt32 = 12,
}
