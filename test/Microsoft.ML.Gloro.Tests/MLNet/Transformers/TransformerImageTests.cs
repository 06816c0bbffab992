using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Tests.Analysis;
using Microsoft.ML.Gloro.Tests.TestSupport;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Gloro.Tests.MLNet;

[TestClass]
public sealed class TransformerImageTests
{
    private const int Height = 8, Width = 6, Count = 40;

    private readonly MLContext _mlContext = new(seed: 1);

    [TestMethod]
    public void Transform_MLImagesEncodedBytesFilesAndPixels_GiveTheSameScores()
    {
        using var folder = new TemporaryFolder();
        var planes = Enumerable.Range(0, Count).Select(i => TestImages.Planes(Height, Width, i)).ToList();
        var files = planes.Select((p, i) => new FileRow { Id = i, Path = folder.Write($"{i}.png", TestImages.Png(p, Height, Width)) })
            .ToList();
        var loadImages = _mlContext.Transforms.LoadImages("Image", folder.Path, "Path");
        var fromFiles = loadImages.Fit(View(files)).Transform(View(files));
        using var transformer = TestModels.Transformer(TestModels.Image(), "Image");
        var expected = Texts(transformer, fromFiles);
        Assert.HasCount(Count, expected.Distinct());

        foreach (var format in new[] { MLPixelFormat.Bgra32, MLPixelFormat.Rgba32 })
        {
            var images = planes.ConvertAll(p => new ImageRow { Image = TestImages.Create(p, Height, Width, format) });
            CollectionAssert.AreEqual(expected, Texts(transformer, View(images)), format.ToString());
            CollectionAssert.AreEqual(
                expected, Texts(transformer, View(images)), "images of the caller's are not disposed: they can be read twice");
        }

        var encoded = planes.ConvertAll(p => new EncodedRow { Image = TestImages.Png(p, Height, Width) });
        CollectionAssert.AreEqual(expected, Texts(transformer, View(encoded)));

        // b · (1/255f) is not always the same float as b / 255f, so these may differ in the last bits.
        var extracted = _mlContext.Transforms.ExtractPixels("Pixels", "Image", scaleImage: 1f / 255f);
        var resized = _mlContext.Transforms.ResizeImages("Image", Width, Height).Append(extracted).Fit(fromFiles).Transform(fromFiles);
        using var onPixels = TestModels.Transformer(TestModels.Image(), "Pixels");
        var exact = ScoredRow.All(transformer.Transform(fromFiles));
        var close = ScoredRow.All(onPixels.Transform(resized));
        for (int i = 0; i < Count; i++)
        {
            for (int c = 0; c < 5; c++)
                Assert.AreEqual(exact[i].Logits[c], close[i].Logits[c], 1e-5);
        }
    }

    [TestMethod]
    public void Transform_Images_AreTheReferenceForwardPassOnBytesOver255()
    {
        var model = TestModels.Image();
        var planes = TestImages.Planes(Height, Width, 3);
        using var transformer = TestModels.Transformer(model, "Image");
        var row = ScoredRow.All(transformer.Transform(View([new ImageRow { Image = TestImages.Create(planes, Height, Width) }]))).Single();
        double[] expected = ReferenceForward.Run(model.Network, Array.ConvertAll(planes, b => b / 255f));
        for (int c = 0; c < 5; c++)
            Assert.AreEqual(expected[c], row.Logits[c], 1e-5);
    }

