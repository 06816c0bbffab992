using System.Text.Json.Serialization;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.Gloro;

/// <content>Learning from a trained model.</content>
public abstract partial class GloroTrainerOptions
{
    /// <summary>
    /// A trained model to learn from besides the labels (distillation; Hinton, Vinyals, Dean, 2015): a Gloro transformer, or a chain of
    /// transformers that contains one, as Fit or <c>mlContext.Model.Load</c> returns. It needs
    /// <see cref="Loss"/> = <see cref="GloroLossKind.AnnealedEmma"/>. Default: null, the labels alone.
    /// </summary>
    /// <remarks>
    /// <para>The target of a row is (1 − w)·label + w·softmax(y / T), where y are the teacher's logits for the row, w is
    /// <see cref="TeacherWeight"/> and T is <see cref="TeacherTemperature"/>. Margins are still required for the label. A small network
    /// that learns from a larger, better one certifies more after the same number of epochs.</para>
    /// <para>The teacher may have any network that this library trains. It must take the same inputs (images of the same size, or vectors
    /// of the same length) and know every class by name; classes that only the teacher knows are left out. It scores each training row
    /// once, before the first epoch, without augmentation and with one view. This takes about a quarter of an epoch of the teacher's
    /// own training, which counts in <see cref="TimeBudget"/>, and four bytes of memory per row and class.</para>
    /// <para>The certificates of the new model rest on its own weights alone: a wrong teacher costs accuracy, never soundness. Rows
    /// to test the new model on must not be among those that the teacher was trained on.</para>
    /// </remarks>
    [JsonIgnore]
    public ITransformer? Teacher { get; set; }

    /// <summary>w, the share of the <see cref="Teacher"/> in the target of a row, from 0 to 1. Default: 0.5.</summary>
    [Range(0.0, 1.0, init: 0.5)]
    public double TeacherWeight { get; set; } = 0.5;

    /// <summary>
    /// T, the temperature of the <see cref="Teacher"/>'s softmax, from 0.001 to 1000. A higher temperature gives more weight to the classes
    /// that the teacher considers less likely. Default: 1.
    /// </summary>
    [Range(0.25, 4.0, init: 1.0, logBase: true)]
    public double TeacherTemperature { get; set; } = 1;
}
