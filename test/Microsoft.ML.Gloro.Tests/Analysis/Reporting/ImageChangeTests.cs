using Microsoft.ML.Gloro.Analysis;

namespace Microsoft.ML.Gloro.Tests.Analysis;

[TestClass]
public sealed class ImageChangeTests
{
    [TestMethod]
    public void Spread_AnyImageAndEpsilon_HasExactlyThatLength()
    {
        var random = new Random(1);
        int shown = 0;
        for (int trial = 0; trial < 400; trial++)
        {
            ImageWindow image = Image(random, trial);
            double epsilon = Math.Pow(10, (4 * random.NextDouble()) - 2.5);
            foreach (ChangedImage? changed in new[] { ImageChange.Spread(image, epsilon), ImageChange.Square(image, epsilon) })
            {
                if (changed is null)
                    continue;
                shown++;
                int[] levels = [.. changed.Planes.Zip(image.Planes, (after, before) => after - before)];
                long squares = levels.Sum(level => (long)level * level);
                Assert.AreEqual((long)(65025 * epsilon * epsilon * (1 + 1e-6)), squares, $"{epsilon} of {image.Width} × {image.Height}");
                Assert.AreEqual(Math.Sqrt(squares) / 255, changed.Length);
                Assert.AreEqual(levels.Count(level => level != 0), changed.Values);
                Assert.AreEqual(levels.Max(Math.Abs), changed.Largest);
            }
        }

        Assert.IsGreaterThan(400, shown);
    }

    [TestMethod]
    public void Spread_EveryWholeNumberOfSquares_IsReached()
    {
        var image = new ImageWindow([.. Enumerable.Repeat((byte)255, 12)], 2, 2, IsWhole: true);
        for (int squares = 1; squares < 3000; squares++)
        {
            ChangedImage changed = ImageChange.Spread(image, Math.Sqrt(squares) / 255)!;
            Assert.AreEqual(squares, changed.Planes.Sum(value => (255 - value) * (255 - value)));
        }
    }

    [TestMethod]
    public void Square_LargeImage_ChangesTheMiddleAlone()
    {
        ImageWindow image = Image(new Random(2), 0) with { Width = 20, Height = 10, Planes = new byte[600] };
        ChangedImage changed = ImageChange.Square(image, 36 / 255.0)!;
        Assert.AreEqual(4, changed.Side);
        for (int i = 0; i < 600; i++)
        {
            int x = i % 20, y = i / 20 % 10;
            if (x is < 8 or >= 12 || y is < 3 or >= 7)
                Assert.AreEqual(0, changed.Planes[i], $"{x}, {y}");
        }

        // The four values that take what is left may be 0, though not all of them.
        Assert.IsGreaterThan(3 * 16 - 4, changed.Values);
    }

    [TestMethod]
    public void Change_LengthThatBytesCannotShow_IsNull()
    {
        ImageWindow image = Image(new Random(2), 1);
        Assert.AreEqual(1296, ImageChange.SquaredLevels(36f / 255));
        Assert.IsNull(ImageChange.Spread(image, 0.9 / 255));
        Assert.IsNull(ImageChange.Square(image, 0.9 / 255));
        Assert.IsNull(ImageChange.Spread(image, 1e4));
        Assert.IsNull(ImageChange.Square(image, double.PositiveInfinity));
    }

    [TestMethod]
    public void Report_WithTheModel_ShowsEpsilonOnImagesOfTheGallery()
    {
        var (model, scored, mlContext) = TestSupport.ReportViews.Images(60, epsilon: 36f / 255);
        using GloroTransformer dispose = model;
        string with = mlContext.Gloro.Report(scored, new() { Model = model, GalleryImages = 2 }).ToHtml();
        StringAssert.Contains(with, "changed by an L2 length of exactly ε");
        ReportData data = Reporter.Read(scored, new() { Model = model, GalleryImages = 2 });
        ImageWindow window = data.Gallery.First(group => group.Rows.Count > 0).Rows[0].Picture!.Window!;
        Assert.IsTrue(window.IsWhole);
        byte[] changed = ImageChange.Square(window, 36 / 255.0)!.Planes;
        StringAssert.Contains(with, Convert.ToBase64String(PngFile.Write(changed, window.Width, window.Height)));

        // Without the model it is not known at what size ε is measured.
        Assert.DoesNotContain("What ε looks like", System.Net.WebUtility.HtmlDecode(mlContext.Gloro.Report(scored).ToHtml()));
        string tiny = System.Net.WebUtility.HtmlDecode(mlContext.Gloro.Report(scored, new() { Model = model, Epsilon = 0.001f }).ToHtml());
        StringAssert.Contains(tiny, "less than one of 255 levels");
        string odd = System.Net.WebUtility.HtmlDecode(mlContext.Gloro.Report(scored, new() { Model = model, Epsilon = 0.1f }).ToHtml());
        StringAssert.Contains(odd, FormattableString.Invariant($"{Math.Sqrt(650) / 255:0.#####}, the nearest below ε"));
    }

    // Random pixels, or only black and white ones, which have room on one side alone.
    private static ImageWindow Image(Random random, int trial)
    {
        int width = random.Next(2, 30), height = random.Next(2, 30);
        var planes = new byte[3 * width * height];
        random.NextBytes(planes);
        if (trial % 2 == 0)
            planes = [.. planes.Select(value => value < 128 ? (byte)0 : (byte)255)];
        return new(planes, width, height, IsWhole: true);
    }
}
