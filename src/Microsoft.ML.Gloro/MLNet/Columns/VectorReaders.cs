using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.ML.Data;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>
/// Reads the planar pixels of ExtractPixels, which must have been scaled to [0, 1]. They are never clamped: training refuses a pixel
/// outside [0, 1]; scoring reads it as it is and then certifies nothing, because an attack may leave [0, 1] a little.
/// </summary>
internal sealed class PixelVectorReader(string columnName, InputSpec spec, ValueGetter<VBuffer<float>> getter, RowLocator locator)
    : FeatureReader(columnName, spec, locator)
{
    // For scoring: pixels that were perturbed on purpose stay within, pixels that were never scaled leave it by far.
    private const float Lowest = -1, Highest = 2;

    private VBuffer<float> _values;
    private float[]? _scratch;

    public override bool ReadsBytes => true;

    public override void Read(Span<float> destination)
    {
        getter(ref _values);
        CheckLength(_values.Length);
        _values.CopyTo(destination);
        ReadOnlySpan<float> values = destination[..Spec.Size];
        if (AreAllPixels(values))
            return;
        foreach (float value in values)
        {
            // NaN and ±∞ pass: such a row is scored, and nothing is certified for it.
            if (float.IsFinite(value) && (value < Lowest || value > Highest))
                throw NotAPixel(value);
        }
    }

    // Nearly always, and a sixth of the time of looking at each: it counts where one row is scored.
    private static bool AreAllPixels(ReadOnlySpan<float> values)
    {
        ReadOnlySpan<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        Vector<float> lowest = new(Lowest), highest = new(Highest);
        foreach (Vector<float> vector in vectors)
        {
            if (!Vector.GreaterThanOrEqualAll(vector, lowest) || !Vector.LessThanOrEqualAll(vector, highest))
                return false;
        }

        foreach (float value in values[(vectors.Length * Vector<float>.Count)..])
        {
            if (!(value >= Lowest && value <= Highest))
                return false;
        }

        return true;
    }

    /// <summary>Pixels rounded to the nearest byte: what training keeps. Scoring reads the values as they are.</summary>
    public override void ReadBytes(Span<byte> destination)
    {
        _scratch ??= new float[Spec.Size];
        Read(_scratch);
        for (int i = 0; i < _scratch.Length; i++)
        {
            if (!float.IsFinite(_scratch[i]))
                throw RowError($"pixel {i} is {_scratch[i]}.");
            float rounded = MathF.Round(_scratch[i] * 255f);
            destination[i] = rounded is >= 0 and <= 255 ? (byte)rounded : throw NotAPixel(_scratch[i]);
        }
    }

    private InvalidOperationException NotAPixel(float value) => RowError(FormattableString.Invariant(
        $"the value {value} is no pixel scaled to [0, 1]; use ExtractPixels with scaleImage: 1f / 255f and no offset."));
}

/// <summary>Reads feature vectors, dense or sparse, as they are.</summary>
internal sealed class VectorReader(string columnName, InputSpec spec, ValueGetter<VBuffer<float>> getter, RowLocator locator)
    : FeatureReader(columnName, spec, locator)
{
    private VBuffer<float> _values;

    public override void Read(Span<float> destination)
    {
        getter(ref _values);
        CheckLength(_values.Length);
        _values.CopyTo(destination);
    }
}
