namespace Microsoft.ML.Gloro.Inference;

/// <summary>The graph's input.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The number of its element type; 1 for float32.</param>
/// <param name="Shape">Its sides; null for one that is set at run time.</param>
internal sealed record OnnxInput(string Name, int Type, IReadOnlyList<int?> Shape)
{
    /// <summary>Reads a ValueInfoProto.</summary>
    public static OnnxInput Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new ProtobufReader(bytes);
        string name = "";
        int type = 0;
        List<int?> shape = [];
        while (reader.Next())
        {
            if (reader.Field == 1)
                name = OnnxFile.Name(ref reader);
            else if (reader.Field == 2)
                ReadType(reader.Bytes(), ref type, shape);
            else
                reader.Skip();
        }

        return new OnnxInput(name, type, shape);
    }

    private static void ReadType(ReadOnlySpan<byte> bytes, ref int type, List<int?> shape)
    {
        var reader = new ProtobufReader(bytes);
        while (reader.Next())
        {
            if (reader.Field != 1)
            {
                reader.Skip();
                continue;
            }

            var tensor = new ProtobufReader(reader.Bytes());
            while (tensor.Next())
            {
                if (tensor.Field == 1)
                    type = (int)Math.Clamp(tensor.Integer(), 0, int.MaxValue);
                else if (tensor.Field == 2)
                    ReadShape(tensor.Bytes(), shape);
                else
                    tensor.Skip();
            }
        }
    }

    private static void ReadShape(ReadOnlySpan<byte> bytes, List<int?> shape)
    {
        var reader = new ProtobufReader(bytes);
        while (reader.Next())
        {
            if (reader.Field != 1)
            {
                reader.Skip();
                continue;
            }

            if (shape.Count == OnnxFile.MostDimensions)
                throw ImportFault.Damaged($"a tensor has more than {OnnxFile.MostDimensions} dimensions");
            int? side = null;
            var dimension = new ProtobufReader(reader.Bytes());
            while (dimension.Next())
            {
                if (dimension.Field == 1)
                    side = OnnxFile.Side(dimension.Integer());
                else
                    dimension.Skip();
            }

            shape.Add(side);
        }
    }
}
