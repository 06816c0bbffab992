using Microsoft.ML.Gloro.Analysis;

namespace Microsoft.ML.Gloro.Tests.Analysis;

[TestClass]
public sealed class DistanceTests
{
    [TestMethod]
    public void Upper_KnownDistance_IsNotBelowIt()
    {
        Assert.AreEqual(5, Distance.Upper([0, 3], [4, 0]), 1e-14);
        Assert.IsGreaterThanOrEqualTo(5, Distance.Upper([0, 3], [4, 0]));
        Assert.AreEqual(0, Distance.Upper([1, 2], [1, 2]));
        Assert.IsGreaterThan(0, Distance.Upper([0f], [float.Epsilon]));
    }

    [TestMethod]
    public void Pull_FromOutside_EndsJustWithin()
    {
        var random = new Random(1);
        for (int i = 0; i < 200; i++)
        {
            float[] center = [.. Enumerable.Range(0, 50).Select(_ => random.NextSingle())],
                changed = [.. center.Select(c => c + random.NextSingle() - 0.5f)];
            double radius = 0.3 * random.NextDouble();
            double distance = Distance.Pull(center, changed, radius);
            Assert.AreEqual(distance, Distance.Upper(center, changed));
            Assert.IsLessThan(radius, distance);
            Assert.IsGreaterThan(radius * (1 - 1e-3), distance + 1e-6);
        }
    }

    [TestMethod]
    public void Pull_RadiusSmallerThanALastBitOrNothingFinite_EndsAtTheCenter()
    {
        float[] center = [1, 1], changed = [2, 0];
        Assert.AreEqual(0, Distance.Pull(center, changed, 1e-12));
        CollectionAssert.AreEqual(center, changed);
        changed = [float.NaN, 1];
        Assert.AreEqual(0, Distance.Pull(center, changed, 1));
        CollectionAssert.AreEqual(center, changed);
    }
}
