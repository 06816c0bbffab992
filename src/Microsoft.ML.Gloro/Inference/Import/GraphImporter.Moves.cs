namespace Microsoft.ML.Gloro.Inference;

/// <content>Operators that move, copy and cut values.</content>
internal sealed partial class GraphImporter
{
    private static GraphValue Reshaped(FileNode node, GraphValue?[] inputs)
    {
        GraphValue x = Input(node, inputs, 0);
        int rank = x.Shape.Length;
        int[]? axes = node.Integers("axes")
            ?? (node.Operation is "Squeeze" or "Unsqueeze" ? (Optional(inputs, 1) as ConstantTensor)?.Integers : null);
        int[] shape;
        switch (node.Operation)
        {
            case "Flatten":
                int axis = FileNode.Clamp(node.Integer("axis", 1));
                axis = axis < 0 ? axis + rank : axis;
                if (axis < 0 || axis > rank)
                    throw node.Damaged($"there is no axis {axis}");
                shape = [TensorMoves.SizeOf(x.Shape[..axis]), TensorMoves.SizeOf(x.Shape[axis..])];
                break;
            case "Squeeze":
                int[] dropped = axes is null ? [] : [.. axes.Select(a => TensorMoves.Axis(node, a, rank))];
                shape = [.. x.Shape.Where((side, i) => axes is null ? side != 1 : !dropped.Contains(i))];
                break;
            case "Unsqueeze":
                int[] added = [.. (axes ?? throw node.Damaged("it has no axes")).Select(a =>
                    TensorMoves.Axis(node, a, rank + axes.Length))];
                var sides = new Queue<int>(x.Shape);
                if (added.Distinct().Count() != added.Length)
                    throw node.Damaged("it adds an axis twice");
                shape = [.. Enumerable.Range(0, rank + added.Length).Select(i => added.Contains(i) ? 1 : sides.Dequeue())];
                break;
            default:
                shape = Target(node, x.Shape, Optional(inputs, 1) is null ? node.Integers("shape") ?? [] : Fixed(node, inputs, 1).Integers,
                    x.Size);
                break;
        }

        ImportBudget.Check(shape);
        return TensorMoves.SizeOf(shape) == x.Size
            ? x.As(shape)
            : throw node.Damaged(
                $"{x.Size} values do not fit the shape [{string.Join(", ", shape)}]; export with a batch of 1 or a dynamic batch");
    }

    private static int[] Target(FileNode node, int[] from, int[] to, int size)
    {
        int[] shape = [.. to.Select((side, i) => side != 0 || node.Integer("allowzero", 0) != 0 ? side
            : i < from.Length ? from[i] : throw node.Damaged("it keeps a side that is not there"))];
        int open = Array.IndexOf(shape, -1);
        if (open < 0)
            return shape;
        long rest = shape.Where((_, i) => i != open).Aggregate(1L, (product, side) => checked(product * side));
        shape[open] = rest > 0 && size % rest == 0 ? (int)(size / rest) : throw node.Damaged("the side −1 is no whole number");
        return shape;
    }

    private static GraphValue Transpose(FileNode node, GraphValue x)
    {
        int[] order = node.Integers("perm") ?? [.. Enumerable.Range(0, x.Shape.Length).Reverse()];
        if (!order.Order().SequenceEqual(Enumerable.Range(0, x.Shape.Length)))
            throw node.Damaged("its order of axes is none");
        var (shape, places) = TensorMoves.Transpose(x.Shape, order);
        return x.Pick(shape, places);
    }

