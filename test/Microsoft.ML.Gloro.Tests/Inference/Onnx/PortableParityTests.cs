using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Inference;

/// <summary>An exported graph against the library, row by row: it certifies nothing more, and hardly anything less.</summary>
[TestClass]
public sealed class PortableParityTests
{
    private static readonly string[] s_guarantees =
        [
            "local", "rtk:2", "rtk:4", "affinity:#0+#1,#1+#3", "affinity:#0+#1+#2,#3+#4:exact", "affinity:#0+#1:no-singletons",
            "affinity:#4+#0+#2:exact:no-singletons",
        ];

    [TestMethod]
    [DataRow(CertificateArithmetic.Float64)]
    [DataRow(CertificateArithmetic.Real)]
    public void Run_ThousandsOfVectorsUnderEveryGuarantee_CertifiesNoMoreAndHardlyLess(CertificateArithmetic arithmetic)
    {
        int lost = 0, total = 0, certified = 0;
        foreach (string guarantee in s_guarantees)
        {
            GloroModel model = TestModels.Vector(guarantee: RobustnessGuarantee.Parse(guarantee), seed: total + 1).With(arithmetic);
            using var file = PortableFile.Of(model);
            float[][] rows = Rows(3000, 6, seed: total, scale: 1.5f);
            PortableRow[] library = LibraryRows.Score(model, rows);
            lost += LibraryRows.AssertCertifiesNoMore(library, file.Run(rows));
            (total, certified) = (total + rows.Length, certified + library.Count(row => row.IsCertified));
        }

        Assert.IsLessThanOrEqualTo(total / 1000, lost, $"{lost} of {total} rows lost their certificate in the file.");
        Assert.IsTrue(
            certified > total / 5 && certified < total * 4 / 5, $"{certified} of {total} rows are certified: the comparison says little.");
    }

    [TestMethod]
    [DataRow(CertificateArithmetic.Float64, GloroImageViews.One)]
    [DataRow(CertificateArithmetic.Real, GloroImageViews.One)]
    [DataRow(CertificateArithmetic.Float64, GloroImageViews.Mirrored)]
    [DataRow(CertificateArithmetic.Real, GloroImageViews.Mirrored)]
    [DataRow(CertificateArithmetic.Float64, GloroImageViews.MirroredAndTurned)]
    [DataRow(CertificateArithmetic.Real, GloroImageViews.MirroredAndTurned)]
    public void Run_ImageNetworkWithEveryKindOfLayer_CertifiesNoMoreAndHardlyLess(CertificateArithmetic arithmetic, GloroImageViews views)
    {
        // Odd sides, uneven padding, strides, blocks that do not divide the image; and average pooling that drops a column.
        DeployedNetwork network = views == GloroImageViews.MirroredAndTurned
            ? new RandomNetworks(2).Turned()
            : new RandomNetworks(2).EveryKind().With(views);
        float[][] rows = Pixels(1000, network.InputShape.Size, seed: 3);
        GloroModel wide = TestModels.Create(network, RobustnessGuarantee.RelaxedTopK(3), 1e-4f, isImage: true).With(arithmetic);
        PortableRow[] measured = LibraryRows.Score(wide, rows);
        float middle = measured.Select(row => row.Radius).Order().ElementAt(rows.Length / 2);
        GloroModel model = wide.With(RobustnessGuarantee.RelaxedTopK(3), middle);
        PortableRow[] library = LibraryRows.Score(model, rows);
        using var file = PortableFile.Of(model);
        int lost = LibraryRows.AssertCertifiesNoMore(library, file.Run(rows));
        Assert.IsLessThanOrEqualTo(1 + (arithmetic == CertificateArithmetic.Real ? Near(model, rows, library) : 0), lost);
        Assert.IsGreaterThan(400, library.Count(row => row.IsCertified));
    }

    [TestMethod]
    [DataRow(CertificateArithmetic.Float64)]
    [DataRow(CertificateArithmetic.Real)]
    public void Run_NetworkOfOtherKinds_CertifiesNoMoreAndComputesTheSame(CertificateArithmetic arithmetic)
    {
        DeployedNetwork network = new RandomNetworks(2).OtherKinds();
        float[][] rows = Pixels(100, network.InputShape.Size, seed: 3);
        GloroModel model = TestModels.Create(network, RobustnessGuarantee.RelaxedTopK(3), 1e-4f, isImage: true).With(arithmetic);
        using var file = PortableFile.Of(model);
        LibraryRows.AssertCertifiesNoMore(LibraryRows.Score(model, rows), file.Run(rows), logitTolerance: 1e-6);
    }

    [TestMethod]
    public void Run_ConvolutionsOfOddGeometry_ComputeTheSame()
    {
        foreach (var (height, width, stride, padding) in new[]
        {
            (1, 1, 1, default), (1, 1, 2, default), (3, 3, 2, ZeroPadding.All(1)), (2, 5, 3, new ZeroPadding(0, 2, 1, 3)),
            (4, 4, 2, ZeroPadding.All(1)),
        })
        {
            var random = new RandomNetworks(height + (10 * width));
            var shape = new TensorShape(3, 9, 11);
            var convolution = random.Convolution(3, 4, height, width, stride, padding);
            var network = new DeployedNetwork(
                shape,
                [
                    random.Scaling(3), convolution, RandomNetworks.ReLU, new DeployedFlatten(),
                    random.Dense(convolution.GetOutputShape(shape).Size, 4),
                ]);
            GloroModel model = TestModels.Create(network, RobustnessGuarantee.Local, 0, isImage: true);
            float[][] rows = Pixels(40, shape.Size, seed: 4);
            using var file = PortableFile.Of(model);
            LibraryRows.AssertCertifiesNoMore(LibraryRows.Score(model, rows), file.Run(rows), logitTolerance: 2e-7);
        }
    }

