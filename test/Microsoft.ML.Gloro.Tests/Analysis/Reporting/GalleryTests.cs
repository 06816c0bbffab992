using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Analysis;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Analysis;

[TestClass]
public sealed class GalleryTests
{
    [TestMethod]
    public void Read_Images_ShowsRowsOfEachKindWithTheirOwnPictures()
    {
        var (model, scored, _) = ReportViews.Images(200);
        using GloroTransformer dispose = model;
        List<ScoredRow> rows = ScoredRow.All(scored);
        // An ε at which a fifth of the rows is not certified.
        float epsilon = rows.Select(row => row.TopKRadii.Take(3).Max()).Order().ElementAt(40);
        ReportData data = Reporter.Read(scored, new() { GalleryImages = 3, ImageColumnName = "Image", Epsilon = epsilon });
        Assert.IsTrue(data.IsImage);
        foreach (GalleryGroup group in data.Gallery)
        {
            Assert.IsGreaterThan(3, group.Count, $"the test needs rows of the kind {group.Kind}");
            Assert.HasCount(3, group.Rows);
            foreach (GalleryRow row in group.Rows)
            {
                ScoredRow truth = rows[(int)row.Number];
                int strictest = Enumerable.Range(1, 3).FirstOrDefault(k => truth.TopKRadii[k - 1] > epsilon);
                Assert.AreEqual(strictest, row.CertifiedK);
                Assert.AreEqual(
                    group.Kind, strictest switch { 0 => GalleryKind.Nothing, 1 => GalleryKind.Local, _ => GalleryKind.Relaxed });
                Assert.AreEqual(model.ClassNames[(int)truth.PredictedLabel - 1], row.Order[0]);
                Assert.AreEqual(Enumerable.Range(1, 3).LastOrDefault(k => truth.TopKRadii[k - 1] > epsilon), row.LoosestK);
                Assert.HasCount(Math.Max(1, row.LoosestK), row.Order);
                if (strictest > 0)
                    Assert.AreEqual(truth.TopKRadii[strictest - 1], row.Radius);
                CollectionAssert.AreEqual(TestImages.Planes(8, 6, (int)row.Number), Planes(row.Png!));
            }
        }
    }

    [TestMethod]
    public void Report_NamedGroups_AreShownWithTheSetsOfTheirRows()
    {
        var guarantee = RobustnessGuarantee.Parse("affinity:small & wild=ant+bee,pets=cat+dog,animals=ant+bee+cat+dog");
        var (model, scored, mlContext) = ReportViews.Vectors(300, epsilon: 0.3f, guarantee: guarantee);
        using GloroTransformer dispose = model;
        string[] groups = [.. scored.GetColumn<string>("CertifiedGroup")];
        int[] sizes = [.. scored.GetColumn<int>("CertifiedK")];
        ReportData data = Reporter.Read(scored, new() { GalleryImages = 50 });
        var relaxed = data.Gallery.Single(group => group.Kind == GalleryKind.Relaxed).Rows;
        Assert.IsGreaterThan(5, relaxed.Count);
        foreach (GalleryRow row in data.Gallery.SelectMany(group => group.Rows))
            Assert.AreEqual(sizes[row.Number] > 1 ? groups[row.Number] : "", row.Group, $"row {row.Number}");
        string html = mlContext.Gloro.Report(scored, new() { GalleryImages = 50 }).ToHtml();
        Assert.IsTrue(relaxed.All(row => row.Group.Length > 0));
        StringAssert.Contains(html, "<b>small &amp; wild</b>");
        StringAssert.Contains(html, "<b>animals</b>");
    }

    [TestMethod]
    public void Write_Png_IsReadBackExactly()
    {
        byte[] planes = TestImages.Planes(13, 7, seed: 5);
        CollectionAssert.AreEqual(planes, Planes(PngFile.Write(planes, 7, 13)));
    }

    [TestMethod]
    public void Offer_AnyOrderOfKinds_DependsOnNumbersAlone()
    {
        var choice = new GalleryChoice(8, classCount: 2);
        int made = 0;
        for (int i = 0; i < 10_000; i++)
        {
            int number = i;
            choice.Offer(GalleryKind.Local, i, i % 2, () =>
            {
                made++;
                return new(number, null, [], 1, "", 0, 1, 0, 0, null);
            });
        }

        GalleryGroup group = choice.ToGroups().Single(one => one.Kind == GalleryKind.Local);
        Assert.AreEqual(10_000, group.Count);
        Assert.HasCount(8, group.Rows.Select(row => row.Number).Distinct().ToArray());
        Assert.AreEqual(4, group.Rows.Count(row => row.Number % 2 == 0), "as many of each class");
        Assert.IsLessThan(300, made, "few pictures are decoded");
    }

    private static byte[] Planes(byte[] png)
    {
        using var stream = new MemoryStream(png);
        using var image = MLImage.CreateFromStream(stream);
        int area = image.Width * image.Height;
        var (red, blue) = image.PixelFormat == MLPixelFormat.Rgba32 ? (0, 2) : (2, 0);
        byte[] pixels = image.Pixels.ToArray(), planes = new byte[3 * area];
        for (int i = 0; i < area; i++)
            (planes[i], planes[area + i], planes[(2 * area) + i]) = (pixels[(4 * i) + red], pixels[(4 * i) + 1], pixels[(4 * i) + blue]);
        return planes;
    }
}
