using System.Diagnostics.CodeAnalysis;

namespace Microsoft.ML.Gloro;

/// <summary>Which arithmetic a model's certificates cover. It decides how the model is scored, and is stored with it.</summary>
public enum CertificateArithmetic
{
    /// <summary>
    /// The library's own code scores the network in double precision, with the same bits on every machine. Certificates cover every
    /// rounding on the way from the input to the logits, at the row and at every input around it. Takes about one and a half times the
    /// time of <see cref="Real"/> on images. The default.
    /// </summary>
    [SuppressMessage("Naming", "CA1720", Justification = "The member is named after the format.")]
    Float64,

    /// <summary>
    /// ONNX Runtime scores the network in single precision, and certificates hold for the network as a function of real numbers: radii are
    /// lowered by a proved bound of single precision's error at the row, for images (which costs less than a point of VRA) and for feature
    /// vectors. Rounding at other inputs is not covered: an input chosen by its last bits can have other computed labels within a certified
    /// radius. The proof counts on an engine that adds products in single precision, in any order, as ONNX Runtime does on the CPU; see
    /// <see cref="GloroCatalog.WithScoringOptions"/> for GPUs. The application adds ONNX Runtime's native package
    /// (Microsoft.ML.OnnxRuntime, or one for GPUs).
    /// </summary>
    Real,
}
