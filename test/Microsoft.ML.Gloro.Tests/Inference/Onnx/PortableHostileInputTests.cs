using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Inference;

/// <summary>
/// Inputs that look for a certificate that does not hold. The network passes its input on, so that logits are what the test says.
/// </summary>
[TestClass]
public sealed class PortableHostileInputTests
{
    private const int Classes = 5;

    [TestMethod]
    [DataRow(CertificateArithmetic.Float64)]
    [DataRow(CertificateArithmetic.Real)]
    public void Run_TiesOfEveryPattern_CertifyNothingAcrossThemInTheLibrarysOrder(CertificateArithmetic arithmetic)
    {
        // All patterns of three levels over five classes, level 0 as +0 or −0, and each with one logit moved by one unit in the last place.
        float[] levels = [0, 1, 2.5f];
        var rows = new List<float[]>();
        for (int pattern = 0; pattern < 243; pattern++)
        {
            float[] row = [.. Enumerable.Range(0, Classes).Select(i => levels[pattern / (int)Math.Pow(3, i) % 3])];
            rows.Add(row);
            rows.Add([.. row.Select((y, i) => y == 0 && i % 2 == 0 ? -0f : y)]);
            rows.Add([.. row.Select((y, i) => i == pattern % Classes && y != 0 ? MathF.BitIncrement(y) : y)]);
        }

        GloroModel model = Identity().With(arithmetic);
        using var file = PortableFile.Of(model);
        PortableRow[] library = LibraryRows.Score(model, [.. rows]), graph = file.Run([.. rows]);
        LibraryRows.AssertCertifiesNoMore(library, graph, logitTolerance: 0);
        for (int n = 0; n < rows.Count; n++)
        {
            CollectionAssert.AreEqual(library[n].Order.Take(graph[n].Order.Length).ToArray(), graph[n].Order, string.Join(' ', rows[n]));
            float[] sorted = [.. rows[n].OrderDescending()];
            for (int k = 1; k < Classes; k++)
            {
                float gap = sorted[k - 1] - sorted[k];
                Assert.AreEqual(gap > 1e-3f, graph[n].Radii[k - 1] > 0, $"r_{k} of {string.Join(' ', rows[n])} is {graph[n].Radii[k - 1]}");
            }
        }
    }

