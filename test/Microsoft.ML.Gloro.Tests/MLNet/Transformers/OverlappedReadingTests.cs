using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.MLNet;

/// <summary>
/// Rows that threads of the pool read and score while those before them are served. With windows of 4 rows at most these are the rows from
/// 1 on.
/// </summary>
[TestClass]
public sealed class OverlappedReadingTests
{
    private const int Window = 4, Threads = 2;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly MLContext _mlContext = new(seed: 1);

    [TestMethod]
    [DataRow(2)]
    [DataRow(4)]
    [DataRow(7)]
    public void Transform_ReadByAnotherThread_GivesTheSameBitsAndKeepsOtherColumns(int readAhead)
    {
        var rows = VectorRow.Random(151);
        using var one = TestModels.Transformer(TestModels.Vector(), threads: 1);
        using var two = TestModels.Transformer(TestModels.Vector(), readAhead: readAhead, threads: Threads);
        var expected = ScoredRow.All(one.Transform(VectorRow.View(rows))).ConvertAll(r => r.ToString());
        var view = two.Transform(VectorRow.View(rows));
        CollectionAssert.AreEqual(expected, ScoredRow.All(view).ConvertAll(r => r.ToString()));
        var kept = _mlContext.Data.CreateEnumerable<VectorRow>(view, reuseRowObject: false).ToList();
        Assert.HasCount(rows.Count, kept);
        for (int i = 0; i < rows.Count; i++)
        {
            Assert.AreEqual((rows[i].Id, rows[i].Note, rows[i].Label + 1), (kept[i].Id, kept[i].Note, kept[i].Label));
            CollectionAssert.AreEqual(rows[i].Features, kept[i].Features);
        }
    }

    [TestMethod]
    public void Transform_ImagesOfFiles_AreThoseOfTheirRows()
    {
        using var folder = new TemporaryFolder();
        var files = Enumerable.Range(0, 30)
            .Select(i => new FileRow { Name = folder.Write($"{i}.png", TestImages.Png(TestImages.Planes(8, 6, i), 8, 6)) }).ToList();
        var view = _mlContext.Data.LoadFromEnumerable(files);
        var images = _mlContext.Transforms.LoadImages("Image", folder.Path, "Name").Fit(view).Transform(view);
        using var one = TestModels.Transformer(TestModels.Image(), "Image", threads: 1);
        using var two = TestModels.Transformer(TestModels.Image(), "Image", readAhead: Window, threads: Threads);
        Assert.AreEqual(string.Join('\n', Read(one)), string.Join('\n', Read(two)));

        List<string> Read(GloroTransformer transformer)
        {
            var result = new List<string>();
            var scored = transformer.Transform(images);
            using var cursor = scored.GetRowCursor(scored.Schema);
            var image = cursor.GetGetter<MLImage>(scored.Schema["Image"]);
            var logits = cursor.GetGetter<VBuffer<float>>(scored.Schema["Logits"]);
            MLImage pixels = null!;
            VBuffer<float> values = default;
            while (cursor.MoveNext())
            {
                image(ref pixels);
                logits(ref values);
                result.Add($"{Convert.ToHexString(pixels.Pixels)} {string.Join(' ', values.DenseValues())}");
            }

            pixels.Dispose();
            return result;
        }
    }

    [TestMethod]
    public void Cursor_AtARow_HasAsManyWindowsReadAsThereIsRoomForAndNoMore()
    {
        var readers = new System.Collections.Concurrent.ConcurrentBag<int>();
        var source = new ProbeDataView(100) { OnFeatures = _ => readers.Add(Environment.CurrentManagedThreadId) };
        using var transformer = Transformer();
        var view = transformer.Transform(source);
        using var cursor = view.GetRowCursor(view.Schema);
        Assert.IsTrue(cursor.MoveNext());
        Assert.AreEqual(1, source.Moves);
        Assert.IsTrue(cursor.MoveNext());
        const int full = 1 + (Window * (Threads + 2)); // for each thread, served, and waiting to be
        Assert.IsTrue(SpinWait.SpinUntil(() => source.Moves >= full, Patience), "They are read with nobody asking for them.");
        for (int i = 2; i < 5; i++)
            Assert.IsTrue(cursor.MoveNext());
        Thread.Sleep(20);
        Assert.AreEqual(full, source.Moves);
        Assert.IsTrue(cursor.MoveNext());
        Assert.IsTrue(SpinWait.SpinUntil(() => source.Moves == full + Window, Patience));
        Assert.IsGreaterThan(1, readers.Distinct().Count());
    }

    [TestMethod]
    public void Cursor_OneThreadOrNoReadAhead_ReadsOnTheCallersThreadAlone()
    {
        foreach (var (readAhead, threads) in new[] { (Window, 1), (1, 4) })
        {
            var readers = new HashSet<int>();
            var source = new ProbeDataView(100) { OnFeatures = _ => readers.Add(Environment.CurrentManagedThreadId) };
            using var transformer = TestModels.Transformer(TestModels.Vector(), readAhead: readAhead, threads: threads);
            Assert.HasCount(100, ScoredRow.All(transformer.Transform(source)));
            Assert.AreEqual(Environment.CurrentManagedThreadId, readers.Single());
        }
    }

