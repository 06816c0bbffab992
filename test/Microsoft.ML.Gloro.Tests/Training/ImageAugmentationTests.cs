using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Training;

namespace Microsoft.ML.Gloro.Tests.Training;

/// <summary>Maps from target to source pixels are compared with the dihedral group written out.</summary>
[TestClass]
public sealed class ImageAugmentationTests
{
    [TestMethod]
    public void ChangesImages_EachSettingAlone_IsTrueAndMixupIsNot()
    {
        Assert.IsFalse(GloroAugmentationOptions.None.ChangesImages);
        foreach (var change in new Action<GloroAugmentationOptions>[]
        {
            o => o.FlipHorizontally = true, o => o.FlipVertically = true, o => o.Rotate = true, o => o.MaximumShift = 1,
            o => o.Affine = new(), o => o.RandAugment = new(), o => o.ColorJitter = new(), o => o.CutoutSide = 2,
        })
        {
            var one = GloroAugmentationOptions.None;
            change(one);
            Assert.IsTrue(one.ChangesImages);
        }

        var mixup = GloroAugmentationOptions.None;
        mixup.MixupAlpha = 1;
        Assert.IsFalse(mixup.ChangesImages, "it does not change an image before it mixes it");
    }

    [TestMethod]
    public void Draw_NoOption_IsTheIdentity()
    {
        var drawn = Maps(new TensorShape(3, 5, 7), GloroAugmentationOptions.None, 50);
        CollectionAssert.AreEquivalent(new[] { Key(Map(5, 7, (r, c) => (r, c))) }, drawn.Keys.ToArray());
    }

    [TestMethod]
    public void Draw_FlipHorizontallyAlone_MirrorsHalfOfTheImages() =>
        AssertEvenly(
            new TensorShape(1, 4, 6),
            new() { FlipHorizontally = true, MaximumShift = 0 },
            Map(4, 6, (r, c) => (r, c)),
            Map(4, 6, (r, c) => (r, 5 - c)));

    [TestMethod]
    public void Draw_FlipVerticallyAlone_MirrorsHalfOfTheImages() =>
        AssertEvenly(
            new TensorShape(1, 4, 6),
            new() { FlipHorizontally = false, FlipVertically = true, MaximumShift = 0 },
            Map(4, 6, (r, c) => (r, c)),
            Map(4, 6, (r, c) => (3 - r, c)));

    [TestMethod]
    public void Draw_RotateAlone_GivesTheFourRotationsAndNoMirrorImage() =>
        AssertEvenly(new TensorShape(1, 5, 5), new() { FlipHorizontally = false, Rotate = true, MaximumShift = 0 }, Rotations(5));

    [TestMethod]
    public void Draw_RotateAloneNotSquare_TurnsByHalfOnly() =>
        AssertEvenly(
            new TensorShape(1, 4, 6),
            new() { FlipHorizontally = false, Rotate = true, MaximumShift = 0 },
            Map(4, 6, (r, c) => (r, c)),
            Map(4, 6, (r, c) => (3 - r, 5 - c)));

    [TestMethod]
    public void Draw_FlipsAndRotations_GiveExactlyTheDihedralGroup()
    {
        int[][] rotations = Rotations(5);
        int[][] group = [.. rotations, .. rotations.Select(r => Map(5, 5, (y, x) => (r[(y * 5) + 4 - x] / 5, r[(y * 5) + 4 - x] % 5)))];
        Assert.AreEqual(8, group.Select(Key).Distinct().Count());
        AssertEvenly(new TensorShape(1, 5, 5), new() { FlipVertically = true, Rotate = true, MaximumShift = 0 }, group);
    }

    [TestMethod]
    public void Draw_ShiftAlone_GivesEveryShiftWithMirroredBorders()
    {
        int[][] expected =
        [
            .. from dy in Enumerable.Range(-2, 5)
               from dx in Enumerable.Range(-2, 5)
               select Map(4, 6, (r, c) => (Reflect(r + dy, 4), Reflect(c + dx, 6)))
        ];
        AssertEvenly(new TensorShape(2, 4, 6), new() { FlipHorizontally = false, MaximumShift = 2 }, expected);
    }