    [TestMethod]
    public void Transform_ResizedBefore_GivesTheImageColumnsThroughUnharmed()
    {
        // Of the right size already, ResizeImages hands its input on: two columns, one image, disposed at the next row.
        using var folder = new TemporaryFolder();
        var planes = Enumerable.Range(0, Count).Select(i => TestImages.Planes(Height, Width, i)).ToList();
        var files = planes.Select((p, i) => new FileRow { Id = i, Path = folder.Write($"{i}.png", TestImages.Png(p, Height, Width)) })
            .ToList();
        var chain = _mlContext.Transforms.LoadImages("Original", folder.Path, "Path")
            .Append(_mlContext.Transforms.ResizeImages("Image", Width, Height, "Original"));
        var view = chain.Fit(View(files)).Transform(View(files));
        using var transformer = TestModels.Transformer(TestModels.Image(), "Image");
        var scored = transformer.Transform(view);
        var expected = ScoredRow.All(scored);

        using var cursor = scored.GetRowCursor(scored.Schema);
        var image = cursor.GetGetter<MLImage>(scored.Schema["Image"]);
        var original = cursor.GetGetter<MLImage>(scored.Schema["Original"]);
        var logits = cursor.GetGetter<VBuffer<float>>(scored.Schema["Logits"]);
        MLImage one = null!, two = null!;
        VBuffer<float> values = default;
        int row = 0;
        for (; cursor.MoveNext(); row++)
        {
            image(ref one);
            original(ref two);
            logits(ref values);
            CollectionAssert.AreEqual(planes[row], Planes(one));
            CollectionAssert.AreEqual(planes[row], Planes(two));
            CollectionAssert.AreEqual(expected[row].Logits, values.DenseValues().ToArray());
            StringAssert.EndsWith(one.Tag, $"{row}.png");
        }

        Assert.AreEqual(Count, row);
    }