    [TestMethod]
    [DataRow(CertificateArithmetic.Float64)]
    [DataRow(CertificateArithmetic.Real)]
    public void Run_NearTiesOfEverySize_NeverExceedTheLibrary(CertificateArithmetic arithmetic)
    {
        var random = new Random(1);
        float[][] rows = [.. Enumerable.Range(0, 4000).Select(_ =>
        {
            float level = (float)((random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-6, 5)));
            return Enumerable.Range(0, Classes).Select(_ => (float)(level * (1 + random.NextDouble() * Math.Pow(10, random.Next(-8, 1)))))
                .ToArray();
        })];
        GloroModel model = Identity().With(arithmetic);
        using var file = PortableFile.Of(model);
        PortableRow[] graph = file.Run(rows);
        LibraryRows.AssertCertifiesNoMore(LibraryRows.Score(model, rows), graph, logitTolerance: 0);
        Assert.IsGreaterThan(500, graph.Count(row => row.Radii[0] == 0));
        Assert.IsGreaterThan(500, graph.Count(row => row.Radii[0] > 0));
    }

    [TestMethod]
    [DataRow(CertificateArithmetic.Float64)]
    [DataRow(CertificateArithmetic.Real)]
    public void Run_ValuesThatAreNotOrdinary_CertifyNothingWhereverTheyStand(CertificateArithmetic arithmetic)
    {
        GloroModel model = Identity().With(arithmetic);
        using var file = PortableFile.Of(model);
        foreach (float bad in new[]
        {
            float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, -3e38f, 1e35f, float.Epsilon, -1e-39f,
        })
        {
            bool denormal = Math.Abs(bad) < 1e-30f;
            float[][] rows =
            [
                .. Enumerable.Range(0, Classes)
                    .Select(slot => Enumerable.Range(0, Classes).Select(i => i == slot ? bad : 3f * i).ToArray()),
                [12, 3, 6, 9, 0],
            ];
            PortableRow[] library = LibraryRows.Score(model, rows), graph = file.Run(rows);
            LibraryRows.AssertCertifiesNoMore(library, graph, logitTolerance: 0);
            foreach (PortableRow row in graph[..^1])
            {
                Assert.IsFalse(row.IsCertified, $"{bad}");
                Assert.AreEqual(0, row.Radius + row.Radii.Sum() + row.Mask.Length, $"{bad}");
                Assert.AreEqual(denormal, row.Predicted >= 0, $"{bad}");
                Assert.AreEqual(denormal, row.Order.All(index => index >= 0), $"{bad}");
                Assert.IsTrue(denormal || (row.Logits.All(float.IsNaN) && row.Scores.All(float.IsNaN)), $"{bad}");
            }

            Assert.IsTrue(graph[^1].IsCertified, "A row is certified whatever stands beside it in the batch.");
            Assert.AreEqual(0, graph[^1].Predicted);
        }
    }

    [TestMethod]
    public void Run_PixelsOutsideOfTheRange_AreScoredAndNotCertified()
    {
        GloroModel model = TestModels.Image().With(RobustnessGuarantee.RelaxedTopK(4), 0);
        int size = model.Network.InputShape.Size;
        using var file = PortableFile.Of(model);
        float[] ordinary = [.. Enumerable.Range(0, size).Select(i => i % 7 / 6f)];
        Assert.IsTrue(file.Run([ordinary])[0].IsCertified);
        foreach (float bad in new[] { -1e-7f, MathF.BitIncrement(1), 255, 1e-40f })
        {
            foreach (int slot in new[] { 0, size / 2, size - 1 })
            {
                PortableRow row = file.Run([[.. ordinary.Select((x, i) => i == slot ? bad : x)]])[0];
                Assert.IsFalse(row.IsCertified);
                Assert.AreEqual(0, row.Radii.Sum());
                Assert.IsGreaterThanOrEqualTo(0, row.Predicted);
            }
        }
    }

    [TestMethod]
    [DataRow(CertificateArithmetic.Float64)]
    [DataRow(CertificateArithmetic.Real)]
    public void Run_OverflowThatReLUWouldHide_CertifiesNothing(CertificateArithmetic arithmetic)
    {
        // In single precision the second layer computes ∞ − ∞, and ReLU makes 0 of it: finite logits of an input that nothing is known
        // about.
        var network = new DeployedNetwork(TensorShape.Vector(2), [
            new DeployedDense([1e30f, 0, 0, 1e30f], [0, 0], 2, 2),
            new DeployedDense([1, -1, 0, 0], [0, 1], 2, 2),
            new DeployedActivation(ActivationFunction.ReLU),
            new DeployedDense([0, 1, 1, 0], [0, 0], 2, 2)]);
        GloroModel model = TestModels.Create(network, RobustnessGuarantee.Local, 0, isImage: false).With(arithmetic);
        using var file = PortableFile.Of(model);
        PortableRow row = file.Run([[1e10f, 1e10f]])[0];
        Assert.AreEqual((-1L, 0f, false), (row.Predicted, row.Radius, row.IsCertified));
        Assert.IsTrue(row.Logits.All(float.IsNaN));
    }

    [TestMethod]
    public void Run_ClassesWithEqualRows_AreNeverToldApart()
    {
        // K_ij = 0: whatever the input, both logits are equal, and no set that parts them is certified.
        var network = new DeployedNetwork(TensorShape.Vector(2), [new DeployedDense([1, 2, 1, 2, -1, 0], [0, 0, 0], 2, 3)]);
        GloroModel model = TestModels.Create(network, RobustnessGuarantee.RelaxedTopK(2), 0.1f, isImage: false);
        using var file = PortableFile.Of(model);
        float[][] rows = [[3, 4], [0, 0], [-1, -2]];
        PortableRow[] graph = file.Run(rows);
        LibraryRows.AssertCertifiesNoMore(LibraryRows.Score(model, rows), graph);
        Assert.IsTrue(graph[0].Radii[0] == 0 && graph[0].Radii[1] > 0);
    }

    private static GloroModel Identity()
    {
        var weights = new float[Classes * Classes];
        for (int i = 0; i < Classes; i++)
            weights[i * (Classes + 1)] = 1;
        return TestModels.Create(
            new DeployedNetwork(TensorShape.Vector(Classes), [new DeployedDense(weights, new float[Classes], Classes, Classes)]),
            RobustnessGuarantee.RelaxedTopK(4),
            0.5f,
            isImage: false);
    }
}
