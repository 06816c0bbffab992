using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.Gloro.Tests.EndToEnd;
using Microsoft.ML.Gloro.Tests.TestSupport;
using Microsoft.ML.Gloro.Tuning;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.Gloro.Tests.Tuning;

/// <summary>
/// What docs/automl.md relies on. Microsoft.ML.AutoML itself is not here: these are the shapes that its SearchSpace&lt;T&gt; and ITrialRunner need. More of them is in OptionsTests.
/// </summary>
[TestClass]
public sealed class AutoMlTests
{
    // Those of Microsoft.ML.SearchSpace.Parameter.
    private static readonly JsonSerializerOptions s_json = new() { Converters = { new JsonStringEnumConverter() } };

    [TestMethod]
    [DataRow(typeof(GloroImageClassificationOptions))]
    [DataRow(typeof(GloroMulticlassClassificationOptions))]
    public void Options_Annotations_AreOfTypesThatSearchSpaceTakes(Type type)
    {
        Type[] choosable = [typeof(string), typeof(int), typeof(short), typeof(long), typeof(float), typeof(double), typeof(char)];
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            Attribute[] attributes = [.. property.GetCustomAttributes(false).OfType<Attribute>().Where(a => a is RangeAttribute or ChoiceAttribute or BooleanChoiceAttribute)];
            Assert.IsLessThanOrEqualTo(1, attributes.Length, property.Name);
            switch (attributes.FirstOrDefault())
            {
                case RangeAttribute range:
                    Assert.AreEqual(property.PropertyType, range.Min.GetType(), property.Name);
                    Assert.AreEqual(property.PropertyType, range.Max.GetType(), property.Name);
                    Assert.AreEqual(property.PropertyType, range.Init.GetType(), property.Name);
                    Assert.IsTrue(!range.LogBase || Convert.ToDouble(range.Min, null) > 0, property.Name);
                    break;
                case ChoiceAttribute choice:
                    Assert.IsTrue(choosable.Contains(property.PropertyType) || property.PropertyType.IsEnum, property.Name);
                    Assert.IsTrue(choice.Candidates.All(c => c.GetType() == property.PropertyType), property.Name);
                    break;
                case BooleanChoiceAttribute:
                    Assert.AreEqual(typeof(bool), property.PropertyType, property.Name);
                    break;
            }
        }
    }

    [TestMethod]
    public void Options_EveryProposal_ComesThroughJsonUnchanged()
    {
        var trainer = new GloroMulticlassClassificationOptions { Guarantee = RobustnessGuarantee.RelaxedTopK(2), Epsilon = 0.25f };
        foreach (var settings in new Proposer(trainer, new GloroSweepOptions(trainer).Validate(), GloroSweepProposals.Random, 3, 1, includeBaseline: true).Propose().Take(50))
        {
            string text = JsonSerializer.Serialize((GloroMulticlassClassificationOptions)settings.Options, s_json);
            var back = JsonSerializer.Deserialize<GloroMulticlassClassificationOptions>(text, s_json)!;
            Assert.AreEqual(text, JsonSerializer.Serialize(back, s_json));
            Assert.AreEqual(settings.Options.LearningRate, back.LearningRate);
            Assert.IsNotNull(new MLContext().Gloro.MulticlassClassification(back));
        }
    }

    [TestMethod]
    public async Task Run_TrialsSideBySide_EachGivesWhatItGivesAlone()
    {
        TorchProcess.Prepare();
        var runner = new Runner(SweepProcess.Keyed(96, 1), SweepProcess.Keyed(60, 2));
        string[] parameters = ["""{ "Width": 8, "LearningRate": 0.02, "Loss": "Emma" }""", """{ "Width": 16, "LearningRate": 0.01, "Loss": "CrossEntropy" }"""];
        double[] alone = [.. parameters.Select(runner.Run)];
        double[] together = await Task.WhenAll(parameters.Select(p => Task.Run(() => runner.Run(p))));
        CollectionAssert.AreEqual(alone, together);
        Assert.IsTrue(alone.All(vra => vra > 0));
    }

    /// <summary>The trial runner of docs/automl.md, with AutoML's Parameter as the JSON that it is.</summary>
    private sealed class Runner(IDataView train, IDataView validation)
    {
        public double Run(string parameter)
        {
            var mlContext = new MLContext(seed: 1);
            var options = JsonSerializer.Deserialize<GloroMulticlassClassificationOptions>(parameter, s_json)!;
            (options.ValidationSet, options.CancellationToken, options.Epochs, options.BatchSize, options.Epsilon) = (validation, CancellationToken.None, 4, 16, Blobs.Epsilon);
            (options.ThreadCount, options.MixedPrecision) = (1, false);
            using var model = mlContext.Gloro.MulticlassClassification(options).Fit(train);
            return mlContext.Gloro.Evaluate(model.Transform(validation)).VerifiedRobustAccuracy;
        }
    }
}
