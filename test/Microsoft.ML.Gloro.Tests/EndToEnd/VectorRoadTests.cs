using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.EndToEnd;

/// <summary>Fit, Transform, Evaluate, Save and Load on feature vectors, and what ML.NET builds on them.</summary>
[TestClass]
public sealed class VectorRoadTests
{
    private readonly MLContext _mlContext = new(seed: 1);

    [TestMethod]
    [DataRow("local", GloroLossKind.CrossEntropy)]
    [DataRow("rtk:2", GloroLossKind.CrossEntropy)]
    [DataRow("affinity:left+top", GloroLossKind.CrossEntropy)]
    [DataRow("local", GloroLossKind.Emma)]
    [DataRow("rtk:2", GloroLossKind.Emma)]
    public void Fit_EasyProblem_CertifiesNewRowsUnderEveryGuarantee(string guarantee, GloroLossKind loss)
    {
        var options = Blobs.Options();
        (options.Guarantee, options.Loss) = (RobustnessGuarantee.Parse(guarantee), loss);
        var model = Blobs.Pipeline(_mlContext, options).Fit(Blobs.View());
        var metrics = _mlContext.Gloro.Evaluate(model.Transform(Blobs.View(60, seed: 2)));

        Assert.AreEqual((options.Guarantee, Blobs.Epsilon, 60L), (metrics.Guarantee, metrics.Epsilon, metrics.RowCount));
        Assert.IsGreaterThan(0.95, metrics.CleanAccuracy);
        Assert.IsGreaterThan(0.9, metrics.VerifiedRobustAccuracy, $"{metrics}");
        Assert.IsGreaterThanOrEqualTo(metrics.VerifiedRobustAccuracy, metrics.TopKAccuracy);
        Assert.IsNotNull(metrics.Classification);
        Assert.AreEqual(metrics.CleanAccuracy, metrics.Classification.MicroAccuracy, 1e-9);
    }

    [TestMethod]
    public void Fit_FewEpochs_CertificateHoldsAgainstRandomSteps()
    {
        // Not a proof of the bound (its own tests are), but of the road: units, columns and scaling belong together.
        var model = Blobs.NamingPipeline(_mlContext).Fit(Blobs.View());
        using var engine =
            _mlContext.Model.CreatePredictionEngine<BlobRow, BlobPrediction>(model, new PredictionEngineOptions { OwnsTransformer = true });
        var random = new Random(3);
        foreach (var row in Blobs.Rows(30, seed: 4))
        {
            var center = engine.Predict(row);
            Assert.IsGreaterThan(0, center.CertifiedRadius);
            double angle = random.NextDouble() * 2 * Math.PI;
            float length = 0.999f * center.CertifiedRadius;
            var moved = engine.Predict(
                new BlobRow
                {
                    Features =
                [row.Features[0] + (length * (float)Math.Cos(angle)), row.Features[1] + (length * (float)Math.Sin(angle))]
                });
            Assert.AreEqual(center.PredictedName, moved.PredictedName);
        }
    }

    [TestMethod]
    public void SaveAndLoad_PipelineWithMapKeyToValue_ServesTheSamePredictions()
    {
        var data = Blobs.View();
        ITransformer model = Blobs.NamingPipeline(_mlContext).Fit(data);
        var loaded = ModelFiles.Load(ModelFiles.Save(model, data.Schema));

        var rows = Blobs.Rows(30, seed: 5);
        var expected = _mlContext.Data.CreateEnumerable<BlobPrediction>(
            model.Transform(_mlContext.Data.LoadFromEnumerable(rows)), reuseRowObject: false).ToList();
        using var engine = _mlContext.Model.CreatePredictionEngine<BlobRow, BlobPrediction>(loaded);
        for (int i = 0; i < rows.Count; i++)
        {
            var actual = engine.Predict(rows[i]);
            Assert.AreEqual((expected[i].PredictedName, expected[i].CertifiedRadius, expected[i].CertifiedK),
                (actual.PredictedName, actual.CertifiedRadius, actual.CertifiedK));
            CollectionAssert.AreEqual(expected[i].CertifiedNames, actual.CertifiedNames);
            Assert.AreEqual(rows[i].Label, actual.PredictedName);
            CollectionAssert.AreEqual(new[] { rows[i].Label }, actual.CertifiedNames);
        }
    }