    [TestMethod]
    public void Transform_ImagesOfOtherSizes_AreResizedAndSaidInTheLog()
    {
        var model = TestModels.Image();
        var mlContext = new MLContext(seed: 1);
        var messages = new List<string>();
        mlContext.Log += (_, e) => messages.Add(e.Message);
        using var transformer = new GloroTransformer(mlContext, model, "Image");
        var constant = Enumerable.Repeat((byte)77, 3 * 20 * 30).ToArray();
        var rows = new[]
        {
            new ImageRow { Image = TestImages.Create(constant, 20, 30) },
            new ImageRow { Image = TestImages.Create(constant[..(3 * Height * Width)], Height, Width) },
            new ImageRow { Image = TestImages.Create(constant[..12], 2, 2) },
        };
        var scored = ScoredRow.All(transformer.Transform(View(rows)));
        Assert.AreEqual(scored[1].ToString(), scored[0].ToString());
        Assert.AreEqual(scored[1].ToString(), scored[2].ToString());

        var data = View(rows);
        transformer.Transform(mlContext.Transforms.ResizeImages("Image", 30, 20).Fit(data).Transform(data));
        Assert.HasCount(1, messages.Where(m => m.Contains("resized from 20×30 to 8×6", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void PredictionEngine_OnImages_GivesTheBitsOfTheCursor()
    {
        var rows = Enumerable.Range(0, 20)
            .Select(i => new EncodedRow { Image = TestImages.Png(TestImages.Planes(11, 9, i), 11, 9) }).ToList();
        using var transformer = TestModels.Transformer(TestModels.Image(), "Image");
        var expected = Texts(transformer, View(rows));
        using var engine = _mlContext.Model.CreatePredictionEngine<EncodedRow, ScoredRow>(transformer);
        for (int i = 0; i < rows.Count; i++)
            Assert.AreEqual(expected[i], engine.Predict(rows[i]).ToString());
    }

    [TestMethod]
    public void SaveAndLoad_ImagePipeline_GivesTheSameBits()
    {
        using var folder = new TemporaryFolder();
        var files = Enumerable.Range(0, 10)
            .Select(i => new FileRow { Path = folder.Write($"{i}.png", TestImages.Png(TestImages.Planes(16, 16, i), 16, 16)) }).ToList();
        var load = _mlContext.Transforms.LoadImages("Image", folder.Path, "Path").Fit(View(files));
        using var transformer = TestModels.Transformer(TestModels.Image(), "Image");
        var chain = new TransformerChain<ITransformer>(load, transformer);
        using var stream = new MemoryStream();
        _mlContext.Model.Save(chain, View(files).Schema, stream);
        stream.Position = 0;
        var loaded = new MLContext().Model.Load(stream, out _);
        CollectionAssert.AreEqual(ScoredRow.All(chain.Transform(View(files))).ConvertAll(r => r.ToString()),
            ScoredRow.All(loaded.Transform(View(files))).ConvertAll(r => r.ToString()));
        (loaded as IDisposable)?.Dispose();
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Transform_FileThatIsNoImage_FailsAtItsRowAndNamesIt(bool imageColumnToo)
    {
        using var folder = new TemporaryFolder();
        var files = Enumerable.Range(0, 9).Select(i => new FileRow
        {
            Path = folder.Write($"{i}.png", i == 6 ? [1, 2, 3, 4, 5] : TestImages.Png(TestImages.Planes(Height, Width, i), Height, Width)),
        }).ToList();
        var view = _mlContext.Transforms.LoadImages("Image", folder.Path, "Path").Fit(View(files)).Transform(View(files));
        using var transformer = TestModels.Transformer(TestModels.Image(), "Image");
        var scored = transformer.Transform(view);
        using var cursor = scored.GetRowCursor(imageColumnToo ? scored.Schema : [scored.Schema["PredictedLabel"]]);
        for (int i = 0; i < 6; i++)
            Assert.IsTrue(cursor.MoveNext());
        var e = Assert.ThrowsExactly<InvalidOperationException>(() => cursor.MoveNext());
        StringAssert.Contains(e.Message, "Row 6 (counted from 0; Path: '6.png'), column 'Image'");
    }

    [TestMethod]
    public void Transform_ShuffledFilesOneOfThemNoImage_NamesTheRightOne()
    {
        using var folder = new TemporaryFolder();
        var files = Enumerable.Range(0, 20).Select(i => new FileRow
        {
            Path = folder.Write($"{i}.png", i == 13 ? [] : TestImages.Png(TestImages.Planes(Height, Width, i), Height, Width)),
        }).ToList();
        var cached = _mlContext.Data.Cache(View(files));
        using var transformer = TestModels.Transformer(TestModels.Image(), "Image");
        var scored = transformer.Transform(_mlContext.Transforms.LoadImages("Image", folder.Path, "Path").Fit(cached).Transform(cached));
        using var cursor = scored.GetRowCursor([scored.Schema["PredictedLabel"]], new Random(2));
        var e = Assert.ThrowsExactly<InvalidOperationException>(() =>
        {
            while (cursor.MoveNext())
            {
            }
        });
        StringAssert.Contains(e.Message, "; Path: '13.png'), column 'Image'");
        Assert.IsFalse(e.Message.Contains("Row 13", StringComparison.Ordinal), "rows are shuffled");
    }

    private static List<string> Texts(GloroTransformer transformer, IDataView view) => ScoredRow.All(transformer.Transform(view))
        .ConvertAll(r => r.ToString());

    private static byte[] Planes(MLImage image)
    {
        byte[] pixels = image.Pixels.ToArray();
        var (red, blue) = image.PixelFormat == MLPixelFormat.Rgba32 ? (0, 2) : (2, 0);
        int plane = image.Width * image.Height;
        return [.. new[] { red, 1, blue }.SelectMany(channel => Enumerable.Range(0, plane).Select(i => pixels[(4 * i) + channel]))];
    }

    private IDataView View<T>(IEnumerable<T> rows)
        where T : class => _mlContext.Data.LoadFromEnumerable(rows);

    private sealed class FileRow
    {
        public int Id { get; set; }

        public string Path { get; set; } = "";
    }

    private sealed class ImageRow
    {
        [ImageType(Height, Width)] // ML.NET asks for a size, but images of others pass
        public MLImage Image { get; set; } = null!;
    }

    private sealed class EncodedRow
    {
        public byte[] Image { get; set; } = [];
    }
}
