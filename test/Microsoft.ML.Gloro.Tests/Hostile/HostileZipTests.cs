using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.Inference;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Hostile;

/// <summary>
/// Ten thousand damaged and forged files. Each is refused with a clear message, or it is the same model, or it certifies less; none takes
/// memory or time out of proportion. What ML.NET and .NET say of an archive that they cannot read is theirs, and only sorted here; what is
/// said of our part is ours, one type and one form.
/// </summary>
[TestClass]
public sealed class HostileZipTests
{
    private static readonly HonestFile Honest = new();
    private static readonly HonestFile Other = new(seed: 2);
    // Milliseconds really; a busy machine may stop a thread for a while.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    [ClassCleanup]
    public static void Cleanup()
    {
        Honest.Dispose();
        Other.Dispose();
    }

    [TestMethod]
    public void Load_WholeFileDamaged_IsRefusedOrTheSameModel()
    {
        var mutator = new Mutator(1);
        string running = "";
        int refused = 0, same = 0;
        Task work = Task.Run(() =>
        {
            for (int i = 0; refused + same < 1200; i++)
            {
                byte[] zip = mutator.Bytes(Honest.Zip, Other.Zip);
                if (Honest.IsSchemaDamaged(zip))
                    continue;
                Volatile.Write(ref running, $"case {i}: {Convert.ToBase64String(zip)}");
                _ = JudgeZip(zip, score: i % 20 == 0) ? refused++ : same++;
            }
        });

        // A thread that loops for ever could not be stopped; at least the run ends and says which file did it.
        Assert.AreEqual(0, Task.WaitAny([work], TimeSpan.FromMinutes(2)), $"Loading does not end: {Volatile.Read(ref running)}");
        work.GetAwaiter().GetResult();
        Assert.IsGreaterThan(300, refused);
        Assert.IsGreaterThan(100, same, "damage to what nobody reads, such as times and checksums of the archive");
    }

    [TestMethod]
    public void Load_ModelDamaged_IsRefused()
    {
        var mutator = new Mutator(2);
        for (int i = 0; i < 3000; i++)
        {
            byte[] model = mutator.Bytes(Honest.Model, Other.Model);
            if (StartsAs(model, Honest.Model))
                continue; // what follows the model is left unread
            Assert.IsTrue(Judge(model), $"case {i}");
            if (i % 30 == 0)
                Assert.IsTrue(JudgeZip(Honest.Wrap(model), score: true), $"case {i}");
        }
    }

    [TestMethod]
    public void Load_HeaderAlteredWithARightChecksum_IsRefusedOrCertifiesNoMore()
    {
        var mutator = new Mutator(3);
        string header = ModelSurgery.HeaderText(Honest.Model);
        int accepted = 0;
        for (int i = 0; i < 3500; i++)
        {
            byte[] model = ModelSurgery.WithHeader(Honest.Model, mutator.Json(header));
            accepted += Judge(model) ? 0 : 1;
            if (i % 30 == 0)
                JudgeZip(Honest.Wrap(model), score: true);
        }

        Assert.IsGreaterThan(50, accepted, "names, ε and larger bounds may be changed by whoever writes the checksum");
        Assert.IsLessThan(1000, accepted);
    }

    [TestMethod]
    public void Load_WeightsAlteredWithARightChecksum_IsRefused()
    {
        var mutator = new Mutator(4);
        for (int i = 0; i < 1500; i++)
        {
            byte[] model = ModelSurgery.EditTensors(Honest.Model, mutator.Weights);
            if (!model.AsSpan().SequenceEqual(Honest.Model))
                Assert.IsTrue(Judge(model), $"case {i}");
            if (i % 30 == 0)
                JudgeZip(Honest.Wrap(model), score: true);
        }
    }

    [TestMethod]
    public void Load_BytesAlteredWithARightChecksum_IsRefusedOrCertifiesNoMore()
    {
        var mutator = new Mutator(5);
        for (int i = 0; i < 1500; i++)
        {
            byte[] contents = mutator.Bytes(Honest.Model[..^SHA256.HashSizeInBytes], Other.Model);
            byte[] model = [.. contents, .. SHA256.HashData(contents)];
            Judge(model);
            if (i % 30 == 0)
                JudgeZip(Honest.Wrap(model), score: true);
        }
    }

