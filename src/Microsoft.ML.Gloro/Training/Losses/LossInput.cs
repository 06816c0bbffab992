using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>What a loss can use for one batch.</summary>
/// <param name="Logits">y, [rows, classes], differentiable.</param>
/// <param name="Labels">The true classes, [rows].</param>
/// <param name="FinalRows">The final layer's rows w_i, [classes, width], differentiable.</param>
/// <param name="Kappa">The sub-Lipschitz constant κ, a scalar, differentiable.</param>
/// <param name="Epsilon">The ε of this batch.</param>
/// <param name="Progress">The progress of training, from 0 to 1, for a loss with a schedule of its own.</param>
/// <param name="Weights">
/// How much each row counts, [rows], 1 on average over all training rows; null if all count the same.
/// </param>
/// <param name="Teacher">The teacher's softmax of each row, [rows, classes]; null without a teacher.</param>
internal sealed record LossInput(
    Tensor Logits, Tensor Labels, Tensor FinalRows, Tensor Kappa, double Epsilon, double Progress = 1, Tensor? Weights = null,
    Tensor? Teacher = null)
{
    /// <summary>
    /// Up to this many classes, one Gram matrix serves every row of the batch. With more classes a batch uses few of the C² pairs, and
    /// computing only its own rows of the matrix costs less (with 1000 classes and a batch of 128, a tenth for each class per row).
    /// </summary>
    internal const int GramClasses = 256;

    /// <summary>
    /// Keeps the gradient of the square root finite on the diagonal and for equal rows. Training may be inexact there; certificates are
    /// computed elsewhere.
    /// </summary>
    private const double SmallestSquare = 1e-8;

    private Tensor? _gram, _squares, _gains;

    // A copy does not take over cached tensors: they belong to the κ, rows and ε they were computed from, which a copy may change.
    private LossInput(LossInput other)
    {
        (Logits, Labels, FinalRows) = (other.Logits, other.Labels, other.FinalRows);
        (Kappa, Epsilon, Progress) = (other.Kappa, other.Epsilon, other.Progress);
        (Weights, Teacher) = (other.Weights, other.Teacher);
    }

    /// <summary>The same with other labels, weights and teacher. Cached tensors depend on none of them, so they are shared.</summary>
    public LossInput With(Tensor labels, Tensor? weights, Tensor? teacher) =>
        this with { Labels = labels, Weights = weights, Teacher = teacher, _gram = _gram, _squares = _squares, _gains = _gains };

    /// <summary>The mean over the rows of the batch of a value per row times the row's weight, a scalar.</summary>
    /// <remarks>
    /// It is divided by the number of rows, not by the weights of this batch: so a row counts the same in whichever batch it is.
    /// </remarks>
    public Tensor Mean(Tensor values) => Weights is null ? values.mean() : (values.flatten() * Weights).mean();

    /// <summary>The <see cref="Mean"/> of the cross-entropies of <paramref name="logits"/> and the labels.</summary>
    public Tensor MeanCrossEntropy(Tensor logits) => Weights is null
        ? nn.functional.cross_entropy(logits, Labels)
        : Mean(nn.functional.cross_entropy(logits, Labels, reduction: nn.Reduction.None));

    private bool HasGram => FinalRows.shape[0] <= GramClasses;

    private Tensor Factor => Kappa * Epsilon;

    /// <summary>
    /// ε·K_ij for one class i per row and every j, [rows, classes]; differentiable unless the caller has switched gradients off.
    /// </summary>
    /// <param name="classes">i, [rows].</param>
    /// <param name="products">w_i·w_j, [rows, classes], if they are known already.</param>
    /// <remarks>
    /// The members of this class cache the tensors they share. The dispose scope of the first call must live until the loss is
    /// differentiated.
    /// </remarks>
    public Tensor GainRows(Tensor classes, Tensor? products = null)
    {
        if (HasGram)
            return MarginGains().index_select(0, classes);
        var squares = Squares();
        using var scope = NewDisposeScope();
        products ??= FinalRows.index_select(0, classes).matmul(FinalRows.t());
        return Gains(squares.index_select(0, classes).unsqueeze(1), products).MoveToOuterDisposeScope();
    }

    /// <summary>‖w_i‖², [classes].</summary>
    public Tensor Squares()
    {
        using var _ = enable_grad();
        return _squares ??= HasGram ? Gram().diagonal() : FinalRows.square().sum(1);
    }

    /// <summary>w_i·w_j for several classes i per row and every j, [choices, rows, classes]; differentiable.</summary>
    /// <param name="classes">[rows, choices].</param>
    public Tensor Products(Tensor classes)
    {
        using var _ = enable_grad();
        var gram = HasGram ? Gram() : null;
        using var scope = NewDisposeScope();
        var flat = classes.t().flatten();
        var products = gram?.index_select(0, flat) ?? FinalRows.index_select(0, flat).matmul(FinalRows.t());
        return products.reshape(classes.shape[1], classes.shape[0], -1).MoveToOuterDisposeScope();
    }

    /// <summary>ε·K_ij with another class i for every row and j, [rows, classes].</summary>
    /// <param name="squares">‖w_i‖², [rows, classes] or [rows, 1].</param>
    /// <param name="products">w_i·w_j, [rows, classes].</param>
    public Tensor Gains(Tensor squares, Tensor products) => Distances(squares, Squares().unsqueeze(0), products) * Factor;

    /// <summary>
    /// ε·K_ij for one pair of classes per row, [rows, 1]; differentiable unless the caller has switched gradients off.
    /// </summary>
    public Tensor PairGains(Tensor first, Tensor second)
    {
        using var scope = NewDisposeScope();
        var differences = FinalRows.index_select(0, first) - FinalRows.index_select(0, second);
        return (differences.square().sum(1, keepdim: true).clamp(min: SmallestSquare).sqrt() * Factor).MoveToOuterDisposeScope();
    }

    /// <summary>factor·‖w_i − w_j‖ for all pairs, [classes, classes], from one Gram matrix.</summary>
    public static Tensor MarginGains(Tensor finalRows, Tensor factor)
    {
        var gram = finalRows.matmul(finalRows.t());
        var squares = gram.diagonal();
        return Distances(squares.unsqueeze(1), squares.unsqueeze(0), gram) * factor;
    }

    // Differentiable even if the first caller does not need gradients, because a later one may.
    private Tensor MarginGains()
    {
        using var _ = enable_grad();
        return _gains ??= Distances(Squares().unsqueeze(1), Squares().unsqueeze(0), Gram()) * Factor;
    }

    private Tensor Gram()
    {
        using var _ = enable_grad();
        return _gram ??= FinalRows.matmul(FinalRows.t());
    }

    // ‖w_i − w_j‖² = ‖w_i‖² + ‖w_j‖² − 2 w_i·w_j.
    private static Tensor Distances(Tensor rowSquares, Tensor columnSquares, Tensor products) =>
        (columnSquares + rowSquares - (2 * products)).clamp(min: SmallestSquare).sqrt();
}
