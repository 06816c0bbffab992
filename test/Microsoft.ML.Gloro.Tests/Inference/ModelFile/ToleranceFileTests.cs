using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.TestSupport;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Gloro.Tests.Inference;

/// <summary>Models with tolerances as files: what is kept, what is refused, and what an exported graph says.</summary>
[TestClass]
public sealed class ToleranceFileTests
{
    private static readonly float[] Tolerances = [0.3f, 0, 5, 0.02f, 1, 0.5f];

    [TestMethod]
    public void Read_WhatWasWritten_HasTheTolerancesAndTheSameRadii()
    {
        GloroModel model = Model(1), read = ModelFiles.Read(ModelFiles.Write(model));

        CollectionAssert.AreEqual(Tolerances, read.Network.Metric!.Tolerances);
        Assert.AreEqual(model.Constants[0, 1], read.Constants[0, 1]);
        Assert.AreEqual(model.Bound.Value, read.Bound.Value);
        CollectionAssert.AreEqual(ModelFiles.Write(model), ModelFiles.Write(read));
        Assert.AreEqual("0.3, 0, 5, 0.02, 1, 0.5", TestModels.Transformer(read).Tolerances!.ToString());
    }

    [TestMethod]
    public void Write_ModelWithoutTolerances_SaysNothingOfThem() =>
        Assert.DoesNotContain("tolerances", ModelSurgery.HeaderText(ModelFiles.Write(TestModels.Vector())));

