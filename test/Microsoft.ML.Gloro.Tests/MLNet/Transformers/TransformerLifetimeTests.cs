using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.MLNet;

[TestClass]
public sealed class TransformerLifetimeTests
{
    private readonly MLContext _mlContext = new(seed: 1);

    [TestMethod]
    public void Predict_EightThreadsOnOneTransformer_GivesTheSameBits()
    {
        var rows = VectorRow.Random(200);
        using var transformer = TestModels.Transformer(TestModels.Vector());
        var expected = ScoredRow.All(transformer.Transform(VectorRow.View(rows))).ConvertAll(r => r.ToString());
        int wrong = 0;
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, thread =>
        {
            if (thread % 2 == 0)
            {
                // Not disposed: that would dispose the transformer.
                var engine = _mlContext.Model.CreatePredictionEngine<VectorRow, ScoredRow>(transformer);
                for (int i = 0; i < rows.Count; i++)
                    Interlocked.Add(ref wrong, engine.Predict(rows[i]).ToString() == expected[i] ? 0 : 1);
            }
            else
            {
                var scored = ScoredRow.All(transformer.Transform(VectorRow.View(rows)));
                for (int i = 0; i < rows.Count; i++)
                    Interlocked.Add(ref wrong, scored[i].ToString() == expected[i] ? 0 : 1);
            }
        });
        Assert.AreEqual(0, wrong);
    }

    [TestMethod]
    public void Dispose_WithAnOpenCursor_FailsTheNextBatchClearly()
    {
        var transformer = TestModels.Transformer(TestModels.Vector());
        var view = transformer.Transform(VectorRow.View(VectorRow.Random(20)));
        using var cursor = view.GetRowCursor(view.Schema);
        Assert.IsTrue(cursor.MoveNext());
        transformer.Dispose();
        transformer.Dispose();
        var e = Assert.ThrowsExactly<ObjectDisposedException>(() => cursor.MoveNext());
        StringAssert.Contains(e.ObjectName, nameof(GloroTransformer));
        Assert.ThrowsExactly<ObjectDisposedException>(() => cursor.MoveNext());
    }

    [TestMethod]
    public void Dispose_WhileScoring_NeitherCrashesNorHangs()
    {
        for (int round = 0; round < 5; round++)
        {
            var transformer = TestModels.Transformer(TestModels.Vector());
            var view = transformer.Transform(VectorRow.View(VectorRow.Random(2000)));
            var scoring = Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
            {
                try
                {
                    while (true)
                        ScoredRow.All(view);
                }
                catch (ObjectDisposedException)
                {
                }
            })).ToArray();
            Thread.Sleep(5);
            transformer.Dispose();
            Assert.IsTrue(Task.WaitAll(scoring, TimeSpan.FromSeconds(20)));
        }
    }

    [TestMethod]
    public void With_AnotherGuarantee_SharesTheSessionUntilTheLastIsDisposed()
    {
        var data = VectorRow.View(VectorRow.Random(100, scale: 2));
        var relaxed = TestModels.Transformer(TestModels.Vector(guarantee: RobustnessGuarantee.RelaxedTopK(3), epsilon: 0.1f));
        var local = relaxed.With(RobustnessGuarantee.Local, 0.3f);
        var before = ScoredRow.All(relaxed.Transform(data));
        using (var expected = TestModels.Transformer(TestModels.Vector(guarantee: RobustnessGuarantee.Local, epsilon: 0.3f)))
            CollectionAssert.AreEqual(ScoredRow.All(expected.Transform(data)).ConvertAll(r => r.ToString()),
                ScoredRow.All(local.Transform(data)).ConvertAll(r => r.ToString()));
        Assert.AreEqual((RobustnessGuarantee.Local, 0.3f, 0.1f), (local.Guarantee, local.Epsilon, relaxed.Epsilon));

        relaxed.Dispose();
        var after = ScoredRow.All(local.Transform(data));
        CollectionAssert.AreEqual(before[5].Logits, after[5].Logits);
        Assert.ThrowsExactly<ObjectDisposedException>(() => relaxed.With(RobustnessGuarantee.Local, 1));
        local.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => ScoredRow.All(local.Transform(data)));
    }

    [TestMethod]
    public void Model_Parameters_AreThoseOfTheTransformer()
    {
        var model = TestModels.Vector(epsilon: 0.2f);
        using var transformer = TestModels.Transformer(model);
        Assert.AreEqual((model.Bound.Value, 0.2f, model.Guarantee),
            (transformer.Model.LipschitzBound, transformer.Model.Epsilon, transformer.Model.Guarantee));
        Assert.AreEqual("Vector<Single, 6>", $"{transformer.FeatureColumnType}");
        Assert.IsTrue(transformer.IsRowToRowMapper);
    }
}
