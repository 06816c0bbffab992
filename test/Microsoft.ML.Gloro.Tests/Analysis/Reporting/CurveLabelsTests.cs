using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.ML.Gloro.Analysis;

namespace Microsoft.ML.Gloro.Tests.Analysis;

[TestClass]
public sealed class CurveLabelsTests
{
    [TestMethod]
    public void Add_CurvesThatFall_NamesStandBesideThemAndOverNone()
    {
        var random = new Random(3);
        for (int trial = 0; trial < 60; trial++)
        {
            const int width = 390, height = 276;
            ChartCurve[] curves =
            [
                .. Enumerable.Range(0, 4).Select(i =>
                {
                    double reach = 0.2 + (0.3 * random.NextDouble());
                    float[] radii =
                        [.. Enumerable.Range(0, 300).Select(_ => (float)(reach * (random.NextDouble() + random.NextDouble())))];
                    return new ChartCurve($"RT{i}", new("c"), "", new CertifiedAccuracyCurve(RobustnessGuarantee.Local, radii), 0.5);
                }),
            ];
            EpsilonAxis axis = EpsilonAxis.Create(1.4, isImage: false, isExact: true, inTolerances: false);
            var page = new HtmlText();
            CurveLabels.Add(page, new("", curves, trial % 2 == 0 ? [] : [("clean accuracy", 0.9)]), axis, width, height);

            MatchCollection swatches = Regex.Matches(page.ToRaw().Html, "class=\"line c\"[^>]*d=\"M([0-9.]+) ([0-9.]+)h");
            Assert.HasCount(4, swatches);
            foreach (Match swatch in swatches)
            {
                double left = Number(swatch.Groups[1]), y = Number(swatch.Groups[2]), nearest = double.PositiveInfinity;
                foreach (ChartCurve curve in curves)
                {
                    // Where the curve is at the heights of the letters.
                    for (double at = y - 8; at <= y + 8; at++)
                    {
                        double x = width * curve.Where(1 - (at / height)) / axis.Limit;
                        Assert.IsLessThan(left, x, "a curve runs through a name");
                        nearest = Math.Min(nearest, left - x);
                    }
                }

                Assert.IsLessThan(20, nearest, "a name stands away from the curves");
            }
        }

        static double Number(Group group) => double.Parse(group.Value, CultureInfo.InvariantCulture);
    }
}
