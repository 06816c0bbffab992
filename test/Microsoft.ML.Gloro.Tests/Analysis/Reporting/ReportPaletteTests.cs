using System.Globalization;
using Microsoft.ML.Gloro.Analysis;

namespace Microsoft.ML.Gloro.Tests.Analysis;

/// <summary>Colors that stand side by side can be told apart by everyone, on light and on dark pages.</summary>
[TestClass]
public sealed class ReportPaletteTests
{
    // How protanopia, deuteranopia and tritanopia change linear RGB (Machado, Oliveira and Fernandes 2009, severity 1), after full vision.
    private static readonly double[][] s_visions =
    [
        [1, 0, 0, 0, 1, 0, 0, 0, 1],
        [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
        [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881],
        [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.303900],
    ];

    [TestMethod]
    public void TopK_ThreeCurves_DifferForEveryVisionOnBothPages()
    {
        // CIE76: 2.3 is just noticeable, and lines of two pixels need much more.
        var colors = Enumerable.Range(0, 3).Select(i => ReportPalette.TopK(i, 3)).Append(ReportPalette.Affinity(0)).ToArray();
        AreApart(colors, atLeast: 20);
    }

    [TestMethod]
    public void Compared_TwoSides_DifferForEveryVisionOnBothPages() => AreApart([.. ReportPalette.Compared], atLeast: 60);

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(10)]
    public void TopK_AnyNumber_ContrastsWithThePage(int count)
    {
        for (int i = 0; i < count; i++)
        {
            var (light, dark) = ReportPalette.TopK(i, count);
            Assert.IsGreaterThanOrEqualTo(3, Contrast(light, ReportPalette.Page.Light), light);
            Assert.IsGreaterThanOrEqualTo(3, Contrast(dark, ReportPalette.Page.Dark), dark);
        }

        Assert.HasCount(count, Enumerable.Range(0, count).Select(i => ReportPalette.TopK(i, count)).Distinct().ToArray());
    }

    [TestMethod]
    public void Affinity_All_ContrastWithThePage()
    {
        for (int i = 0; i < 4; i++)
        {
            Assert.IsGreaterThanOrEqualTo(3, Contrast(ReportPalette.Affinity(i).Light, ReportPalette.Page.Light));
            Assert.IsGreaterThanOrEqualTo(3, Contrast(ReportPalette.Affinity(i).Dark, ReportPalette.Page.Dark));
        }
    }

    [TestMethod]
    public void Dash_ThreeCurves_DifferWithoutColor() =>
        Assert.HasCount(3, Enumerable.Range(0, 3).Select(ReportPalette.Dash).Distinct().ToArray());

    private static void AreApart((string Light, string Dark)[] colors, double atLeast)
    {
        for (int i = 0; i < colors.Length; i++)
        {
            for (int j = 0; j < i; j++)
            {
                foreach (double[] vision in s_visions)
                {
                    Assert.IsGreaterThanOrEqualTo(atLeast, Distance(colors[i].Light, colors[j].Light, vision), $"{i}, {j} on light");
                    Assert.IsGreaterThanOrEqualTo(atLeast, Distance(colors[i].Dark, colors[j].Dark, vision), $"{i}, {j} on dark");
                }
            }
        }
    }

    private static double Contrast(string one, string other)
    {
        double[] luminances =
            [.. new[] { one, other }.Select(Linear).Select(c => (0.2126 * c[0]) + (0.7152 * c[1]) + (0.0722 * c[2])).Order()];
        return (luminances[1] + 0.05) / (luminances[0] + 0.05);
    }

    private static double Distance(string one, string other, double[] vision)
    {
        double[] a = Lab(one, vision), b = Lab(other, vision);
        return Math.Sqrt(a.Zip(b, (x, y) => (x - y) * (x - y)).Sum());
    }

    private static double[] Linear(string color) =>
    [
        .. Enumerable.Range(0, 3)
            .Select(i => int.Parse(color.AsSpan(1 + (2 * i), 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 255.0)
            .Select(value => value <= 0.04045 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4)),
    ];

    private static double[] Lab(string color, double[] vision)
    {
        double[] rgb = Linear(color);
        double[] seen =
        [
            .. Enumerable.Range(0, 3).Select(i =>
                Math.Clamp((vision[3 * i] * rgb[0]) + (vision[(3 * i) + 1] * rgb[1]) + (vision[(3 * i) + 2] * rgb[2]), 0, 1)),
        ];
        double x = F(((0.4124564 * seen[0]) + (0.3575761 * seen[1]) + (0.1804375 * seen[2])) / 0.95047);
        double y = F((0.2126729 * seen[0]) + (0.7151522 * seen[1]) + (0.0721750 * seen[2]));
        double z = F(((0.0193339 * seen[0]) + (0.1191920 * seen[1]) + (0.9503041 * seen[2])) / 1.08883);
        return [(116 * y) - 16, 500 * (x - y), 200 * (y - z)];

        static double F(double t) => t > 216.0 / 24389 ? Math.Cbrt(t) : ((24389.0 / 27 * t) + 16) / 116;
    }
}
