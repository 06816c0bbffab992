namespace Microsoft.ML.Gloro.Tests.Analysis;

[TestClass]
public sealed class CertifiedAccuracyCurveTests
{
    [TestMethod]
    public void Points_RepeatedRadii_AreTheExactSteps()
    {
        var curve = new CertifiedAccuracyCurve(RobustnessGuarantee.Local, [0.5f, 0f, 2f, 0.5f]);

        CertifiedAccuracyPoint[] expected = [new(0, 0.75), new(0.5f, 0.25), new(2, 0)];
        CollectionAssert.AreEqual(expected, curve.Points.ToArray());
        Assert.AreEqual(0.75, curve.Area);
    }

    [TestMethod]
    public void At_JustBeforeAndOnAStep_IsStrict()
    {
        var curve = new CertifiedAccuracyCurve(RobustnessGuarantee.Local, [0.5f, 0f, 2f, 0.5f]);

        Assert.AreEqual(0.75, curve.At(0));
        Assert.AreEqual(0.75, curve.At(float.BitDecrement(0.5f)));
        Assert.AreEqual(0.25, curve.At(0.5f));
        Assert.AreEqual(0, curve.At(2));
        Assert.AreEqual(0, curve.At(float.MaxValue));
    }

    [TestMethod]
    public void Points_NothingCertified_AreOnePointAtZero()
    {
        var curve = new CertifiedAccuracyCurve(RobustnessGuarantee.Local, [0f, 0f]);

        CertifiedAccuracyPoint[] expected = [new(0, 0)];
        CollectionAssert.AreEqual(expected, curve.Points.ToArray());
    }

    [TestMethod]
    public void Points_RandomRadii_AgreeWithAtAndWithTheArea()
    {
        var random = new Random(2);
        float[] radii = [.. Enumerable.Range(0, 500).Select(_ => random.Next(3) == 0 ? 0 : random.Next(100) / 64f)];
        var curve = new CertifiedAccuracyCurve(RobustnessGuarantee.Local, (float[])radii.Clone());

        double area = 0;
        for (int i = 0; i < curve.Points.Count; i++)
        {
            CertifiedAccuracyPoint point = curve.Points[i];
            Assert.AreEqual(radii.Count(r => r > point.Epsilon) / 500.0, point.VerifiedRobustAccuracy);
            Assert.AreEqual(point.VerifiedRobustAccuracy, curve.At(point.Epsilon));
            if (i + 1 < curve.Points.Count)
                area += point.VerifiedRobustAccuracy * (curve.Points[i + 1].Epsilon - point.Epsilon);
        }

        Assert.AreEqual(area, curve.Area, 1e-9);
    }
}
