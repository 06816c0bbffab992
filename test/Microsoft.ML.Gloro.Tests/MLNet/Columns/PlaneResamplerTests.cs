using Microsoft.ML.Gloro.MLNet;

namespace Microsoft.ML.Gloro.Tests.MLNet;

[TestClass]
public sealed class PlaneResamplerTests
{
    [TestMethod]
    public void Resize_ConstantImage_StaysConstant()
    {
        var random = new Random(1);
        foreach (byte value in new byte[] { 0, 1, 127, 254, 255 })
        {
            for (int i = 0; i < 30; i++)
            {
                int width = random.Next(1, 40), height = random.Next(1, 40), toWidth = random.Next(1, 40), toHeight = random.Next(1, 40);
                var destination = new byte[toWidth * toHeight];
                new PlaneResampler(toWidth, toHeight)
                    .Resize(Enumerable.Repeat(value, width * height).ToArray(), width, height, destination);
                Assert.IsTrue(destination.All(b => b == value), $"{width}×{height} → {toWidth}×{toHeight}");
            }
        }
    }

    [TestMethod]
    public void Resize_SameSize_IsTheIdentity()
    {
        var source = new byte[35];
        new Random(2).NextBytes(source);
        var destination = new byte[35];
        new PlaneResampler(7, 5).Resize(source, 7, 5, destination);
        CollectionAssert.AreEqual(source, destination);
    }

    [TestMethod]
    public void Resize_Anything_IsTheTriangleFilterToARoundingStep()
    {
        var random = new Random(3);
        for (int i = 0; i < 40; i++)
        {
            int width = random.Next(1, 25), height = random.Next(1, 25), toWidth = random.Next(1, 25), toHeight = random.Next(1, 25);
            var source = new byte[width * height];
            random.NextBytes(source);
            var destination = new byte[toWidth * toHeight];
            new PlaneResampler(toWidth, toHeight).Resize(source, width, height, destination);
            for (int y = 0; y < toHeight; y++)
            {
                for (int x = 0; x < toWidth; x++)
                {
                    double expected = 0;
                    double[] rows = Weights(y, height, toHeight), columns = Weights(x, width, toWidth);
                    for (int v = 0; v < height; v++)
                    {
                        for (int u = 0; u < width; u++)
                            expected += rows[v] * columns[u] * source[(v * width) + u];
                    }

                    Assert.AreEqual(expected, destination[(y * toWidth) + x], 1.01, $"{width}×{height} → {toWidth}×{toHeight} at {x},{y}");
                }
            }
        }
    }

    [TestMethod]
    public void Resize_KnownImages_GivesTheseBytes()
    {
        // Halving has the weights 1 : 3 : 3 : 1; at the ends one is missing and the others are renormalised.
        var destination = new byte[2];
        new PlaneResampler(2, 1).Resize([0, 80, 160, 240], 4, 1, destination);
        CollectionAssert.AreEqual(new byte[] { 57, 183 }, destination);
        var larger = new byte[4];
        new PlaneResampler(4, 1).Resize([0, 200], 2, 1, larger);
        CollectionAssert.AreEqual(new byte[] { 0, 50, 150, 200 }, larger);
    }

    [TestMethod]
    public void Resize_ChangingSizes_UsesTheRightFilter()
    {
        var resampler = new PlaneResampler(3, 3);
        var random = new Random(4);
        foreach (int size in new[] { 9, 4, 9, 1, 20 })
        {
            var source = new byte[size * (size + 1)];
            random.NextBytes(source);
            byte[] reused = new byte[9], fresh = new byte[9];
            resampler.Resize(source, size, size + 1, reused);
            new PlaneResampler(3, 3).Resize(source, size, size + 1, fresh);
            CollectionAssert.AreEqual(fresh, reused);
        }
    }

    private static double[] Weights(int position, int source, int target)
    {
        double scale = (double)source / target, support = Math.Max(1, scale), center = (position + 0.5) * scale;
        double[] weights = [.. Enumerable.Range(0, source).Select(j => Math.Max(0, 1 - (Math.Abs(j + 0.5 - center) / support)))];
        return [.. weights.Select(w => w / weights.Sum())];
    }
}
