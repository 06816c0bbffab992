namespace Microsoft.ML.Gloro.MLNet;

/// <summary>
/// Resizes one plane of bytes with a triangle filter whose support grows when the image shrinks (bilinear with antialiasing, the default of most training
/// code), first along rows, then along columns. Weights are integers, so every machine gives the same bytes: a model must not see other inputs
/// where it is served than where it was tested, and a native imaging library promises no such thing.
/// </summary>
/// <param name="width">Width of the result.</param>
/// <param name="height">Height of the result.</param>
internal sealed class PlaneResampler(int width, int height)
{
    private const int Precision = 22; // bits after the point; 255 · 2²² and a few units of rounding fit an int

    private byte[] _rows = [];
    private (int Source, Filter Filter)? _horizontal, _vertical;

    /// <summary>Resizes <paramref name="source"/> into <paramref name="destination"/>.</summary>
    public void Resize(ReadOnlySpan<byte> source, int sourceWidth, int sourceHeight, Span<byte> destination)
    {
        var horizontal = Get(ref _horizontal, sourceWidth, width);
        var vertical = Get(ref _vertical, sourceHeight, height);
        if (_rows.Length < width * sourceHeight)
            _rows = new byte[width * sourceHeight];
        for (int y = 0; y < sourceHeight; y++)
        {
            for (int x = 0; x < width; x++)
                _rows[(y * width) + x] = horizontal.Apply(x, source[(y * sourceWidth)..], 1);
        }

        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
                destination[(y * width) + x] = vertical.Apply(y, _rows.AsSpan(x), width);
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
