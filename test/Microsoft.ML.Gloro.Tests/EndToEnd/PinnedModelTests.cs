using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.EndToEnd;

/// <summary>
/// Model files that earlier versions saved. They load, give the outputs that are pinned here to the bit, and are saved again as they were.
/// </summary>
[TestClass]
public sealed class PinnedModelTests
{
    private const string Cifar100 = "examples/Cifar100/models/", EuroSat = "examples/EuroSat/models/";
    private const string TinyImageNet = "examples/TinyImageNet/models/";
    private const string Fixtures = "test/Microsoft.ML.Gloro.Tests/Fixtures/";

    /// <param name="file">The file, from the repository's root.</param>
    /// <param name="weights">The start of the weight hash.</param>
    /// <param name="kappa">κ.</param>
    /// <param name="rounding">Slope and offset of the rounding bound, and the largest norm of an input that it holds for.</param>
    /// <param name="rows">
    /// The start of the SHA-256 of all output columns but Score, as they were when the certified label set was the loosest that holds, and
    /// CertifiedRadius the largest radius. Logits, radii, the loosest sets and reachable labels follow from it.
    /// </param>
    /// <param name="tightest">The same of CertifiedRadius, CertifiedK and CertifiedLabels, the tightest set that holds.</param>
    [TestMethod]
    [DataRow(Cifar100 + "cifar100-best.zip", "0066d65080025555", 6.536626139143644,
        new[] { 7.793550946966974E-07, 3.300052748515635E-05, 1.5298410846454007E+29 }, "0C590673EBB59322", "5B2619811D5BC9AE")]
    [DataRow(Cifar100 + "cifar100-rt5.zip", "a463397bdf496d0d", 2.602466056184329,
        new[] { 3.1029096711936025E-07, 1.2894143575887018E-05, 3.842508948346212E+29 }, "4BCD7E5D63C72921", "707E89D4B6C7EE8F")]
    [DataRow(Cifar100 + "cifar100-superclasses.zip", "0a4c8a4d6b2b456b", 6.411643169150838,
        new[] { 7.6446463213681E-07, 3.389655173837945E-05, 1.5596624628158293E+29 }, "3121FEFA8D237E1D", "2D523FE06D241A82")]
    [DataRow(EuroSat + "eurosat-best.zip", "725f2a03a99ba4b3", 17.65145515696343,
        new[] { 2.1046622599841883E-06, 0.00014297020619886042, 5.665254975214913E+28 }, "6777947D91E532D8", "13FE87E0806628E4")]
    [DataRow(EuroSat + "eurosat-best-local.zip", "3bd9444c46adfe95", 23.9409847815564,
        new[] { 2.854573907858851E-06, 0.0001828925243592577, 4.176937441915345E+28 }, "CB1DBFB88DFA9FD3", "5A2D289019C8671B")]
    [DataRow(TinyImageNet + "tiny-imagenet.zip", "9517373628946a04", 4.200169229136728,
        new[] { 5.007919017512148E-07, 4.4347636890314E-05, 2.3808561418946336E+29 }, "06D9BE2E7625BB57", "C69E6E6C0E57CAE9")]
    [DataRow(Fixtures + "images-affinity.zip", "2c9d0340fca241f7", 1.2725302793551847,
        new[] { 1.0548489310097771E-07, 7.05896933350933E-07, 1E+30 }, "141AD9B22F3631AB", "158DB21CF56CF2A5")]
    [DataRow(Fixtures + "images-relaxed.zip", "66eb834fe9964eff", 0.5490657872585359,
        new[] { 4.0696931062815995E-08, 6.802684137957867E-07, 1E+30 }, "2F6BDFCB4F9DA289", "3A2847C3C43A97D7")]
    [DataRow(Fixtures + "table-local.zip", "026d6011836b9825", 1.675457507396655,
        new[] { 7.78041756496619E-08, 1.9660939977390987E-08, 8.291854268264768E+29 }, "98D4581FC6380430", "ED38F7D315615072")]
    public void Load_FileOfAnEarlierVersion_GivesThePinnedBits(string file, string weights, double kappa, double[] rounding, string rows,
        string tightest)
    {
        using GloroTransformer model = Find(Load(file, out _));
        List<ScoredRow> scored = ScoredRow.All(model.Transform(FixedInputs.Rows(model)));
        Assert.AreEqual(CertificateArithmetic.Float64, model.Arithmetic);
        Assert.AreEqual(weights, model.GloroModel.Bound.WeightHash[..16]);
        Assert.AreEqual(kappa, model.LipschitzBound);
        Assert.IsTrue(scored.Any(row => row.IsCertified));
        Assert.AreEqual(rows, Digest(scored.Select(row => AsLoosest(row, model.GloroModel))));
        Assert.AreEqual(tightest,
            Digest(scored.Select(row => $"{Bits([row.CertifiedRadius])} | {row.CertifiedK} | {string.Join(' ', row.CertifiedLabels)}")));

        // The last bits depend on the width of the processor's vectors, which decides the order of some sums.
        var bound = model.GloroModel.Rounding;
        foreach (var (expected, actual) in rounding.Zip([bound.Margin.Slope, bound.Margin.Offset, bound.LargestNorm]))
            Assert.AreEqual(expected, actual, 1e-14 * expected);

        string saved = "Gloro.model: " + ModelFiles.GloroPart(model);
        Assert.IsTrue(ModelFiles.Parts(Bytes(file)).Any(part => part.EndsWith(saved, StringComparison.Ordinal)), "The saved bytes differ.");
    }

