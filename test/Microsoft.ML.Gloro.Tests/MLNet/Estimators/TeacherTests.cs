using Microsoft.ML.Data;
using Microsoft.ML.Gloro.MLNet;
using Microsoft.ML.Gloro.Tests.TestSupport;
using Microsoft.ML.Gloro.Training;
using TorchSharp;

namespace Microsoft.ML.Gloro.Tests.MLNet;

/// <summary>Training that learns from a trained model.</summary>
[TestClass]
public sealed class TeacherTests
{
    private static GloroTransformer s_teacher = null!;

    private readonly MLContext _mlContext = new(seed: 1);

    [ClassInitialize]
    public static void Train(TestContext _)
    {
        TorchProcess.Prepare();
        s_teacher = Blobs.Pipeline(new MLContext(seed: 1)).Fit(Blobs.View()).LastTransformer;
    }

    [TestMethod]
    public void Fit_MostLabelsWrong_LearnsFromTheTeacher()
    {
        // Each row has one of the two wrong labels, or the right one, at random.
        var random = new Random(5);
        var rows = Blobs.Rows().ConvertAll(row => new BlobRow { Label = Blobs.Names[random.Next(3)], Features = row.Features });
        rows[0].Label = Blobs.Names[0];
        double Accuracy(GloroTransformer? teacher)
        {
            using var model = Blobs.Pipeline(_mlContext, Options(teacher)).Fit(_mlContext.Data.LoadFromEnumerable(rows)).LastTransformer;
            string[] names = [.. model.ClassNames];
            float[][] logits = [.. Logits(model, names)];
            return logits.Zip(Blobs.Rows(), (y, row) => names[Array.IndexOf(y, y.Max())] == row.Label ? 1.0 : 0).Average();
        }

        Assert.IsLessThan(0.8, Accuracy(null), "The labels alone teach nothing.");
        Assert.IsGreaterThan(0.95, Accuracy(s_teacher));
    }

    [TestMethod]
    public void Targets_ClassesInAnotherOrder_AreTheDeployedModelsSoftmax()
    {
        using var scope = torch.NewDisposeScope();
        string[] names = ["top", "left"]; // the third class is left out
        var rows = new VectorTrainingSet(
            Gloro.Core.TensorShape.Vector(2), [.. Blobs.Rows().Select(row => row.Features)], [.. Blobs.Rows().Select(_ => 0)]);
        using var network = NetworkFactory.Restore(s_teacher.GloroModel, names, torch.CPU);
        using var targets = new TeacherTargets(network, rows, 2.5, torch.CPU, torch.ScalarType.Float32, default);
        int[] asked = [7, 95, 0, 7];
        float[] answers = targets.Of(asked).data<float>().ToArray();
        float[][] logits = [.. Logits(s_teacher, names)];
        for (int i = 0; i < asked.Length; i++)
        {
            double[] powers = [.. logits[asked[i]].Select(y => Math.Exp(y / 2.5))];
            for (int c = 0; c < names.Length; c++)
                Assert.AreEqual(powers[c] / powers.Sum(), answers[(i * names.Length) + c], 1e-5, $"row {asked[i]}, {names[c]}");
        }
    }

    [TestMethod]
    public void Targets_Canceled_StopAndKeepNoTensor()
    {
        using var network = NetworkFactory.Restore(s_teacher.GloroModel, Blobs.Names, torch.CPU);
        var rows = new VectorTrainingSet(Gloro.Core.TensorShape.Vector(2), [[1, 2]], [0]);
        long before = TorchProcess.LiveTensors();
        Assert.ThrowsExactly<OperationCanceledException>(() =>
            new TeacherTargets(network, rows, 1, torch.CPU, torch.ScalarType.Float32, new CancellationToken(canceled: true)));
        Assert.AreEqual(before, TorchProcess.LiveTensors());
    }

    [TestMethod]
    public void Fit_WithATeacher_IsRepeatableAndNamesIt()
    {
        (string File, string Training) Run(Action<GloroTrainerOptions> change)
        {
            var options = Options(s_teacher);
            change(options);
            using var model = Blobs.Pipeline(_mlContext, options).Fit(Blobs.View()).LastTransformer;
            return (ModelFiles.GloroPart(model), model.GloroModel.Provenance.Training);
        }

        var (first, again, other) = (Run(_ => { }), Run(_ => { }), Run(o => o.TeacherTemperature = 3));
        Assert.AreEqual(first.File, again.File);
        Assert.AreNotEqual(first.File, other.File);
        StringAssert.Contains(
            other.Training, $", teacher {s_teacher.GloroModel.Bound.WeightHash[..16]}… with weight 0.9 at temperature 3, ");
    }

