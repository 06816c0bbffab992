using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.EndToEnd;

/// <summary>The trained models that lie beside the example load with this version, and certify something.</summary>
[TestClass]
public sealed class CommittedModelTests
{
    [TestMethod]
    [DataRow("eurosat-best.zip", "local", 1.309, GloroImageViews.One)]
    [DataRow("eurosat-best-local.zip", "local", 1.296, GloroImageViews.MirroredAndTurned)]
    public void Load_ModelBesideTheExample_ScoresAnImage(string name, string guarantee, double temperature, GloroImageViews views)
    {
        var mlContext = new MLContext(seed: 1);
        using GloroTransformer model = Load(mlContext, "EuroSat", name, temperature);
        Assert.AreEqual((RobustnessGuarantee.Parse(guarantee), views), (model.Guarantee, model.Views));

        // Blue all over: a lake, if anything.
        byte[] planes = [.. Enumerable.Range(0, 3 * 64 * 64).Select(i => (byte)(i < 4096 ? 40 : i < 8192 ? 60 : 90))];
        using var image = MLImage.CreateFromStream(new MemoryStream(TestImages.Png(planes, 64, 64)));
        var view = mlContext.Data.LoadFromEnumerable(new[] { new Row { Image = image } });
        var scored = mlContext.Data.CreateEnumerable<Scored>(model.Transform(view), reuseRowObject: false).Single();
        Assert.AreEqual("SeaLake", model.ClassNames[(int)scored.PredictedLabel - 1]);
        Assert.IsGreaterThan(0, scored.CertifiedRadius);
    }

    [TestMethod]
    public void Load_CifarModel_HasTheSuperclassesAsItsGuarantee()
    {
        using GloroTransformer model = Load(new MLContext(seed: 1), "Cifar100", "cifar100-superclasses.zip", temperature: 1.178);
        Assert.AreEqual((GuaranteeKind.Affinity, 100), (model.Guarantee.Kind, model.ClassNames.Count));
    }

    [TestMethod]
    public void Load_TinyImageNetModel_HasTheIdsAsClasses()
    {
        using GloroTransformer model = Load(new MLContext(seed: 1), "TinyImageNet", "tiny-imagenet.zip", temperature: 1.073);
        Assert.AreEqual((RobustnessGuarantee.Local, 200), (model.Guarantee, model.ClassNames.Count));
        CollectionAssert.Contains(model.ClassNames.ToArray(), "n01443537");
    }

    [TestMethod]
    [DataRow("EuroSat")]
    [DataRow("Cifar100")]
    [DataRow("TinyImageNet")]
    public void Checksums_OfTheModels_AreThoseOfTheList(string example)
    {
        string folder = Folder(example);
        var listed = File.ReadLines(Path.Combine(folder, "SHA256SUMS")).Select(line => line.Split("  "))
            .ToDictionary(parts => parts[1], parts => parts[0]);
        CollectionAssert.AreEquivalent(Directory.GetFiles(folder, "*.zip").Select(Path.GetFileName).ToArray(), listed.Keys);
        foreach (var (name, sum) in listed)
            Assert.AreEqual(sum, Convert.ToHexString(
                System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(Path.Combine(folder, name)))), ignoreCase: true, name);
    }

    [TestMethod]
    public void Checksum_OfTheNetworkToStartFrom_IsInTheDocuments() => StringAssert.Contains(
        File.ReadAllText(Path.Combine(Repository.Root, "docs", "start.md")),
        File.ReadAllText(Path.Combine(Folder("TinyImageNet"), "SHA256SUMS")).Split("  ")[0]);

    private static string Folder(string example) => Path.Combine(Repository.Root, "examples", example, "models");

    private static GloroTransformer Load(MLContext mlContext, string example, string name, double temperature)
    {
        var chain = (IEnumerable<ITransformer>)mlContext.Model.Load(Path.Combine(Folder(example), name), out _);
        GloroTransformer model = chain.OfType<GloroTransformer>().Single();
        Assert.AreEqual(CertificateArithmetic.Float64, model.Arithmetic);
        Assert.AreEqual(temperature, model.Temperature, 1e-3);
        Assert.IsLessThan(0.02, model.GloroModel.Bound.Slack, "The product of the bounds is within 2 % of what the layers attain.");
        return model;
    }

    private sealed class Row
    {
        [Microsoft.ML.Transforms.Image.ImageType(64, 64)]
        public MLImage Image { get; set; } = null!;
    }

    private sealed class Scored
    {
        [KeyType(10)]
        public uint PredictedLabel { get; set; }

        public float CertifiedRadius { get; set; }
    }
}
