using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.Gloro.MLNet;
using Microsoft.ML.Gloro.Tests.TestSupport;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.Gloro.Tests.MLNet;

[TestClass]
public sealed class OptionsTests
{
    private static readonly JsonSerializerOptions s_json = new() { Converters = { new JsonStringEnumConverter() } };

    private readonly MLContext _mlContext = new(seed: 1);

    [TestMethod]
    public void MulticlassClassification_ManyFaults_NamesThemAllAtOnce()
    {
        var options = new GloroMulticlassClassificationOptions
        {
            LabelColumnName = " ",
            FeatureColumnName = null!,
            ExampleWeightColumnName = " ",
            OutputColumnPrefix = null!,
            Guarantee = null!,
            Epsilon = -1,
            ValidationFraction = 1,
            Epochs = 0,
            BatchSize = 1,
            LearningRate = double.NaN,
            WarmUpFraction = 2,
            Loss = (GloroLossKind)9,
            InitialEpsilonFactor = -0.1,
            EpsilonFactor = 0,
            ClosingEpsilonFactor = double.NaN,
            MaximumGradientNorm = double.PositiveInfinity,
            PowerIterationSteps = 0,
            ThreadCount = 0,
            WeightDecay = -1,
            TeacherWeight = 1.5,
            TeacherTemperature = 0,
            Optimizer = (GloroOptimizer)7,
            AveragingDecay = 1,
            EarlyStoppingPatience = 0,
            TimeBudget = TimeSpan.Zero,
            CheckpointFolder = " ",
            Depth = -1,
            Width = 7,
        };
        var e = Assert.ThrowsExactly<ArgumentException>(() => _mlContext.Gloro.MulticlassClassification(options));
        string[] all =
        [
            "LabelColumnName", "FeatureColumnName", "ExampleWeightColumnName", "OutputColumnPrefix", "Guarantee", "Epsilon",
                "ValidationFraction", "Epochs", "BatchSize", "LearningRate", "WarmUpFraction",
            "Loss", "InitialEpsilonFactor", "EpsilonFactor", "ClosingEpsilonFactor", "MaximumGradientNorm", "PowerIterationSteps",
                "ThreadCount", "WeightDecay", "TeacherWeight", "TeacherTemperature", "Optimizer",
            "AveragingDecay", "EarlyStoppingPatience", "TimeBudget", "CheckpointFolder", "Depth", "Width",
        ];
        foreach (string name in all)
            StringAssert.Contains(e.Message, name + " ");
    }

