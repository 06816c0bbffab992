using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>Makes a transformer of an ONNX file that another library wrote.</summary>
internal static class OnnxImporter
{
    private const int LargestFile = int.MaxValue - (1 << 16), ComparedRows = 16;

    // Of the largest logit. Engines differ in last bits of float32; a wrong layer differs in the first digits.
    private const double Tolerance = 1e-3;

    /// <summary>Reads the network, compares it with ONNX Runtime, proves its bounds and returns its transformer.</summary>
    public static GloroTransformer Read(MLContext mlContext, Stream stream, IReadOnlyList<string> classNames, GloroImportOptions options)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(classNames);
        options = options.Copy();
        OptionFaults.ThrowIfAny("the import", options.Faults());
        if (!stream.CanRead)
            throw new ArgumentException("The stream cannot be read: it was opened for writing, or is closed.", nameof(stream));
        string[] names = [.. classNames];
        var guarantee = ResolvedGuarantee.Bind(options.Guarantee, names); // before the bound, which may take minutes
        byte[] file = ReadToEnd(stream, options.CancellationToken);
        var imported = GraphImporter.Import(file, options.IsImage, options.InputMeans, options.InputDeviations);
        if (imported.Network.ClassCount != names.Length)
        {
            throw new ArgumentException(
                $"The network has {imported.Network.ClassCount} outputs, and there are {names.Length} class names.", nameof(classNames));
        }

        if (options.Tolerances is { } own)
        {
            string input = options.FeatureColumnName ?? "Features";
            float[] tolerances = own.Resolve(imported.Network.InputShape.Size, names: null, input);
            imported = imported with { Network = imported.Network.WithTolerances(tolerances) };
        }

        Check(imported.Network);
        string compared = Compare(file, imported, options);
        var bound = RigorousBound.Compute(imported.Network, options.CancellationToken);
        string producer = imported.Producer.Length > 0 ? imported.Producer : "an unnamed program";
        string summary = $"imported from an ONNX file of {producer}, {compared}";
        var model = new GloroModel(
            imported.Network, bound, names, guarantee.Guarantee, options.Epsilon, imported.IsImage,
            provenance: ModelProvenance.OfThisLibrary(summary), arithmetic: options.Arithmetic);
        var host = ((IHostEnvironment)mlContext).Register("Gloro", null, null);
        using (var channel = host.Start("Import"))
        {
            channel.Info(MessageSensitivity.None, "A network of {0} layers, {1}; κ = {2}.", imported.Network.Layers.Count, summary,
                bound.Value);
        }

        string column = options.FeatureColumnName ?? (imported.IsImage ? "Image" : "Features");
        return new GloroTransformer(host, model, column, new ScoringOptions { Prefix = options.OutputColumnPrefix });
    }

    private static void Check(DeployedNetwork network)
    {
        try
        {
            ModelLimits.Check(network);
        }
        catch (ArgumentException e)
        {
            throw ImportFault.Damaged(ErrorText.Sentence(e).TrimEnd('.'));
        }
    }

    private static byte[] ReadToEnd(Stream stream, CancellationToken cancellationToken)
    {
        using var file = new MemoryStream();
        var block = new byte[1 << 16];
        for (int count; (count = stream.Read(block)) > 0;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (file.Length + count > LargestFile)
                throw ImportFault.Damaged("it has more than 2 GiB");
            file.Write(block, 0, count);
        }

        return file.ToArray();
    }

    /// <summary>Compares logits on random rows, and says in words what was compared.</summary>
    private static string Compare(byte[] file, ImportedNetwork imported, GloroImportOptions options)
    {
        var network = imported.Network;
        float[][] rows = RandomRows(imported, options);
        if (GraphReference.Run(file, imported, [.. rows.Select(row => Scaled(row, imported, options))]) is not { } expected)
            return "not compared with ONNX Runtime, which this application does not have";
        float[] logits = new float[rows.Length * network.ClassCount];
        using (var scorer = new Float64Scorer(network))
            scorer.Score(rows.SelectMany(row => row).ToArray(), rows.Length, logits);
        float[] other = [.. expected.SelectMany(row => row)];
        if (other.Length != logits.Length)
            throw ImportFault.Damaged($"ONNX Runtime computes {other.Length / rows.Length} values a row, not {network.ClassCount}");
        double largest = Math.Max(other.Max(x => Math.Abs((double)x)), float.Epsilon);
        double difference = other.Zip(logits, (x, y) => Math.Abs((double)x - y)).Max() / largest;
        return difference <= Tolerance // false for NaN
            ? FormattableString.Invariant($"logits within {difference:E1} of ONNX Runtime's on {rows.Length} random rows")
            : throw ImportFault.Unsupported(
                FormattableString.Invariant($"its logits differ from ONNX Runtime's by {difference:G2} of the largest one"),
                "Please report this file: it was read wrongly, or float32 is not precise enough for it.");
    }

    private static float[][] RandomRows(ImportedNetwork imported, GloroImportOptions options)
    {
        var random = new Random(1);
        var shape = imported.RowShape;
        int pixels = shape.Height * shape.Width;
        return [.. Enumerable.Range(0, ComparedRows).Select(_ => Enumerable.Range(0, shape.Size).Select(i => imported.IsImage
            ? random.NextSingle()
            : (options.InputMeans?[i / pixels] ?? 0)
                + ((options.InputDeviations?[i / pixels] ?? 1) * ((4 * random.NextSingle()) - 2))).ToArray())];
    }

    private static float[] Scaled(float[] row, ImportedNetwork imported, GloroImportOptions options)
    {
        var shape = imported.RowShape;
        int pixels = shape.Height * shape.Width;
        return [.. row.Select((x, i) =>
            (float)(((double)x - (options.InputMeans?[i / pixels] ?? 0)) / (options.InputDeviations?[i / pixels] ?? 1)))];
    }
}
