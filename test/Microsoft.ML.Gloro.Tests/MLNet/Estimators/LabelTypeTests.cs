using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Tests.TestSupport;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.Gloro.Tests.MLNet;

/// <summary>Labels come back as what they were before they became keys, as from ML.NET's own trainers.</summary>
[TestClass]
public sealed class LabelTypeTests
{
    private readonly MLContext _mlContext = new(seed: 1);

    [TestMethod]
    public void Fit_LabelsOfAnyType_ComeBackAsTheyWere()
    {
        Check("ten", "zwölf", "-");
        Check(10, -20, 0);
        Check(5_000_000_000L, -1L, 2L);
        Check(0.1f, -2.5e10f, 3f);
        Check(1.0 / 3, 1e300, -4);
        Check(false, true);
        Check<byte>(7, 0, 255);
        Check<sbyte>(-7, 0, 5);
        Check<short>(-300, 0, 300);
        Check<ushort>(0, 300, 65535);
        Check<uint>(0, 1, uint.MaxValue);
        Check<ulong>(0, 1, ulong.MaxValue);
        Check(new DateTime(2024, 2, 29), new DateTime(2024, 2, 29, 12, 30, 15).AddTicks(1), DateTime.MinValue);
        Check(new DateTimeOffset(2024, 2, 29, 0, 0, 0, TimeSpan.FromHours(5.5)), DateTimeOffset.MinValue);
        Check(TimeSpan.FromTicks(-1), TimeSpan.FromDays(3), TimeSpan.Zero);
    }

    [TestMethod]
    public void ClassNames_OfNumbers_AreTextInTheInvariantCulture()
    {
        var trainer = _mlContext.Gloro.MulticlassClassification(Options(RobustnessGuarantee.Parse("affinity:0.5+-1")));
        using var model = Keys().Append(trainer).Fit(View(0.5f, -1f, 2f)).LastTransformer;
        Assert.AreEqual("0.5 -1 2", string.Join(' ', model.ClassNames));
    }

    [TestMethod]
    public void Evaluate_LabelsThatAreNumbers_AreMatchedWhateverTheirTypeIs()
    {
        IDataView train = View(1, 2, 3), test = View(3f, 1f, 2f);
        using var model = Keys().Append(_mlContext.Gloro.MulticlassClassification(Options())).Fit(train).LastTransformer;
        GloroMetrics metrics = _mlContext.Gloro.Evaluate(model.Transform(Keys().Fit(test).Transform(test)));
        Assert.AreEqual((0L, 0L), (metrics.UnknownLabelRows, metrics.MissingLabelRows));

        // ML.NET's own evaluation accepts the columns as well.
        IDataView scored = model.Transform(Keys().Fit(train).Transform(train));
        Assert.AreEqual(
            _mlContext.Gloro.Evaluate(scored).CleanAccuracy, _mlContext.MulticlassClassification.Evaluate(scored).MicroAccuracy, 1e-9);
    }

    [TestMethod]
    public void GetOutputSchema_LabelThatIsANumber_PromisesTheNumber()
    {
        var shape = _mlContext.Transforms.CustomMapping<NoInput, Row<int>>((_, _) => { }, null).GetOutputSchema(new SchemaShape([]));
        var promised = Naming(Keys().Append(_mlContext.Gloro.MulticlassClassification(Options()))).GetOutputSchema(shape);
        foreach (string column in new[] { "Class", "Certified" })
            Assert.AreEqual(typeof(int), promised.Single(c => c.Name == column).ItemType.RawType, column);
    }

    private void Check<T>(params T[] labels)
        where T : notnull
    {
        IDataView data = View(labels);
        ITransformer model = Naming(Keys().Append(_mlContext.Gloro.MulticlassClassification(Options()))).Fit(data);
        byte[] file = ModelFiles.Save(model, data.Schema);
        ITransformer loaded = ModelFiles.Load(file);
        CollectionAssert.AreEqual(Answers<T>(model, data), Answers<T>(loaded, data));
        Assert.IsTrue(Answers<T>(loaded, data).SelectMany(answer => answer.Certified).Any(), $"{typeof(T)}: nothing is certified.");
        foreach (Answer<T> answer in Answers<T>(loaded, data))
        {
            Assert.Contains(answer.Class, labels);
            CollectionAssert.IsSubsetOf(answer.Certified, labels);
        }

        using var engine = _mlContext.Model.CreatePredictionEngine<Row<T>, Answer<T>>(loaded);
        Assert.Contains(engine.Predict(new Row<T> { Label = labels[0], Features = [5, 0] }).Class, labels);
        bool isNamed = GloroHeaders(file).Contains("\"labelType\"", StringComparison.Ordinal);
        Assert.AreEqual(typeof(T) != typeof(string), isNamed, $"{typeof(T)}");
    }

    private static List<Answer<T>> Answers<T>(ITransformer model, IDataView data) =>
        [.. new MLContext().Data.CreateEnumerable<Answer<T>>(model.Transform(data), reuseRowObject: false)];

    private static string GloroHeaders(byte[] file)
    {
        string part = ModelFiles.Parts(file).Single(p => p.Contains("Gloro.model", StringComparison.Ordinal));
        return System.Text.Encoding.UTF8.GetString(Convert.FromHexString(part[(part.LastIndexOf(' ') + 1)..]));
    }

    private static GloroMulticlassClassificationOptions Options(RobustnessGuarantee? guarantee = null)
    {
        var options = Blobs.Options(epochs: 3);
        (options.ValidationFraction, options.Epsilon, options.Guarantee) = (0, 0.01f, guarantee ?? RobustnessGuarantee.Local);
        return options;
    }

    private EstimatorChain<KeyToValueMappingTransformer> Naming(IEstimator<ITransformer> trainer) => trainer
        .Append(_mlContext.Transforms.Conversion.MapKeyToValue("Class", "PredictedLabel"))
        .Append(_mlContext.Transforms.Conversion.MapKeyToValue("Certified", "CertifiedLabels"));

    private ValueToKeyMappingEstimator Keys() => _mlContext.Transforms.Conversion.MapValueToKey("Label");

    private IDataView View<T>(params T[] labels)
    {
        var rows = Enumerable.Range(0, 8 * labels.Length)
            .Select(i => new Row<T> { Label = labels[i % labels.Length], Features = [5 * (i % labels.Length), (i % 7) / 10f] });
        return _mlContext.Data.LoadFromEnumerable(rows.ToList());
    }

    private sealed class NoInput;

    private sealed class Row<T>
    {
        public T Label { get; set; } = default!;

        [VectorType(2)]
        public float[] Features { get; set; } = [];
    }

    private sealed class Answer<T> : IEquatable<Answer<T>>
    {
        public T Class { get; set; } = default!;

        public T[] Certified { get; set; } = [];

        public bool Equals(Answer<T>? other) => other is not null && Equals(Class, other.Class) && Certified.SequenceEqual(other.Certified);

        public override bool Equals(object? obj) => Equals(obj as Answer<T>);

        public override int GetHashCode() => HashCode.Combine(Class);
    }
}
