using Examples;
using Microsoft.ML;
using Microsoft.ML.Gloro;

var example = new Example(
    "Trains once and asks many questions: which ε, which K, and which kinds of grain may be taken for each other?",
    "--short") { Example.Short };
return example.Run(args, (given, stop) =>
{
    bool isShort = given.GetValue(Example.Short);
    var mlContext = new MLContext(seed: 1);
    IDataView train = mlContext.Data.LoadFromEnumerable(Grain.Harvest(isShort ? 500 : 4000, seed: 1));
    IDataView heldOut = mlContext.Data.LoadFromEnumerable(Grain.Harvest(isShort ? 600 : 2000, seed: 2));
    var bar = LiveBar.Training();
    var pipeline = Grain.Prepare(mlContext).Append(mlContext.Gloro.MulticlassClassification(new GloroMulticlassClassificationOptions
    {
        Epsilon = 0.25f,
        Depth = 1,
        Width = 64,
        Epochs = isShort ? 8 : 20,
        BatchSize = 64,
        LearningRate = 5e-3,
        Progress = bar,
        CancellationToken = stop,
    }));
    var model = bar.Run(() => pipeline.Fit(train));

    // Rows that the model was not trained on. They are cached, so no row is scored twice.
    IDataView scored = mlContext.Data.Cache(model.Transform(heldOut));

    Show.Line();
    Show.Line("What is proved at which ε (VRA; nothing is trained or scored again):");
    float[] epsilons = [0.1f, 0.25f, 0.5f, 1];
    var guarantees = new[] { RobustnessGuarantee.Local, RobustnessGuarantee.RelaxedTopK(2), RobustnessGuarantee.RelaxedTopK(3) };
    Show.Table(["ε", .. guarantees.Select(guarantee => $"{guarantee}")], epsilons.Select(VraAt));

    Show.Line();
    Show.Line("Pairs of kinds whose small margins prevent certificates, and sets of them:");
    GloroAffinityDiscovery discovery = mlContext.Gloro.DiscoverAffinitySets(
        scored, new GloroAffinityDiscoveryOptions { MaximumSetSize = 3 });
    Show.Line($"{discovery}");

    Show.Line();
    Show.Line("Which guarantee is worth what it leaves open:");
    GuaranteeSuggestions suggestions = mlContext.Gloro.Suggest(
        scored, new GloroSuggestionOptions { Discovery = new() { MaximumSetSize = 3 } });
    Show.Line($"{suggestions}");

    // The same network under the guarantee that was chosen: certificates, sets and columns follow it.
    ITransformer chosen = mlContext.Gloro.WithGuarantee(model, suggestions.Best.Guarantee);
    GloroMetrics metrics = mlContext.Gloro.Evaluate(chosen.Transform(heldOut));
    Show.Line($"Chosen: {suggestions.Best.Guarantee}. VRA {metrics.VerifiedRobustAccuracy:P1}.");
    return Example.Succeeded;

    string[] VraAt(float epsilon) =>
    [
        $"{epsilon:F2}",
        .. guarantees.Select(one => $"{mlContext.Gloro.Evaluate(scored, "Label", one, epsilon).VerifiedRobustAccuracy:P1}"),
    ];
});
