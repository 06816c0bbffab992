using Microsoft.ML.Gloro.Analysis;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Analysis;

/// <summary>Options, progress, budget, cancellation, and what is refused.</summary>
[TestClass]
public sealed class AuditControlTests
{
    private readonly MLContext _mlContext = new(seed: 1);

    [ClassInitialize]
    public static void Prepare(TestContext _) => TorchProcess.Prepare();

    [TestMethod]
    public void Audit_NullArguments_AreRefusedByName()
    {
        using var model = TestModels.Transformer(TestModels.Vector());
        Assert.AreEqual(
            "model", Assert.ThrowsExactly<ArgumentNullException>(() => _mlContext.Gloro.Audit(null!, VectorRow.View([]))).ParamName);
        Assert.AreEqual("data", Assert.ThrowsExactly<ArgumentNullException>(() => _mlContext.Gloro.Audit(model, null!)).ParamName);
    }

    [TestMethod]
    public void Audit_BadOptions_AreNamedAllAtOnce()
    {
        using var model = TestModels.Transformer(TestModels.Vector());
        var options = new GloroAuditOptions
        {
            LabelColumnName = " ",
            MaxRows = 0,
            Steps = 0,
            Restarts = 0,
            BoundaryRows = -1,
            LastBitTrials = -1,
            LipschitzPairs = -1,
            LipschitzSteps = 0,
            BatchSize = 0,
            TimeBudget = TimeSpan.Zero,
        };
        string message = Assert.ThrowsExactly<ArgumentException>(
            () => _mlContext.Gloro.Audit(model, VectorRow.View(VectorRow.Random(1)), options)).Message;
        foreach (string name in new[] { "LabelColumnName", "MaxRows", "Steps", "Restarts", "BoundaryRows", "LastBitTrials",
            "LipschitzPairs", "LipschitzSteps", "BatchSize", "TimeBudget" })
            Assert.Contains(name, message);
    }

    [TestMethod]
    public void Audit_ModelWithoutAGloroTransformerOrWithTwo_IsRefused()
    {
        var data = VectorRow.View(VectorRow.Random(2));
        ITransformer copy = _mlContext.Transforms.CopyColumns("Other", "Features").Fit(data);
        using var model = TestModels.Transformer(TestModels.Vector());
        Assert.Contains("has 0", Assert.ThrowsExactly<ArgumentException>(() => _mlContext.Gloro.Audit(copy, data)).Message);
        Assert.Contains("has 2", Assert.ThrowsExactly<ArgumentException>(
            () => _mlContext.Gloro.Audit(new Data.TransformerChain<ITransformer>(model, model), data)).Message);
    }

    [TestMethod]
    public void Audit_DataThatCannotBeUsed_IsRefused()
    {
        using var model = TestModels.Transformer(TestModels.Vector());
        using var elsewhere = TestModels.Transformer(TestModels.Vector(), featureColumnName: "Elsewhere");
        var data = VectorRow.View(VectorRow.Random(2));
        Assert.Contains("'Elsewhere'", Assert.ThrowsExactly<ArgumentException>(() => _mlContext.Gloro.Audit(elsewhere, data)).Message);
        Assert.Contains("not a key", Assert.ThrowsExactly<ArgumentException>(
            () => _mlContext.Gloro.Audit(model, data, new GloroAuditOptions { LabelColumnName = "Note" })).Message);
        Assert.Contains(
            "no rows", Assert.ThrowsExactly<InvalidOperationException>(() => _mlContext.Gloro.Audit(model, VectorRow.View([]))).Message);
    }

    [TestMethod]
    public void Audit_NoLabelColumn_LeavesAccuracyOut()
    {
        using var model = TestModels.Transformer(TestModels.Vector());
        var report = _mlContext.Gloro.Audit(model, VectorRow.View(VectorRow.Random(10)),
            new GloroAuditOptions { LabelColumnName = "Missing", BoundaryRows = 0, LipschitzPairs = 0 });
        Assert.IsNull(report.Accuracy);
        Assert.IsTrue(report.IsComplete);
        Assert.AreEqual((10, 0, 0), (report.AttackedRows, report.BoundaryRows, report.Slopes.Count));
    }

