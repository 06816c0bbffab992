using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.MLNet;

/// <summary>Scoring that is stopped, fails, or is left alone half-way: the right row fails, and nothing is kept or hangs.</summary>
[TestClass]
public sealed class InterruptedScoringTests
{
    private const int Height = 8, Width = 6;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly MLContext _mlContext = new(seed: 1);

    [TestMethod]
    public void Cursor_DisposedByAnotherThreadInTheMiddleOfABatch_FailsClearlyAndThenFreesItsSource()
    {
        using var inside = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        var source = new ProbeDataView(200)
        {
            OnFeatures = row =>
            {
                if (row != 12) // of the third window, which the cursor reads itself
                    return;
                inside.Set();
                goOn.Wait(Patience);
            },
        };
        using var transformer = TestModels.Transformer(TestModels.Vector());
        var view = transformer.Transform(source);
        var cursor = view.GetRowCursor(view.Schema);
        var reading = Task.Run(() => Assert.ThrowsExactly<ObjectDisposedException>(() =>
        {
            while (cursor.MoveNext())
            {
            }
        }));
        Assert.IsTrue(inside.Wait(Patience));
        Assert.IsTrue(Task.Run(cursor.Dispose).Wait(Patience), "Dispose does not wait for a source that may never answer.");
        Assert.AreEqual(1, source.OpenCursors, "The source is in use: it may not be pulled away.");
        goOn.Set();
        Assert.IsTrue(reading.Wait(Patience));
        Assert.AreEqual(0, source.OpenCursors);
        Assert.ThrowsExactly<ObjectDisposedException>(() => cursor.MoveNext());
    }

    [TestMethod]
    public void Cursor_DisposedHalfway_GivesNoMoreRows()
    {
        var source = new ProbeDataView(40);
        using var transformer = TestModels.Transformer(TestModels.Vector());
        var view = transformer.Transform(source);
        var cursor = view.GetRowCursor(view.Schema);
        var getter = cursor.GetGetter<uint>(view.Schema["PredictedLabel"]);
        for (int i = 0; i < 3; i++)
            Assert.IsTrue(cursor.MoveNext()); // the window of rows 1 to 4 has more
        cursor.Dispose();
        cursor.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(
            () => cursor.MoveNext(), "The rest of the rows are not to be taken for the end of the data.");
        uint label = 0;
        Assert.ThrowsExactly<InvalidOperationException>(() => getter(ref label));
        Assert.AreEqual(0, source.OpenCursors);
    }

    [TestMethod]
    [DataRow("Features")]
    [DataRow("Other")]
    [DataRow("RowId")]
    [DataRow("MoveNext")]
    public void Cursor_SourceThrowsAnywhere_ServesTheRowsBeforeAndThrowsTheSameAtItsTurn(string failIn)
    {
        var source = new ProbeDataView(40) { FailAt = 17, FailIn = failIn };
        using var transformer = TestModels.Transformer(TestModels.Vector());
        var view = transformer.Transform(source);
        using (var cursor = view.GetRowCursor(view.Schema))
        {
            var features = cursor.GetGetter<VBuffer<float>>(view.Schema["Features"]);
            VBuffer<float> values = default;
            for (int i = 0; i < 17; i++)
            {
                Assert.IsTrue(cursor.MoveNext());
                features(ref values);
                CollectionAssert.AreEqual(ProbeDataView.FeaturesOf(i), values.DenseValues().ToArray());
            }

            for (int attempt = 0; attempt < 3; attempt++)
                Assert.AreEqual("row 17 is unreadable", Assert.ThrowsExactly<IOException>(() => cursor.MoveNext()).Message);
        }

        Assert.AreEqual(0, source.OpenCursors);
    }

    [TestMethod]
    public void GetRowCursorSet_OneOfTheSourcesCursorsFails_AllAreDisposed()
    {
        using var transformer = TestModels.Transformer(TestModels.Vector());
        var source = new ProbeDataView(40) { FailingCursor = 3 };
        var view = transformer.Transform(source);
        Assert.AreEqual("cursor 3 is unreadable", Assert.ThrowsExactly<IOException>(() => view.GetRowCursorSet(view.Schema, 4)).Message);
        Assert.AreEqual(0, source.OpenCursors);
    }

