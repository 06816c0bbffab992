using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.ML.Gloro.Analysis;

namespace Microsoft.ML.Gloro.Tests.Analysis;

[TestClass]
public sealed class StepPathTests
{
    [TestMethod]
    public void Draw_FewSteps_AreWhereTheRadiiAre()
    {
        // Four rows; at 0 one is lost, at 0.25 two at once, at 2, which is beyond the limit, the last.
        Assert.AreEqual("M0 600h1000v1200h3000", StepPath.Draw([0, 0.25f, 0.25f, 2], 1));
        Assert.AreEqual("M0 0h4000v2400", StepPath.Draw([1], 1));
        Assert.AreEqual("M0 2400h4000", StepPath.Draw([0, 0], 1));
    }

    [TestMethod]
    [DataRow(10)]
    [DataRow(700)]
    [DataRow(20000)]
    public void Draw_ManyRadii_IsTheTruthToHalfAUnit(int rows)
    {
        var random = new Random(rows);
        float[] radii =
            [.. Enumerable.Range(0, rows).Select(_ => random.Next(10) == 0 ? 0 : (float)Math.Pow(random.NextDouble(), 2) * 1.2f).Order()];
        string path = StepPath.Draw(radii, 1);
        int[] drawn = Columns(path);
        for (int x = 0; x <= StepPath.Width; x++)
        {
            // Between two units nothing is left to choose: what was lost by the unit's end is what is drawn behind it.
            double epsilon = (x + 0.5) / StepPath.Width;
            double share = (double)radii.Count(radius => radius > epsilon) / rows;
            Assert.AreEqual(StepPath.Height * (1 - share), drawn[x], 0.5001, $"behind unit {x}");
        }

        Assert.IsLessThan(35_000, path.Length, "however many rows there are");
    }

    // The height behind each unit across.
    private static int[] Columns(string path)
    {
        var heights = new int[StepPath.Width + 1];
        int x = 0, y = int.Parse(Regex.Match(path, @"^M0 (\d+)").Groups[1].Value, CultureInfo.InvariantCulture);
        Array.Fill(heights, y);
        foreach (Match step in Regex.Matches(path, @"([hv])(-?\d+)"))
        {
            int by = int.Parse(step.Groups[2].Value, CultureInfo.InvariantCulture);
            (x, y) = step.Groups[1].Value == "h" ? (x + by, y) : (x, y + by);
            Array.Fill(heights, y, x, heights.Length - x);
        }

        Assert.AreEqual(StepPath.Width, x);
        return heights;
    }
}
