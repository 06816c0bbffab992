using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Gloro.Tests.TestSupport;

/// <summary>
/// Inputs that are the same on every machine and in every version of .NET. The integers come from xorshift32
/// (Marsaglia, "Xorshift RNGs", 2003), since System.Random may draw other numbers in a later version.
/// </summary>
internal sealed class FixedInputs
{
    private const int Count = 8;

    private uint _state = 2463534242;

    /// <summary>Eight rows that <paramref name="model"/> scores: images of its size as PNG, or vectors of six features.</summary>
    public static IDataView Rows(GloroTransformer model)
    {
        var inputs = new FixedInputs();
        return model.FeatureColumnType is ImageDataViewType { Height: var height, Width: var width }
            ? View(i => new ImageRow { Image = TestImages.Png(inputs.Planes(height, width, border: width * i / Count), height, width) })
            : View(_ => new VectorRow { Features = inputs.Features(6) });
    }

    private static IDataView View<TRow>(Func<int, TRow> create)
        where TRow : class => new MLContext().Data.LoadFromEnumerable(Enumerable.Range(0, Count).Select(create).ToArray());

    /// <summary>
    /// Planar bytes R, G, B: two colors that meet at column <paramref name="border"/>, with a slope and some noise.
    /// Models certify some of these images and not others.
    /// </summary>
    private byte[] Planes(int height, int width, int border)
    {
        var planes = new byte[3 * height * width];
        for (int channel = 0; channel < 3; channel++)
        {
            int left = Next(256), right = Next(256), slope = Next(128) - 64;
            for (int i = 0; i < height * width; i++)
            {
                int value = (i % width < border ? left : right) + (slope * (i / width) / height) + Next(16);
                planes[(channel * height * width) + i] = (byte)Math.Clamp(value, 0, 255);
            }
        }

        return planes;
    }

    /// <summary>Multiples of 1/256 in [−2, 2].</summary>
    private float[] Features(int count) => [.. Enumerable.Range(0, count).Select(_ => (Next(1025) - 512) / 256f)];

    private int Next(int end)
    {
        _state ^= _state << 13;
        _state ^= _state >> 17;
        _state ^= _state << 5;
        return (int)(_state % (uint)end);
    }

    private sealed class ImageRow
    {
        public byte[] Image { get; set; } = [];
    }
}
