using Microsoft.ML.Gloro.Analysis;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.MLNet;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Analysis;

/// <summary>Rows that break the promise of coverage cause warnings, as far as they show it. Sound rows cause none.</summary>
[TestClass]
public sealed class CoverageRowChecksTests
{
    private readonly MLContext _mlContext = new(seed: 1);
    private readonly List<string> _warnings = [];

    public CoverageRowChecksTests() => _mlContext.Log += (_, e) =>
    {
        if (e.Kind == Runtime.ChannelMessageKind.Warning)
            _warnings.Add(e.RawMessage);
    };

    [TestMethod]
    public void CalibrateAndEvaluate_SoundRows_WarnOfNothing()
    {
        using var model = TestModels.Transformer(TestModels.Vector());
        ITransformer calibrated = _mlContext.Gloro.Calibrate(model, VectorRow.View(VectorRow.Random(300, seed: 1))).Model;
        _mlContext.Gloro.EvaluateCoverage(calibrated, VectorRow.View(VectorRow.Random(300, seed: 2)));
        Assert.IsEmpty(_warnings, string.Join(Environment.NewLine, _warnings));
    }

    [TestMethod]
    [DataRow(CoverageScoreKind.Softmax)]
    [DataRow(CoverageScoreKind.Margin)]
    public void EvaluateCoverage_CalibrationRowsAmongTheRows_IsNoticedAlsoAfterLoading(CoverageScoreKind score)
    {
        using var model = TestModels.Transformer(TestModels.Vector());
        List<VectorRow> rows = VectorRow.Random(300, seed: 1);
        ITransformer calibrated = _mlContext.Gloro.Calibrate(model, VectorRow.View(rows), .9, new() { Score = score }).Model;
        ITransformer loaded = ModelFiles.Load(ModelFiles.Save(calibrated, VectorRow.View(rows).Schema));
        _mlContext.Gloro.EvaluateCoverage(loaded, VectorRow.View([.. VectorRow.Random(300, seed: 2), .. rows]));
        Assert.Contains("calibration rows are probably among the rows", _warnings.Single());
    }

    [TestMethod]
    public void Calibrate_RowsThatRepeat_IsNoticed()
    {
        using var model = TestModels.Transformer(TestModels.Vector());
        List<VectorRow> rows = VectorRow.Random(100, seed: 1);
        _mlContext.Gloro.Calibrate(model, VectorRow.View([.. rows, .. rows.Take(4)]));
        Assert.IsEmpty(_warnings, "a few rows may repeat by chance");
        _mlContext.Gloro.Calibrate(model, VectorRow.View([.. rows, .. rows]));
        StringAssert.StartsWith(_warnings.Single(), "100 of 200 calibration rows repeat");
    }

    [TestMethod]
    public void Calibrate_ClassesAbsent_NamesThemAndSaysWhetherRowsAreSorted()
    {
        using var model = TestModels.Transformer(TestModels.Vector());
        List<VectorRow> rows = [.. VectorRow.Random(300, seed: 1).Where(row => row.Label < 2)];
        _mlContext.Gloro.Calibrate(model, VectorRow.View(rows));
        StringAssert.StartsWith(_warnings.Single(), "No calibration row has one of 3 classes of the model ('cat', 'dog', 'eel')");
        Assert.DoesNotContain("Shuffle", _warnings.Single());
        _warnings.Clear();
        _mlContext.Gloro.Calibrate(model, VectorRow.View(rows.OrderBy(row => row.Label)));
        StringAssert.Contains(_warnings.Single(), "in the order of their classes: were they cut off a sorted table? Shuffle it first.");
        _warnings.Clear();
        _mlContext.Gloro.Calibrate(model, VectorRow.View(rows.Take(12)));
        Assert.IsEmpty(_warnings, "twelve rows miss a class by chance");
    }

    [TestMethod]
    public void Add_RowsWithoutAKnownLabel_AreToldOf()
    {
        var checks = new CoverageRowChecks(TestModels.Vector(), "Class");
        for (int i = 0; i < 40; i++)
            checks.Add(i % 5, [i]);
        checks.Add(LabelMap.Missing, [1]);
        checks.Add(LabelMap.Unknown, [1]);
        checks.Add(LabelMap.Unknown, [2]);
        Assert.AreEqual(40, checks.Known);
        checks.WarnOfCalibrationRows(_warnings.Add);
        checks.WarnOfTestRows(_warnings.Add);
        Assert.HasCount(4, _warnings);
        StringAssert.StartsWith(_warnings[0], "1 of 43 calibration rows have no label in column 'Class'");
        StringAssert.StartsWith(_warnings[1], "2 calibration rows have a class that the model does not know. No set can hold it");
        StringAssert.StartsWith(_warnings[2], "1 of 43 rows have no label");
        StringAssert.StartsWith(_warnings[3], "2 rows have a class that the model does not know.");
    }

    [TestMethod]
    public void Add_ClassThatIsRareInTraining_IsNotMissed()
    {
        GloroModel model = WithTrainingRows(rare: 1);
        var checks = new CoverageRowChecks(model, "Label");
        for (int i = 0; i < 200; i++)
            checks.Add(i % 4, [i]);
        checks.WarnOfCalibrationRows(_warnings.Add);
        Assert.IsEmpty(_warnings);

        model = WithTrainingRows(rare: 1000);
        checks = new CoverageRowChecks(model, "Label");
        for (int i = 0; i < 200; i++)
            checks.Add(i % 4, [i]);
        checks.WarnOfCalibrationRows(_warnings.Add);
        StringAssert.Contains(_warnings.Single(), "No calibration row has one of 1 classes of the model ('eel')");
    }

    private static GloroModel WithTrainingRows(int rare)
    {
        GloroModel plain = TestModels.Vector();
        return new GloroModel(
            plain.Network, plain.Bound, plain.ClassNames, plain.Guarantee, plain.Epsilon, plain.IsImage, [1000, 1000, 1000, 1000, rare]);
    }
}
