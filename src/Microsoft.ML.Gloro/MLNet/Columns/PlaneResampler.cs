using System.Buffers;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>
/// Resizes one plane of bytes with a triangle filter whose support grows when the image shrinks (bilinear with antialiasing, the default
/// of most training code), first along rows, then along columns. Weights are integers, so every machine gives the same bytes: a model
/// must see the same inputs where it is served as where it was tested, and a native imaging library does not promise that.
/// </summary>
/// <param name="width">Width of the result.</param>
/// <param name="height">Height of the result.</param>
internal sealed class PlaneResampler(int width, int height)
{
    private const int Precision = 22; // bits after the point; 255 · 2²² and a few units of rounding fit an int

    private (int Source, Filter Filter)? _horizontal, _vertical;

    /// <summary>Resizes <paramref name="source"/> into <paramref name="destination"/>.</summary>
    /// <param name="source">The plane, row by row.</param>
    /// <param name="sourceWidth">Its width.</param>
    /// <param name="sourceHeight">Its height.</param>
    /// <param name="destination">Receives the result, row by row.</param>
    /// <param name="step">From one byte of the plane to the next: 4 for a channel of interleaved pixels.</param>
    public void Resize(ReadOnlySpan<byte> source, int sourceWidth, int sourceHeight, Span<byte> destination, int step = 1)
    {
        var horizontal = Get(ref _horizontal, sourceWidth, width);
        var vertical = Get(ref _vertical, sourceHeight, height);
        byte[] rows = ArrayPool<byte>.Shared.Rent(checked(width * sourceHeight)); // rented, since a reader outlives its largest image
        try
        {
            for (int y = 0; y < sourceHeight; y++)
            {
                var line = source[(y * sourceWidth * step)..];
                for (int x = 0; x < width; x++)
                    rows[(y * width) + x] = horizontal.Apply(x, line, step);
            }

            for (int y = 0; y < height; y++)
            {
                for (int x = 0; x < width; x++)
                    destination[(y * width) + x] = vertical.Apply(y, rows.AsSpan(x), width);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rows);
        }
    }

    private static Filter Get(ref (int Source, Filter Filter)? cached, int source, int target)
    {
        if (cached is not { } entry || entry.Source != source)
            cached = entry = (source, new Filter(source, target));
        return entry.Filter;
    }

    /// <summary>For each position along one axis of the result, the run of source positions that it averages and their weights.</summary>
    private sealed class Filter
    {
        private readonly int[] _first;
        private readonly int[][] _weights;

        public Filter(int source, int target)
        {
            double scale = (double)source / target, support = Math.Max(1, scale);
            _first = new int[target];
            _weights = new int[target][];
            for (int i = 0; i < target; i++)
            {
                double center = (i + 0.5) * scale;
                int first = Math.Max(0, (int)Math.Floor(center - support + 0.5));
                int end = Math.Min(source, (int)Math.Floor(center + support + 0.5));
                var weights = new double[end - first];
                for (int j = 0; j < weights.Length; j++)
                    weights[j] = Math.Max(0, 1 - (Math.Abs(first + j + 0.5 - center) / support));
                double sum = weights.Sum();
                _first[i] = first;
                _weights[i] = [.. weights.Select(w => (int)Math.Round(w / sum * (1 << Precision)))];
            }
        }

        public byte Apply(int position, ReadOnlySpan<byte> line, int step)
        {
            int sum = 1 << (Precision - 1), index = _first[position] * step;
            foreach (int weight in _weights[position])
            {
                sum += weight * line[index];
                index += step;
            }

            return (byte)Math.Clamp(sum >> Precision, 0, 255);
        }
    }
}