    [TestMethod]
    public void Load_ModelsOfTheExamples_RoundAsLittleAsTheDocumentationSays()
    {
        // docs/soundness.md, section 4.6: for every image with pixels in [0, 1].
        foreach (string file in Directory.GetDirectories(Path.Combine(Repository.Root, "examples"))
            .SelectMany(example => Files(Path.Combine(example, "models"))))
        {
            using GloroTransformer model = Find(Load(file, out _));
            double largest = model.GloroModel.Rounding.Margin.At(Math.Sqrt(model.GloroModel.Network.InputShape.Size));
            Assert.IsLessThanOrEqualTo(file.Contains("cifar100", StringComparison.Ordinal) ? 7.7e-5 : 5e-4, largest, file);
        }
    }

    [TestMethod]
    public void Load_ModelsOfTheExamples_AreAllPinned()
    {
        MethodInfo test = typeof(PinnedModelTests).GetMethod(nameof(Load_FileOfAnEarlierVersion_GivesThePinnedBits))!;
        string[] examples = Directory.GetDirectories(Path.Combine(Repository.Root, "examples"));
        string[] models = [.. examples.SelectMany(example => Files(Path.Combine(example, "models")))];
        Assert.IsNotEmpty(models);
        CollectionAssert.IsSubsetOf(models, test.GetCustomAttributes<DataRowAttribute>().Select(row => row.Data[0]).ToArray());
    }

    [TestMethod]
    [DynamicData(nameof(FixtureFiles))]
    public void Save_FileOfAnEarlierVersion_GivesTheSameEntries(string file)
    {
        // All but the file that holds the version of ML.NET.
        static string[] Parts(byte[] file) =>
            [.. ModelFiles.Parts(file).Where(part => !part.StartsWith("TrainingInfo/Version.txt", StringComparison.Ordinal))];

        ITransformer model = Load(file, out DataViewSchema schema);
        using GloroTransformer transformer = Find(model);
        CollectionAssert.AreEqual(Parts(Bytes(file)), Parts(ModelFiles.Save(model, schema)));
    }

    [TestMethod]
    public void Layers_OfTheFixtures_AreOfEveryKind()
    {
        var layers = FixtureFiles().SelectMany(file => Find(Load(file, out _)).GloroModel.Network.Layers);
        Assert.AreEqual(
            "average pooling, convolution, dense, flatten, minmax, relu, scaling, space-to-depth",
            string.Join(", ", layers.Select(layer => layer.Kind).Distinct().Order(StringComparer.Ordinal)));
    }

    /// <summary>A row as text, with the loosest set and the largest radius as its certificate. Score is computed with exp, which differs
    /// between machines.</summary>
    private static string AsLoosest(ScoredRow row, GloroModel model)
    {
        int[] order = new int[row.Logits.Length];
        Assert.IsTrue(Certificate.TryOrder(row.Logits, order));
        float largest = Enumerable.Range(1, row.TopKRadii.Length).Where(k => model.ResolvedGuarantee.Allows(order, k))
            .Select(k => row.TopKRadii[k - 1]).DefaultIfEmpty(0).Max();
        return $"{row.PredictedLabel} |  | {Bits(row.Logits)} | {Bits(row.TopKRadii)} | {Bits([largest])} | {row.IsCertified} | "
            + $"{row.LoosestK} | "
            + $"{string.Join(' ', order.Take(row.LoosestK).Select(c => c + 1))} | {string.Join(' ', row.ReachableLabels)}";
    }

    private static string Bits(IEnumerable<float> values) =>
        string.Join(" ", values.Select(v => $"{BitConverter.SingleToInt32Bits(v):X8}"));

    private static string Digest(IEnumerable<string> lines) =>
        Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines))))[..16];

    private static IEnumerable<string> FixtureFiles() => Files(Path.Combine(Repository.Root, Fixtures));

    private static IEnumerable<string> Files(string folder) => !Directory.Exists(folder) ? []
        : Directory.GetFiles(folder, "*.zip").Select(file => Path.GetRelativePath(Repository.Root, file).Replace('\\', '/'));

    private static ITransformer Load(string file, out DataViewSchema schema) =>
        new MLContext().Model.Load(Path.Combine(Repository.Root, file), out schema);

    private static byte[] Bytes(string file) => File.ReadAllBytes(Path.Combine(Repository.Root, file));

    private static GloroTransformer Find(ITransformer model) =>
        model as GloroTransformer ?? ((IEnumerable<ITransformer>)model).OfType<GloroTransformer>().Single();
}
