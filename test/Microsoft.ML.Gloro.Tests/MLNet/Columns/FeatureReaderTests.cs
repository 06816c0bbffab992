using Microsoft.ML.Data;
using Microsoft.ML.Gloro.MLNet;
using Microsoft.ML.Gloro.Tests.TestSupport;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Gloro.Tests.MLNet;

[TestClass]
public sealed class FeatureReaderTests
{
    private const int Height = 4, Width = 5;

    private static readonly InputSpec Spec = InputSpec.Image(Height, Width);

    private readonly MLContext _mlContext = new(seed: 1);

    [TestMethod]
    [DataRow(MLPixelFormat.Bgra32)]
    [DataRow(MLPixelFormat.Rgba32)]
    public void Read_MLImage_IsItsBytesOver255PlaneByPlane(MLPixelFormat format)
    {
        var planes = TestImages.Planes(Height, Width, 1);
        using var image = TestImages.Create(planes, Height, Width, format);
        var view = View(new ImageRow { Image = image });
        CollectionAssert.AreEqual(planes, ReadBytes(view, Spec));
        CollectionAssert.AreEqual(Array.ConvertAll(planes, b => b / 255f), Read(view, Spec));
        Assert.AreEqual(Width, image.Width, "the image is still its owner's");
    }

    [TestMethod]
    public void Read_EncodedImage_IsTheImage()
    {
        var planes = TestImages.Planes(Height, Width, 2);
        var view = View(new EncodedRow { Image = TestImages.Png(planes, Height, Width) });
        CollectionAssert.AreEqual(planes, ReadBytes(view, Spec));
        CollectionAssert.AreEqual(Array.ConvertAll(planes, b => b / 255f), Read(view, Spec));
    }

    [TestMethod]
    public void Read_OtherSize_IsTheSameForAnImageAndItsFile()
    {
        var planes = TestImages.Planes(31, 17, 3);
        byte[] decoded = ReadBytes(View(new ImageRow { Image = TestImages.Create(planes, 31, 17) }), Spec);
        byte[] encoded = ReadBytes(View(new EncodedRow { Image = TestImages.Png(planes, 31, 17) }), Spec);
        CollectionAssert.AreEqual(decoded, encoded);
        Assert.HasCount(3 * Height * Width, decoded);
    }

    [TestMethod]
    public void ReadBytes_PixelsOfExtractPixels_AreTheImagesBytes()
    {
        var planes = TestImages.Planes(Height, Width, 4);
        // A new one each time: ExtractPixels disposes the image that it was given.
        ImageRow Row() => new() { Image = TestImages.Create(planes, Height, Width) };
        CollectionAssert.AreEqual(planes, ReadBytes(Extract(Row(), scale: 1 / 255f), Spec));
        float[] values = Read(Extract(Row(), scale: 1 / 255f), Spec);
        for (int i = 0; i < planes.Length; i++)
            Assert.AreEqual(planes[i] / 255f, values[i], 1e-7);
    }

    [TestMethod]
    public void Read_PixelsThatWereNotScaled_SaysHowTo()
    {
        var view = Extract(new ImageRow { Image = TestImages.Create(TestImages.Planes(Height, Width, 4), Height, Width) }, scale: 1);
        var e = Assert.ThrowsExactly<InvalidOperationException>(() => Read(view, Spec));
        StringAssert.Contains(e.Message, "Row 0 (counted from 0), column 'Pixels'");
        StringAssert.Contains(e.Message, "scaleImage: 1f / 255f");
    }

