using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Training;

namespace Microsoft.ML.Gloro.Tests.Training;

[TestClass]
public sealed class RandAugmentTests
{
    private static readonly TensorShape s_shape = new(3, 20, 24);
    private static readonly byte[] s_image = TestPixels.Random(s_shape, 1, 20, 240);

    [TestMethod]
    public void Apply_StrengthZero_ChangesNothingButWhatHasNoStrength()
    {
        foreach (var operation in Enum.GetValues<RandAugmentOperation>())
        {
            byte[] changed = Apply(operation, 0);
            Assert.AreEqual(
                operation is not (RandAugmentOperation.AutoContrast or RandAugmentOperation.Equalize),
                changed.SequenceEqual(s_image),
                $"{operation}");
        }

        byte[] white = [.. Enumerable.Repeat((byte)255, s_shape.Size)];
        CollectionAssert.AreEqual(
            white,
            TestPixels.Apply(
                s_shape,
                white,
                (ref PixelBuffer b) => RandAugmentPolicy.Apply(ref b, RandAugmentOperation.Solarize, 0, TestPixels.Mirror)));
    }

    [TestMethod]
    public void Apply_FullStrength_IsWhatTheOptionsSay()
    {
        static void Is(TestPixels.Operation expected, RandAugmentOperation operation, double strength) =>
            CollectionAssert.AreEqual(TestPixels.Apply(s_shape, s_image, expected), Apply(operation, strength), $"{operation} {strength}");

        foreach (int sign in new[] { 1, -1 })
        {
            double factor = 1 + (0.9 * sign);
            Is((ref PixelBuffer b) => PixelTone.Brightness(ref b, factor), RandAugmentOperation.Brightness, sign);
            Is((ref PixelBuffer b) => PixelTone.Contrast(ref b, factor), RandAugmentOperation.Contrast, sign);
            Is((ref PixelBuffer b) => PixelTone.Saturation(ref b, factor), RandAugmentOperation.Color, sign);
            Is((ref PixelBuffer b) => PixelSharpness.Apply(ref b, factor), RandAugmentOperation.Sharpness, sign);
            Is((ref PixelBuffer b) => PixelTone.Posterize(ref b, 4), RandAugmentOperation.Posterize, sign);
            Is((ref PixelBuffer b) => PixelTone.Solarize(ref b, 0), RandAugmentOperation.Solarize, sign);
            Is(
                (ref PixelBuffer b) => AffineWarp.Apply(ref b, AffineMap.Rotation(30 * sign), TestPixels.Mirror),
                RandAugmentOperation.Rotate,
                sign);
            Is(
                (ref PixelBuffer b) => AffineWarp.Apply(ref b, new AffineMap(1, 0.3 * sign, 0, 1), TestPixels.Mirror),
                RandAugmentOperation.ShearX,
                sign);
            Is(
                (ref PixelBuffer b) => AffineWarp.Apply(ref b, new AffineMap(1, 0, 0.3 * sign, 1), TestPixels.Mirror),
                RandAugmentOperation.ShearY,
                sign);
            // 24·150/331 = 10.9.
            Is(
                (ref PixelBuffer b) => AffineWarp.Apply(ref b, AffineMap.Translation(11 * sign, 0), TestPixels.Mirror),
                RandAugmentOperation.TranslateX,
                sign);
            Is(
                (ref PixelBuffer b) => AffineWarp.Apply(ref b, AffineMap.Translation(0, 9 * sign), TestPixels.Mirror),
                RandAugmentOperation.TranslateY,
                sign);
        }

        Is((ref PixelBuffer _) => { }, RandAugmentOperation.Identity, 1);
        Is(PixelTone.AutoContrast, RandAugmentOperation.AutoContrast, 1);
        Is(PixelTone.Equalize, RandAugmentOperation.Equalize, 1);
        Is((ref PixelBuffer b) => PixelTone.Posterize(ref b, 7), RandAugmentOperation.Posterize, 9 / 30.0);
        Is((ref PixelBuffer b) => PixelTone.Solarize(ref b, 179.2), RandAugmentOperation.Solarize, 9 / 30.0);
    }

    [TestMethod]
    public void Apply_OneDrawnOperation_IsEachOfTheListAsOften()
    {
        // Results name the operation and its sign; those without a sign and without effect share one.
        var names = new Dictionary<string, string>();
        foreach (var operation in Enum.GetValues<RandAugmentOperation>())
        {
            foreach (int sign in new[] { 1, -1 })
                names[Convert.ToHexString(Apply(operation, sign * 0.5))] =
                    $"{operation}{(Apply(operation, 0.5).SequenceEqual(Apply(operation, -0.5)) ? "" : sign)}";
        }

        Assert.HasCount(14 + 9, names, "nine of fourteen have a sign");
        var options = new GloroRandAugmentOptions { Operations = 1, Magnitude = 15 };
        var seen = new Dictionary<string, int>();
        for (int seed = 0; seed < 2800; seed++)
        {
            byte[] pixels = TestPixels.Apply(
                s_shape, s_image, (ref PixelBuffer b) => RandAugmentPolicy.Apply(ref b, options, TestPixels.Mirror, new Random(seed)));
            string name = names[Convert.ToHexString(pixels)];
            seen[name] = seen.GetValueOrDefault(name) + 1;
        }

        foreach (string name in names.Values)
            Assert.AreEqual(name.EndsWith('1') ? 100 : 200, seen[name], name.EndsWith('1') ? 40 : 60, name);
    }

    [TestMethod]
    public void Apply_SeveralOperations_FollowEachOther()
    {
        var one = new GloroRandAugmentOptions { Operations = 1, Magnitude = 20 };
        var three = new GloroRandAugmentOptions { Operations = 3, Magnitude = 20 };
        for (int seed = 0; seed < 50; seed++)
        {
            byte[] together = TestPixels.Apply(
                s_shape, s_image, (ref PixelBuffer b) => RandAugmentPolicy.Apply(ref b, three, TestPixels.Mirror, new Random(seed)));
            var random = new Random(seed);
            byte[] singly = s_image;
            for (int n = 0; n < 3; n++)
                singly = TestPixels.Apply(
                    s_shape, singly, (ref PixelBuffer b) => RandAugmentPolicy.Apply(ref b, one, TestPixels.Mirror, random));
            CollectionAssert.AreEqual(singly, together);
        }
    }

    private static byte[] Apply(RandAugmentOperation operation, double strength) =>
        TestPixels.Apply(
            s_shape, s_image, (ref PixelBuffer image) => RandAugmentPolicy.Apply(ref image, operation, strength, TestPixels.Mirror));
}