    /// <summary>Reads the model part. Returns whether it was refused.</summary>
    private static bool Judge(byte[] file)
    {
        GloroModel? model = null;
        Exception? error = Measure(file.Length, () => model = Read(file));
        if (error is not null)
        {
            Assert.IsInstanceOfType<FormatException>(error, error.ToString());
            Assert.IsNull(error.InnerException, "GetBaseException must give our message");
            StringAssert.StartsWith(error.Message, "The GloRo model cannot be loaded: ");
            Assert.IsLessThan(2000, error.Message.Length);
            return true;
        }

        AssertCertifiesNoMore(model!);
        return false;
    }

    /// <summary>
    /// The same weights, and constants that are not smaller than what the honest file's layers attain; radii are then not larger, but for
    /// the slack of the bound.
    /// </summary>
    private static void AssertCertifiesNoMore(GloroModel model)
    {
        Assert.AreEqual(Honest.Honest.Bound.WeightHash, WeightHash.Compute(model.Network));
        double sharp = 1 / (1 + Honest.Honest.Bound.Slack) * (1 - 1e-8);
        for (int i = 0; i < model.ClassNames.Count; i++)
        {
            for (int j = 0; j < i; j++)
                Assert.IsGreaterThanOrEqualTo(Honest.Honest.Constants[i, j] * sharp, model.Constants[i, j]);
        }
    }

    /// <summary>
    /// Loads the whole file and scores with it. Returns whether it was refused, at the latest when the columns did not fit.
    /// </summary>
    private static bool JudgeZip(byte[] zip, bool score)
    {
        ITransformer? loaded = null;
        Exception? error = Measure(zip.Length, () => loaded = Honest.Load(zip));
        if (error is not null)
        {
            AssertClear(error);
            return true;
        }

        try
        {
            if (loaded is TransformerChain<ITransformer> { LastTransformer: GloroTransformer gloro } && gloro.FeatureColumnName == "Copied"
                && gloro.OutputColumnPrefix.Length == 0)
            {
                AssertCertifiesNoMore(gloro.GloroModel);
                if (!score && Honest.Columns == HonestFile.ColumnsOf(loaded, Honest.Data))
                    return false;
            }

            List<ScoredRow> rows = ScoredRow.All(loaded!.Transform(Honest.Data));
            Assert.HasCount(Honest.Rows.Count, rows);
            for (int i = 0; i < rows.Count; i++)
                AssertCertifiesNoMore(Honest.Rows[i], rows[i]);
            return false;
        }
        catch (Exception e) when (e is not UnitTestAssertException)
        {
            AssertClear(e);
            return true;
        }
        finally
        {
            (loaded as IDisposable)?.Dispose();
        }
    }

    private static void AssertCertifiesNoMore(ScoredRow honest, ScoredRow row)
    {
        CollectionAssert.AreEqual(honest.Logits, row.Logits);
        float sharp = (float)((1 + Honest.Honest.Bound.Slack) * (1 + 1e-6));
        for (int k = 0; k < row.TopKRadii.Length; k++)
            Assert.IsLessThanOrEqualTo(honest.TopKRadii[k] * sharp, row.TopKRadii[k]);
    }

    /// <summary>
    /// Runs something and returns what it threw, at its root, once it is known that it took neither much memory nor long.
    /// </summary>
    private static Exception? Measure(int length, Action action)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        long start = Stopwatch.GetTimestamp();
        Exception? error = null;
        try
        {
            action();
        }
        catch (Exception e)
        {
            error = e;
        }

        Assert.IsLessThan(Longest, Stopwatch.GetElapsedTime(start));
        Assert.IsLessThan((64L * length) + (16 << 20), GC.GetAllocatedBytesForCurrentThread() - before);
        return error;
    }

    /// <summary>
    /// An exception that an application can show: a message at its root, and a type that says that the file or its columns are at fault.
    /// </summary>
    private static void AssertClear(Exception error)
    {
        Exception root = error.GetBaseException();
        Assert.IsTrue(
            root is FormatException or InvalidDataException or IOException or BadImageFormatException or ArgumentException
                or InvalidOperationException
                or NotSupportedException,
            root.ToString());
        Assert.IsFalse(string.IsNullOrWhiteSpace(root.Message));
    }

    private static bool StartsAs(byte[] bytes, byte[] start) => bytes.AsSpan().StartsWith(start);

    private static GloroModel Read(byte[] file)
    {
        using var stream = new MemoryStream(file);
        return GloroModelFile.Read(stream);
    }
}