    [TestMethod]
    public void ReadBytes_PixelThatIsNaN_IsAnErrorAndReadGivesIt()
    {
        var pixels = new float[Spec.Size];
        pixels[7] = float.NaN;
        var view = View(new PixelRow { Pixels = pixels });
        Assert.IsTrue(float.IsNaN(Read(view, Spec)[7]));
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => ReadBytes(view, Spec)).Message, "pixel 7 is NaN");
    }

    [TestMethod]
    public void Create_InterleavedPixels_AreRefused()
    {
        var row = new ImageRow { Image = TestImages.Create(TestImages.Planes(Height, Width, 4), Height, Width) };
        var view = Extract(row, scale: 1 / 255f, interleave: true);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => Read(view, Spec)).Message, "interleavePixelColors: false");
        view = Extract(row, scale: 1, asFloat: false);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => Read(view, Spec)).Message, "outputAsFloatArray: true");
    }

    [TestMethod]
    public void Create_PixelsOfAnotherSize_AreRefused()
    {
        // As many values, but turned on its side.
        var view = Extract(new ImageRow { Image = TestImages.Create(TestImages.Planes(Height, Width, 4), Height, Width) }, scale: 1 / 255f);
        var e = Assert.ThrowsExactly<ArgumentException>(() => Read(view, InputSpec.Image(Width, Height)));
        StringAssert.Contains(e.Message, "the model reads an image of 5×4 pixels");
    }

    [TestMethod]
    public void Read_NoImage_NamesTheRow()
    {
        var e = Assert.ThrowsExactly<InvalidOperationException>(() => Read(View(new ImageRow()), Spec));
        StringAssert.Contains(e.Message, "Row 0 (counted from 0), column 'Image': there is no image");
        e = Assert.ThrowsExactly<InvalidOperationException>(() => Read(View(new EncodedRow()), Spec));
        StringAssert.Contains(e.Message, "there is no image");
    }

    [TestMethod]
    public void Read_BytesThatAreNoImage_NameTheRowAndTheirBeginning()
    {
        var e = Assert.ThrowsExactly<InvalidOperationException>(
            () => Read(View(new EncodedRow { Image = [0xDE, 0xAD, 0xBE, 0xEF] }), Spec));
        StringAssert.Contains(e.Message, "Row 0 (counted from 0), column 'Image': 4 bytes that begin with DEADBEEF are no image");
    }

    [TestMethod]
    [DataRow("JPEG")]
    [DataRow("BMP")]
    public void ReadBytes_CutOffImage_NamesTheRow(string kind)
    {
        byte[] file = ImageFileTests.File(kind);
        byte[] part = file[..^2];
        AssertCutOff(View(new EncodedRow { Image = part }), "column 'Image'");

        using var folder = new TemporaryFolder();
        var rows = _mlContext.Data.LoadFromEnumerable(new[] { new { Path = folder.Write("part", part) } });
        var load = _mlContext.Transforms.LoadImages("Loaded", folder.Path, "Path");
        AssertCutOff(load.Fit(rows).Transform(rows), "part' is cut off");
        var resize = load.Append(_mlContext.Transforms.ResizeImages("Small", Width, Height, "Loaded"));
        AssertCutOff(resize.Fit(rows).Transform(rows), "part' is cut off");

        folder.Write("part", file);
        Assert.HasCount(Spec.Size, ReadBytes(load.Fit(rows).Transform(rows), Spec));
    }

    [TestMethod]
    public void ReadBytes_TransparentImage_IsTheSameFromEverySource()
    {
        byte[] file = ImageFileTests.File("transparent PNG");
        var (width, height) = ImageFile.SizeOf(file);
        var spec = InputSpec.Image(height, width);
        byte[] encoded = ReadBytes(View(new EncodedRow { Image = file }), spec);

        using var folder = new TemporaryFolder();
        var rows = _mlContext.Data.LoadFromEnumerable(new[] { new { Path = folder.Write("image.png", file) } });
        var load = _mlContext.Transforms.LoadImages("Loaded", folder.Path, "Path");
        CollectionAssert.AreEqual(encoded, ReadBytes(load.Fit(rows).Transform(rows), spec));
        var extract = load.Append(_mlContext.Transforms.ResizeImages("Same", width, height, "Loaded"))
            .Append(_mlContext.Transforms.ExtractPixels("Pixels", "Same", scaleImage: 1f / 255f));
        CollectionAssert.AreEqual(encoded, ReadBytes(extract.Fit(rows).Transform(rows), spec));
        Assert.IsLessThanOrEqualTo(100, encoded.Max(), "colors are multiplied by alpha, 100/255");
    }

    [TestMethod]
    public void ReadBytes_LargeImage_LeavesNoLargeBuffers()
    {
        const int side = 1500;
        byte[] photo = TestImages.Png(new byte[3 * side * side], side, side);
        byte[] large = TestImages.Png(TestImages.Planes(900, 900, 1), 900, 900);
        var view = _mlContext.Data.LoadFromEnumerable(new[] { photo, photo, large, large }.Select(file => new EncodedRow { Image = file }));
        using var cursor = view.GetRowCursor(view.Schema);
        var reader = FeatureReader.Create(cursor, view.Schema["Image"], Spec);
        var allocated = new List<long>();
        while (cursor.MoveNext())
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            reader.ReadBytes(new byte[Spec.Size]);
            allocated.Add(GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.IsLessThan(side * side, allocated[1], "the pixels of the image are not copied to managed memory, so none can be kept");
        Assert.IsGreaterThan(large.Length, allocated[3], "the bytes of a large file are allocated again, so they were not kept");
    }

    [TestMethod]
    [DataRow(117f, 1 / 255f)]
    [DataRow(127.5f, 1 / 127.5f)]
    [DataRow(0f, 1 / 127.5f)]
    public void ReadBytes_PixelsInAnotherRange_AreRefusedAndReadDoesNotClampThem(float offset, float scale)
    {
        IDataView Pixels() => Extract(
            new ImageRow { Image = TestImages.Create(TestImages.Planes(Height, Width, 4), Height, Width) }, scale, offset: offset);

        var view = Pixels();
        var e = Assert.ThrowsExactly<InvalidOperationException>(() => ReadBytes(view, Spec));
        StringAssert.Contains(e.Message, "Row 0 (counted from 0), column 'Pixels'");
        StringAssert.Contains(e.Message, "scaleImage: 1f / 255f and no offset");
        Assert.IsTrue(Read(Pixels(), Spec).Any(value => value is < 0 or > 1));
    }

    [TestMethod]
    public void Read_DisposedImage_NamesTheRow()
    {
        var image = TestImages.Create(TestImages.Planes(Height, Width, 4), Height, Width);
        image.Dispose();
        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidOperationException>(() => Read(View(new ImageRow { Image = image }), Spec)).Message, "Row 0");
    }

    [TestMethod]
    public void Read_VectorOfUnknownSize_IsCheckedByRow()
    {
        CollectionAssert.AreEqual(new[] { 1f, float.NaN }, Read(View(new VariableRow { Features = [1, float.NaN] }), InputSpec.Vector(2)));
        var e = Assert.ThrowsExactly<InvalidOperationException>(
            () => Read(View(new VariableRow { Features = [1, 2, 3] }), InputSpec.Vector(2)));
        StringAssert.Contains(e.Message, "3 values where the model reads a vector of 2 values");
        using var cursor = View(new VariableRow()).GetRowCursor(View(new VariableRow()).Schema);
        Assert.IsFalse(FeatureReader.Create(cursor, cursor.Schema[0], InputSpec.Vector(2)).ReadsBytes);
    }

    [TestMethod]
    public void Infer_EverySource_FindsTheSize()
    {
        var image = new ImageRow { Image = TestImages.Create(TestImages.Planes(Height, Width, 4), Height, Width) };
        Assert.AreEqual(Spec, Infer(View(image), true));
        Assert.AreEqual(
            InputSpec.Image(7, 9), Infer(_mlContext.Transforms.ResizeImages("Image", 9, 7).Fit(View(image)).Transform(View(image)), true));
        Assert.AreEqual(
            Spec, Infer(View(new EncodedRow { Image = TestImages.Png(TestImages.Planes(Height, Width, 4), Height, Width) }), true));
        Assert.AreEqual(Spec, Infer(Extract(image, 1 / 255f), true));
        Assert.AreEqual(InputSpec.Vector(6), InputSpecInference.Infer(VectorRow.View([]), VectorRow.View([]).Schema["Features"], false));
        Assert.AreEqual(InputSpec.Vector(3), Infer(View(new VariableRow { Features = [1, 2, 3] }), false));

        using var folder = new TemporaryFolder();
        folder.Write("x.png", TestImages.Png(TestImages.Planes(Height, Width, 4), Height, Width));
        var files = _mlContext.Data.LoadFromEnumerable(new[] { new { Path = "x.png" } });
        Assert.AreEqual(Spec, Infer(_mlContext.Transforms.LoadImages("Image", folder.Path, "Path").Fit(files).Transform(files), true));
    }

    [TestMethod]
    public void Infer_NothingToLookAt_SaysWhy()
    {
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(
            () => Infer(_mlContext.Data.LoadFromEnumerable(Array.Empty<EncodedRow>()), true)).Message, "no rows");
        var files = _mlContext.Data.LoadFromEnumerable(new[] { new { Path = "" } });
        var images = _mlContext.Transforms.LoadImages("Image", "", "Path").Fit(files).Transform(files);
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => Infer(images, true)).Message, "there is no image");
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => Infer(View(new EncodedRow { Image = [1, 2] }), true))
            .Message, "Row 0 (counted from 0), column 'Image': the network's input size cannot be taken");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => Infer(View(new VariableRow { Features = [1] }), true)).Message,
            "how high and wide");
    }

    private static InputSpec Infer(IDataView view, bool isImage) =>
        InputSpecInference.Infer(view, view.Schema[view.Schema.Count - 1], isImage);

    private static float[] Read(IDataView view, InputSpec spec)
    {
        var values = new float[spec.Size];
        First(view, spec, reader => reader.Read(values));
        return values;
    }

    private static byte[] ReadBytes(IDataView view, InputSpec spec)
    {
        var values = new byte[spec.Size];
        First(view, spec, reader =>
        {
            Assert.IsTrue(reader.ReadsBytes);
            reader.ReadBytes(values);
        });
        return values;
    }

    private static void First(IDataView view, InputSpec spec, Action<FeatureReader> read)
    {
        var column = view.Schema[view.Schema.Count - 1];
        using var cursor = view.GetRowCursor([column]);
        var reader = FeatureReader.Create(cursor, column, spec);
        Assert.IsTrue(cursor.MoveNext());
        read(reader);
    }

    private static void AssertCutOff(IDataView view, string where)
    {
        var e = Assert.ThrowsExactly<InvalidOperationException>(() => ReadBytes(view, Spec));
        StringAssert.Contains(e.Message, "Row 0 (counted from 0)");
        StringAssert.Contains(e.Message, "is cut off: it");
        StringAssert.Contains(e.Message, where);
    }

    private IDataView Extract(ImageRow row, float scale, bool interleave = false, bool asFloat = true, float offset = 0)
    {
        var view = View(row);
        return _mlContext.Transforms.ResizeImages("Image", Width, Height)
            .Append(_mlContext.Transforms.ExtractPixels(
                "Pixels", "Image", scaleImage: scale, offsetImage: offset, interleavePixelColors: interleave, outputAsFloatArray: asFloat))
            .Fit(view).Transform(view);
    }

    private IDataView View<T>(T row)
        where T : class => _mlContext.Data.LoadFromEnumerable(new[] { row });

    private sealed class ImageRow
    {
        [ImageType(Height, Width)] // ML.NET asks for a size, but images of others pass
        public MLImage Image { get; set; } = null!;
    }

    private sealed class EncodedRow
    {
        public byte[] Image { get; set; } = [];
    }

    private sealed class PixelRow
    {
        [VectorType(3 * Height * Width)]
        public float[] Pixels { get; set; } = [];
    }

    private sealed class VariableRow
    {
        public float[] Features { get; set; } = [];
    }
}