    [TestMethod]
    public void Transform_EncodedImageDamagedInTheMiddle_NamesItsRowAndHarmsNoOther()
    {
        var rows = Rows(40);
        using var transformer = TestModels.Transformer(TestModels.Image(), "Image");
        var expected = ScoredRow.All(transformer.Transform(View(rows))).ConvertAll(r => r.ToString());
        byte[] whole = rows[23].Image;
        rows[23].Image = [.. "not a PNG"u8];
        using (var cursor = transformer.Transform(View(rows)) is { } view ? view.GetRowCursor(view.Schema) : null!)
        {
            for (int i = 0; i < 23; i++)
                Assert.IsTrue(cursor.MoveNext());
            var e = Assert.ThrowsExactly<InvalidOperationException>(() => cursor.MoveNext());
            StringAssert.Contains(e.Message,
                "Row 23 (counted from 0; Name: 'image 23'), column 'Image': 9 bytes that begin with 6E6F74206120504E are no image");
        }

        // An engine that has failed at one row serves the next.
        using var engine =
            _mlContext.Model.CreatePredictionEngine<Row, ScoredRow>(transformer, new PredictionEngineOptions { OwnsTransformer = false });
        for (int i = 20; i < 26; i++)
        {
            if (i == 23)
                StringAssert.Contains(
                    Assert.ThrowsExactly<InvalidOperationException>(() => engine.Predict(rows[23])).Message, "are no image");
            else
                Assert.AreEqual(expected[i], engine.Predict(rows[i]).ToString());
        }

        rows[23].Image = whole;
        Assert.AreEqual(expected[23], engine.Predict(rows[23]).ToString());
    }

