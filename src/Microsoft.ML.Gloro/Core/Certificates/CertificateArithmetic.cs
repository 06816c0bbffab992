using System.Diagnostics.CodeAnalysis;

namespace Microsoft.ML.Gloro;

/// <summary>Which arithmetic a model's certificates speak of. It decides how the model is scored, and is stored with it.</summary>
public enum CertificateArithmetic
{
    /// <summary>
    /// The arithmetic that runs: the network is scored in double precision by the library's own code, which gives the same bits on every machine, and certificates
    /// cover every rounding on the way from the pixels to the logits, at the row and at every input around it. About twice the time of <see cref="Real"/>. The default.
    /// </summary>
    [SuppressMessage("Naming", "CA1720", Justification = "The format is what the member is about.")]
    Float64,

    /// <summary>
    /// Real arithmetic: the network is scored in single precision by ONNX Runtime, and certificates hold for the network as a mathematical
    /// function. Rounding is not covered: an input searched out among the last bits can have other labels within a certified radius. The
    /// application adds ONNX Runtime's native package (Microsoft.ML.OnnxRuntime, or one for GPUs).
    /// </summary>
    Real,
}
