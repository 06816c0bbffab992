using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>Runs somebody else's ONNX file on ONNX Runtime, to compare an imported network with it.</summary>
internal static class GraphReference
{
    /// <summary>The outputs of each row; null if this application does not have the native ONNX Runtime.</summary>
    /// <param name="file">The file.</param>
    /// <param name="imported">What was read from it.</param>
    /// <param name="rows">The rows.</param>
    /// <exception cref="FormatException">ONNX Runtime refuses the file.</exception>
    public static float[][]? Run(byte[] file, ImportedNetwork imported, IReadOnlyList<float[]> rows)
    {
        try
        {
            ExecutionProvider.RequireRuntime();
        }
        catch (DllNotFoundException)
        {
            return null;
        }

        try
        {
            using var options = new SessionOptions { IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
            using var session = new InferenceSession(file, options);
            using var run = new RunOptions();
            long[] shape = [.. imported.InputShape];
            return [.. rows.Select(row =>
            {
                using var input = OrtValue.CreateTensorValueFromMemory(row, shape);
                using var outputs = session.Run(run, [imported.InputName], [input], [imported.OutputName]);
                return outputs[0].GetTensorDataAsSpan<float>().ToArray();
            })];
        }
        catch (OnnxRuntimeException e)
        {
            throw ImportFault.Damaged($"ONNX Runtime refuses it ({e.Message.TrimEnd('.')})");
        }
    }
}