    [TestMethod]
    public void GetOutputSchema_Pipeline_PromisesWhatTransformGives()
    {
        var data = Blobs.View();
        var pipeline = Blobs.NamingPipeline(_mlContext, Blobs.Options(epochs: 1));
        var shape = pipeline.GetOutputSchema(SchemaShapeOf(data));
        var schema = pipeline.Fit(data).GetOutputSchema(data.Schema);
        foreach (var column in schema.Where(c => !c.IsHidden))
        {
            var promised = shape.Single(c => c.Name == column.Name);
            Assert.AreEqual(column.Type is KeyDataViewType || (column.Type as VectorDataViewType)?.ItemType is KeyDataViewType,
                promised.IsKey, column.Name);
            Assert.AreEqual(column.Type is VectorDataViewType, promised.Kind != SchemaShape.Column.VectorKind.Scalar, column.Name);
            foreach (string kind in new[] { "KeyValues", "SlotNames", "ScoreColumnKind" })
                Assert.AreEqual(column.Annotations.Schema.Any(a => a.Name == kind), promised.Annotations.Any(a => a.Name == kind),
                    $"{column.Name}: {kind}");
        }

        // ML.NET makes the shape of a schema in its own code only; an estimator without work to do hands it out.
        static SchemaShape SchemaShapeOf(IDataView view)
        {
            SchemaShape? seen = null;
            new Spy(shape => seen = shape).Append(new MLContext().Transforms.CopyColumns("Copy", "Id")).Fit(view);
            return seen!;
        }
    }

    [TestMethod]
    public void CrossValidate_OfMLNet_WorksOnThePipeline()
    {
        var folds = _mlContext.MulticlassClassification.CrossValidate(Blobs.View(), Blobs.Pipeline(_mlContext), numberOfFolds: 3);
        Assert.HasCount(3, folds);
        foreach (var fold in folds)
            Assert.IsGreaterThan(0.9, fold.Metrics.MicroAccuracy);
    }

    [TestMethod]
    public void CrossValidate_OfTheCatalog_MeasuresEveryRowOnce()
    {
        var folds = _mlContext.Gloro.CrossValidate(Blobs.View(), Blobs.Pipeline(_mlContext), numberOfFolds: 3);
        Assert.AreEqual("0 1 2", string.Join(" ", folds.Select(f => f.Fold)));
        Assert.AreEqual(96, folds.Sum(f => f.Metrics.RowCount));
        var ids = folds.SelectMany(f => f.ScoredHoldOutSet.GetColumn<int>("Id")).Order().ToArray();
        CollectionAssert.AreEqual(Enumerable.Range(0, 96).ToArray(), ids);
        foreach (var fold in folds)
            Assert.IsGreaterThan(0.9, fold.Metrics.VerifiedRobustAccuracy);
    }

    [TestMethod]
    public void CrossValidate_WithAPrefix_FindsTheColumns()
    {
        var options = Blobs.Options(epochs: 1);
        options.OutputColumnPrefix = "Gloro";
        var folds = _mlContext.Gloro.CrossValidate(
            Blobs.View(30), Blobs.Pipeline(_mlContext, options), numberOfFolds: 2, outputColumnPrefix: "Gloro");
        Assert.AreEqual(30, folds.Sum(f => f.Metrics.RowCount));
    }