    [TestMethod]
    public void Audit_RowsThatAreNotFinite_AreNeitherCertifiedNorAttacked()
    {
        var rows = VectorRow.Random(10);
        (rows[3].Features[0], rows[7].Features[5]) = (float.NaN, float.PositiveInfinity);
        using var model = TestModels.Transformer(TestModels.Vector());
        var report = _mlContext.Gloro.Audit(model, VectorRow.View(rows), new GloroAuditOptions { BoundaryRows = 2, LastBitTrials = 10 });
        Assert.AreEqual((10, 8, 8), (report.RowCount, report.CertifiedRows, report.AttackedRows));
        Assert.IsEmpty(report.RowsNotReached);
    }

    [TestMethod]
    public void Audit_MoreRowsThanWanted_TakesThemEvenly()
    {
        using var model = TestModels.Transformer(TestModels.Vector());
        var report = _mlContext.Gloro.Audit(
            model, VectorRow.View(VectorRow.Random(100)), new GloroAuditOptions { MaxRows = 7, BoundaryRows = 0, LipschitzPairs = 0 });
        Assert.AreEqual(7, report.RowCount);
        long[] chosen = [.. RowReader.Choose(100, 7)];
        CollectionAssert.AreEqual(new long[] { 14, 28, 42, 57, 71, 85, 99 }, chosen);
        CollectionAssert.AreEqual(new long[] { 0, 1, 2 }, RowReader.Choose(3, 7).ToArray());
    }

    [TestMethod]
    public void Audit_Progress_TellsOfEveryPartInOrder()
    {
        using var model = TestModels.Transformer(TestModels.Vector(epsilon: 1));
        var lines = new List<string>();
        _mlContext.Log += (_, e) => lines.Add(e.RawMessage);
        var seen = new List<GloroAuditProgress>();
        var options = new GloroAuditOptions
        {
            BatchSize = 8,
            BoundaryRows = 4,
            LastBitTrials = 10,
            LipschitzPairs = 2,
            Progress = new Recorder(seen.Add)
        };
        _mlContext.Gloro.Audit(model, VectorRow.View(VectorRow.Random(20)), options);
        CollectionAssert.AreEqual(Enum.GetValues<GloroAuditStage>(), seen.Select(p => p.Stage).Distinct().ToArray());
        foreach (var stage in seen.GroupBy(p => p.Stage))
        {
            Assert.AreEqual(stage.Last().Total, stage.Last().Done);
            CollectionAssert.AreEqual(stage.Select(p => p.Done).Order().ToArray(), stage.Select(p => p.Done).ToArray());
        }

        Assert.Contains(line => line.StartsWith("audit, Certificates: 20 of 20", StringComparison.Ordinal), lines);
    }

    [TestMethod]
    public void Audit_TimeBudget_EndsEarlyAndSaysWhatWasNotReached()
    {
        using var model = TestModels.Transformer(TestModels.Vector());
        var options = new GloroAuditOptions { TimeBudget = TimeSpan.FromMilliseconds(300), Steps = 20, Restarts = 5, BatchSize = 10 };
        var report = _mlContext.Gloro.Audit(model, VectorRow.View(VectorRow.Random(2000)), options);
        Assert.IsFalse(report.IsComplete);
        Assert.IsLessThan(2000, report.AttackedRows);
        Assert.HasCount(2000 - report.AttackedRows, report.RowsNotReached);
        Assert.IsLessThan(TimeSpan.FromSeconds(20), report.Elapsed);
        Assert.Contains("cut short", report.ToString());
        Assert.Contains("rows not reached", report.ToString());
    }

    [TestMethod]
    public void Audit_Cancelled_Throws()
    {
        using var model = TestModels.Transformer(TestModels.Vector());
        var data = VectorRow.View(VectorRow.Random(200));
        Assert.Throws<OperationCanceledException>(
            () => _mlContext.Gloro.Audit(model, data, new GloroAuditOptions { CancellationToken = new CancellationToken(canceled: true) }));

        using var stop = new CancellationTokenSource();
        var seen = new List<GloroAuditProgress>();
        var recorder = new Recorder(p =>
        {
            seen.Add(p);
            if (p is { Stage: GloroAuditStage.Certificates, Done: > 0 })
                stop.Cancel();
        });
        Assert.Throws<OperationCanceledException>(() => _mlContext.Gloro.Audit(
            model, data, new GloroAuditOptions { BatchSize = 10, Progress = recorder, CancellationToken = stop.Token }));
        Assert.AreEqual(10, seen[^1].Done);
    }

    private sealed class Recorder(Action<GloroAuditProgress> told) : IProgress<GloroAuditProgress>
    {
        public void Report(GloroAuditProgress value) => told(value);
    }
}
