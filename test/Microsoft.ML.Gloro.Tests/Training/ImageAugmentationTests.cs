using Microsoft.ML.Gloro.Plain;
using Microsoft.ML.Gloro.Training;

namespace Microsoft.ML.Gloro.Tests.Training;

/// <summary>Maps from target to source pixels are compared with the dihedral group written out.</summary>
[TestClass]
public sealed class ImageAugmentationTests
{
    [TestMethod]
    public void Draw_NoOption_IsTheIdentity()
    {
        var drawn = Maps(new PlainShape(3, 5, 7), GloroAugmentationOptions.None, 50);
        CollectionAssert.AreEquivalent(new[] { Key(Map(5, 7, (r, c) => (r, c))) }, drawn.Keys.ToArray());
    }

    [TestMethod]
    public void Draw_FlipHorizontallyAlone_MirrorsHalfOfTheImages() =>
        AssertEvenly(new PlainShape(1, 4, 6), new() { FlipHorizontally = true, MaximumShift = 0 }, Map(4, 6, (r, c) => (r, c)), Map(4, 6, (r, c) => (r, 5 - c)));

    [TestMethod]
    public void Draw_FlipVerticallyAlone_MirrorsHalfOfTheImages() =>
        AssertEvenly(new PlainShape(1, 4, 6), new() { FlipHorizontally = false, FlipVertically = true, MaximumShift = 0 }, Map(4, 6, (r, c) => (r, c)), Map(4, 6, (r, c) => (3 - r, c)));

    [TestMethod]
    public void Draw_RotateAlone_GivesTheFourRotationsAndNoMirrorImage() =>
        AssertEvenly(new PlainShape(1, 5, 5), new() { FlipHorizontally = false, Rotate = true, MaximumShift = 0 }, Rotations(5));

    [TestMethod]
    public void Draw_RotateAloneNotSquare_TurnsByHalfOnly() =>
        AssertEvenly(new PlainShape(1, 4, 6), new() { FlipHorizontally = false, Rotate = true, MaximumShift = 0 }, Map(4, 6, (r, c) => (r, c)), Map(4, 6, (r, c) => (3 - r, 5 - c)));

    [TestMethod]
    public void Draw_FlipsAndRotations_GiveExactlyTheDihedralGroup()
    {
        int[][] rotations = Rotations(5);
        int[][] group = [.. rotations, .. rotations.Select(r => Map(5, 5, (y, x) => (r[(y * 5) + 4 - x] / 5, r[(y * 5) + 4 - x] % 5)))];
        Assert.AreEqual(8, group.Select(Key).Distinct().Count());
        AssertEvenly(new PlainShape(1, 5, 5), new() { FlipVertically = true, Rotate = true, MaximumShift = 0 }, group);
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
        AssertEvenly(new PlainShape(2, 4, 6), new() { FlipHorizontally = false, MaximumShift = 2 }, expected);
    }

    [TestMethod]
    public void Draw_EverythingOnOddShapes_StaysInTheImage()
    {
        foreach (var shape in new[] { new PlainShape(1, 1, 1), new PlainShape(1, 1, 9), new PlainShape(1, 2, 2), new PlainShape(1, 16, 3), new PlainShape(1, 7, 7) })
        {
            foreach (string key in Maps(shape, new() { FlipVertically = true, Rotate = true, MaximumShift = 40 }, 300).Keys)
                Assert.IsTrue(key.Split(' ').Select(int.Parse).All(i => i >= 0 && i < shape.Size), $"{shape}");
        }
    }

    [TestMethod]
    public void Draw_AnOptionMore_LeavesTheOtherDrawsAsTheyWere()
    {
        var shape = new PlainShape(1, 6, 6);
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
        var set = new ImageTrainingSet(new PlainShape(3, 5, 5), [image], [0], GloroAugmentationOptions.Aerial);
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

    // A quarter turn sends (r, c) to where (c, n − 1 − r) was; twice, thrice.
    private static int[][] Rotations(int n) =>
    [
        Map(n, n, (r, c) => (r, c)), Map(n, n, (r, c) => (c, n - 1 - r)), Map(n, n, (r, c) => (n - 1 - r, n - 1 - c)), Map(n, n, (r, c) => (n - 1 - c, r)),
    ];

    private static int Reflect(int i, int length) => i < 0 ? -i : i >= length ? (2 * (length - 1)) - i : i;

    private static int[] Map(int height, int width, Func<int, int, (int Row, int Column)> source) =>
        [.. from row in Enumerable.Range(0, height) from column in Enumerable.Range(0, width) let s = source(row, column) select (s.Row * width) + s.Column];

    private static void AssertEvenly(PlainShape shape, GloroAugmentationOptions options, params int[][] expected)
    {
        int draws = 200 * expected.Length;
        var drawn = Maps(shape, options, draws);
        CollectionAssert.AreEquivalent(expected.Select(Key).ToArray(), drawn.Keys.ToArray());
        foreach (int count in drawn.Values)
            Assert.IsTrue(count is > 130 and < 280, $"{count} of {draws} draws, where 200 are expected");
    }

    private static Dictionary<string, int> Maps(PlainShape shape, GloroAugmentationOptions options, int draws)
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
