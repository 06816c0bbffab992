using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Microsoft.ML.Gloro.Analysis;
using Microsoft.ML.Gloro.Tests.TestSupport;
using Microsoft.ML.SearchSpace;
using static Microsoft.ML.Gloro.Tests.Analysis.AutoMlStandIns;

namespace Microsoft.ML.Gloro.Tests.Analysis;

/// <summary>
/// What docs/automl.md relies on. Microsoft.ML.AutoML itself is not here: these are the shapes that its SearchSpace&lt;T&gt; and
/// ITrialRunner need. More of them is in OptionsTests.
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
        object defaults = Activator.CreateInstance(type)!;
        Type[] choosable = [typeof(string), typeof(int), typeof(short), typeof(long), typeof(float), typeof(double), typeof(char)];
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            Attribute[] attributes = [.. property.GetCustomAttributes(false).OfType<Attribute>()
                .Where(a => a is RangeAttribute or ChoiceAttribute or BooleanChoiceAttribute)];
            Assert.IsLessThanOrEqualTo(1, attributes.Length, property.Name);

            // A null of these is chosen by data; AutoML gives a number.
            var number = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            switch (attributes.FirstOrDefault())
            {
                case RangeAttribute range:
                    Assert.AreEqual(number, range.Min.GetType(), property.Name);
                    Assert.AreEqual(number, range.Max.GetType(), property.Name);
                    Assert.AreEqual(number, range.Init.GetType(), property.Name);
                    if (range is { Min: int min, Max: int max, Init: int init })
                    {
                        double share = (init / (double)(max - min)) - (min / (double)(max - min)); // as UniformIntOption computes it
                        Assert.AreEqual(
                            init, Math.Floor(min + ((max - min) * share)), $"{property.Name}: AutoML would begin with another number.");
                    }

                    Assert.IsTrue(!range.LogBase || Convert.ToDouble(range.Min, null) > 0, property.Name);
                    break;
                case ChoiceAttribute choice:
                    Assert.IsTrue(choosable.Contains(number) || number.IsEnum, property.Name);
                    Assert.IsTrue(choice.Candidates.All(c => c.GetType() == number), property.Name);
                    Assert.IsNotNull(choice.DefaultValue, $"{property.Name}: AutoML would begin with the first choice.");
                    if (property.GetValue(defaults) is { } standard)
                        Assert.AreEqual(standard, choice.DefaultValue, property.Name);
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
        foreach (var settings in new Proposer(trainer, new GloroSweepOptions(trainer).Validate(), null, 1, includeBaseline: true)
            .Propose().Take(50))
        {
            string text = JsonSerializer.Serialize((GloroMulticlassClassificationOptions)settings.Options, s_json);
            var back = JsonSerializer.Deserialize<GloroMulticlassClassificationOptions>(text, s_json)!;
            Assert.AreEqual(text, JsonSerializer.Serialize(back, s_json));
            Assert.AreEqual(settings.Options.LearningRate, back.LearningRate);
            Assert.IsNotNull(new MLContext().Gloro.MulticlassClassification(back));
        }
    }

    [TestMethod]
    public async Task RunAsync_TrialsSideBySide_EachGivesWhatItGivesAlone()
    {
        TorchProcess.Prepare();
        using var runner = new GloroTrialRunner(new MLContext(seed: 1), SweepProcess.Keyed(96, 1), SweepProcess.Keyed(60, 2));
        TrialSettings[] trials =
        [
            Settings(new() { ["Width"] = 8, ["Depth"] = 1, ["LearningRate"] = 0.02, ["Loss"] = "Emma", ["BatchSize"] = 16 }),
            Settings(new() { ["Width"] = 16, ["Depth"] = 0, ["LearningRate"] = 0.01, ["Loss"] = "CrossEntropy", ["BatchSize"] = 32 }),
        ];
        double[] alone = [.. trials.Select(t => runner.RunAsync(t, CancellationToken.None).Result.Loss)];
        TrialResult[] together = await Task.WhenAll(trials.Select(t => Task.Run(() => runner.RunAsync(t, CancellationToken.None))));
        CollectionAssert.AreEqual(alone, together.Select(r => r.Loss).ToArray());
        Assert.IsTrue(together.All(r => r.Loss < 0.5 && r.Metric == 1 - r.Loss && r.Model is GloroTransformer { Epsilon: 0.5f } model
            && model.Guarantee.Equals(RobustnessGuarantee.RelaxedTopK(2))));
        await Assert.ThrowsExactlyAsync<OperationCanceledException>(
            () => runner.RunAsync(trials[0], new CancellationToken(canceled: true)));
        static TrialSettings Settings(Dictionary<string, object> searched) =>
            new() { Parameter = new Parameter(new() { ["gloro"] = new Parameter(searched) }) };
    }

    [TestMethod]
    public void Docs_TrialRunner_IsTheOneThatIsTested()
    {
        Assert.AreEqual(Code("test", "Microsoft.ML.Gloro.Tests", "Analysis", "Tuning", "GloroTrialRunner.cs"), Code("docs", "automl.md"));
        static string Code(params string[] path)
        {
            string text = File.ReadAllText(Path.Combine([Repository.Root, .. path]));
            return Regex.Match(text, "internal sealed class GloroTrialRunner.*?^}", RegexOptions.Singleline | RegexOptions.Multiline).Value;
        }
    }
}