    [TestMethod]
    public void Evaluate_OtherGuaranteeAndEpsilon_ReadsAndScoresNothingAgain()
    {
        int read = 0;
        IEnumerable<BlobRow> Counting()
        {
            foreach (var row in Blobs.Rows(45, seed: 6))
            {
                read++;
                yield return row;
            }
        }

        var model = Blobs.Pipeline(_mlContext).Fit(Blobs.View());
        var test = _mlContext.Data.LoadFromEnumerable(Counting());
        var scored = _mlContext.Data.Cache(model.Transform(test));
        _mlContext.Gloro.Evaluate(scored);
        int once = read;
        Assert.AreEqual(45, once);

        foreach (string guarantee in new[] { "local", "rtk:2", "affinity:left+top" })
        {
            foreach (float epsilon in new[] { 0f, 0.5f, 1.5f, 100f })
            {
                var parsed = RobustnessGuarantee.Parse(guarantee);
                var metrics = _mlContext.Gloro.Evaluate(scored, guarantee: parsed, epsilon: epsilon);
                Assert.AreEqual(once, read);
                var anew = _mlContext.Gloro.Evaluate(
                    _mlContext.Gloro.WithGuarantee(model, parsed, epsilon).Transform(Blobs.View(45, seed: 6)));
                Assert.AreEqual(anew.ToString(), metrics.ToString());
            }
        }
    }

    [TestMethod]
    public void Fit_CacheCheckpointBeforeTheTrainer_GivesTheSameModel()
    {
        var options = Blobs.Options(epochs: 2);
        options.Seed = 5;
        var plain = Blobs.Pipeline(_mlContext, options).Fit(Blobs.View());
        var cached = _mlContext.Transforms.Conversion.MapValueToKey("Label").AppendCacheCheckpoint(_mlContext)
            .Append(_mlContext.Gloro.MulticlassClassification(options)).Fit(Blobs.View());
        Assert.AreEqual(ModelFiles.GloroPart(plain.LastTransformer), ModelFiles.GloroPart(cached.LastTransformer));
    }

    [TestMethod]
    public void Fit_PrefixOption_NamesAllColumnsWithIt()
    {
        var options = Blobs.Options(epochs: 1);
        options.OutputColumnPrefix = "Gloro";
        var data = Blobs.View(30);
        var model = ModelFiles.Load(ModelFiles.Save(Blobs.Pipeline(_mlContext, options).Fit(data), data.Schema));
        var scored = model.Transform(data);
        foreach (string name in new[] { "PredictedLabel", "Score", "Logits", "TopKRadii", "CertifiedRadius", "IsCertified", "CertifiedK",
            "CertifiedLabels", "LoosestK", "ReachableLabels", "CertifiedGroup" })
        {
            Assert.IsNotNull(scored.Schema.GetColumnOrNull("Gloro" + name), name);
            Assert.IsNull(scored.Schema.GetColumnOrNull(name), name);
        }

        Assert.AreEqual(30, _mlContext.Gloro.Evaluate(scored, outputColumnPrefix: "Gloro").RowCount);
    }

    [TestMethod]
    public void Fit_LabelsThatAreNumbers_KeepTheirValues()
    {
        // The third class has the smallest value: were classes known by position, nothing would match.
        var rows = Blobs.Rows()
            .ConvertAll(r => new NumberedRow { Label = 30 - (10 * Array.IndexOf(Blobs.Names, r.Label)), Features = r.Features });
        var data = _mlContext.Data.LoadFromEnumerable(rows);
        var model = Blobs.Pipeline(_mlContext).Fit(data);
        Assert.AreEqual("30 20 10", string.Join(" ", model.LastTransformer.ClassNames));
        Assert.IsGreaterThan(0.95, _mlContext.Gloro.Evaluate(model.Transform(data)).CleanAccuracy);
    }

    [TestMethod]
    public void Fit_KeysWithoutValues_AreNamedByNumber()
    {
        var data = VectorRow.View(VectorRow.Random(50));
        var options = Blobs.Options(epochs: 1);
        using var model = _mlContext.Gloro.MulticlassClassification(options).Fit(data);
        Assert.AreEqual("1 2 3 4 5", string.Join(" ", model.ClassNames));
        Assert.AreEqual(50, _mlContext.Gloro.Evaluate(model.Transform(data)).RowCount);
    }

    private sealed class NumberedRow
    {
        public int Label { get; set; }

        [VectorType(2)]
        public float[] Features { get; set; } = [];
    }

    private sealed class Spy(Action<SchemaShape> seen) : IEstimator<ITransformer>
    {
        public ITransformer Fit(IDataView input) => new TransformerChain<ITransformer>();

        public SchemaShape GetOutputSchema(SchemaShape inputSchema)
        {
            seen(inputSchema);
            return inputSchema;
        }
    }
}
