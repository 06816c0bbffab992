using Microsoft.ML.Gloro.Training;

namespace Microsoft.ML.Gloro.Tests.Training;

[TestClass]
public sealed class ScheduleTests
{
    [TestMethod]
    public void HalfThenFlatAndWarmUpCosine_AnyStep_HaveTheBitsOfTheirFormulas()
    {
        // Training must give the same bytes as with these formulas, which were all there was at first.
        var random = new Random(1);
        for (int n = 0; n < 20; n++)
        {
            double start = random.NextDouble(), end = random.NextDouble() * 3, warmUp = n == 0 ? 0 : n == 1 ? 1 : random.NextDouble() * 0.3;
            Schedule half = Schedule.HalfThenFlat(start, end), cosine = Schedule.WarmUpCosine(end, warmUp);
            for (int step = 0; step <= 1000; step++)
            {
                double t = step / 1000.0;
                Assert.AreEqual(start + ((end - start) * Math.Min(1, 2 * t)), half.At(t));
                double expected = t < warmUp
                    ? end * t / warmUp
                    : end * 0.5 * (1 + Math.Cos(Math.PI * (t - warmUp) / Math.Max(1e-9, 1 - warmUp)));
                Assert.AreEqual(expected, cosine.At(t), $"{end}, {warmUp}, {t}");
            }
        }
    }

    [TestMethod]
    public void Schedules_BeginningMiddleAndEnd_AreOnTheirCurves()
    {
        AssertCurve(new ConstantSchedule(3), 3, 3, 3);
        AssertCurve(new LinearSchedule(1, 4), 1, 2.5, 4);
        AssertCurve(new LinearSchedule(-8, -2), -8, -5, -2);
        AssertCurve(new CosineSchedule(4, 1), 4, 2.5, 1);
        Assert.AreEqual(1 + (3 * 0.5 * (1 + Math.Cos(Math.PI / 4))), new CosineSchedule(4, 1).At(0.25), 1e-12);
        AssertCurve(new EarlySchedule(0.25, new LinearSchedule(0, 8)), 0, 8, 8);
        Assert.AreEqual(4, new EarlySchedule(0.25, new LinearSchedule(0, 8)).At(0.125), 1e-12);
        AssertCurve(new WarmUpSchedule(0.5, new LinearSchedule(6, 2)), 0, 6, 2);
        Assert.AreEqual(4, new WarmUpSchedule(0.5, new LinearSchedule(6, 2)).At(0.75), 1e-12);
    }

    [TestMethod]
    public void HalfFlatThenClosing_EveryMoment_RisesStaysAndCloses()
    {
        Schedule schedule = Schedule.HalfFlatThenClosing(0.1, 2.1, 1.5), same = Schedule.HalfFlatThenClosing(0.1, 2.1, 2.1);
        foreach (var (moment, expected) in new[] { (0.0, 0.1), (0.25, 1.1), (0.5, 2.1), (0.79, 2.1), (0.8, 1.5), (0.9, 1.5), (1, 1.5) })
            Assert.AreEqual(expected, schedule.At(moment), 1e-12, $"{moment}");
        for (int step = 0; step <= 1000; step++)
            Assert.AreEqual(
                Schedule.HalfThenFlat(0.1, 2.1).At(step / 1000.0),
                same.At(step / 1000.0),
                1e-12,
                "Without a closing factor it is the schedule that there was.");
    }

    [TestMethod]
    public void Piecewise_EveryPart_RunsOverItsOwnTime()
    {
        var schedule = new PiecewiseSchedule(
            (0.25, new LinearSchedule(0, 1)), (0.5, new ConstantSchedule(7)), (1, new WarmUpSchedule(0.5, new LinearSchedule(4, 2))));
        double[] expected = [0, 0.5, 7, 7, 0, 2, 4, 3, 2];
        for (int n = 0; n < expected.Length; n++)
            Assert.AreEqual(expected[n], schedule.At(n / 8.0), 1e-12, $"{n}/8");
    }

    [TestMethod]
    public void Piecewise_WithinAWarmUp_IsSqueezedIntoTheRest()
    {
        var schedule = new WarmUpSchedule(0.2, new PiecewiseSchedule((0.5, new ConstantSchedule(5)), (1, new LinearSchedule(5, 1))));
        Assert.AreEqual(2.5, schedule.At(0.1), 1e-12);
        Assert.AreEqual(5, schedule.At(0.6), 1e-12);
        Assert.AreEqual(3, schedule.At(0.8), 1e-12);
        Assert.AreEqual(1, schedule.At(1), 1e-12);
    }

    [TestMethod]
    public void Equals_MadeAlike_AreEqual()
    {
        static Schedule Make(double end) =>
            new WarmUpSchedule(0.1, new PiecewiseSchedule((0.5, new LinearSchedule(1, 2)), (1, new CosineSchedule(2, end))));
        Assert.AreEqual(Make(1), Make(1));
        Assert.AreEqual(Make(1).GetHashCode(), Make(1).GetHashCode());
        Assert.AreNotEqual(Make(1), Make(0));
    }

    [TestMethod]
    public void Constructors_ImpossibleValues_SayWhy()
    {
        Assert.ThrowsExactly<ArgumentException>(() => new PiecewiseSchedule());
        Assert.ThrowsExactly<ArgumentException>(() => new PiecewiseSchedule((0.5, new ConstantSchedule(1))));
        Assert.ThrowsExactly<ArgumentException>(
            () => new PiecewiseSchedule((0.5, new ConstantSchedule(1)), (0.5, new ConstantSchedule(1)), (1, new ConstantSchedule(1))));
    }

    private static void AssertCurve(Schedule schedule, double beginning, double middle, double end)
    {
        Assert.AreEqual(beginning, schedule.At(0), 1e-12, $"{schedule} at 0");
        Assert.AreEqual(middle, schedule.At(0.5), 1e-12, $"{schedule} at 1/2");
        Assert.AreEqual(end, schedule.At(1), 1e-12, $"{schedule} at 1");
    }
}