    [TestMethod]
    public void Run_OneByOneOrTogether_CertifiesNoMore()
    {
        GloroModel model = TestModels.Image();
        float[][] rows = Pixels(60, model.Network.InputShape.Size, seed: 5);
        PortableRow[] library = LibraryRows.Score(model, rows);
        using var file = PortableFile.Of(model);
        LibraryRows.AssertCertifiesNoMore(library, [.. rows.SelectMany(row => file.Run([row]))]);
        LibraryRows.AssertCertifiesNoMore(library, file.Run(rows));
    }

    [TestMethod]
    public void Run_BytePixels_IsTheSameAsScaledOnes()
    {
        GloroModel model = TestModels.Image();
        var random = new Random(6);
        float[][] bytes =
        [
            .. Enumerable.Range(0, 100)
                .Select(_ => Enumerable.Range(0, model.Network.InputShape.Size).Select(_ => (float)random.Next(256)).ToArray()),
        ];
        float[][] scaled = [.. bytes.Select(row => row.Select(b => PixelScale.ToUnit((byte)b)).ToArray())];
        using var file = PortableFile.Of(model);
        using var byteFile = PortableFile.Of(model, new GloroOnnxOptions { BytePixels = true });
        foreach (var (first, second) in file.Run(scaled).Zip(byteFile.Run(bytes)))
        {
            CollectionAssert.AreEqual(first.Logits, second.Logits);
            CollectionAssert.AreEqual(first.Radii, second.Radii);
        }
    }

    [TestMethod]
    [DataRow("local", CertificateArithmetic.Float64)]
    [DataRow("rtk:3", CertificateArithmetic.Real)]
    public void Run_TrainedModelBesideTheExample_CertifiesNoMore(string guarantee, CertificateArithmetic arithmetic)
    {
        string path = Path.Combine(Repository.Root, "examples", "EuroSat", "models", "eurosat-best.zip");
        ITransformer loaded = new MLContext().Model.Load(path, out _);
        ITransformer chain = new MLContext().Gloro.WithGuarantee(loaded, RobustnessGuarantee.Parse(guarantee));
        using GloroTransformer transformer = ((IEnumerable<ITransformer>)chain).OfType<GloroTransformer>().Single();
        GloroModel model = transformer.GloroModel.With(arithmetic);
        using var stream = new MemoryStream();
        new MLContext().Gloro.ConvertToOnnx(chain, stream, new GloroOnnxOptions { Arithmetic = arithmetic });
        using var file = new PortableFile(stream.ToArray());

        // Smooth colors with some noise: the network is sure of some of them.
        var random = new Random(7);
        float[][] rows = [.. Enumerable.Range(0, 12).Select(_ =>
        {
            double[] color = [random.NextDouble(), random.NextDouble(), random.NextDouble()];
            double[] slope = [random.NextDouble() - 0.5, random.NextDouble() - 0.5];
            return Enumerable.Range(0, 3 * 64 * 64).Select(i => PixelScale.ToUnit((byte)Math.Clamp(
                128 * color[i / 4096] + slope[0] * (i % 64) + slope[1] * (i % 4096 / 64) + random.Next(12), 0, 255))).ToArray();
        })];
        PortableRow[] library = LibraryRows.Score(model, rows);
        Assert.AreEqual(0, LibraryRows.AssertCertifiesNoMore(library, file.Run(rows)));
        Assert.IsTrue(library.Any(row => row.IsCertified));
    }

    private static float[][] Rows(int count, int size, int seed, float scale)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => TestModels.Features(random, size, scale))];
    }

    /// <summary>
    /// How many rows have a radius above ε by no more than what the file subtracts and the library does not: twice E and d in single
    /// precision.
    /// </summary>
    private static int Near(GloroModel model, float[][] rows, PortableRow[] library)
    {
        int classes = model.ClassNames.Count;
        double least = Enumerable.Range(1, classes - 1).Min(i => Enumerable.Range(0, i).Min(j => model.Constants[i, j]));
        return library.Zip(rows).Count(pair =>
        {
            RowError error = model.Rounding.ErrorAt(model.Rounding.SizeOf(pair.Second));
            double most = model.Epsilon + (2 * (error.Displacement + (error.Margin / least)));
            return pair.First.Radii.Take(model.ResolvedGuarantee.MaxK).Any(radius => radius > model.Epsilon && radius <= most);
        });
    }

    private static float[][] Pixels(int count, int size, int seed)
    {
        var random = new Random(seed);
        return
        [
            .. Enumerable.Range(0, count)
                .Select(_ => Enumerable.Range(0, size).Select(_ => PixelScale.ToUnit((byte)random.Next(256))).ToArray()),
        ];
    }
}
