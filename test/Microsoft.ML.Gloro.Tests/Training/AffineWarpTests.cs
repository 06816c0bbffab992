using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Training;

namespace Microsoft.ML.Gloro.Tests.Training;

[TestClass]
public sealed class AffineWarpTests
{
    [TestMethod]
    [DataRow(5)]
    [DataRow(6)]
    public void Apply_QuarterTurns_AreExact(int n)
    {
        var shape = new TensorShape(3, n, n);
        byte[] image = TestPixels.Random(shape, 1);
        byte[] Turned(double degrees) => Warp(shape, image, AffineMap.Rotation(degrees), TestPixels.Mirror);
        byte[] Expected(Func<int, int, (int Row, int Column)> source) =>
        [
            .. from c in Enumerable.Range(0, 3)
               from row in Enumerable.Range(0, n)
               from column in Enumerable.Range(0, n)
               let s = source(row, column)
               select image[(c * n * n) + (s.Row * n) + s.Column]
        ];
        CollectionAssert.AreEqual(Expected((r, c) => (c, n - 1 - r)), Turned(90));
        CollectionAssert.AreEqual(Expected((r, c) => (n - 1 - r, n - 1 - c)), Turned(180));
        CollectionAssert.AreEqual(Expected((r, c) => (n - 1 - c, r)), Turned(-90));
        CollectionAssert.AreEqual(image, Turned(0));
        CollectionAssert.AreEqual(image, Turned(360));
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Apply_WholeShift_IsExact(bool mirrored)
    {
        var shape = new TensorShape(2, 5, 7);
        byte[] image = TestPixels.Random(shape, 2);
        var border = new ImageBorder(mirrored, [11, 22]);
        foreach (var (dx, dy) in new[] { (0, 1), (-2, 0), (3, -4), (6, 4), (-9, 0), (0, 30) })
        {
            byte[] shifted = Warp(shape, image, AffineMap.Translation(dx, dy), border);
            for (int i = 0; i < image.Length; i++)
                Assert.AreEqual(Pixel(image, shape, i / 35, (i % 7) + dx, (i % 35 / 7) + dy, border), shifted[i], $"{dx}, {dy}: {i}");
        }
    }

    [TestMethod]
    public void Apply_AnyMap_IsBilinearInterpolation()
    {
        var random = new Random(3);
        double worst = 0;
        foreach (var shape in new[]
        {
            new TensorShape(3, 16, 16), new TensorShape(1, 9, 23), new TensorShape(1, 1, 8), new TensorShape(2, 7, 1),
            new TensorShape(1, 1, 1),
        })
        {
            byte[] image = TestPixels.Random(shape, 4);
            for (int i = 0; i < 30; i++)
            {
                var border = new ImageBorder(i % 2 == 0, [40, 50, 60]);
                var map = AffineMap.ShearTurnZoom(random.NextDouble() - 0.5, 360 * random.NextDouble(), 0.5 + random.NextDouble());
                map = map with { ShiftX = 4 * random.NextDouble(), ShiftY = -3 * random.NextDouble() };
                byte[] warped = Warp(shape, image, map, border);
                for (int at = 0; at < warped.Length; at++)
                    worst = Math.Max(worst, Math.Abs(Bilinear(image, shape, at, map, border) - warped[at]));
            }
        }

        // Rounding by a half, and weights that are cut to a 256th: 255 / 256 in each direction.
        Assert.IsLessThan(2.6, worst);
    }

    [TestMethod]
    public void ShearTurnZoom_OneAtATime_IsTheMatrix()
    {
        Assert.AreEqual(AffineMap.Identity, AffineMap.ShearTurnZoom(0, 0, 1));
        Assert.AreEqual(new AffineMap(1, 0.25, 0, 1), AffineMap.ShearTurnZoom(0.25, 0, 1));
        Assert.AreEqual(new AffineMap(0.5, 0, 0, 0.5), AffineMap.ShearTurnZoom(0, 0, 2), "twice as large: pixels come from half as far");
        Assert.AreEqual(AffineMap.Rotation(30), AffineMap.ShearTurnZoom(0, 30, 1));
        var all = AffineMap.ShearTurnZoom(0.25, 30, 2);
        Assert.AreEqual(0.25, (all.XX * all.YY) - (all.XY * all.YX), 1e-12, "a shear and a turn keep areas");
    }

    private static byte[] Warp(TensorShape shape, byte[] image, AffineMap map, ImageBorder border) =>
        TestPixels.Apply(shape, image, (ref PixelBuffer buffer) => AffineWarp.Apply(ref buffer, map, border));

    private static double Bilinear(byte[] image, TensorShape shape, int at, AffineMap map, ImageBorder border)
    {
        int plane = shape.Height * shape.Width, c = at / plane;
        double centerX = (shape.Width - 1) / 2.0, centerY = (shape.Height - 1) / 2.0;
        double x = (at % shape.Width) - centerX, y = (at % plane / shape.Width) - centerY;
        double fromX = (map.XX * x) + (map.XY * y) + map.ShiftX + centerX, fromY = (map.YX * x) + (map.YY * y) + map.ShiftY + centerY;
        int left = (int)Math.Floor(fromX), top = (int)Math.Floor(fromY);
        double right = fromX - left, bottom = fromY - top;
        return ((1 - right) * (1 - bottom) * Pixel(image, shape, c, left, top, border))
            + (right * (1 - bottom) * Pixel(image, shape, c, left + 1, top, border))
            + ((1 - right) * bottom * Pixel(image, shape, c, left, top + 1, border))
                + (right * bottom * Pixel(image, shape, c, left + 1, top + 1, border));
    }

    // Mirrored step by step rather than by a remainder.
    private static byte Pixel(byte[] image, TensorShape shape, int channel, int x, int y, ImageBorder border)
    {
        bool outside = x < 0 || y < 0 || x >= shape.Width || y >= shape.Height;
        if (outside && border.Source(-1, 5) == ImageBorder.Outside)
            return border.Color[channel];
        return image[(((channel * shape.Height) + Fold(y, shape.Height)) * shape.Width) + Fold(x, shape.Width)];

        static int Fold(int i, int length)
        {
            while (length > 1 && (i < 0 || i >= length))
                i = i < 0 ? -i : (2 * (length - 1)) - i;
            return length == 1 ? 0 : i;
        }
    }
}