    [TestMethod]
    public void ImageClassification_ManyFaults_NamesThemAllAtOnce()
    {
        var options = new GloroImageClassificationOptions
        {
            Epsilon = float.NaN,
            Depth = 0,
            Width = 3,
            TailWidth = 0,
            TailDepth = 0,
            Architecture = (GloroArchitecture)9,
            Size = (GloroModelSize)(-1),
            Layers = [GloroLayer.ReLU(), null!],
            ImageSize = (0, 64),
            Augmentation = new GloroAugmentationOptions { MaximumShift = -1 },
        };
        var e = Assert.ThrowsExactly<ArgumentException>(() => _mlContext.Gloro.ImageClassification(options));
        foreach (string word in new[] { "Epsilon", "Depth", "Width must", "TailWidth must", "TailDepth must", "Architecture is unknown",
            "Size is unknown", "Layers[1] is null", "ImageSize must be at least 1×1, not 0×64", "Augmentation: MaximumShift" })
            StringAssert.Contains(e.Message, word);
        options.Augmentation = null!;
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => _mlContext.Gloro.ImageClassification(options)).Message, "Augmentation is null");
    }

    [TestMethod]
    public void ImageClassification_FaultsOfTheAugmentation_AreNamedAllAtOnce()
    {
        var augmentation = new GloroAugmentationOptions
        {
            MaximumShift = 10_001,
            CutoutSide = -1,
            Border = (GloroAugmentationBorder)3,
            MixupAlpha = double.NaN,
            Affine = new() { Rotation = 181, Scale = -0.1, Shear = double.PositiveInfinity },
            RandAugment = new() { Operations = 11, Magnitude = 31 },
            ColorJitter = new() { Brightness = 1.1, Contrast = double.NaN, Saturation = -1 },
        };
        var e = Assert.ThrowsExactly<ArgumentException>(
            () => _mlContext.Gloro.ImageClassification(new GloroImageClassificationOptions { Augmentation = augmentation }));
        string[] all =
        [
            "MaximumShift must be from 0 to 10000, not 10001", "CutoutSide must be from 0 to 10000, not -1", "Border is unknown: 3",
                "MixupAlpha must be from 0 to 100, not NaN",
            "Affine.Rotation must be from 0 to 180, not 181", "Affine.Scale must be from 0 to 1, not -0.1",
                "Affine.Shear must be from 0 to 60, not ∞",
            "RandAugment.Operations must be from 0 to 10, not 11", "RandAugment.Magnitude must be from 0 to 30, not 31",
            "ColorJitter.Brightness must be from 0 to 1, not 1.1", "ColorJitter.Contrast must be",
                "ColorJitter.Saturation must be from 0 to 1, not -1",
        ];
        foreach (string text in all)
            StringAssert.Contains(e.Message.Replace("Infinity", "∞", StringComparison.Ordinal), $"Augmentation: {text}");
        foreach (var preset in new[] { new(), GloroAugmentationOptions.None, GloroAugmentationOptions.Aerial,
            GloroAugmentationOptions.Photographs, Training.Problems.EveryAugmentation() })
            Assert.IsNotNull(_mlContext.Gloro.ImageClassification(new GloroImageClassificationOptions { Augmentation = preset }));
    }

    [TestMethod]
    public void Fit_CutoutOfAWholeImage_IsRefused()
    {
        using var tiles = new ColorTiles(count: 12);
        var options = ColorTiles.Options(epochs: 1);
        options.Augmentation.CutoutSide = 16;
        var e = Assert.ThrowsExactly<ArgumentException>(() => tiles.Pipeline(_mlContext, options).Fit(tiles.View));
        StringAssert.Contains(
            e.Message, "Augmentation: CutoutSide 16 could hide the whole of an image of 16×16 pixels; it must be less than 16.");
        options.Augmentation.CutoutSide = 15;
        Assert.IsNotNull(tiles.Pipeline(_mlContext, options).Fit(tiles.View));
    }

    [TestMethod]
    public void OfOptions_AugmentationOfAnyKind_IsInTheFingerprint()
    {
        Action<GloroAugmentationOptions>[] changes =
        [
            a => a.Border = GloroAugmentationBorder.Black, a => a.Affine!.Rotation = 1, a => a.Affine!.Scale = 0.1, a =>
                a.Affine!.Shear = 1, a => a.RandAugment!.Operations = 1,
            a => a.RandAugment!.Magnitude = 1, a => a.ColorJitter!.Brightness = 0.1, a => a.ColorJitter!.Contrast = 0.1, a =>
                a.ColorJitter!.Saturation = 0.1, a => a.CutoutSide = 4,
            a => a.MixupAlpha = 0.1, a => a.Affine = null, a => a.RandAugment = null, a => a.ColorJitter = null,
        ];
        string Fingerprint(Action<GloroAugmentationOptions> change)
        {
            var options = new GloroImageClassificationOptions { Augmentation = Training.Problems.EveryAugmentation() };
            change(options.Augmentation);
            return string.Join('\n', CheckpointFingerprint.OfOptions(options, 1, false, ["a", "b"]));
        }

        var seen = new HashSet<string> { Fingerprint(_ => { }) };
        foreach (var change in changes)
            Assert.IsTrue(seen.Add(Fingerprint(change)));
        StringAssert.Contains(seen.First(), "[Augmentation.RandAugment.Magnitude, 15]");
    }

    [TestMethod]
    public void ImageClassification_TwoWordsForOneNetwork_AreRefused()
    {
        IReadOnlyList<GloroLayer> own = [GloroLayer.Flatten(), GloroLayer.Dense(8), GloroLayer.MinMax()];
        foreach (var (options, message) in new (GloroImageClassificationOptions, string)[]
        {
            (new() { Layers = own, Architecture = GloroArchitecture.Conv4C3F }, "Layers and Architecture (Conv4C3F) are both given"),
            (new() { Layers = own, Size = GloroModelSize.Tiny }, "Size is a LiResNet's; it does not go with Layers"),
            (new() { Architecture = GloroArchitecture.Conv2C2F, Size = GloroModelSize.Tiny },
                "it does not go with Architecture (Conv2C2F)"),
            (new() { Size = GloroModelSize.Small, Depth = 3 }, "Size chooses Depth, Width, TailWidth and TailDepth"),
            (new() { Size = GloroModelSize.Small, TailDepth = 2 }, "leave Size null"),
            (new() { ImageSize = (8, 64) }, "ImageSize must be at least 16×16, not 8×64"),
        })
            StringAssert.Contains(
                Assert.ThrowsExactly<ArgumentException>(() => _mlContext.Gloro.ImageClassification(options)).Message, message);

        foreach (GloroImageClassificationOptions options in new GloroImageClassificationOptions[]
        {
            new() { Layers = own, ImageSize = (8, 64) }, new() { Layers = [] },
                new() { Architecture = GloroArchitecture.Conv8C2F, ImageSize = (8, 8) }, new() { Size = GloroModelSize.Large },
        })
            Assert.IsNotNull(_mlContext.Gloro.ImageClassification(options));
    }

    [TestMethod]
    public void MulticlassClassification_LayersWithAHole_AreRefused() => StringAssert.Contains(
        Assert.ThrowsExactly<ArgumentException>(() => _mlContext.Gloro.MulticlassClassification(new() { Layers = [null!] })).Message,
            "Layers[0] is null.");

    [TestMethod]
    public void MulticlassClassification_ChoosingByValidationRowsThatAreNot_IsRefused()
    {
        foreach (var (options, name)
            in new[] { (new GloroMulticlassClassificationOptions { EarlyStoppingPatience = 3 }, "EarlyStoppingPatience"),
            (new() { KeepBest = true }, "KeepBest") })
        {
            Assert.IsNotNull(_mlContext.Gloro.MulticlassClassification(options));
            options.ValidationFraction = 0;
            StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => _mlContext.Gloro.MulticlassClassification(options)).Message,
                $"{name} needs rows to validate on");
        }
    }

    [TestMethod]
    [DataRow(-0.001f)]
    [DataRow(float.NaN)]
    [DataRow(float.PositiveInfinity)]
    public void ImageClassification_EpsilonThatIsNoRadius_IsRefused(float epsilon)
    {
        var e = Assert.ThrowsExactly<ArgumentException>(() => _mlContext.Gloro.ImageClassification(epsilon: epsilon));
        StringAssert.Contains(e.Message, "Epsilon is an L2 radius");
    }

    [TestMethod]
    public void Fit_OptionsChangedAfterwards_HaveNoEffect()
    {
        using var tiles = new ColorTiles(count: 12);
        var options = ColorTiles.Options(epochs: 1);
        var untouched = tiles.Pipeline(_mlContext, options).Fit(tiles.View).LastTransformer;
        var pipeline = tiles.Pipeline(_mlContext, options);
        (options.Seed, options.Width, options.Epochs, options.Epsilon, options.FeatureColumnName) = (99, 4, 9, 2, "Nowhere");
        (options.Augmentation.RandAugment, options.Augmentation.MixupAlpha) = (new(), 1);
        (options.Guarantee, options.Augmentation.MaximumShift, options.Augmentation.Rotate) =
            (RobustnessGuarantee.RelaxedTopK(2), 7, false);
        Assert.AreEqual(ModelFiles.GloroPart(untouched), ModelFiles.GloroPart(pipeline.Fit(tiles.View).LastTransformer));
    }

    [TestMethod]
    public void Options_AllTypes_SuitAutoMl()
    {
        foreach (var type in new[] { typeof(GloroImageClassificationOptions), typeof(GloroMulticlassClassificationOptions), typeof(
            GloroAugmentationOptions), typeof(GloroAffineOptions), typeof(GloroColorJitterOptions), typeof(GloroRandAugmentOptions) })
        {
            Assert.IsTrue(type.IsSealed);
            Assert.IsNotNull(type.GetConstructor(Type.EmptyTypes), type.Name);
            Assert.IsEmpty(type.GetFields(BindingFlags.Public | BindingFlags.Instance), "AutoML's Parameter.AsType drops fields.");
            Assert.IsTrue(type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .All(p => p is { CanRead: true, CanWrite: true }), type.Name);
        }
    }

    [TestMethod]
    public void Options_Ranges_HoldTheDefaultsAndAreAccepted()
    {
        foreach (var type in new[] { typeof(GloroImageClassificationOptions), typeof(GloroMulticlassClassificationOptions) })
        {
            var defaults = (GloroTrainerOptions)Activator.CreateInstance(type)!;
            foreach (var property in type.GetProperties().Where(p => p.PropertyType == typeof(int) || p.PropertyType == typeof(double)
                || (p.PropertyType == typeof(int?) && Searched(p).Count > 0)))
            {
                // How much is set aside for validation is no hyperparameter: less would always look better.
                if (property.Name is nameof(GloroTrainerOptions.ValidationFraction))
                    continue;
                var searched = Searched(property);
                Assert.IsGreaterThan(1, searched.Count, $"{property.Name} is a number without a range.");

                // Null is chosen by data, and the annotation holds the usual choice.
                object? standard = property.GetValue(defaults);
                Assert.IsTrue(standard is null || (property.IsDefined(typeof(ChoiceAttribute)) ? searched.Contains(standard)
                    : Equals(searched[2], standard)), $"{property.Name}: the default is {standard}.");
                foreach (object value in searched)
                {
                    var options = (GloroTrainerOptions)Activator.CreateInstance(type)!;
                    property.SetValue(options, value);
                    Assert.IsEmpty(options.Faults());
                }
            }
        }

        // A choice's values, or a range's least, largest and initial one.
        static IReadOnlyList<object> Searched(PropertyInfo property)
        {
            var data = property.GetCustomAttributesData()
                .FirstOrDefault(a => a.AttributeType == typeof(RangeAttribute) || a.AttributeType == typeof(ChoiceAttribute));
            return data is null ? []
                : data.AttributeType == typeof(ChoiceAttribute)
                    ? [.. ((IEnumerable<CustomAttributeTypedArgument>)data.ConstructorArguments[0].Value!).Select(a => a.Value!)]
                : [.. data.ConstructorArguments.Take(3).Select(a => a.Value!)];
        }
    }

    [TestMethod]
    public void Options_Json_KeepsAllThatAutoMlPassesOn()
    {
        // SearchSpace<T> is in AutoML's package, which the tests do not have. What it does with options is this: JSON, with enums as text.
        var options = new GloroImageClassificationOptions
        {
            Guarantee = RobustnessGuarantee.Parse("affinity:a+b,c+d"),
            ImageSize = (24, 32),
            Epsilon = 0.25f,
            Loss = GloroLossKind.CrossEntropy,
            Seed = 3,
            MixedPrecision = true,
            Width = 32,
            LearningRate = 0.0123,
            Augmentation = Training.Problems.EveryAugmentation(),
            WeightDecay = 0.01,
            AveragingDecay = 0.99,
            EarlyStoppingPatience = 5,
            KeepBest = false,
            CalibrateScores = false,
            TimeBudget = TimeSpan.FromMinutes(40),
            CheckpointFolder = "runs/7",
            TailDepth = 3,
            Layers = [GloroLayer.Convolution(8, 4, 2), GloroLayer.MinMax()],
            ValidationSet = Blobs.View(3),
            Progress = new Recorder(),
            CancellationToken = new CancellationToken(canceled: true),
        };
        string text = JsonSerializer.Serialize(options, s_json);
        var back = JsonSerializer.Deserialize<GloroImageClassificationOptions>(text, s_json)!;
        Assert.AreEqual(text, JsonSerializer.Serialize(back, s_json));
        Assert.AreEqual((options.Guarantee, options.ImageSize, options.Loss), (back.Guarantee, back.ImageSize, back.Loss));
        Assert.AreEqual((0.01, 0.99, 5, false, TimeSpan.FromMinutes(40), "runs/7"),
            (back.WeightDecay, back.AveragingDecay, back.EarlyStoppingPatience, back.KeepBest, back.TimeBudget, back.CheckpointFolder));
        Assert.IsTrue(back is { CalibrateScores: false } && new GloroImageClassificationOptions().CalibrateScores);
        Assert.IsTrue(back.Augmentation is
        {
            Rotate: true, FlipVertically: true, Border: GloroAugmentationBorder.Mean, CutoutSide: 5,
            MixupAlpha: 0.4
        });
        Assert.IsTrue(back.Augmentation is
        {
            Affine: { Rotation: 20, Scale: 0.2, Shear: 10 }, RandAugment: { Operations: 2, Magnitude: 15 },
            ColorJitter: { Brightness: 0.3, Contrast: 0.3, Saturation: 0.3 }
        });
        Assert.AreEqual(3, back.TailDepth);
        CollectionAssert.AreEqual(options.Layers.ToArray(), back.Layers!.ToArray());
        Assert.IsTrue(back.Augmentation is { Rotate: true, FlipVertically: true });
        Assert.IsTrue(back is { ValidationSet: null, Progress: null, CancellationToken.CanBeCanceled: false });
        Assert.IsNotNull(_mlContext.Gloro.ImageClassification(back));
    }

    [TestMethod]
    public void Fingerprint_OfOptionsWithLayers_TellsThemReadably()
    {
        var options =
            new GloroImageClassificationOptions { Layers = [GloroLayer.Convolution(8, 4, 2), GloroLayer.MinMax()], TailDepth = 1 };
        var fingerprint = CheckpointFingerprint.OfOptions(options, 1, false, ["a", "b"]).ToDictionary();
        Assert.AreEqual("""["convolution 8 4x4 stride 2","minmax"]""", fingerprint["Layers"]);
        Assert.AreEqual("1", fingerprint["TailDepth"]);
        Assert.AreEqual(
            "null", CheckpointFingerprint.OfOptions(new GloroImageClassificationOptions(), 1, false, ["a", "b"]).ToDictionary()["Layers"]);
    }

    [TestMethod]
    public void Options_JsonOfSearchedValuesOnly_LeavesTheRestAtTheirDefaults()
    {
        var back = JsonSerializer.Deserialize<GloroMulticlassClassificationOptions>(
            """{ "Epochs": 5, "Width": 64, "Loss": "CrossEntropy", "LearningRate": 0.01 }""", s_json)!;
        Assert.AreEqual((5, 64, GloroLossKind.CrossEntropy, 0.01), (back.Epochs, back.Width, back.Loss, back.LearningRate));
        Assert.AreEqual(("Features", RobustnessGuarantee.Local, 36f / 255f), (back.FeatureColumnName, back.Guarantee, back.Epsilon));
        Assert.IsNull(back.Layers);

        var image = JsonSerializer.Deserialize<GloroImageClassificationOptions>(
            """{ "Architecture": "Conv6C2F", "TailDepth": 2 }""", s_json)!;
        Assert.AreEqual((GloroArchitecture.Conv6C2F, 2, null), (image.Architecture, image.TailDepth, image.Size));
        image = JsonSerializer.Deserialize<GloroImageClassificationOptions>("""{ "Size": "Large" }""", s_json)!;
        Assert.AreEqual((GloroArchitecture.LiResNet, GloroModelSize.Large), (image.Architecture, image.Size));
    }
}