    [TestMethod]
    public void Trainer_TeacherThatDoesNotFit_SaysWhy()
    {
        var emma = Options(s_teacher);
        emma.Loss = GloroLossKind.Emma;
        foreach (var (options, message) in new (GloroTrainerOptions, string)[]
        {
            (emma, "Teacher needs Loss = AnnealedEmma, not Emma."),
            (new GloroImageClassificationOptions { Teacher = s_teacher, Loss = GloroLossKind.AnnealedEmma },
                "Teacher takes feature vectors, and this trainer images."),
            (Options(_mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(Blobs.View())),
                "Teacher: The model (ValueToKeyMappingTransformer) must be a Gloro transformer"),
        })
            StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => new GloroEstimator(_mlContext, options)).Message, message);
    }

    [TestMethod]
    public void Fit_RowsThatTheTeacherDoesNotKnow_SaysWhatIsMissing()
    {
        var rows = Blobs.Rows();
        rows[4].Label = "bottom";
        var trainer = _mlContext.Transforms.Conversion.MapValueToKey("Label")
            .Append(_mlContext.Gloro.MulticlassClassification(Options(s_teacher)));
        var e = Assert.ThrowsExactly<ArgumentException>(() => trainer.Fit(_mlContext.Data.LoadFromEnumerable(rows)));
        StringAssert.Contains(e.Message, "Teacher does not know 1 of the 4 classes: bottom. ");

        var wide = _mlContext.Transforms.Concatenate("Features", "Features", "Features").Fit(Blobs.View()).Transform(Blobs.View());
        e = Assert.ThrowsExactly<ArgumentException>(() => trainer.Fit(wide));
        StringAssert.Contains(e.Message, "The network takes feature vectors of 4, and Teacher takes feature vectors of 2.");

        var images = TestModels.Image(height: 8, width: 6);
        e = Assert.ThrowsExactly<ArgumentException>(() => GivenModels.CheckTeacher(images, InputSpec.Image(8, 8), images.ClassNames));
        StringAssert.Contains(e.Message, "images of 8×8 pixels (height × width), and Teacher takes images of 8×6 pixels");
        GivenModels.CheckTeacher(images, InputSpec.Image(8, 6), images.ClassNames);
    }

    [TestMethod]
    public void Fingerprint_OfATrainingWithATeacher_NamesItsWeights()
    {
        string[] classes = ["a", "b"];
        var taught = CheckpointFingerprint.OfOptions(Options(s_teacher), 1, false, classes).ToDictionary();
        Assert.AreEqual(s_teacher.GloroModel.Bound.WeightHash, taught["Teacher"]);
        Assert.AreEqual("0.9", taught["TeacherWeight"]);
        Assert.IsFalse(CheckpointFingerprint.OfOptions(Options(null), 1, false, classes).ToDictionary().ContainsKey("Teacher"));
        Assert.IsTrue(Options(s_teacher) is var with && with.Uses("TeacherWeight") && !with.Uses("Loss"));
        Assert.IsTrue(Options(null) is var without && !without.Uses("TeacherWeight") && without.Uses("Loss"));
    }

    private static GloroMulticlassClassificationOptions Options(ITransformer? teacher)
    {
        var options = Blobs.Options();
        (options.Loss, options.Teacher, options.TeacherWeight, options.Seed) = (GloroLossKind.AnnealedEmma, teacher, 0.9, 3);
        return options;
    }

    // Of the rows of Blobs, in the order of these classes.
    private static IEnumerable<float[]> Logits(GloroTransformer model, string[] names)
    {
        int[] order = LabelMap.Match(names, model.ClassNames);
        var data = new MLContext().Transforms.Conversion.MapValueToKey("Label").Fit(Blobs.View()).Transform(Blobs.View());
        return model.Transform(data).GetColumn<float[]>("Logits").Select(y => Array.ConvertAll(order, i => y[i]));
    }
}