    [TestMethod]
    public void Draw_EverythingOnOddShapes_StaysInTheImage()
    {
        foreach (var shape in new[]
        {
            new TensorShape(1, 1, 1), new TensorShape(1, 1, 9), new TensorShape(1, 2, 2), new TensorShape(1, 16, 3),
            new TensorShape(1, 7, 7),
        })
        {
            foreach (string key in Maps(shape, new() { FlipVertically = true, Rotate = true, MaximumShift = 40 }, 300).Keys)
                Assert.IsTrue(key.Split(' ').Select(int.Parse).All(i => i >= 0 && i < shape.Size), $"{shape}");
        }
    }

    [TestMethod]
    public void Draw_AnOptionMore_LeavesTheOtherDrawsAsTheyWere()
    {
        var shape = new TensorShape(1, 6, 6);
        int[] plain = new int[36], flipped = new int[36];
        var (a, b) = (new Random(3), new Random(3));
        var without = new ImageAugmentation(shape, new() { FlipHorizontally = false, MaximumShift = 1 });
        var with = new ImageAugmentation(shape, new() { FlipHorizontally = true, MaximumShift = 1 });
        for (int i = 0; i < 50; i++)
        {
            without.Draw(a, plain);
            with.Draw(b, flipped);
            int[] mirrored = [.. plain.Select(s => (s / 6 * 6) + 5 - (s % 6))];
            Assert.IsTrue(flipped.SequenceEqual(plain) || flipped.SequenceEqual(mirrored), $"draw {i}");
        }
    }

    [TestMethod]
    public void ReadAugmented_SameSeed_GivesTheSameImageInAllChannels()
    {
        // Channels hold the same picture plus 0, 100 and 200: a map that differed between channels would show.
        byte[] image = [.. Enumerable.Range(0, 3).SelectMany(c => Enumerable.Range(0, 25).Select(i => (byte)((100 * c) + i)))];
        var set = new ImageTrainingSet(new TensorShape(3, 5, 5), [image], [0], GloroAugmentationOptions.Aerial);
        float[] first = new float[75], second = new float[75];
        bool changed = false;
        for (int seed = 0; seed < 20; seed++)
        {
            set.ReadAugmented(0, first, new Random(seed));
            set.ReadAugmented(0, second, new Random(seed));
            CollectionAssert.AreEqual(first, second);
            for (int i = 0; i < 25; i++)
            {
                Assert.AreEqual(first[i] + (100 / 255f), first[25 + i], 1e-6f);
                Assert.AreEqual(first[i] + (200 / 255f), first[50 + i], 1e-6f);
            }

            changed |= first[0] != 0;
        }

        Assert.IsTrue(changed);
        set.Read(0, first);
        CollectionAssert.AreEqual(Array.ConvertAll(image, b => b / 255f), first);
    }

    // Recorded before there was anything but flips, turns and shifts: what was added since is off by default, and draws nothing then.
    [TestMethod]
    [DataRow("default", "29EC65EBC5F23078A20EB85D4A991468")]
    [DataRow("none", "28EA90E0DEDA70C8F0290E493AC43656")]
    [DataRow("aerial", "3715026CBEEF50A0EB25C39E04BF004B")]
    [DataRow("wide", "A8BFF42BAA6108C07F87E4FB60802DFC")]
    public void ReadAugmented_OptionsOfTheFirstVersion_GiveItsBytes(string preset, string expected)
    {
        var options = preset switch
        {
            "default" => new GloroAugmentationOptions(),
            "none" => GloroAugmentationOptions.None,
            "aerial" => GloroAugmentationOptions.Aerial,
            _ => new GloroAugmentationOptions { FlipVertically = true, Rotate = true, MaximumShift = 40 },
        };
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var shape in new[] { new TensorShape(3, 16, 16), new TensorShape(3, 9, 21) })
        {
            byte[] image = new byte[shape.Size];
            new Random(1).NextBytes(image);
            var set = new ImageTrainingSet(shape, [image], [0], options);
            float[] pixels = new float[shape.Size];
            for (int seed = 0; seed < 100; seed++)
            {
                var random = new Random(seed);
                set.ReadAugmented(0, pixels, random);
                hash.AppendData(MemoryMarshal.AsBytes<float>(pixels));
                hash.AppendData(BitConverter.GetBytes(random.Next()));
            }
        }

