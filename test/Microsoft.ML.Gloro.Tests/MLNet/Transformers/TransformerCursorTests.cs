using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.MLNet;

[TestClass]
public sealed class TransformerCursorTests
{
    private readonly MLContext _mlContext = new(seed: 1);

    [TestMethod]
    public void PredictionEngine_SameRows_GivesTheBitsOfTheBatchedCursor()
    {
        var rows = VectorRow.Random(500);
        using var transformer = TestModels.Transformer(TestModels.Vector());
        var scored = ScoredRow.All(transformer.Transform(VectorRow.View(rows)));
        using var engine = _mlContext.Model.CreatePredictionEngine<VectorRow, ScoredRow>(transformer);
        for (int i = 0; i < rows.Count; i++)
            Assert.AreEqual(scored[i].ToString(), engine.Predict(rows[i]).ToString(), $"row {i}");
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(7)]
    [DataRow(64)]
    public void Transform_AnyReadAhead_GivesTheSameBitsAndKeepsOtherColumns(int readAhead)
    {
        var rows = VectorRow.Random(150);
        using var one = TestModels.Transformer(TestModels.Vector(), readAhead: 1);
        using var many = TestModels.Transformer(TestModels.Vector(), readAhead: readAhead);
        var expected = ScoredRow.All(one.Transform(VectorRow.View(rows)));
        var view = many.Transform(VectorRow.View(rows));
        var actual = ScoredRow.All(view);
        var kept = _mlContext.Data.CreateEnumerable<VectorRow>(view, reuseRowObject: false).ToList();
        for (int i = 0; i < rows.Count; i++)
        {
            Assert.AreEqual(expected[i].ToString(), actual[i].ToString());
            Assert.AreEqual((rows[i].Id, rows[i].Note, rows[i].Label + 1), (kept[i].Id, kept[i].Note, kept[i].Label));
            CollectionAssert.AreEqual(rows[i].Features, kept[i].Features);
        }
    }

    [TestMethod]
    public void Transform_MLNetOperators_SeeTheRightRows()
    {
        var rows = VectorRow.Random(100);
        using var transformer = TestModels.Transformer(TestModels.Vector());
        var scored = transformer.Transform(VectorRow.View(rows));
        var expected = ScoredRow.All(scored).ConvertAll(r => r.ToString());

        Assert.AreEqual(100, scored.GetRowCount() ?? 100);
        CollectionAssert.AreEqual(expected[..13], Texts(_mlContext.Data.TakeRows(scored, 13)));
        CollectionAssert.AreEqual(expected[13..], Texts(_mlContext.Data.SkipRows(scored, 13)));
        CollectionAssert.AreEqual(expected, Texts(_mlContext.Data.Cache(scored)));
        var shuffled = Texts(_mlContext.Data.ShuffleRows(scored, seed: 3));
        CollectionAssert.AreEquivalent(expected, shuffled);
        CollectionAssert.AreNotEqual(expected, shuffled);

        var preview = scored.Preview(maxRows: 5);
        Assert.HasCount(5, preview.RowView);
        Assert.HasCount(15, preview.ColumnView);
    }

    [TestMethod]
    public void Transform_Shuffled_KeepsRowsTogether()
    {
        var rows = VectorRow.Random(100);
        using var transformer = TestModels.Transformer(TestModels.Vector());
        var view = transformer.Transform(_mlContext.Data.Cache(VectorRow.View(rows)));
        Assert.IsTrue(view.CanShuffle);
        var byId = ById(view);
        using var cursor = view.GetRowCursor(view.Schema, new Random(5));
        var found = ReadById([cursor]);
        Assert.HasCount(100, found);
        foreach (var (id, predicted, radius) in found)
            Assert.AreEqual(byId[id], (predicted, radius));
        CollectionAssert.AreNotEqual(Enumerable.Range(0, 100).ToList(), found.Select(f => f.Id).ToList());
    }

