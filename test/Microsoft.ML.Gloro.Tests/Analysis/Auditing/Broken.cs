using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Analysis;

/// <summary>Models whose bound is a lie, and one whose bound is exact.</summary>
internal static class Broken
{
    /// <summary>The model with all bounds multiplied by <paramref name="factor"/>.</summary>
    public static GloroModel Scale(GloroModel model, double factor) => With(model, new LipschitzBound(
        model.Bound.Value * factor,
            [.. model.Bound.Layers.Select(layer => layer with { Bound = layer.Bound * factor, Attained = layer.Attained * factor })],
            model.Bound.WeightHash));

    public static GloroModel With(GloroModel model, LipschitzBound bound) =>
        new(model.Network, bound, model.ClassNames, model.Guarantee, model.Epsilon, model.IsImage, model.TrainingRowCounts,
            model.Provenance, model.Arithmetic);

    /// <summary>y = Wx + b behind an identity: K_ij is the exact norm of the gradient, and a gradient step the best attack.</summary>
    public static GloroModel Linear(int inputs = 6, int classes = 5, float epsilon = 0.1f)
    {
        var scaling = new DeployedScaling([.. Enumerable.Repeat(1f, inputs)], new float[inputs]);
        var network = new DeployedNetwork(TensorShape.Vector(inputs), [scaling, new RandomNetworks(8).Dense(inputs, classes)]);
        return TestModels.Create(network, RobustnessGuarantee.Local, epsilon, isImage: false);
    }
}
