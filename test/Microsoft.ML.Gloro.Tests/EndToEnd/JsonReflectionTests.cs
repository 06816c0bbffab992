using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Microsoft.ML.Gloro.MLNet;
using Microsoft.ML.Gloro.Tests.Analysis;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.EndToEnd;

/// <summary>
/// An application that turns JSON reflection off, as PublishTrimmed does. The switch is read once, so it has its own process.
/// </summary>
[TestClass]
public sealed class JsonReflectionTests
{
    public const string Word = "json";

    [TestMethod]
    public void ReflectionOff_OnnxCheckpointsAndJournal_Work()
    {
        using var folder = new TemporaryFolder();
        using var process = Process.Start(new ProcessStartInfo("dotnet", [typeof(JsonReflectionTests).Assembly.Location, Word, folder.Path])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.AreEqual(0, process.ExitCode, output + error.Result);
        StringAssert.Contains(output, "all of it works");
    }

    [TestMethod]
    public void Fingerprint_OptionsOfBothKinds_AreWhatReflectionWrites()
    {
        var reflection = new JsonSerializerOptions { Converters = { new JsonStringEnumConverter() } };
        foreach (GloroTrainerOptions options in new GloroTrainerOptions[]
        {
            new GloroMulticlassClassificationOptions { Seed = 3, TimeBudget = TimeSpan.FromMinutes(1), Loss = GloroLossKind.Trades },
            new GloroImageClassificationOptions
            {
                ImageSize = (24, 32),
                Augmentation = Training.Problems.EveryAugmentation(),
                Layers = [GloroLayer.Convolution(8, 3), GloroLayer.MinMax(), GloroLayer.Flatten(), GloroLayer.Dense(8)],
                Guarantee = RobustnessGuarantee.Affinity(AffinitySets.Parse("a+b")),
            },
        })
        {
            string generated = JsonSerializer.Serialize(options, options.GetType(), FingerprintJson.Default);
            string reflected = JsonSerializer.Serialize(options, options.GetType(), reflection);
            Assert.IsTrue(JsonNode.DeepEquals(JsonNode.Parse(reflected), JsonNode.Parse(generated)), $"{reflected}\n{generated}");
        }
    }

    /// <summary>What the other process does.</summary>
    internal static int Run(string folder)
    {
        AppContext.SetSwitch("System.Text.Json.JsonSerializer.IsReflectionEnabledByDefault", false);
        TorchProcess.Prepare();
        Assert.ThrowsExactly<InvalidOperationException>(() => JsonSerializer.Serialize("a"), "The switch has no effect.");

        var mlContext = new MLContext(seed: 1);
        var options = Blobs.Options(epochs: 1);
        options.CheckpointFolder = Path.Combine(folder, "checkpoints");
        for (int i = 0; i < 2; i++) // the second reads what the first wrote
        {
            var model = Blobs.Pipeline(mlContext, options).Fit(Blobs.View());
            using var onnx = new MemoryStream();
            mlContext.Gloro.ConvertToOnnx(model, onnx);
            Assert.IsGreaterThan(0, onnx.Length);
            SweepProcess.Sweep(Path.Combine(folder, "sweep.jsonl"), o => (o.Trials, o.MinEpochs) = (2, 4)).BestModel?.Dispose();
        }

        Assert.HasCount(5, File.ReadAllLines(Path.Combine(folder, "sweep.jsonl")));
        Console.WriteLine("all of it works");
        return 0;
    }
}