    [TestMethod]
    public void GetRowCursorSet_Several_ShareTheRowsOut()
    {
        var rows = VectorRow.Random(300);
        using var transformer = TestModels.Transformer(TestModels.Vector());
        var view = transformer.Transform(_mlContext.Data.Cache(VectorRow.View(rows)));
        var byId = ById(view);
        var cursors = view.GetRowCursorSet(view.Schema, 4);
        var found = new System.Collections.Concurrent.ConcurrentBag<(int Id, uint, float)>();
        Parallel.ForEach(cursors, cursor =>
        {
            foreach (var row in ReadById([cursor]))
                found.Add(row);
            cursor.Dispose();
        });
        Assert.HasCount(300, found.Select(f => f.Id).Distinct());
        foreach (var (id, predicted, radius) in found)
            Assert.AreEqual(byId[id], (predicted, radius));
    }

    [TestMethod]
    public void Cursor_IdsBatchesAndPositions_AreTheSources()
    {
        var source = new ProbeDataView(30);
        using var transformer = TestModels.Transformer(TestModels.Vector());
        var view = transformer.Transform(source);
        using var cursor = view.GetRowCursor([view.Schema["PredictedLabel"], view.Schema["Id"]]);
        var idGetter = cursor.GetIdGetter();
        var rowGetter = cursor.GetGetter<int>(view.Schema["Id"]);
        Assert.AreEqual(-1, cursor.Position);
        for (int i = 0; i < 30; i++)
        {
            Assert.IsTrue(cursor.MoveNext());
            DataViewRowId id = default;
            int row = 0;
            idGetter(ref id);
            rowGetter(ref row);
            Assert.AreEqual((i, (ulong)i + 1000, i, i / 3), (row, id.Low, (int)cursor.Position, (int)cursor.Batch));
        }

        Assert.IsFalse(cursor.MoveNext());
        Assert.IsFalse(cursor.MoveNext());
        Assert.AreEqual(-1, cursor.Position);
        Assert.ThrowsExactly<InvalidOperationException>(() =>
        {
            int row = 0;
            rowGetter(ref row);
        });
    }

    [TestMethod]
    public void Cursor_NoOutputColumn_PassesThroughWithoutScoringOrReadingAhead()
    {
        var source = new ProbeDataView(30);
        var transformer = TestModels.Transformer(TestModels.Vector());
        var view = transformer.Transform(source);
        transformer.Dispose(); // a disposed session shows that nothing is scored
        using (var cursor = view.GetRowCursor([view.Schema["Other"]]))
        {
            var getter = cursor.GetGetter<float>(view.Schema["Other"]);
            float value = 0;
            for (int i = 0; i < 3; i++)
            {
                Assert.IsTrue(cursor.MoveNext());
                getter(ref value);
                Assert.AreEqual(i * 0.5f, value);
            }

            Assert.IsFalse(cursor.IsColumnActive(view.Schema["Score"]));
            Assert.ThrowsExactly<InvalidOperationException>(() => cursor.GetGetter<VBuffer<float>>(view.Schema["Score"]));
        }

        Assert.AreEqual(
            ("Other", 3, 0, 3, 0), (source.Asked, source.Moves, source.Calls["Features"], source.Calls["Other"], source.OpenCursors));
    }

    [TestMethod]
    public void Cursor_OutputColumns_ReadOnlyWhatTheyNeedAndOnce()
    {
        var source = new ProbeDataView(40);
        using var transformer = TestModels.Transformer(TestModels.Vector());
        var view = transformer.Transform(source);
        using (var cursor = view.GetRowCursor([view.Schema["PredictedLabel"], view.Schema["Score"]]))
        {
            while (cursor.MoveNext())
            {
            }
        }

        Assert.AreEqual(("Features", 40, 0, 0), (source.Asked, source.Calls["Features"], source.Calls["Other"], source.Calls["Id"]));
        using (var cursor = view.GetRowCursor([view.Schema["PredictedLabel"], view.Schema["Features"]]))
        {
            var getter = cursor.GetGetter<VBuffer<float>>(view.Schema["Features"]);
            VBuffer<float> features = default;
            for (int i = 0; cursor.MoveNext(); i++)
            {
                getter(ref features);
                CollectionAssert.AreEqual(ProbeDataView.FeaturesOf(i), features.DenseValues().ToArray());
            }
        }

        Assert.AreEqual(80, source.Calls["Features"], "a feature column that is asked for as well is not read twice");
        Assert.AreEqual(0, source.OpenCursors);
    }

