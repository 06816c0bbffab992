using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.EndToEnd;

/// <summary>What the WebApi example answers is what the library says, and what is no image is refused in words.</summary>
[TestClass]
public sealed class WebApiTests
{
    private static WebApiServer? s_server;
    private static HttpClient? s_client;

    [ClassInitialize]
    public static void Start(TestContext _)
    {
        s_server = WebApiServer.Start();
        s_client = new HttpClient { BaseAddress = s_server.Address, Timeout = TimeSpan.FromMinutes(1) };
    }

    [ClassCleanup]
    public static void Stop()
    {
        s_client?.Dispose();
        s_server?.Dispose();
    }

    [TestMethod]
    public async Task Certify_ManyAtOnce_AnswersTheBitsOfTransform()
    {
        byte[][] files = EncodedImages.Drawings(12);
        var expected = EncodedImages.Transform(WebApiServer.ModelPath, files, WebApiServer.Guarantee);
        var answers = await Task.WhenAll(
            files.Select(async (file, i) => await Read(await (i % 2 == 0 ? PostRaw(file) : PostForm(file)), HttpStatusCode.OK)));
        for (int i = 0; i < files.Length; i++)
        {
            var (row, classes) = expected[i];
            var answer = answers[i];
            CollectionAssert.AreEqual(row.TopKRadii, Floats(answer, "radii"), $"image {i}");
            CollectionAssert.AreEqual(
                classes, answer.GetProperty("classes").EnumerateArray().Select(c => c.GetProperty("name").GetString()).ToArray());
            CollectionAssert.AreEqual(row.Score.OrderDescending().ToArray(), answer.GetProperty("classes").EnumerateArray()
                .Select(c => c.GetProperty("score").GetSingle()).ToArray());
            Assert.AreEqual((row.CertifiedRadius, row.IsCertified),
                (answer.GetProperty("certifiedRadius").GetSingle(), answer.GetProperty("isCertified").GetBoolean()));
            string?[] labels = [.. answer.GetProperty("certifiedLabels").EnumerateArray().Select(l => l.GetString())];
            CollectionAssert.AreEqual(classes[..row.CertifiedK], labels);
            Assert.AreEqual(row.CertifiedGroup, answer.GetProperty("certifiedGroup").GetString());
            string?[] loosest = [.. answer.GetProperty("loosestLabels").EnumerateArray().Select(l => l.GetString())];
            CollectionAssert.AreEqual(classes[..row.LoosestK], loosest);
            string words = answer.GetProperty("proved").GetString()!;
            StringAssert.Contains(words, row.IsCertified ? "No change of the image shorter than " : "Nothing is proved at ε = 0.141176.");
            Assert.IsTrue(labels.All(label => words.Contains(label!, StringComparison.Ordinal)), words);
        }

        Assert.IsGreaterThan(
            1, expected.Select(e => e.Row.CertifiedK).Distinct().Count(), "Drawings of which all or none are certified would test little.");
    }

    [TestMethod]
    public async Task Model_Card_SaysWhatIsProved()
    {
        var card = await s_client!.GetFromJsonAsync<JsonElement>("api/model");
        Assert.AreEqual("rtk:3 L2 Float64 64",
            $"{card.GetProperty("guarantee")} {card.GetProperty("norm")} {card.GetProperty("arithmetic")} {card.GetProperty("width")}");
        Assert.AreEqual(36f / 255f, card.GetProperty("epsilon").GetSingle());
        StringAssert.Contains(card.GetProperty("arithmeticInWords").GetString(), "every rounding included");
    }

    [TestMethod]
    public async Task Certify_WhatIsNoImage_IsRefusedInWords()
    {
        byte[] png = TestImages.Png(TestImages.Planes(64, 64, 1), 64, 64);
        byte[] huge = [.. png];
        (huge[16], huge[17], huge[20], huge[21]) = (0, 1, 0, 1); // the header says 65,600 × 65,600 pixels
        Crc(huge.AsSpan(12, 17)).CopyTo(huge.AsSpan(29));
        await Refused(PostRaw([1, 2, 3, 4, 5]), "These 5 bytes are no image");
        await Refused(PostRaw([]), "The upload is empty");
        await Refused(PostForm([]), "The upload is empty");
        await Refused(PostRaw(png[..(png.Length / 2)]), "cut off");
        await Refused(PostRaw(huge), "65600 × 65600 pixels");
        await Refused(
            s_client!.PostAsync("api/certify", new MultipartFormDataContent { { new StringContent("x"), "text" } }), "holds no file");
        await Refused(PostRaw(new byte[9 << 20]), "a file may have 8 MB", HttpStatusCode.RequestEntityTooLarge);
        await Refused(PostForm(new byte[(8 << 20) + 5]), "a file may have 8 MB", HttpStatusCode.RequestEntityTooLarge);
        await Read(await PostRaw(png), HttpStatusCode.OK); // and serves on

        static async Task Refused(Task<HttpResponseMessage> response, string why, HttpStatusCode status = HttpStatusCode.BadRequest) =>
            StringAssert.Contains((await Read(await response, status)).GetProperty("error").GetString(), why);
    }

    private static float[] Floats(JsonElement answer, string name) =>
        [.. answer.GetProperty(name).EnumerateArray().Select(r => r.GetSingle())];

    private static async Task<JsonElement> Read(HttpResponseMessage response, HttpStatusCode status)
    {
        string text = await response.Content.ReadAsStringAsync();
        Assert.AreEqual(status, response.StatusCode, text);
        return JsonDocument.Parse(text).RootElement;
    }

    private static Task<HttpResponseMessage> PostRaw(byte[] file)
    {
        var content = new ByteArrayContent(file);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-www-form-urlencoded"); // as curl --data-binary says
        return Post(content);
    }

    private static Task<HttpResponseMessage> PostForm(byte[] file) =>
        Post(new MultipartFormDataContent { { new ByteArrayContent(file), "image", "image.png" } });

    private static Task<HttpResponseMessage> Post(HttpContent content)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "api/certify") { Content = content };
        request.Headers.ExpectContinue = true; // a refusal comes before a body that is not wanted
        return s_client!.SendAsync(request);
    }

    // As PNG computes it, big-endian.
    private static byte[] Crc(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in data)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320u);
        }

        crc = ~crc;
        return [(byte)(crc >> 24), (byte)(crc >> 16), (byte)(crc >> 8), (byte)crc];
    }
}