    private static GraphValue Slice(FileNode node, GraphValue?[] inputs)
    {
        GraphValue x = Input(node, inputs, 0);
        int[] starts = node.Integers("starts") ?? Fixed(node, inputs, 1).Integers;
        int[] ends = node.Integers("ends") ?? Fixed(node, inputs, 2).Integers;
        int[] axes = node.Integers("axes")
            ?? (Optional(inputs, 3) is null ? [.. Enumerable.Range(0, starts.Length)] : Fixed(node, inputs, 3).Integers);
        int[] steps = Optional(inputs, 4) is null ? [.. starts.Select(_ => 1)] : Fixed(node, inputs, 4).Integers;
        if (ends.Length != starts.Length || axes.Length != starts.Length || steps.Length != starts.Length)
            throw node.Damaged("its lists have different lengths");
        for (int i = 0; i < starts.Length; i++)
        {
            int axis = TensorMoves.Axis(node, axes[i], x.Shape.Length);
            (long side, long step) = (x.Shape[axis], steps[i]);
            if (step == 0)
                throw node.Damaged("a step is 0");
            long start = starts[i] < 0 ? starts[i] + side : starts[i], end = ends[i] < 0 ? ends[i] + side : ends[i];
            (start, end) = step > 0
                ? (Math.Clamp(start, 0, side), Math.Clamp(end, 0, side))
                : (Math.Clamp(start, 0, side - 1), Math.Clamp(end, -1, side - 1));
            long count = step > 0 ? (end - start + step - 1) / step : (start - end - step - 1) / -step;
            var (shape, places) = TensorMoves.Slice(x.Shape, axis, (int)start, (int)Math.Max(0, count), (int)step);
            x = x.Pick(shape, places);
        }

        return x;
    }

    private static GraphValue[] Split(FileNode node, GraphValue?[] inputs)
    {
        GraphValue x = Input(node, inputs, 0);
        int axis = TensorMoves.Axis(node, FileNode.Clamp(node.Integer("axis", 0)), x.Shape.Length);
        int parts = node.Outputs.Count;
        int chunk = (x.Shape[axis] + parts - 1) / parts;
        int[] sizes = node.Integers("split") ?? (Optional(inputs, 1) is not null
            ? Fixed(node, inputs, 1).Integers
            : [.. Enumerable.Range(0, parts).Select(i => Math.Clamp(x.Shape[axis] - (i * chunk), 0, chunk))]);
        if (sizes.Length != parts || sizes.Any(size => size < 0) || sizes.Sum() != x.Shape[axis])
            throw node.Damaged("its parts do not add up to the whole");
        var outputs = new GraphValue[parts];
        for (int i = 0, start = 0; i < parts; start += sizes[i++])
        {
            var (shape, places) = TensorMoves.Slice(x.Shape, axis, start, sizes[i], 1);
            outputs[i] = x.Pick(shape, places);
        }

        return outputs;
    }

    private GraphValue Concat(FileNode node, GraphValue[] parts)
    {
        if (parts.Length == 0)
            throw node.Damaged("it has no inputs");
        if (parts.Length == 1)
            return parts[0];
        int rank = parts[0].Shape.Length;
        int axis = TensorMoves.Axis(node, FileNode.Clamp(node.Integer("axis", 0)), rank);
        if (parts.Any(part => part.Shape.Length != rank || part.Shape.Where((side, i) => i != axis && side != parts[0].Shape[i]).Any()))
            throw node.Damaged("its inputs do not fit each other");
        int[] shape = [.. parts[0].Shape];
        shape[axis] = parts.Sum(part => part.Shape[axis]);
        ImportBudget.Check(shape);
        Signal[] signals = [.. parts.OfType<Signal>()];
        if (signals.Select(part => part.Source).Distinct().Count() > 1)
        {
            signals = ActivationOperators.Join(node, signals) ?? _sums.Join(signals) ?? throw node.Unsupported(
                "it joins outputs of different layers",
                "Networks are chains of layers: branches may join by Add around linear layers only.");
            var next = new Queue<Signal>(signals);
            parts = [.. parts.Select(part => part is Signal ? next.Dequeue() : part)];
        }

        // All parts one after another, and where each value of the result lies among them.
        int[] offsets = [.. parts.Select((_, i) => parts[..i].Sum(part => part.Size))];
        int inner = TensorMoves.Strides(shape)[axis], outer = TensorMoves.SizeOf(shape[..axis]);
        var places = new int[TensorMoves.SizeOf(shape)];
        for (int o = 0, to = 0; o < outer; o++)
        {
            for (int p = 0; p < parts.Length; p++)
            {
                int length = parts[p].Shape[axis] * inner;
                for (int k = 0; k < length; k++)
                    places[to++] = offsets[p] + (o * length) + k;
            }
        }

        int[] flat = [places.Length];
        if (signals.Length == 0)
        {
            return new ConstantTensor(flat, [.. parts.SelectMany(part => ((ConstantTensor)part).Values)],
                parts.All(part => part is ConstantTensor { IsInteger: true }))
                .Pick(shape, places);
        }

        var (index, scale, shift) = (new int[places.Length], new double[places.Length], new double[places.Length]);
        int at = 0;
        foreach (var part in parts)
        {
            for (int i = 0; i < part.Size; i++, at++)
            {
                (index[at], scale[at], shift[at]) = part is Signal signal
                    ? (signal.Index[i], signal.ScaleAt(i), signal.ShiftAt(i))
                    : (-1, 0, ((ConstantTensor)part).Values[i]);
            }
        }

        return new Signal(flat, signals[0].Source, index, scale, shift).Pick(shape, places);
    }

