using System.Text.Json;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>How a model file's header describes a layer. Only the kinds in <see cref="LayerKinds"/> can be read.</summary>
/// <param name="TensorLengths">Values in each of the layer's tensors, in the order of <see cref="DeployedLayer.Tensors"/>.</param>
/// <param name="Create">Makes the layer from tensors with these lengths.</param>
internal sealed record LayerFormat(long[] TensorLengths, Func<float[][], DeployedLayer> Create)
{
    /// <summary>Writes the description of a layer as a JSON object.</summary>
    /// <exception cref="NotSupportedException">The layer's type is not in <see cref="LayerKinds"/>.</exception>
    public static void Write(Utf8JsonWriter json, DeployedLayer layer)
    {
        LayerKind kind = LayerKinds.Of(layer);
        json.WriteStartObject();
        json.WriteString("kind", kind.Name);
        foreach ((LayerNumbers format, int[] numbers) in kind.Numbers.Zip(layer.Numbers))
        {
            if (format.IsList)
                WriteList(json, format.Name, numbers);
            else
                json.WriteNumber(format.Name, numbers.Single());
        }

        json.WriteEndObject();
    }

    /// <summary>Reads what <see cref="Write"/> wrote. No weights are read or allocated yet.</summary>
    /// <exception cref="FormatException">An unknown kind, or a number out of range.</exception>
    public static LayerFormat Read(HeaderObject header)
    {
        LayerKind kind = LayerKinds.Find(header.Text("kind"))
            ?? throw header.Wrong("kind", "is a kind of layer that this version does not know");
        header.Expect(["kind", .. kind.Numbers.Select(format => format.Name)]);
        int[][] numbers = [.. kind.Numbers.Select(format => Read(header, format))];
        long[] lengths = [.. kind.TensorSizes(numbers).Select(size => Product(header, kind.Numbers[0].Name, size))];
        return new(lengths, tensors => kind.Create(numbers, tensors));
    }

    private static int[] Read(HeaderObject header, LayerNumbers format)
    {
        int largest = format.Limits.Max(ModelLimits.Of);
        int[] numbers = format.IsList
            ? header.Integers(format.Name, format.Limits.Count, format.Least, largest)
            : [header.Integer(format.Name, format.Least, largest)];
        for (int i = 0; i < numbers.Length; i++)
        {
            if (numbers[i] > ModelLimits.Of(format.Limits[i]))
                throw header.Wrong(format.Name, $"has a side above {ModelLimits.Side}");
        }

        return numbers;
    }

    private static long Product(HeaderObject header, string name, int[] factors)
    {
        long product = 1;
        foreach (int factor in factors)
        {
            product = product <= ModelLimits.Weights / factor
                ? product * factor
                : throw header.Wrong(name, $"asks for more than {ModelLimits.Weights} weights");
        }

        return product;
    }

    private static void WriteList(Utf8JsonWriter json, string name, int[] values)
    {
        json.WriteStartArray(name);
        foreach (int value in values)
            json.WriteNumberValue(value);
        json.WriteEndArray();
    }
}