    [TestMethod]
    [DataRow("Features")]
    [DataRow("Other")]
    [DataRow("RowId")]
    [DataRow("MoveNext")]
    public void Cursor_SourceThrowsAtAnyRow_ServesTheRowsBeforeAndThrowsTheSameAtItsTurn(string failIn)
    {
        for (int failAt = 0; failAt < 15; failAt++)
        {
            var source = new ProbeDataView(40) { FailAt = failAt, FailIn = failIn };
            using var transformer = Transformer();
            var view = transformer.Transform(source);
            using (var cursor = view.GetRowCursor(view.Schema))
            {
                var features = cursor.GetGetter<VBuffer<float>>(view.Schema["Features"]);
                VBuffer<float> values = default;
                for (int i = 0; i < failAt; i++)
                {
                    Assert.IsTrue(cursor.MoveNext());
                    features(ref values);
                    CollectionAssert.AreEqual(ProbeDataView.FeaturesOf(i), values.DenseValues().ToArray());
                }

                for (int attempt = 0; attempt < 3; attempt++)
                    Assert.AreEqual($"row {failAt} is unreadable", Assert.ThrowsExactly<IOException>(() => cursor.MoveNext()).Message);
                Assert.AreEqual(failAt + 1, source.Moves, "Nothing is read beyond a failure.");
            }

            Assert.AreEqual(0, source.OpenCursors);
        }
    }

    [TestMethod]
    public void Dispose_WhileARowIsReadAhead_WaitsForThatRowAndFreesTheSource()
    {
        using var inside = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        var source = new ProbeDataView(100)
        {
            OnFeatures = row =>
            {
                if (row != 6)
                    return;
                inside.Set();
                goOn.Wait(Patience);
            },
        };
        using var transformer = Transformer();
        var view = transformer.Transform(source);
        var cursor = view.GetRowCursor(view.Schema);
        Assert.IsTrue(cursor.MoveNext());
        Assert.IsTrue(cursor.MoveNext());
        Assert.IsTrue(inside.Wait(Patience));
        var disposing = new Thread(cursor.Dispose);
        disposing.Start();
        Assert.IsTrue(SpinWait.SpinUntil(() => disposing.ThreadState == ThreadState.WaitSleepJoin, Patience),
            "What the row is made of is in use: Dispose waits.");
        goOn.Set();
        Assert.IsTrue(disposing.Join(Patience));
        Assert.AreEqual((0, 7), (source.OpenCursors, source.Moves), "The row in hand is the last.");
        Assert.ThrowsExactly<ObjectDisposedException>(() => cursor.MoveNext());
    }

    [TestMethod]
    public void Dispose_ByTheSourceItself_NeitherHangsNorLeaks()
    {
        DataViewRowCursor cursor = null!;
        int openInside = -1;
        var source = new ProbeDataView(100);
        source.OnFeatures = row =>
        {
            if (row != 6)
                return;
            cursor.Dispose();
            openInside = source.OpenCursors;
        };
        using var transformer = Transformer();
        var view = transformer.Transform(source);
        cursor = view.GetRowCursor(view.Schema);
        Assert.ThrowsExactly<ObjectDisposedException>(() =>
        {
            while (cursor.MoveNext())
            {
            }
        });
        Assert.IsTrue(SpinWait.SpinUntil(() => source.OpenCursors == 0, Patience));
        Assert.AreEqual(1, openInside);
    }

    [TestMethod]
    public void Cursor_ModelDisposedMeanwhile_FailsAndLetsGoOfTheSource()
    {
        var source = new ProbeDataView(100);
        var transformer = Transformer();
        var view = transformer.Transform(source);
        using (var cursor = view.GetRowCursor(view.Schema))
        {
            for (int i = 0; i < 3; i++)
                Assert.IsTrue(cursor.MoveNext());
            transformer.Dispose();
            int served = 3; // and those that were scored already
            Assert.ThrowsExactly<ObjectDisposedException>(() =>
            {
                while (cursor.MoveNext())
                    served++;
            });
            Assert.IsLessThanOrEqualTo(1 + (Window * (Threads + 2)), served);
            Assert.ThrowsExactly<ObjectDisposedException>(() => cursor.MoveNext());
        }

        Assert.AreEqual(0, source.OpenCursors);
    }

    [TestMethod]
    public void Cursors_ManyThatFinishFailLeaveOrAreDisposedByOthers_FreeTheirSources()
    {
        using var transformer = Transformer();
        var expected = ScoredRow.All(transformer.Transform(new ProbeDataView(90))).ConvertAll(r => r.ToString());
        int wrong = 0;
        var sources = new System.Collections.Concurrent.ConcurrentBag<ProbeDataView>();
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, thread =>
        {
            for (int round = 0; round < 40; round++)
            {
                int kind = (thread + round) % 4;
                var source = new ProbeDataView(90) { FailAt = kind == 1 ? 40 + thread : -1 };
                sources.Add(source);
                var view = transformer.Transform(source);
                if (kind == 0)
                {
                    Interlocked.Add(ref wrong, ScoredRow.All(view).ConvertAll(r => r.ToString()).SequenceEqual(expected) ? 0 : 1);
                    continue;
                }

                int served = 0;
                var cursor = view.GetRowCursor(view.Schema);
                Task other = kind == 3 ? Task.Run(cursor.Dispose) : Task.CompletedTask;
                try
                {
                    while ((kind != 2 || served < 5 + round) && cursor.MoveNext())
                        served++;
                }
                catch (Exception e) when (kind == 1 ? e is IOException : kind == 3 && e is ObjectDisposedException)
                {
                }

                cursor.Dispose();
                other.Wait(Patience);
                Interlocked.Add(ref wrong, kind == 3 || served == (kind == 1 ? 40 + thread : 5 + round) ? 0 : 1);
            }
        });
        Assert.AreEqual(0, wrong);
        Assert.IsTrue(SpinWait.SpinUntil(() => sources.Sum(s => s.OpenCursors) == 0, Patience));
    }

    private static GloroTransformer Transformer() => TestModels.Transformer(TestModels.Vector(), readAhead: Window, threads: Threads);

    private sealed class FileRow
    {
        public string Name { get; set; } = "";
    }
}
