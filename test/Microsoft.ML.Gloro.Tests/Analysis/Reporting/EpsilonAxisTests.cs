using Microsoft.ML.Gloro.Analysis;

namespace Microsoft.ML.Gloro.Tests.Analysis;

[TestClass]
public sealed class EpsilonAxisTests
{
    [TestMethod]
    public void Create_AnyEnd_HasFewRoundTicksAndManyProbes()
    {
        var random = new Random(1);
        for (int trial = 0; trial < 500; trial++)
        {
            double end = Math.Pow(10, (6 * random.NextDouble()) - 3);
            EpsilonAxis axis = EpsilonAxis.Create(end, isImage: trial % 2 == 0, isExact: trial % 3 == 0, inTolerances: false);
            Assert.IsGreaterThanOrEqualTo(end, axis.Limit);
            Assert.IsGreaterThanOrEqualTo(3, axis.Ticks.Count, $"{end}");
            Assert.IsLessThanOrEqualTo(6, axis.Ticks.Count, $"{end}");
            Assert.IsGreaterThanOrEqualTo(axis.Limit * 255 < 24 && axis.IsImage ? 2 : 19, axis.Probes.Count, $"{end}");
            Assert.IsLessThanOrEqualTo(49, axis.Probes.Count, $"{end}");
            foreach (string text in axis.Ticks.Select(tick => tick.Text).Concat(axis.Probes.Select(probe => probe.Text)))
            {
                if (text.EndsWith("/255", StringComparison.Ordinal))
                {
                    int levels = int.Parse(text[..^4], System.Globalization.CultureInfo.InvariantCulture);
                    Assert.IsLessThanOrEqualTo(255, levels, "ε above 1 is a decimal number");
                }
            }
        }
    }

    [TestMethod]
    public void Create_ImagesBelowOne_HasTicksIn255thsAndProbesAtThem()
    {
        EpsilonAxis axis = EpsilonAxis.Create(144 / 255.0, isImage: true, isExact: false, inTolerances: false);
        Assert.AreEqual("0, 36/255, 72/255, 108/255, 144/255", string.Join(", ", axis.Ticks.Select(tick => tick.Text)));
        Assert.AreEqual("0.141", axis.Ticks[1].Below);
        Assert.IsTrue(axis.Probes.Any(probe => probe.Text == "36/255" && (float)probe.Epsilon == 36f / 255));
    }

    [TestMethod]
    [DataRow(36f / 255, "36/255", "36/255 ≈ 0.141")]
    [DataRow(1f, "1", "1")]
    [DataRow(7158f / 255, "28.0706", "28.0706")]
    [DataRow(0.12f, "0.12", "0.12")]
    public void Epsilon_AboveOne_IsADecimalNumber(float epsilon, string text, string full)
    {
        Assert.AreEqual(text, ReportNumbers.Epsilon(epsilon));
        Assert.AreEqual(full, ReportNumbers.EpsilonInFull(epsilon));
    }
}
