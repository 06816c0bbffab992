using System.Globalization;
using System.Text.Json;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Tests.Training;

/// <summary>Layers as data: equal if they say the same, and the same again after text and JSON.</summary>
[TestClass]
public sealed class GloroLayerTests
{
    private static readonly (GloroLayer Layer, string Text)[] s_all =
    [
        (GloroLayer.SpaceToDepth(4), "space-to-depth 4"),
        (GloroLayer.Convolution(96), "convolution 96 3×3"),
        (GloroLayer.Convolution(8, kernelSize: 1), "convolution 8 1×1"),
        (GloroLayer.Convolution(1000, 4, 2), "convolution 1000 4×4 stride 2"),
        (GloroLayer.ResidualConvolution(), "residual convolution 3×3"),
        (GloroLayer.ResidualConvolution(5), "residual convolution 5×5"),
        (GloroLayer.Centering(), "centering"),
        (GloroLayer.MinMax(), "minmax"),
        (GloroLayer.ReLU(), "relu"),
        (GloroLayer.AveragePooling(2), "average pooling 2"),
        (GloroLayer.Flatten(), "flatten"),
        (GloroLayer.Dense(512), "dense 512"),
        (GloroLayer.ResidualDense(), "residual dense"),
        (GloroLayer.OrthogonalDense(256), "orthogonal dense 256"),
        (GloroLayer.OrthogonalResidualDense(), "orthogonal residual dense"),
        (GloroLayer.OrthogonalConvolution(128), "orthogonal convolution 128"),
        (GloroLayer.ChannelShift(), "channel shift 1/8"),
        (GloroLayer.ChannelShift(4), "channel shift 1/4"),
        (GloroLayer.HalfAbs(), "halfabs"),
        (GloroLayer.ReflectorDense(256, 64), "reflector dense 256 rank 64"),
    ];

    [TestMethod]
    public void Parse_WhatToStringWrote_GivesAnEqualLayer()
    {
        var culture = CultureInfo.CurrentCulture;
        try
        {
            foreach (string name in new[] { "", "ar-SA", "tr-TR", "de-DE" })
            {
                CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo(name);
                foreach (var (layer, text) in s_all)
                {
                    Assert.AreEqual(text, layer.ToString());
                    Assert.AreEqual(layer, GloroLayer.Parse(text));
                    Assert.AreEqual(layer, GloroLayer.Parse($" {text.Replace('×', 'x').ToUpperInvariant()} "));
                }
            }
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    [TestMethod]
    public void Equals_EveryPair_IsByKindAndNumbers()
    {
        for (int i = 0; i < s_all.Length; i++)
        {
            for (int j = 0; j < s_all.Length; j++)
            {
                var other = GloroLayer.Parse(s_all[j].Text);
                Assert.AreEqual(i == j, s_all[i].Layer == other, $"{s_all[i].Text} and {other}");
                if (i == j)
                    Assert.AreEqual(s_all[i].Layer.GetHashCode(), other.GetHashCode());
            }
        }
    }

    [TestMethod]
    public void Json_ListOfAll_ComesBackEqualAndReadable()
    {
        IReadOnlyList<GloroLayer> layers = [.. s_all.Select(a => a.Layer)];
        string json = JsonSerializer.Serialize(layers);
        StringAssert.Contains(json, "\"convolution 1000 4x4 stride 2\"");
        CollectionAssert.AreEqual(layers.ToArray(), JsonSerializer.Deserialize<IReadOnlyList<GloroLayer>>(json)!.ToArray());
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("convolution")]
    [DataRow("convolution 96")]
    [DataRow("convolution 96 3×4")]
    [DataRow("convolution 96 4×4")]
    [DataRow("convolution 96 1×1 stride 2")]
    [DataRow("convolution 0 3×3")]
    [DataRow("convolution 96 3×3 stride 0")]
    [DataRow("convolution 99999999999 3×3")]
    [DataRow("residual convolution 8 3×3")]
    [DataRow("residual convolution 2×2")]
    [DataRow("residual convolution 3×3 stride 1")]
    [DataRow("dense -1")]
    [DataRow("dense")]
    [DataRow("minmax 2")]
    [DataRow("max pooling 2")]
    [DataRow("dense 10 dense 10")]
    [DataRow("dense 1/8")]
    [DataRow("channel shift 8")]
    [DataRow("channel shift 1/3")]
    [DataRow("orthogonal convolution 8 3×3")]
    [DataRow("dense 10 rank 2")]
    [DataRow("reflector dense 10")]
    [DataRow("reflector dense rank 2")]
    [DataRow("reflector dense 10 rank 0")]
    public void Parse_TextThatIsNoLayer_IsRefusedInWords(string text) =>
        StringAssert.Contains(Assert.ThrowsExactly<FormatException>(() => GloroLayer.Parse(text)).Message, $"'{text}' is no layer");

    [TestMethod]
    public void Factories_NumbersThatCannotBe_AreNamed()
    {
        foreach (var (make, name) in new (Func<GloroLayer>, string)[]
        {
            (() => GloroLayer.SpaceToDepth(0), "block"), (() => GloroLayer.Convolution(0), "channels"),
            (() => GloroLayer.Convolution(8, -1), "kernelSize"),
            (() => GloroLayer.Convolution(8, 4), "kernelSize"), (() => GloroLayer.Convolution(8, 2, 3), "kernelSize"),
            (() => GloroLayer.Convolution(8, 3, 0), "stride"),
            (() => GloroLayer.ResidualConvolution(2), "kernelSize"), (() => GloroLayer.AveragePooling(-1), "size"),
            (() => GloroLayer.Dense(0), "width"),
            (() => GloroLayer.OrthogonalDense(0), "width"),
            (() => GloroLayer.OrthogonalConvolution(0), "channels"), (() => GloroLayer.ChannelShift(3), "part"),
            (() => GloroLayer.ReflectorDense(0, 1), "width"), (() => GloroLayer.ReflectorDense(8, 0), "rank"),
        })
        {
            try
            {
                make();
                Assert.Fail(name);
            }
            catch (ArgumentException e)
            {
                Assert.AreEqual(name, e.ParamName);
            }
        }

        Assert.AreEqual("times", Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => GloroLayer.Repeat(-1)).ParamName);
    }

    [TestMethod]
    public void Repeat_SpreadIntoAList_IsTheLayersInTurn()
    {
        GloroLayer[] layers =
        [
            GloroLayer.Flatten(), .. GloroLayer.Repeat(2, GloroLayer.Dense(4), GloroLayer.MinMax()),
            .. GloroLayer.Repeat(0, GloroLayer.ReLU()),
        ];
        Assert.AreEqual("flatten, dense 4, minmax, dense 4, minmax", string.Join(", ", layers.AsEnumerable()));
    }

    [TestMethod]
    [DataRow(3, 1, 1)]
    [DataRow(5, 1, 2)]
    [DataRow(1, 1, 0)]
    [DataRow(4, 2, 1)]
    [DataRow(5, 2, 2)]
    [DataRow(3, 2, 1)]
    [DataRow(2, 2, 0)]
    [DataRow(14, 14, 0)]
    public void Padding_OfEachKernel_IsTheFieldsAndDividesTheImage(int kernel, int stride, int padding)
    {
        var geometry = new ConvolutionGeometry(kernel, stride);
        Assert.AreEqual(padding, geometry.Padding);
        Assert.AreEqual(new TensorShape(7, 6, 4), geometry.GetOutputShape(new TensorShape(3, 6 * stride, 4 * stride), 7));
    }
}