    [TestMethod]
    public void Cursor_FirstRowsOnly_ReadsFewAhead()
    {
        var source = new ProbeDataView(1000);
        using var transformer = TestModels.Transformer(TestModels.Vector());
        var view = transformer.Transform(source);
        using (var cursor = view.GetRowCursor(view.Schema))
            Assert.IsTrue(cursor.MoveNext());
        Assert.AreEqual(1, source.Moves);
        Assert.HasCount(5, view.Preview(maxRows: 5).RowView);
        Assert.IsLessThan(30, source.Moves);
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(17)]
    [DataRow(39)]
    public void Cursor_SourceFailsAtARow_ServesTheRowsBeforeAndFailsThere(int failAt)
    {
        var source = new ProbeDataView(40) { FailAt = failAt };
        using var transformer = TestModels.Transformer(TestModels.Vector());
        var view = transformer.Transform(source);
        using (var cursor = view.GetRowCursor([view.Schema["PredictedLabel"]]))
        {
            for (int i = 0; i < failAt; i++)
                Assert.IsTrue(cursor.MoveNext());
            for (int attempt = 0; attempt < 2; attempt++)
                Assert.AreEqual($"row {failAt} is unreadable", Assert.ThrowsExactly<IOException>(() => cursor.MoveNext()).Message);
        }

        Assert.AreEqual(0, source.OpenCursors);
    }

    [TestMethod]
    public void Cursor_WrongValueType_SaysSo()
    {
        using var transformer = TestModels.Transformer(TestModels.Vector());
        var view = transformer.Transform(new ProbeDataView(3));
        using var cursor = view.GetRowCursor([view.Schema["PredictedLabel"]]);
        var e = Assert.ThrowsExactly<InvalidOperationException>(() => cursor.GetGetter<float>(view.Schema["PredictedLabel"]));
        StringAssert.Contains(e.Message, "'PredictedLabel' holds System.UInt32, not System.Single");
    }

    [TestMethod]
    public void GetRowCursor_ColumnOfAnotherSchema_IsRefused()
    {
        using var transformer = TestModels.Transformer(TestModels.Vector());
        var view = transformer.Transform(new ProbeDataView(3));
        var other = VectorRow.View([]).Schema["Note"];
        Assert.ThrowsExactly<ArgumentException>(() => view.GetRowCursor([other]));
    }