    [TestMethod]
    public void Transform_EightThreadsThatFinishFailAndLeave_GiveTheSameBitsAndFreeTheirSources()
    {
        using var transformer = TestModels.Transformer(TestModels.Vector());
        var expected = ScoredRow.All(transformer.Transform(new ProbeDataView(90))).ConvertAll(r => r.ToString());
        int wrong = 0, open = 0;
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, thread =>
        {
            for (int round = 0; round < 12; round++)
            {
                int kind = (thread + round) % 3;
                var source = new ProbeDataView(90) { FailAt = kind == 1 ? 40 + thread : -1 };
                var view = transformer.Transform(source);
                if (kind == 0)
                {
                    var scored = ScoredRow.All(view).ConvertAll(r => r.ToString());
                    Interlocked.Add(ref wrong, scored.SequenceEqual(expected) ? 0 : 1);
                }
                else
                {
                    int served = 0;
                    try
                    {
                        using var cursor = view.GetRowCursor(view.Schema);
                        while ((kind == 1 || served < 11 + round) && cursor.MoveNext())
                            served++;
                    }
                    catch (IOException)
                    {
                    }

                    Interlocked.Add(ref wrong, served == (kind == 1 ? 40 + thread : 11 + round) ? 0 : 1);
                }

                Interlocked.Add(ref open, source.OpenCursors);
            }
        });
        Assert.AreEqual((0, 0), (wrong, open));
    }

    [TestMethod]
    [DataRow(0, 0)]
    [DataRow(4, 2)] // most are left while another thread reads ahead
    public void Cursors_ThousandsAbandoned_KeepNoMemoryThreadsOrHandles(int readAhead, int scoringThreads)
    {
        // Of 64 × 64 pixels each: 21 images in a window are 340 kB, so that hundreds of windows that were kept would show.
        var images = Enumerable.Range(0, 30)
            .Select(i => new Row { Image = TestImages.Png(TestImages.Planes(64, 64, i), 64, 64), Name = $"image {i}" }).ToList();
        using var folder = new TemporaryFolder();
        var files = images.ConvertAll(
            row => new Row { Name = folder.Write($"{row.Name}.png", row.Name == "image 9" ? [1, 2, 3] : row.Image) });
        using var onImages = TestModels.Transformer(TestModels.Image(), "Image", readAhead: readAhead, threads: scoringThreads);
        using var onVectors = TestModels.Transformer(TestModels.Vector(), readAhead: readAhead, threads: scoringThreads);
        var loaded = _mlContext.Transforms.LoadImages("Image", folder.Path, "Name").Fit(View(files)).Transform(View(files));
        var fromFiles = onImages.Transform(loaded);
        var vectors = onVectors.Transform(new ProbeDataView(100));

        AssertFlat(warmUp: 100, count: 600, round =>
        {
            Leave(vectors, 2 + (round % 30), dispose: round % 7 != 0);
            Leave(vectors, round % 5, dispose: true);
            if (round % 2 == 0)
                Leave(fromFiles, 2 + (round % 5), dispose: round % 10 != 0); // does not come to image 9
            if (round % 10 == 0)
                Assert.ThrowsExactly<InvalidOperationException>(() => Leave(fromFiles, 12, dispose: true)); // the one that is no image
        });
    }

    [TestMethod]
    public void PredictionEngine_ManyPredictions_KeepsNothing()
    {
        // GLORO_PREDICTIONS=100000 asks for as many; a tenth of them of images.
        int count = int.Parse(Environment.GetEnvironmentVariable("GLORO_PREDICTIONS") ?? "10000", CultureInfo.InvariantCulture);
        var rows = VectorRow.Random(50);
        var images = Rows(20);
        using var onVectors = TestModels.Transformer(TestModels.Vector());
        using var onImages = TestModels.Transformer(TestModels.Image(), "Image");
        using var vectorEngine = _mlContext.Model.CreatePredictionEngine<VectorRow, ScoredRow>(
            onVectors, new PredictionEngineOptions { OwnsTransformer = false });
        using var imageEngine =
            _mlContext.Model.CreatePredictionEngine<Row, ScoredRow>(onImages, new PredictionEngineOptions { OwnsTransformer = false });
        var answer = new ScoredRow();
        AssertFlat(warmUp: 1000, count, i =>
        {
            vectorEngine.Predict(rows[i % rows.Count], ref answer);
            if (i % 10 == 0)
                imageEngine.Predict(images[i % images.Count], ref answer);
        });
    }

    /// <summary>What is alive after some rounds is alive after many: managed memory, the process's memory, threads, and files.</summary>
    private static void AssertFlat(int warmUp, int count, Action<int> round)
    {
        for (int i = 0; i < warmUp; i++)
            round(i);
        var before = Measure();
        for (int i = 0; i < count; i++)
            round(i);

        // Cursors that nobody disposed may have a window in work still; what is kept for good never goes.
        var after = Measure();
        for (var waited = Stopwatch.StartNew(); after.Managed >= before.Managed + (256 << 10) && waited.Elapsed < TimeSpan.FromSeconds(20);
            after = Measure())
            Thread.Sleep(50);
        string figures = $"{before} became {after}";
        Console.WriteLine(figures);
        Assert.IsLessThan(before.Managed + (256 << 10), after.Managed, figures);
        Assert.IsLessThan(before.Process + (64L << 20), after.Process, figures);
        Assert.IsLessThanOrEqualTo(before.Threads + 4, after.Threads, figures);
        // Of which a busy machine has more; one kept a round would be hundreds.
        Assert.IsLessThan(before.PoolThreads + 32, after.PoolThreads, figures);
        Assert.IsLessThanOrEqualTo(before.Handles + 8, after.Handles, figures);
    }

    private static (long Managed, long Process, int Threads, int PoolThreads, int Handles) Measure()
    {
        for (int i = 0; i < 2; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        using var process = Process.GetCurrentProcess();
        int pool = ThreadPool.ThreadCount;
        return (GC.GetTotalMemory(forceFullCollection: true), process.WorkingSet64, process.Threads.Count - pool, pool,
            process.HandleCount);
    }

    /// <summary>Reads some rows with all columns and leaves the cursor, disposed or to the garbage collector.</summary>
    private static void Leave(IDataView view, int rows, bool dispose)
    {
        var cursor = view.GetRowCursor(view.Schema);
        try
        {
            for (int i = 0; i < rows; i++)
                Assert.IsTrue(cursor.MoveNext());
        }
        finally
        {
            if (dispose)
                cursor.Dispose();
        }
    }

    private static List<Row> Rows(int count) =>
        [.. Enumerable.Range(0, count)
            .Select(i => new Row { Image = TestImages.Png(TestImages.Planes(Height, Width, i), Height, Width), Name = $"image {i}" })];

    private IDataView View(IEnumerable<Row> rows) => _mlContext.Data.LoadFromEnumerable(rows);

    private sealed class Row
    {
        public byte[] Image { get; set; } = [];

        public string Name { get; set; } = "";
    }
}
