using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;
using Microsoft.ML.Gloro.Training;
using TorchSharp;

namespace Microsoft.ML.Gloro.Tests.Training;

/// <summary>The real trainer, stopped and taken up again.</summary>
[TestClass]
public sealed class CheckpointTests
{
    private const int Epochs = 4;
    private const int Rows = 96; // Three batches.

    private static readonly Dictionary<string, string> s_fingerprint = new() { ["Epochs"] = "4" };

    [ClassInitialize]
    public static void Load(TestContext _) => TorchProcess.Prepare();

    [TestMethod]
    public void SaveStateDict_NAdamAfterSteps_RestoresBitForBit()
    {
        using var scope = torch.NewDisposeScope();
        using var network = Problems.ImageNetwork(1);
        using var other = Problems.ImageNetwork(2);
        using var optimizer = torch.optim.NAdam(network.Parameters, lr: 0.01);
        using var restored = torch.optim.NAdam(other.Parameters, lr: 0.5);
        using var generator = new torch.Generator(3, torch.CPU);
        var inputs = torch.rand([8, 3, 16, 16], generator: generator);
        void Step(LipschitzNetwork n, torch.optim.Optimizer o)
        {
            o.zero_grad();
            n.Forward(inputs, training: true).square().sum().backward();
            o.step();
        }

        for (int i = 0; i < 3; i++)
            Step(network, optimizer);
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true))
            optimizer.save_state_dict(writer);
        stream.Position = 0;
        using (var reader = new BinaryReader(stream))
            restored.load_state_dict(reader);
        TensorBytes.Assign(other.State, network.State);

        var states = optimizer.state_dict().State.Zip(
            restored.state_dict().State, (x, y) => ((TorchSharp.Modules.NAdam.State)x, (TorchSharp.Modules.NAdam.State)y)).ToList();
        Assert.HasCount(network.Parameters.Count, states);
        foreach (var (x, y) in states)
        {
            Assert.AreEqual((x.step, x.mu_product), (y.step, y.mu_product));
            Assert.AreEqual(3, y.step);
            CollectionAssert.AreEqual(Bits(x.exp_avg), Bits(y.exp_avg));
            CollectionAssert.AreEqual(Bits(x.exp_avg_sq), Bits(y.exp_avg_sq));
        }

        Assert.IsTrue(states.Exists(s => Bits(s.Item1.exp_avg).Any(b => b != 0)));
        for (int i = 0; i < 2; i++)
        {
            Step(network, optimizer);
            Step(other, restored);
        }

        Assert.AreEqual(Hash(network), Hash(other));
    }

    [TestMethod]
    [DataRow("plain")]
    [DataRow("bfloat16")]
    [DataRow("adam")]
    [DataRow("everything")]
    [DataRow("mixup")]
    [DataRow("teacher")]
    public void Run_StoppedAtAnyMoment_EndsWithTheBitsOfAnUninterruptedRun(string kind)
    {
        var settings = SettingsOf(kind);
        string whole = Run(settings, null).Hash!;

        // In the first epoch, in the middle of the second, at a batch's border, in the last.
        foreach (int[] stops in new[] { new[] { 40 }, [Rows + 50], [2 * Rows, 3], [(3 * Rows) + 90, 10, 20] })
        {
            using var folder = new TemporaryFolder();
            int completed = 0;
            foreach (int stop in stops)
            {
                var stopped = Run(settings, folder.Path, stop);
                Assert.IsNull(stopped.Hash);
                completed += stopped.Epochs.Count;
            }

            var last = Run(settings, folder.Path);
            Assert.AreEqual(
                string.Join(' ', Enumerable.Range(completed + 1, Epochs - completed)),
                string.Join(' ', last.Epochs),
                "it goes on where it stopped");
            Assert.AreEqual(whole, last.Hash, $"stopped after {string.Join(" and ", stops)} rows");
            Assert.HasCount(1, Directory.GetFiles(folder.Path, "epoch-*"));
        }
    }

    [TestMethod]
    public void Run_Complete_IsGivenAgainWithoutTraining()
    {
        using var folder = new TemporaryFolder();
        var settings = SettingsOf("everything");
        var first = Run(settings, folder.Path);
        Assert.HasCount(Epochs, first.Epochs);
        var second = Run(settings, folder.Path);
        Assert.IsEmpty(second.Epochs);
        Assert.AreEqual(first.Hash, second.Hash);
        StringAssert.Contains(second.Notes.Single(), "complete");
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(30)]
    [DataRow(-10)]
    [DataRow(int.MaxValue)]
    public void Run_LastCheckpointDamaged_TakesTheOneBeforeAndEndsTheSame(int damagedByte)
    {
        using var folder = new TemporaryFolder();
        var settings = SettingsOf("plain");
        Run(settings, folder.Path, stopAfter: (3 * Rows) + 10);
        string[] files = [.. Directory.GetFiles(folder.Path, "epoch-*").Order(StringComparer.Ordinal)];
        Assert.AreEqual("epoch-00002.checkpoint epoch-00003.checkpoint", string.Join(' ', files.Select(Path.GetFileName)));
        Damage(files[1], damagedByte);
        var last = Run(settings, folder.Path);
        Assert.AreEqual("3 4", string.Join(' ', last.Epochs));
        Assert.AreEqual(Run(settings, null).Hash, last.Hash);
        StringAssert.Contains(last.Notes[0], "epoch-00003.checkpoint");
        StringAssert.Contains(last.Notes[0], "took that of epoch 2");
    }

    [TestMethod]
    public void Open_AllCheckpointsDamaged_SaysWhatToDo()
    {
        using var folder = new TemporaryFolder();
        Run(SettingsOf("plain"), folder.Path, stopAfter: (2 * Rows) + 10);
        foreach (string file in Directory.GetFiles(folder.Path, "epoch-*"))
            Damage(file, 100);
        var e = Assert.ThrowsExactly<InvalidOperationException>(() => new CheckpointStore(folder.Path, _ => { }));
        foreach (string word in new[] { folder.Path, "epoch-00001.checkpoint", "epoch-00002.checkpoint", "checksum", "delete the folder" })
            StringAssert.Contains(e.Message, word);
    }

    [TestMethod]
    public void Run_KilledWhileWriting_GoesOnFromTheEpochBefore()
    {
        // What a killed process leaves: a part of a file under its partial name, and the file of the epoch before.
        using var folder = new TemporaryFolder();
        var settings = SettingsOf("plain");
        Run(settings, folder.Path, stopAfter: (2 * Rows) + 10);
        byte[] content = File.ReadAllBytes(Path.Combine(folder.Path, "epoch-00002.checkpoint"));
        File.WriteAllBytes(Path.Combine(folder.Path, "epoch-00003.checkpoint.partial"), content[..(content.Length / 2)]);
        var last = Run(settings, folder.Path);
        Assert.AreEqual("3 4", string.Join(' ', last.Epochs));
        Assert.AreEqual(Run(settings, null).Hash, last.Hash);
        Assert.IsEmpty(Directory.GetFiles(folder.Path, "*.partial"));
    }

    [TestMethod]
    public void Identify_AnotherTraining_NamesWhatDiffersAndKeepsIt()
    {
        using var folder = new TemporaryFolder();
        Run(SettingsOf("plain"), folder.Path, stopAfter: Rows + 10);
        using (var store = new CheckpointStore(folder.Path, _ => { }))
        {
            var e = Assert.ThrowsExactly<InvalidOperationException>(
                () => store.Identify(new Dictionary<string, string> { ["Epochs"] = "5", ["New"] = "1" }));
            foreach (string word in new[]
            {
                "epoch 1 of another training", "Epochs was 4 and is 5", "New was not known and is 1", "delete the folder",
                "another CheckpointFolder",
            })
                StringAssert.Contains(e.Message, word);
        }

        Assert.AreEqual("2 3 4", string.Join(' ', Run(SettingsOf("plain"), folder.Path).Epochs));
    }

    [TestMethod]
    public void Identify_AnotherTrainingThatIsComplete_GivesWay()
    {
        using var folder = new TemporaryFolder();
        Run(SettingsOf("plain"), folder.Path);
        using var store = new CheckpointStore(folder.Path, _ => { });
        store.Identify(new Dictionary<string, string> { ["Epochs"] = "5" });
        Assert.IsNull(store.Latest);
        store.Save(1, finished: false, TimeSpan.Zero, writer => writer.Write(1));
        Assert.AreEqual("epoch-00001.checkpoint", string.Join(' ', Directory.GetFiles(folder.Path, "epoch-*").Select(Path.GetFileName)));
    }

    [TestMethod]
    public void Open_FolderInUse_IsRefused()
    {
        using var folder = new TemporaryFolder();
        using (new CheckpointStore(folder.Path, _ => { }))
            StringAssert.Contains(
                Assert.ThrowsExactly<InvalidOperationException>(() => new CheckpointStore(folder.Path, _ => { })).Message,
                "a folder of its own");
        new CheckpointStore(folder.Path, _ => { }).Dispose();
    }

    [TestMethod]
    public void Run_CheckpointCannotBeWritten_WarnsAndTrainsOn()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(Path.Combine(folder.Path, "epoch-00002.checkpoint.partial"));
        var run = Run(SettingsOf("plain"), folder.Path);
        Assert.HasCount(Epochs, run.Epochs);
        StringAssert.StartsWith(run.Notes.Single(), "Writing the checkpoint of epoch 2 failed");
        Assert.AreEqual("epoch-00004.checkpoint", string.Join(' ', Directory.GetFiles(folder.Path, "epoch-*").Select(Path.GetFileName)));
    }

    private static TrainingContext SettingsOf(string kind)
    {
        var settings = Problems.Settings(3, Epochs).With(o =>
        {
            o.AveragingDecay = kind == "everything" ? 0.9 : 0;
            o.WeightDecay = kind == "everything" ? 0.1 : 0;
            o.Augmentation.MixupAlpha = kind == "mixup" ? 0.4 : 0;
            o.Optimizer = kind == "adam" ? GloroOptimizer.Adam : GloroOptimizer.NAdam;
            o.Lookahead = kind != "adam";
            o.Loss = kind == "teacher" ? GloroLossKind.AnnealedEmma : GloroLossKind.Emma;
        });
        return settings with { MixedPrecision = kind == "bfloat16", KeepBest = kind == "everything" };
    }

    // A run with a network of its own; null for the hash if it was stopped.
    private static (string? Hash, List<int> Epochs, List<string> Notes) Run(
        TrainingContext settings, string? folder, int stopAfter = int.MaxValue)
    {
        using var source = new CancellationTokenSource();
        using var network = Problems.ImageNetwork(3);
        var (epochs, notes) = (new List<int>(), new List<string>());
        using var store = folder is null ? null : new CheckpointStore(folder, notes.Add);
        store?.Identify(s_fingerprint);
        bool isMixed = settings.Options.ImageAugmentation.MixupAlpha > 0;
        var augmentation = isMixed ? Problems.EveryAugmentation() : GloroAugmentationOptions.Aerial;
        var rows = new WatchedSet(Problems.Blobs(Rows, 1, augmentation), reads =>
        {
            if (reads >= stopAfter)
                source.Cancel();
        });
        using var teacher = Problems.ImageNetwork(4);
        long before = TorchProcess.LiveTensors();
        try
        {
            new Trainer(settings, network, rows, Problems.Blobs(30, 2))
            {
                Teacher = settings.Options.Loss == GloroLossKind.AnnealedEmma
                    ? token => new TeacherTargets(teacher, Problems.Blobs(Rows, 1), 0.1, settings.Device, settings.ComputeType, token)
                    : null,
                Checkpoints = store,
                Note = text => notes.AddRange(text.Contains("complete", StringComparison.Ordinal) ? [text] : []),
            }
                .Run(p => epochs.Add(p.Epoch), source.Token);
        }
        catch (OperationCanceledException)
        {
            return (null, epochs, notes);
        }
        finally
        {
            Assert.AreEqual(before, TorchProcess.LiveTensors(), "the run gives back what it took");
        }

        return (Hash(network), epochs, notes);
    }

    private static void Damage(string file, int index)
    {
        byte[] content = File.ReadAllBytes(file);
        if (index == int.MaxValue)
        {
            File.WriteAllBytes(file, content[..(content.Length / 3)]);
            return;
        }

        content[index < 0 ? content.Length + index : index] ^= 4;
        File.WriteAllBytes(file, content);
    }

    private static string Hash(LipschitzNetwork network) => WeightHash.Compute(network.Fold());

    private static byte[] Bits(torch.Tensor tensor) => tensor.bytes.ToArray();
}
