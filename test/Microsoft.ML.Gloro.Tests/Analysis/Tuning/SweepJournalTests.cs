using System.Text;
using Microsoft.ML.Gloro.Analysis;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Analysis;

/// <summary>The journal, cut off at every byte, of another sweep, damaged, and of a process that dies.</summary>
[TestClass]
public sealed class SweepJournalTests
{
    private static readonly Dictionary<string, string> s_about = new() { ["LearningRate"] = "0.001", ["the rows"] = "ε = 96" };

    [TestMethod]
    public void Sweep_JournalCutOffAtAnyByte_EndsWithTheSameResult()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "sweep.jsonl");
        string uninterrupted = Text(Sweep(path, out int trained));
        Assert.AreEqual(5, trained);
        byte[] whole = File.ReadAllBytes(path);
        Assert.AreEqual(Encoding.UTF8.GetString(whole).Count(c => c == '\n'), 1 + (2 * trained));
        for (int length = 0; length <= whole.Length; length++)
        {
            File.WriteAllBytes(path, whole[..length]);
            int end = Array.LastIndexOf(whole[..length], (byte)'\n') + 1;
            int results = Encoding.UTF8.GetString(whole[..end]).Split("\"ended\"").Length - 1;
            using (var journal = Open(path))
                Assert.AreEqual(results, journal.Count, $"cut off at {length}");

            // Every line reaches the disk, which takes its time: whole sweeps at the ends of lines, beside them, and here and there.
            if (length - end > 1 && length % 97 != 0 && length < whole.Length - 1)
                continue;
            File.WriteAllBytes(path, whole[..length]);
            Assert.AreEqual(uninterrupted, Text(Sweep(path, out int again)), $"cut off at {length}");
            Assert.AreEqual(5 - results, again, $"cut off at {length}");

            // And the journal is as good as one that was never cut off.
            Assert.AreEqual(uninterrupted, Text(Sweep(path, out again)));
            Assert.AreEqual(0, again);
        }
    }

    [TestMethod]
    public void Sweep_MoreTrialsAndMoreEpochs_GoOnFromTheJournal()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "sweep.jsonl");
        Sweep(path, out _);
        var result = Sweep(path, out int trained, trials: 8);
        Assert.AreEqual(Text(Sweep(Path.Combine(folder.Path, "other.jsonl"), out int anew, trials: 8)), Text(result));
        Assert.IsLessThan(anew, trained);
        Assert.IsTrue(result.Trials.Take(4).All(t => t.FromJournal) && !result.Trials[4].FromJournal);
    }

    [TestMethod]
    public void Open_OtherSweep_SaysWhatDiffers()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "sweep.jsonl");
        Sweep(path, out _);
        byte[] before = File.ReadAllBytes(path);
        string message = Assert.ThrowsExactly<InvalidOperationException>(() =>
            new SweepJournal(path, new Dictionary<string, string>(s_about) { ["the rows"] = "97", ["Width"] = "32" }, _ => { })).Message;
        foreach (string part in new[] { "belongs to another sweep", "the rows was ε = 96 and is 97", "Width was not known and is 32",
            "delete the file to discard it" })
            StringAssert.Contains(message, part);
        Assert.IsFalse(message.Contains("LearningRate", StringComparison.Ordinal));
        CollectionAssert.AreEqual(before, File.ReadAllBytes(path));
    }

    [TestMethod]
    [DataRow("my notes")]
    [DataRow("my notes\n")]
    [DataRow("{\"gloroSweep\":2,\"about\":{}}\n")]
    [DataRow("{ }\n")]
    public void Open_FileOfAnotherKind_IsRefusedAndLeftAlone(string content)
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, folder.Write("notes.txt", Encoding.UTF8.GetBytes(content)));
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => Open(path)).Message, "is not the journal of a sweep");
        Assert.AreEqual(content, File.ReadAllText(path));
    }

    [TestMethod]
    public void Open_DamagedLine_IsNamed()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "sweep.jsonl");
        Sweep(path, out _);
        string[] lines = File.ReadAllLines(path);
        lines[2] = lines[2][..^5];
        File.WriteAllLines(path, lines);
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => Open(path)).Message, "Line 3 of the journal");
    }

    [TestMethod]
    public void Open_TwiceOrInNoFolder_IsRefused()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "sweep.jsonl");
        using (Open(path))
            StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => Open(path)).Message, "cannot be used");
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => Open(Path.Combine(folder.Path, "none", "x"))).Message,
            "in an existing folder");
    }

    [TestMethod]
    public void Sweep_TrainingThatKillsTheProcess_IsTriedThreeTimes()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "sweep.jsonl");
        for (int death = 1; death <= 3; death++)
        {
            using var journal = Open(path);
            journal.Add(new JournalEntry { Event = JournalEntry.Began, Trial = 0, Epochs = 1 });
        }

        var result = Sweep(path, out int trained);
        Assert.AreEqual("the process ended three times during this training", result.Trials[0].Error);
        Assert.AreEqual(result.Trials.Count - 1, trained);

        // One that was stopped did not die, nor do beginnings before it count.
        File.Delete(path);
        foreach (string what
            in new[] { JournalEntry.Began, JournalEntry.Began, JournalEntry.Began, JournalEntry.Stopped, JournalEntry.Began })
        {
            using var journal = Open(path);
            journal.Add(new JournalEntry { Event = what, Trial = 0, Epochs = 1 });
        }

        Assert.IsNull(Sweep(path, out _).Trials[0].Error);
    }

    [TestMethod]
    public void Sweep_Cancelled_LeavesAJournalToGoOnFrom()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "sweep.jsonl");
        using var source = new CancellationTokenSource();
        var cancelled = Sweep(path, out _, metric: o =>
        {
            source.Cancel();
            return Metric(o);
        }, cancellationToken: source.Token);
        Assert.IsEmpty(cancelled.Trials);
        StringAssert.Contains(File.ReadAllText(path), "\"stopped\"");
        Assert.AreEqual(Text(Sweep(Path.Combine(folder.Path, "other.jsonl"), out _)), Text(Sweep(path, out _)));
    }

    [TestMethod]
    public void Sweep_JournalOfOtherSettings_IsRefused()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "sweep.jsonl");
        Sweep(path, out _);
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => Sweep(path, out _, seed: 2)).Message,
            "holds trial 0 with other settings");
    }

    [TestMethod]
    [DataRow(1000)] // it stays full
    [DataRow(2)] // there is space again after two trainings
    public void Sweep_DiskFull_WarnsOnceAndKeepsTheResult(int trainingsUntilSpace)
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "sweep.jsonl");
        string expected = Text(Sweep(path, out int trained));
        byte[] whole = File.ReadAllBytes(path);
        int first = Array.IndexOf(whole, (byte)'\n') + 1;
        for (int space = first; space < whole.Length; space += 41)
        {
            using var disk = new FullDisk { Space = space };
            var warnings = new List<string>();
            int before = 0;
            double MetricAndSpace(GloroTrainerOptions options)
            {
                if (++before > trainingsUntilSpace)
                    disk.Space = int.MaxValue;
                return Metric(options);
            }

            SweepJournal OnDisk() => new(path, s_about, warnings.Add, _ => disk);
            Assert.AreEqual(expected, Text(Sweep(path, out int again, metric: MetricAndSpace, open: OnDisk)));
            Assert.AreEqual(trained, again);
            byte[] written = disk.ToArray();
            CollectionAssert.AreEqual(whole[..written.Length], written);
            if (disk.Space == space)
                Assert.HasCount(1, warnings);
            else
                Assert.HasCount(whole.Length, written, "what could not be written follows later");
            foreach (string warning in warnings)
                StringAssert.Contains(warning, "cannot be written: No space left on device. The sweep continues");
        }
    }

    [TestMethod]
    public void Open_DiskFull_SaysSo()
    {
        using var disk = new FullDisk { Space = 10 };
        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidOperationException>(() => new SweepJournal("x", s_about, _ => { }, _ => disk)).Message,
            "cannot be written: No space left on device.");
    }

    private static SweepJournal Open(string path) => new(path, s_about, _ => { });

    private static double Metric(GloroTrainerOptions options) => options.LearningRate > 0.01
        ? throw new InvalidOperationException("too \"fast\"\n") : (options.LearningRate!.Value * 10) + (options.Epochs!.Value / 1000.0);

    // Four settings, one or two epochs; the journal is small enough to be cut off at every byte of it.
    private static GloroSweepResult Sweep(
        string path, out int trained, int trials = 4, int seed = 1, Func<GloroTrainerOptions, double>? metric = null,
            Func<SweepJournal>? open = null,
        CancellationToken cancellationToken = default)
    {
        var options = FakeTrainer.Options();
        (options.TrainerOptions.Epochs, options.Trials, options.HalvingFactor, options.MinEpochs, options.Seed) = (2, trials, 4, 1, seed);
        options.CancellationToken = cancellationToken;
        var trainer = new FakeTrainer(metric ?? Metric);
        using var journal = open?.Invoke() ?? Open(path);
        var result = FakeTrainer.Sweep(options, trainer, journal);
        trained = trainer.Seen.Count;
        return result;
    }

    private static string Text(GloroSweepResult result) =>
        $"{result}\n{string.Join('\n', result.Trials)}\n{string.Join('\n', result.ParetoFront)}";

    // Writes what fits, as a disk does.
    private sealed class FullDisk : MemoryStream
    {
        public required int Space { get; set; }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            int fits = (int)Math.Min(buffer.Length, Space - Position);
            foreach (byte value in buffer[..fits])
                WriteByte(value);
            if (fits < buffer.Length)
                throw new IOException("No space left on device.");
        }
    }
}
