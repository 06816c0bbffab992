namespace Microsoft.ML.Gloro.Inference;

/// <summary>Operators that only move values: the new shape, and the place that each value comes from.</summary>
internal static class TensorMoves
{
    /// <summary>The sizes of a step along each axis, in row-major order.</summary>
    public static int[] Strides(int[] shape)
    {
        var strides = new int[shape.Length];
        for (int axis = shape.Length - 1, step = 1; axis >= 0; step *= shape[axis--])
            strides[axis] = step;
        return strides;
    }

    public static int SizeOf(int[] shape) => shape.Aggregate(1, (size, side) => checked(size * side));

    /// <summary>An axis that may be counted from the end.</summary>
    public static int Axis(FileNode node, int axis, int rank)
    {
        int found = axis < 0 ? axis + rank : axis;
        return found >= 0 && found < rank ? found : throw node.Damaged($"there is no axis {axis} in {rank} dimensions");
    }

    /// <summary>The shape to which two shapes are repeated.</summary>
    public static int[] Broadcast(FileNode node, int[] a, int[] b)
    {
        var shape = new int[Math.Max(a.Length, b.Length)];
        for (int i = 1; i <= shape.Length; i++)
        {
            (int x, int y) = (i <= a.Length ? a[^i] : 1, i <= b.Length ? b[^i] : 1);
            shape[^i] = x == y || y == 1 ? x : x == 1 ? y
                : throw node.Damaged($"shapes [{string.Join(", ", a)}] and [{string.Join(", ", b)}] do not fit");
        }

        return shape;
    }

    /// <summary>Where each value comes from when a shape is repeated to a larger one.</summary>
    public static int[] Repeat(int[] from, int[] to)
    {
        int[] strides = Strides(from);
        var steps = new int[to.Length];
        for (int i = 1; i <= from.Length; i++)
            steps[^i] = from[^i] == 1 ? 0 : strides[^i];
        return Walk(to, 0, steps);
    }

    public static (int[] Shape, int[] Places) Transpose(int[] shape, int[] order)
    {
        int[] strides = Strides(shape);
        int[] to = [.. order.Select(axis => shape[axis])];
        return (to, Walk(to, 0, [.. order.Select(axis => strides[axis])]));
    }

    /// <summary>A part along one axis, with a step that may be negative.</summary>
    public static (int[] Shape, int[] Places) Slice(int[] shape, int axis, int start, int count, int step)
    {
        int[] strides = Strides(shape);
        int[] to = [.. shape];
        to[axis] = count;
        int origin = start * strides[axis];
        strides[axis] *= step;
        return (to, Walk(to, origin, strides));
    }

    /// <summary>The given places along one axis.</summary>
    public static int[] Take(int[] shape, int axis, int[] indices)
    {
        int inner = Strides(shape)[axis];
        int outer = SizeOf(shape[..axis]);
        var places = new int[outer * indices.Length * inner];
        for (int o = 0, i = 0; o < outer; o++)
        {
            foreach (int index in indices)
            {
                for (int k = 0; k < inner; k++)
                    places[i++] = (((o * shape[axis]) + index) * inner) + k;
            }
        }

        return places;
    }

    /// <summary>Values around a tensor: −1 where a new one stands. Negative amounts cut.</summary>
    public static (int[] Shape, int[] Places) Pad(int[] shape, int[] before, int[] after)
    {
        int[] strides = Strides(shape);
        int[] to = [.. shape.Select((side, axis) => side + before[axis] + after[axis])];
        var places = new int[SizeOf(to)];
        int[] steps = Strides(to);
        for (int i = 0; i < places.Length; i++)
        {
            for (int axis = 0; axis < to.Length; axis++)
            {
                int at = (i / steps[axis] % to[axis]) - before[axis];
                if (at < 0 || at >= shape[axis])
                {
                    places[i] = -1;
                    break;
                }

                places[i] += at * strides[axis];
            }
        }

        return (to, places);
    }

    private static int[] Walk(int[] shape, int origin, int[] steps)
    {
        var places = new int[SizeOf(shape)];
        var at = new int[shape.Length];
        for (int i = 0, place = origin; i < places.Length; i++)
        {
            places[i] = place;
            for (int axis = shape.Length - 1; axis >= 0; axis--)
            {
                place += steps[axis];
                if (++at[axis] < shape[axis])
                    break;
                place -= steps[axis] * shape[axis];
                at[axis] = 0;
            }
        }

        return places;
    }
}
