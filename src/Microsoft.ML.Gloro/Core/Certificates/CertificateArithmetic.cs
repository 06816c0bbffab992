using System.Diagnostics.CodeAnalysis;

namespace Microsoft.ML.Gloro;

/// <summary>Which arithmetic a model's certificates cover. It decides how the model is scored, and is stored with it.</summary>
public enum CertificateArithmetic
{
    /// <summary>
    /// The library's own code scores the network in double precision, with the same bits on every machine. Certificates cover every
    /// rounding on the way from the input to the logits, at the row and at every input around it. Takes about twice the time of
    /// <see cref="Real"/>. The default.
    /// </summary>
    [SuppressMessage("Naming", "CA1720", Justification = "The member is named after the format.")]
    Float64,

    /// <summary>
    /// ONNX Runtime scores the network in single precision, and certificates hold for the network as a function of real numbers, with one
    /// exception. For feature vectors, margins are lowered by a proved bound of single precision's error at the row. For images they are
    /// not, since that would cost two points of VRA or more: single precision's error at the image itself is not covered, so near a tie a
    /// class can be certified that is not the network's. Rounding at other inputs is never covered: an input chosen by its last bits can
    /// have other labels within a certified radius. The application adds ONNX Runtime's native package (Microsoft.ML.OnnxRuntime, or one
    /// for GPUs).
    /// </summary>
    Real,
}
