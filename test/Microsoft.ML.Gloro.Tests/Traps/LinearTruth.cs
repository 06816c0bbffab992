using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.Analysis;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Traps;

/// <summary>
/// Networks without activations, of which everything is known: a margin is a linear function of the input, its Lipschitz constant the norm
/// of its gradient, and the distance to a decision boundary the margin over that. The final rows are laid along the direction that the
/// layers before stretch most, so that a bound that is any smaller than the truth shows.
/// </summary>
internal static class LinearTruth
{
    /// <summary>Linear layers, flattening, and two classes whose margin is as steep as the layers allow.</summary>
    public static DeployedNetwork WorstCase(TensorShape input, params DeployedLayer[] layers)
    {
        var shape = layers.Aggregate(input, (current, layer) => layer.GetOutputShape(current));
        var open = new DeployedNetwork(
            input, [.. layers, new DeployedFlatten(), new DeployedDense(new float[shape.Size], [0], shape.Size, 1)]);
        double[][] columns = Columns(open, open.Layers.Count - 1);
        double[] steepest = [.. Enumerable.Range(0, shape.Size).Select(i => Math.Sin(i + 1))];
        for (int step = 0; step < 120; step++)
        {
            double[] pulled = [.. columns.Select(column => Dot(column, steepest))];
            steepest = [.. Enumerable.Range(0, shape.Size).Select(o => columns.Select((column, i) => column[o] * pulled[i]).Sum())];
            double norm = Math.Sqrt(Dot(steepest, steepest));
            steepest = Array.ConvertAll(steepest, x => x / norm);
        }

        float[] row = Array.ConvertAll(steepest, x => (float)x);
        return new DeployedNetwork(
            input, [.. layers, new DeployedFlatten(), new DeployedDense([.. row, .. row.Select(x => -x)], [0.1f, 0], shape.Size, 2)]);
    }

    /// <summary>Asserts that no margin of the network is steeper than the constant that its certificates divide by.</summary>
    public static GloroModel AssertNoMarginIsSteeper(DeployedNetwork network, double sharpness = double.PositiveInfinity)
    {
        GloroModel model = TestModels.Create(network, RobustnessGuarantee.Local, 0.1f, isImage: !network.InputShape.IsVector);
        for (int i = 0; i < network.ClassCount; i++)
        {
            for (int j = 0; j < i; j++)
            {
                double steepness = Steepness(network, i, j);
                Assert.IsGreaterThanOrEqualTo(steepness * (1 - 1e-13), model.Constants[i, j], $"classes {i} and {j}");
                Assert.IsLessThanOrEqualTo(steepness * sharpness, model.Constants[i, j], $"classes {i} and {j}");
            }
        }

        return model;
    }

    /// <summary>
    /// Asserts for rows on vectors that no certified radius goes beyond the nearest point at which the top class changes. Returns the rows.
    /// </summary>
    public static List<ScoredRow> AssertNoRadiusIsTooLarge(DeployedNetwork network, params float[][] inputs)
    {
        using var transformer = TestModels.Transformer(TestModels.Create(network, RobustnessGuarantee.Local, 0, isImage: false));
        List<ScoredRow> rows = ScoredRow.All(transformer.Transform(VectorRow.View(inputs.Select(x => new VectorRow { Features = x }))));
        for (int row = 0; row < rows.Count; row++)
        {
            double[] logits = ReferenceForward.Run(network, inputs[row]);
            int top = Array.IndexOf(logits, logits.Max());
            double distance = Enumerable.Range(0, logits.Length).Where(i => i != top)
                .Min(i => Distance(logits[top] - logits[i], Steepness(network, top, i)));
            Assert.IsLessThanOrEqualTo(distance * (1 + 1e-9), rows[row].CertifiedRadius, $"row {row}");
        }

        return rows;
    }

    /// <summary>‖∇(y_i − y_j)‖.</summary>
    public static double Steepness(DeployedNetwork network, int i, int j) =>
        Math.Sqrt(Columns(network, network.Layers.Count).Sum(column => (column[i] - column[j]) * (column[i] - column[j])));

    private static double Distance(double margin, double steepness) => margin == 0 ? 0 : steepness == 0 ? double.PositiveInfinity
        : margin / steepness;

    private static double[][] Columns(DeployedNetwork network, int layers)
    {
        var columns = new double[network.InputShape.Size][];
        for (int i = 0; i < columns.Length; i++)
        {
            double[] values = new double[columns.Length];
            values[i] = 1;
            for (int layer = 0; layer < layers; layer++)
                values = ReferenceForward.Apply(network.Layers[layer], network.Shapes[layer], values, linearOnly: true);
            columns[i] = values;
        }

        return columns;
    }

    private static double Dot(double[] x, double[] y) => x.Zip(y, (a, b) => a * b).Sum();
}