    [TestMethod]
    public void Read_TolerancesChangedOrTakenAway_IsRefused()
    {
        GloroModel model = Model(2);
        byte[] file = ModelFiles.Write(model);
        byte[] without = ModelSurgery.EditHeader(file, header => header.Remove("tolerances"));
        Assert.ThrowsExactly<FormatException>(() => ModelFiles.Read(without));
        byte[] denied = ModelSurgery.EditHeader(file, header => header["tolerances"] = false);
        StringAssert.Contains(Assert.ThrowsExactly<FormatException>(() => ModelFiles.Read(denied)).Message, "must be true");
        byte[] altered = ModelSurgery.EditTensors(file, tensors => tensors[^2] ^= 0x40); // the last tolerance, with a right checksum
        StringAssert.Contains(Assert.ThrowsExactly<FormatException>(() => ModelFiles.Read(altered)).Message, "proved for other weights");
        byte[] given = ModelSurgery.EditHeader(ModelFiles.Write(TestModels.Vector()), header => header["tolerances"] = true);
        Assert.ThrowsExactly<FormatException>(() => ModelFiles.Read(given));

        // The same bound for smaller tolerances would be one for a larger ball: the hash is not that of what was proved.
        DeployedNetwork smaller = model.Network.WithTolerances([.. Tolerances.Select(t => t / 2)]);
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(
                () => new GloroModel(smaller, model.Bound, model.ClassNames, model.Guarantee, 0.1f, isImage: false)).Message,
            "proved for other weights");
    }

    [TestMethod]
    public void Read_BoundOfSmallerTolerances_IsRefused()
    {
        // A forger who writes the hash anew: the bound of tolerances of half the size is below what the layer attains.
        GloroModel model = Model(3);
        LipschitzBound half = RigorousBound.Compute(model.Network.WithTolerances([.. Tolerances.Select(t => t / 2)]));
        var bound = new LipschitzBound(half.Value, half.Layers, WeightHash.Compute(model.Network));
        byte[] forged = ModelFiles.Write(
            new GloroModel(model.Network, bound, model.ClassNames, model.Guarantee, 0.1f, isImage: false));

        StringAssert.Contains(Assert.ThrowsExactly<FormatException>(() => ModelFiles.Read(forged)).Message, "its norm is at least");
    }

    [TestMethod]
    [DataRow(CertificateArithmetic.Float64)]
    [DataRow(CertificateArithmetic.Real)]
    public void Run_ExportedFile_CertifiesNoMoreThanTheLibrary(CertificateArithmetic arithmetic)
    {
        int certified = 0, total = 0, lost = 0;
        for (int seed = 0; seed < 4; seed++)
        {
            GloroModel model = Model(seed).With(arithmetic);
            float[][] rows = Rows(seed);
            float middle = LibraryRows.Score(model, rows).Select(row => row.Radius).Order().ElementAt(rows.Length / 2);
            model = model.With(RobustnessGuarantee.RelaxedTopK(2), middle);
            PortableRow[] library = LibraryRows.Score(model, rows);
            using var file = PortableFile.Of(model);
            lost += LibraryRows.AssertCertifiesNoMore(library, file.Run(rows));
            (certified, total) = (certified + library.Count(row => row.IsCertified), total + rows.Length);
        }

        Assert.IsLessThanOrEqualTo(total / 200, lost);
        Assert.IsTrue(certified > total / 5 && certified < total * 4 / 5, $"{certified} of {total}");
    }

    [TestMethod]
    public void Run_ExportedFile_SaysThatEpsilonCountsTolerances()
    {
        using var file = PortableFile.Of(Model(1));
        var metadata = file.Session.ModelMetadata.CustomMetadataMap;

        Assert.AreEqual("[0.3,0,5,0.02,1,0.5]", metadata["gloro.tolerances"]);
        Assert.AreEqual("L2 in tolerances", metadata["gloro.norm"]);
        StringAssert.StartsWith(metadata["gloro.epsilon_unit"], "tolerances of the features");
        StringAssert.Contains(metadata["gloro.claim"], "each change divided by its tolerance");
        using var plain = PortableFile.Of(TestModels.Vector());
        var others = plain.Session.ModelMetadata.CustomMetadataMap;
        Assert.AreEqual(("[]", "L2"), (others["gloro.tolerances"], others["gloro.norm"]));
    }

    [TestMethod]
    public void ConvertToOnnx_WholePipeline_HasNoLargerRadius()
    {
        var mlContext = new MLContext(seed: 1);
        float[][] rows = Rows(5);
        IDataView data = VectorRow.View(rows.Select(x => new VectorRow { Features = x }));
        using GloroTransformer model = TestModels.Transformer(Model(5));
        using var stream = new MemoryStream();
        mlContext.Model.ConvertToOnnx(model, data, stream);
        using var session = new InferenceSession(stream.ToArray());
        var features = new DenseTensor<float>(rows.SelectMany(x => x).ToArray(), [rows.Length, 6]);
        using var outputs = session.Run([NamedOnnxValue.CreateFromTensor("Features", features), .. Others(session, rows.Length)]);
        float[] radii = [.. outputs.Single(o => o.Name == "CertifiedRadius.output").AsEnumerable<float>()];

        List<ScoredRow> library = ScoredRow.All(model.Transform(data));
        for (int i = 0; i < rows.Length; i++)
        {
            Assert.IsLessThanOrEqualTo(library[i].CertifiedRadius, radii[i], $"row {i}");
            Assert.AreEqual(library[i].CertifiedRadius, radii[i], 1e-4f * (1 + library[i].CertifiedRadius), $"row {i}");
        }

        Assert.IsTrue(radii.Any(radius => radius > 0));
    }

    [TestMethod]
    public void ImportOnnx_Tolerances_AreThoseOfTheModel()
    {
        byte[] file = GraphForms.Write("shortcut around a dense layer").File; // which begins with one
        var mlContext = new MLContext(seed: 1);
        using var plain = mlContext.Gloro.ImportOnnx(new MemoryStream(file), ["a", "b", "c", "d"]);
        int size = plain.GloroModel.Network.InputShape.Size;
        float[] tolerances = [.. Enumerable.Range(0, size).Select(i => i == 0 ? 0 : 0.5f)];

        using GloroTransformer model = Import(GloroTolerances.InOrder(tolerances));

        CollectionAssert.AreEqual(tolerances, model.GloroModel.Network.Metric!.Tolerances);
        Assert.IsLessThanOrEqualTo(plain.GloroModel.Bound.Value * 0.5 * (1 + 1e-4), model.GloroModel.Bound.Value);
        string refused = Assert.ThrowsExactly<ArgumentException>(() => Import(GloroTolerances.InOrder(1))).Message;
        StringAssert.Contains(refused, "1 tolerances in order");

        GloroTransformer Import(GloroTolerances own) =>
            mlContext.Gloro.ImportOnnx(new MemoryStream(file), ["a", "b", "c", "d"], new() { Tolerances = own });
    }

    private static IEnumerable<NamedOnnxValue> Others(InferenceSession session, int rows)
    {
        foreach (var (name, input) in session.InputMetadata.Where(input => input.Key != "Features"))
        {
            yield return input.ElementType == typeof(uint)
                ? NamedOnnxValue.CreateFromTensor(name, new DenseTensor<uint>(new uint[rows], [rows, 1]))
                : input.ElementType == typeof(int)
                    ? NamedOnnxValue.CreateFromTensor(name, new DenseTensor<int>(new int[rows], [rows, 1]))
                    : NamedOnnxValue.CreateFromTensor(
                        name, new DenseTensor<string>(Enumerable.Repeat("", rows).ToArray(), [rows, 1]));
        }
    }

    private static GloroModel Model(int seed)
    {
        var random = new RandomNetworks(seed);
        return TestModels.Create(
            new DeployedNetwork(
                TensorShape.Vector(6), [random.Scaling(6), random.Dense(6, 8), RandomNetworks.MinMax, random.Dense(8, 5)],
                tolerances: Tolerances),
            RobustnessGuarantee.RelaxedTopK(2), 0.1f, isImage: false);
    }

    private static float[][] Rows(int seed)
    {
        var random = new RandomNetworks(50 + seed);
        return [.. Enumerable.Range(0, 400).Select(_ => random.Values(6, 3))];
    }
}
