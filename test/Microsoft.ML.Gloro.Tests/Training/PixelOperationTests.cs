using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Training;

namespace Microsoft.ML.Gloro.Tests.Training;

/// <summary>Changes of color and sharpness against their formulas, in double, value by value.</summary>
[TestClass]
public sealed class PixelOperationTests
{
    private static readonly TensorShape s_shape = new(3, 10, 12);
    private static readonly byte[] s_image = TestPixels.Random(s_shape, 1);

    private static readonly double[] s_luma = [0.299, 0.587, 0.114];

    [TestMethod]
    [DataRow(0.0)]
    [DataRow(0.37)]
    [DataRow(1.0)]
    [DataRow(1.9)]
    public void Brightness_AnyFactor_MultipliesAndIsCutOff(double factor) =>
        AssertNear(i => factor * s_image[i], (ref PixelBuffer image) => PixelTone.Brightness(ref image, factor));

    [TestMethod]
    [DataRow(0.0)]
    [DataRow(0.37)]
    [DataRow(1.0)]
    [DataRow(1.9)]
    public void Contrast_AnyFactor_IsTheDistanceFromTheMeanGrey(double factor)
    {
        double mean = Enumerable.Range(0, 360).Sum(i => s_luma[i / 120] * s_image[i]) / 120;
        AssertNear(i => mean + (factor * (s_image[i] - mean)), (ref PixelBuffer image) => PixelTone.Contrast(ref image, factor));
    }

    [TestMethod]
    [DataRow(0.0)]
    [DataRow(0.37)]
    [DataRow(1.0)]
    [DataRow(1.9)]
    public void Saturation_AnyFactor_IsTheDistanceFromThePixelsGrey(double factor) => AssertNear(
        i =>
        {
            double gray = Math.Round(Enumerable.Range(0, 3).Sum(c => s_luma[c] * s_image[(c * 120) + (i % 120)]));
            return gray + (factor * (s_image[i] - gray));
        },
        (ref PixelBuffer image) => PixelTone.Saturation(ref image, factor));

    [TestMethod]
    [DataRow(0.0)]
    [DataRow(0.37)]
    [DataRow(1.0)]
    [DataRow(1.9)]
    public void Sharpness_AnyFactor_IsTheDistanceFromTheSmoothedImage(double factor) => AssertNear(
        i =>
        {
            int row = i % 120 / 12, column = i % 12;
            if (row is 0 or 9 || column is 0 or 11)
                return s_image[i];
            double sum = 4 * s_image[i];
            for (int dy = -1; dy <= 1; dy++)
            {
                for (int dx = -1; dx <= 1; dx++)
                    sum += s_image[i + (12 * dy) + dx];
            }

            double smooth = Math.Round(sum / 13);
            return smooth + (factor * (s_image[i] - smooth));
        },
        (ref PixelBuffer image) => PixelSharpness.Apply(ref image, factor));

    [TestMethod]
    public void AutoContrast_EachChannel_IsStretchedToTheWholeRange()
    {
        byte[] image =
        [
            .. Enumerable.Range(0, 120).Select(i => (byte)(40 + (i % 81))), .. Enumerable.Range(0, 120).Select(i => (byte)(2 * i)),
            .. Enumerable.Repeat((byte)77, 120),
        ];
        byte[] stretched = TestPixels.Apply(s_shape, image, PixelTone.AutoContrast);
        for (int i = 0; i < 120; i++)
        {
            Assert.AreEqual((i % 81) * 255 / 80.0, stretched[i], 0.5001);
            Assert.AreEqual(i * 255 / 119.0, stretched[120 + i], 0.5001);
            Assert.AreEqual(77, stretched[240 + i], "one value has no contrast to stretch");
        }

        byte[] full = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        CollectionAssert.AreEqual(full, TestPixels.Apply(new TensorShape(1, 16, 16), full, PixelTone.AutoContrast));
    }

    [TestMethod]
    public void Equalize_EachChannel_IsPillowsFormula()
    {
        // Few values, many values, one value, and fewer pixels than steps.
        foreach (var (shape, from, to) in new[]
        {
            (new TensorShape(3, 40, 40), 0, 256), (new TensorShape(3, 40, 40), 90, 110), (new TensorShape(1, 30, 30), 5, 6),
            (new TensorShape(3, 4, 4), 0, 256),
        })
        {
            byte[] image = TestPixels.Random(shape, 3, from, to), equalized = TestPixels.Apply(shape, image, PixelTone.Equalize);
            int plane = shape.Height * shape.Width;
            for (int c = 0; c < shape.Channels; c++)
            {
                byte[] values = image[(c * plane)..((c + 1) * plane)];
                int step = values.Count(v => v != values.Max()) / 255;
                for (int i = 0; i < plane; i++)
                    Assert.AreEqual(
                        step == 0 ? values[i] : Math.Min(255, (values.Count(v => v < values[i]) + (step / 2)) / step),
                        equalized[(c * plane) + i]);
            }
        }
    }

    [TestMethod]
    public void Equalize_SkewedValues_BecomeEven()
    {
        var shape = new TensorShape(1, 64, 64);
        var random = new Random(1);
        byte[] image = [.. Enumerable.Range(0, 4096).Select(_ => (byte)(255 * Math.Pow(random.NextDouble(), 3)))];
        byte[] equalized = TestPixels.Apply(shape, image, PixelTone.Equalize);
        Assert.IsLessThan(80, image.Average(b => b));
        Assert.AreEqual(127.5, equalized.Average(b => b), 6);
        Assert.AreEqual(255, equalized.Max());
    }

    [TestMethod]
    public void Posterize_Bits_KeepsTheHighest()
    {
        for (int bits = 1; bits <= 8; bits++)
        {
            int unit = 1 << (8 - bits);
            CollectionAssert.AreEqual(
                Array.ConvertAll(s_image, b => (byte)(b / unit * unit)),
                TestPixels.Apply(s_shape, s_image, (ref PixelBuffer image) => PixelTone.Posterize(ref image, bits)));
        }
    }

    [TestMethod]
    [DataRow(0.0)]
    [DataRow(100.5)]
    [DataRow(255.0)]
    [DataRow(256.0)]
    public void Solarize_Threshold_InvertsFromThere(double threshold) => CollectionAssert.AreEqual(
        Array.ConvertAll(s_image, b => b >= threshold ? (byte)(255 - b) : b), TestPixels.Apply(
            s_shape, s_image, (ref PixelBuffer image) => PixelTone.Solarize(ref image, threshold)));

    [TestMethod]
    public void Operations_OneChannel_HaveNoColor()
    {
        var shape = new TensorShape(1, 4, 4);
        byte[] image = TestPixels.Random(shape, 5);
        CollectionAssert.AreEqual(image, TestPixels.Apply(shape, image, (ref PixelBuffer b) => PixelTone.Saturation(ref b, 0)));
        byte mean = (byte)Math.Floor(image.Average(b => b) + 0.5);
        CollectionAssert.AreEqual(
            Enumerable.Repeat(mean, 16).ToArray(), TestPixels.Apply(shape, image, (ref PixelBuffer b) => PixelTone.Contrast(ref b, 0)));
    }

    // Within a rounding, and a hair for luma weights of 16 bits.
    private static void AssertNear(Func<int, double> expected, TestPixels.Operation operation)
    {
        byte[] changed = TestPixels.Apply(s_shape, s_image, operation);
        for (int i = 0; i < changed.Length; i++)
            Assert.AreEqual(Math.Clamp(expected(i), 0, 255), changed[i], 0.51, $"value {i}");
    }
}