    private static GraphValue Gather(FileNode node, GraphValue?[] inputs)
    {
        GraphValue x = Input(node, inputs, 0);
        ConstantTensor indices = Fixed(node, inputs, 1);
        int axis = TensorMoves.Axis(node, FileNode.Clamp(node.Integer("axis", 0)), x.Shape.Length);
        int[] taken = [.. indices.Integers.Select(index => TensorMoves.Axis(node, index, x.Shape[axis]))];
        int[] shape = [.. x.Shape[..axis], .. indices.Shape, .. x.Shape[(axis + 1)..]];
        ImportBudget.Check(shape);
        return x.Pick(shape, TensorMoves.Take(x.Shape, axis, taken));
    }

    private static GraphValue Expand(FileNode node, GraphValue?[] inputs)
    {
        GraphValue x = Input(node, inputs, 0);
        int[] shape = TensorMoves.Broadcast(node, x.Shape, Fixed(node, inputs, 1).Integers);
        ImportBudget.Check(shape);
        return x.Pick(shape, TensorMoves.Repeat(x.Shape, shape));
    }

    private static GraphValue Pad(FileNode node, GraphValue?[] inputs)
    {
        GraphValue x = Input(node, inputs, 0);
        if (node.Text("mode", "constant") != "constant")
            throw node.Unsupported($"it pads with {node.Text("mode", "")} values", "Pad with zeros: it costs no norm and has a proof.");
        int rank = x.Shape.Length;
        int[] amounts = node.Integers("pads") ?? Fixed(node, inputs, 1).Integers;
        int[] axes = Optional(inputs, 3) is null ? [.. Enumerable.Range(0, rank)] : Fixed(node, inputs, 3).Integers;
        if (amounts.Length != 2 * axes.Length)
            throw node.Damaged("it has other than two amounts for each axis");
        double fill = Optional(inputs, 2) is ConstantTensor { Values: [var value] } ? value : node.Single("value", 0);
        var (before, after) = (new int[rank], new int[rank]);
        for (int i = 0; i < axes.Length; i++)
        {
            int axis = TensorMoves.Axis(node, axes[i], rank);
            (before[axis], after[axis]) = (amounts[i], amounts[i + axes.Length]);
        }

        ImportBudget.Check([.. x.Shape.Select((side, axis) => FileNode.Clamp((long)side + before[axis] + after[axis]))]);
        var (shape, places) = TensorMoves.Pad(x.Shape, before, after);
        return x.Pick(shape, places, fill);
    }

    private static GraphValue MoveBlocks(FileNode node, GraphValue x)
    {
        int block = FileNode.Clamp(node.Integer("blocksize", 0));
        if (x.Shape is not [1, var channels, var height, var width] || block < 1)
            throw node.Damaged("its input is not an image, or its block is none");
        bool isDown = node.Operation == "SpaceToDepth";
        if (isDown ? height % block != 0 || width % block != 0 : channels % ((long)block * block) != 0)
            throw node.Damaged("its block does not divide the image");
        int fewer = isDown ? 0 : channels / (block * block);
        (int[] split, int[] order, int[] shape) = isDown
            ? ([1, channels, height / block, block, width / block, block], [0, 3, 5, 1, 2, 4],
                [1, channels * block * block, height / block, width / block])
            : node.Text("mode", "DCR") == "CRD"
                ? ([1, fewer, block, block, height, width], [0, 1, 4, 2, 5, 3], [1, fewer, height * block, width * block])
                : ((int[])[1, block, block, fewer, height, width], (int[])[0, 3, 4, 1, 5, 2],
                    (int[])[1, fewer, height * block, width * block]);
        return x.Pick(shape, TensorMoves.Transpose(split, order).Places);
    }
}