    [TestMethod]
    public void SaveAsBinary_Reloaded_HoldsTheSameValues()
    {
        using var transformer = TestModels.Transformer(TestModels.Vector());
        var scored = transformer.Transform(VectorRow.View(VectorRow.Random(50)));
        string path = Path.GetTempFileName();
        try
        {
            using (var stream = File.Create(path))
                _mlContext.Data.SaveAsBinary(scored, stream);
            var loaded = _mlContext.Data.LoadFromBinary(path);
            CollectionAssert.AreEqual(Texts(scored), Texts(loaded));
            VBuffer<ReadOnlyMemory<char>> names = default;
            loaded.Schema["CertifiedLabels"].GetKeyValues(ref names);
            Assert.AreEqual("ant bee cat dog eel", string.Join(" ", names.DenseValues()));
            float epsilon = 0;
            loaded.Schema["CertifiedRadius"].Annotations.GetValue("GloroEpsilon", ref epsilon);
            Assert.AreEqual(0.1f, epsilon);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [TestMethod]
    public void Evaluate_OfMLNet_TakesTheColumnsAlsoWithARowThatIsNotCertifiable()
    {
        using var transformer = TestModels.Transformer(TestModels.Vector());
        var rows = VectorRow.Random(200);
        var scored = transformer.Transform(VectorRow.View(rows));
        var expected = ScoredRow.All(scored);
        var metrics = _mlContext.MulticlassClassification.Evaluate(scored);
        double accuracy = Enumerable.Range(0, 200).Average(i => expected[i].PredictedLabel == rows[i].Label + 1 ? 1.0 : 0);
        double logLoss = Enumerable.Range(0, 200).Average(i => -Math.Log(expected[i].Score[rows[i].Label]));
        Assert.AreEqual(accuracy, metrics.MicroAccuracy, 1e-9);
        Assert.AreEqual(logLoss, metrics.LogLoss, 1e-5);

        rows[3].Features[0] = float.NaN;
        metrics = _mlContext.MulticlassClassification.Evaluate(transformer.Transform(VectorRow.View(rows)));
        Assert.IsTrue(double.IsFinite(metrics.LogLoss), "a row of NaN scores is left out by ML.NET");
        StringAssert.Contains(metrics.ConfusionMatrix.GetFormattedConfusionTable(), "ant");
    }

    [TestMethod]
    public void MapKeyToValue_OnLabelColumns_GivesNames()
    {
        using var transformer = TestModels.Transformer(TestModels.Vector());
        var data = VectorRow.View(VectorRow.Random(50, scale: 3));
        var scored = transformer.Transform(data);
        var keys = ScoredRow.All(scored);
        var mapped = _mlContext.Transforms.Conversion.MapKeyToValue("CertifiedLabels")
            .Append(_mlContext.Transforms.Conversion.MapKeyToValue("PredictedLabel")).Fit(scored).Transform(scored);
        var names = _mlContext.Data.CreateEnumerable<NamedRow>(mapped, reuseRowObject: false).ToList();
        for (int i = 0; i < keys.Count; i++)
        {
            Assert.AreEqual(transformer.ClassNames[(int)keys[i].PredictedLabel - 1], names[i].PredictedLabel);
            CollectionAssert.AreEqual(
                keys[i].CertifiedLabels.Select(k => transformer.ClassNames[(int)k - 1]).ToArray(), names[i].CertifiedLabels);
        }
    }

    [TestMethod]
    public void PermutationFeatureImportance_OfMLNet_Works()
    {
        using var transformer = TestModels.Transformer(TestModels.Vector());
        var importance = _mlContext.MulticlassClassification.PermutationFeatureImportance(
            transformer, VectorRow.View(VectorRow.Random(50)), permutationCount: 2);
        Assert.HasCount(6, importance);
    }

    private static List<string> Texts(IDataView view) => ScoredRow.All(view).ConvertAll(r => r.ToString());

    private static Dictionary<int, (uint, float)> ById(IDataView view)
    {
        using var cursor = view.GetRowCursor(view.Schema);
        return ReadById([cursor]).ToDictionary(r => r.Id, r => (r.Predicted, r.Radius));
    }

    private static List<(int Id, uint Predicted, float Radius)> ReadById(IEnumerable<DataViewRowCursor> cursors)
    {
        var result = new List<(int, uint, float)>();
        foreach (var cursor in cursors)
        {
            var id = cursor.GetGetter<int>(cursor.Schema["Id"]);
            var predicted = cursor.GetGetter<uint>(cursor.Schema["PredictedLabel"]);
            var radius = cursor.GetGetter<float>(cursor.Schema["CertifiedRadius"]);
            while (cursor.MoveNext())
            {
                (int I, uint P, float R) row = default;
                id(ref row.I);
                predicted(ref row.P);
                radius(ref row.R);
                result.Add(row);
            }
        }

        return result;
    }

    private sealed class NamedRow
    {
        public string PredictedLabel { get; set; } = "";

        public string[] CertifiedLabels { get; set; } = [];
    }
}