        Assert.AreEqual(expected, Convert.ToHexString(hash.GetHashAndReset())[..32]);
    }

    [TestMethod]
    [DataRow(GloroAugmentationBorder.Black, 0, 0, 0)]
    [DataRow(GloroAugmentationBorder.Mean, 60, 90, 120)]
    public void ReadAugmented_BorderOfOneColor_StandsWhereTheShiftLeavesNoPixel(
        GloroAugmentationBorder border, int red, int green, int blue)
    {
        // Channels hold 50, 80 and 110 in one image, and 70, 100 and 130 in the other: what is neither is border.
        var shape = new TensorShape(3, 6, 8);
        byte[] Image(int offset) => [.. Enumerable.Range(0, 3).SelectMany(c => Enumerable.Repeat((byte)(50 + (30 * c) + offset), 48))];
        var set = new ImageTrainingSet(
            shape, [Image(0), Image(20)], [0, 1], new() { FlipHorizontally = false, MaximumShift = 3, Border = border });
        float[] pixels = new float[shape.Size];
        var seen = new HashSet<(int Rows, int Columns)>();
        for (int seed = 0; seed < 200; seed++)
        {
            set.ReadAugmented(0, pixels, new Random(seed));
            int[] bytes = [.. pixels.Select(p => (int)Math.Round(p * 255))];
            bool[] inside = [.. bytes.Take(48).Select(b => b == 50)];
            for (int i = 0; i < 48; i++)
                Assert.AreEqual(inside[i] ? (50, 80, 110) : (red, green, blue), (bytes[i], bytes[48 + i], bytes[96 + i]));
            int columns = Enumerable.Range(0, 8).Count(x => Enumerable.Range(0, 6).Any(y => inside[(y * 8) + x]));
            int rows = Enumerable.Range(0, 6).Count(y => inside.AsSpan(y * 8, 8).Contains(true));
            Assert.AreEqual(rows * columns, inside.Count(p => p), "what is left is a rectangle");
            seen.Add((6 - rows, 8 - columns));
        }

        Assert.HasCount(16, seen, "shifts by 0 to 3 in both directions");
    }

    [TestMethod]
    public void ReadAugmented_Cutout_PaintsASquareOfTheMeanColor()
    {
        // The mean over both images is 40; the square's center may be anywhere, so that only a part of it may show.
        var shape = new TensorShape(1, 9, 11);
        byte[] image = [.. Enumerable.Repeat((byte)80, 99)];
        var set = new ImageTrainingSet(
            shape, [image, new byte[99]], [0, 1], new() { FlipHorizontally = false, MaximumShift = 0, CutoutSide = 4 });
        float[] pixels = new float[99];
        var seen = new Dictionary<(int Left, int Top), int>();
        for (int seed = 0; seed < 3000; seed++)
        {
            set.ReadAugmented(0, pixels, new Random(seed));
            int[] cut = [.. Enumerable.Range(0, 99).Where(i => pixels[i] != 80 / 255f)];
            Assert.IsTrue(cut.All(i => pixels[i] == 40 / 255f));
            int left = cut.Min(i => i % 11), right = cut.Max(i => i % 11), top = cut.Min(i => i / 11), bottom = cut.Max(i => i / 11);
            Assert.HasCount((right - left + 1) * (bottom - top + 1), cut, "a rectangle");
            Assert.IsTrue(right - left == 3 || (left == 0 && right is 1 or 2) || (right == 10 && left is 8 or 9), $"{left}…{right}");
            Assert.IsTrue(bottom - top == 3 || (top == 0 && bottom is 1 or 2) || (bottom == 8 && top is 6 or 7), $"{top}…{bottom}");
            seen[(right == 10 ? left : right - 3, bottom == 8 ? top : bottom - 3)] = seen.GetValueOrDefault(
                (right == 10 ? left : right - 3, bottom == 8 ? top : bottom - 3)) + 1;
        }

        Assert.HasCount(99, seen, "each pixel is a center");
        Assert.IsTrue(seen.Values.All(count => count is > 8 and < 60));
    }

    [TestMethod]
    public void ReadAugmented_OptionsThatChangeNothing_GiveTheImageOfTheMapAlone()
    {
        var shape = new TensorShape(3, 9, 9);
        byte[] image = new byte[shape.Size];
        new Random(1).NextBytes(image);
        var plain = new ImageTrainingSet(shape, [image], [0], GloroAugmentationOptions.Aerial);
        var options = GloroAugmentationOptions.Aerial;
        (options.Affine, options.ColorJitter, options.RandAugment) = (new(), new(), new() { Operations = 0 });
        var more = new ImageTrainingSet(shape, [image], [0], options);
        float[] first = new float[shape.Size], second = new float[shape.Size];
        for (int seed = 0; seed < 50; seed++)
        {
            plain.ReadAugmented(0, first, new Random(seed));
            more.ReadAugmented(0, second, new Random(seed));
            CollectionAssert.AreEqual(first, second);
        }
    }

    [TestMethod]
    public void ReadAugmented_AnOptionMore_LeavesTheOtherDrawsAsTheyWere()
    {
        // The hole is where it is without the others, and the others change all the rest.
        var shape = new TensorShape(3, 12, 12);
        byte[] image = new byte[shape.Size];
        new Random(1).NextBytes(image);
        var everything = Problems.EveryAugmentation();
        everything.CutoutSide = 4;
        var alone = new ImageTrainingSet(shape, [image], [0], new() { FlipHorizontally = false, MaximumShift = 0, CutoutSide = 4 });
        var among = new ImageTrainingSet(shape, [image], [0], everything);
        float[] first = new float[shape.Size], second = new float[shape.Size], original = new float[shape.Size];
        alone.Read(0, original);
        for (int seed = 0; seed < 50; seed++)
        {
            alone.ReadAugmented(0, first, new Random(seed));
            among.ReadAugmented(0, second, new Random(seed));
            for (int i = 0; i < first.Length; i++)
                Assert.IsTrue(first[i] == original[i] || first[i] == second[i], $"seed {seed}, value {i}");
            Assert.IsGreaterThan(200, first.Zip(second).Count(p => p.First != p.Second));
        }
    }

    [TestMethod]
    public void ReadAugmented_Everything_KeepsBytesAndRepeats()
    {
        var set = Problems.Blobs(12, 1, Problems.EveryAugmentation());
        float[] first = new float[set.Shape.Size], second = new float[set.Shape.Size];
        var seen = new HashSet<float>();
        for (int seed = 0; seed < 300; seed++)
        {
            set.ReadAugmented(seed % 12, first, new Random(seed));
            set.ReadAugmented(seed % 12, second, new Random(seed));
            CollectionAssert.AreEqual(first, second);
            foreach (float pixel in first)
            {
                Assert.AreEqual(PixelScale.ToUnit((byte)Math.Round(pixel * 255)), pixel);
                seen.Add(pixel);
            }
        }

        Assert.HasCount(256, seen, "every value occurs, and no other");
        Assert.AreEqual("0 1 2 0 1 2 0 1 2 0 1 2", string.Join(' ', Enumerable.Range(0, set.Count).Select(set.Label)));
        Assert.AreEqual(Problems.Blobs(12, 1).ChannelMeans()[0], set.ChannelMeans()[0]);
    }

    [TestMethod]
    public void ReadAugmented_Affine_StaysWithinItsAmounts()
    {
        // A bright dot 12 pixels right of the center: where it goes tells turn and zoom.
        var shape = new TensorShape(1, 41, 41);
        byte[] image = new byte[shape.Size];
        for (int y = 19; y <= 21; y++)
            image.AsSpan((y * 41) + 31, 3).Fill(255);
        var set = new ImageTrainingSet(
            shape,
            [image],
            [0],
            new()
            {
                FlipHorizontally = false,
                MaximumShift = 0,
                Border = GloroAugmentationBorder.Black,
                Affine = new() { Rotation = 30, Scale = 0.25 },
            });
        float[] pixels = new float[shape.Size];
        var angles = new List<double>();
        var lengths = new List<double>();
        for (int seed = 0; seed < 400; seed++)
        {
            set.ReadAugmented(0, pixels, new Random(seed));
            double sum = pixels.Sum(), x = pixels.Select((p, i) => p * (i % 41)).Sum() / sum;
            double y = pixels.Select((p, i) => p * (i / 41)).Sum() / sum;
            angles.Add(Math.Atan2(y - 20, x - 20) * 180 / Math.PI);
            lengths.Add(Math.Log(Math.Sqrt(((x - 20) * (x - 20)) + ((y - 20) * (y - 20))) / 12) / Math.Log(1.25));
        }

        Assert.IsTrue(angles.Min() is > -30.5 and < -28 && angles.Max() is > 28 and < 30.5, $"{angles.Min()} … {angles.Max()}");
        Assert.IsTrue(lengths.Min() is > -1.05 and < -0.93 && lengths.Max() is > 0.93 and < 1.05, $"{lengths.Min()} … {lengths.Max()}");
        Assert.AreEqual(0, angles.Average(), 2);
        Assert.AreEqual(0, lengths.Average(), 0.1);
    }

    [TestMethod]
    public void ReadAugmented_ColorJitter_StaysWithinItsAmounts()
    {
        var shape = new TensorShape(3, 2, 2);
        byte[] image = [.. Enumerable.Repeat((byte)100, 12)];
        float[] pixels = new float[12];
        var set = new ImageTrainingSet(
            shape,
            [image],
            [0],
            new() { FlipHorizontally = false, MaximumShift = 0, ColorJitter = new() { Brightness = 0.5, Contrast = 1, Saturation = 1 } });
        var seen = new List<double>();
        for (int seed = 0; seed < 400; seed++)
        {
            set.ReadAugmented(0, pixels, new Random(seed));
            Assert.HasCount(1, pixels.Distinct().ToList(), "an even gray has no contrast and no color to change");
            seen.Add(pixels[0] * 255);
        }

        Assert.IsTrue(seen.Min() is > 49 and < 53 && seen.Max() is > 147 and < 151);
        Assert.AreEqual(100, seen.Average(), 5);
    }

    // A quarter turn sends (r, c) to where (c, n − 1 − r) was; twice, thrice.
    private static int[][] Rotations(int n) =>
    [
        Map(n, n, (r, c) => (r, c)), Map(n, n, (r, c) => (c, n - 1 - r)), Map(n, n, (r, c) => (n - 1 - r, n - 1 - c)),
        Map(n, n, (r, c) => (n - 1 - c, r)),
    ];

    private static int Reflect(int i, int length) => i < 0 ? -i : i >= length ? (2 * (length - 1)) - i : i;

    private static int[] Map(int height, int width, Func<int, int, (int Row, int Column)> source) =>
        [
            .. from row in Enumerable.Range(0, height) from column in Enumerable.Range(0, width) let s =
                source(row, column) select (s.Row * width) + s.Column,
        ];

    private static void AssertEvenly(TensorShape shape, GloroAugmentationOptions options, params int[][] expected)
    {
        int draws = 200 * expected.Length;
        var drawn = Maps(shape, options, draws);
        CollectionAssert.AreEquivalent(expected.Select(Key).ToArray(), drawn.Keys.ToArray());
        foreach (int count in drawn.Values)
            Assert.IsTrue(count is > 130 and < 280, $"{count} of {draws} draws, where 200 are expected");
    }

    private static Dictionary<string, int> Maps(TensorShape shape, GloroAugmentationOptions options, int draws)
    {
        var augmentation = new ImageAugmentation(shape, options);
        var random = new Random(11);
        int[] sources = new int[shape.Height * shape.Width];
        var maps = new Dictionary<string, int>();
        for (int i = 0; i < draws; i++)
        {
            Array.Fill(sources, -1);
            augmentation.Draw(random, sources);
            maps[Key(sources)] = maps.GetValueOrDefault(Key(sources)) + 1;
        }

        return maps;
    }

    private static string Key(int[] map) => string.Join(' ', map);
}
